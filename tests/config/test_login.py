"""The one login: lockout, second factor, no sign-up."""

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import Permission, User
from django.test import Client

from throttling.addresses import client_address

LOGIN = "/accounts/login/"
PASSWORD = "a long enough passphrase"


@pytest.fixture
def editor(db) -> User:
    editor = User.objects.create_user("mei.lan", "mei.lan@example.org", PASSWORD)
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return editor


def attempt(client: Client, password: str, login: str = "mei.lan", address: str = "10.0.0.1"):
    form = {"login": login, "password": password, "next": "/admin/"}
    return client.post(LOGIN, form, REMOTE_ADDR=address)


def test_wagtails_own_login_leads_to_the_one_login(client):
    response = client.get("/admin/login/?next=/admin/reports/")
    assert response.status_code == 302
    assert response.url == "/accounts/login/?next=%2Fadmin%2Freports%2F"


@pytest.mark.parametrize("path", ["/admin/login/", "/_util/login/", "/en/_util/login/"])
def test_a_form_posted_to_wagtails_own_logins_logs_nobody_in(client, editor, path):
    response = client.post(path, {"username": "mei.lan", "password": PASSWORD})
    assert "/accounts/login/" in response.url
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("login", ["mei.lan", "mei.lan@example.org"])
def test_an_editor_logs_in_by_name_or_mail(client, editor, login):
    response = attempt(client, PASSWORD, login)
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(editor.pk)


def test_the_fifth_failure_closes_the_login_even_to_the_right_password(client, editor):
    statuses = [attempt(client, "wrong").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    assert attempt(client, PASSWORD).status_code == 429
    assert "_auth_user_id" not in client.session


def test_a_lockout_does_not_close_the_login_to_another_place(client, editor):
    for _ in range(5):
        attempt(client, "wrong")
    assert attempt(client, PASSWORD, address="10.0.0.2").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "10.0.0.9"),
        (0, "192.0.2.1", "10.0.0.9"),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "forged, 192.0.2.1", "192.0.2.1"),
        (2, "forged, 192.0.2.1, 10.0.0.8", "192.0.2.1"),
        (2, "192.0.2.1", "10.0.0.9"),
    ],
)
def test_failures_count_by_the_address_that_our_own_proxies_saw(
    rf, settings, proxies, forwarded, address
):
    settings.PROXY_COUNT = proxies
    request = rf.get("/", REMOTE_ADDR="10.0.0.9", headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == address


def test_an_editor_without_a_second_factor_is_sent_to_set_one_up(client, editor, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    client.force_login(editor)
    response = client.get("/admin/pages/")
    assert response.status_code == 302
    assert response.url.endswith("/accounts/2fa/totp/activate/")


def test_the_second_factor_is_asked_for_after_the_password(client, editor, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    totp.TOTP.activate(editor, totp.generate_totp_secret())
    response = attempt(client, PASSWORD)
    assert response.url.startswith("/accounts/2fa/authenticate/")
    assert "_auth_user_id" not in client.session


def test_an_editor_with_a_second_factor_comes_in(client, editor, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(editor, secret)
    attempt(client, PASSWORD)
    code = totp.format_hotp_value(
        totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time())))
    )
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert client.session["_auth_user_id"] == str(editor.pk)
    assert client.get("/admin/").status_code == 200


def test_the_demo_asks_for_no_second_factor(client, editor, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    client.force_login(editor)
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("demo", [True, False])
def test_only_the_demo_shows_its_accounts(client, db, settings, demo):
    settings.DEMO = demo
    page = client.get(LOGIN).content.decode()
    assert ("gongkai-demo" in page) is demo


def test_nobody_signs_up(client, db):
    form = {"username": "stranger", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", form)
    assert not User.objects.filter(username="stranger").exists()
