"""What is kept, for whom, and what tells two pages apart."""

import datetime

import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from freshness import services
from portal.models import PortalSettings
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _settings_are_there():
    """The first page ever shown writes the row of the portal's settings."""
    PortalSettings.load()


def queries(client, address, **headers):
    with CaptureQueriesContext(connection) as asked:
        client.get(address, headers=headers)
    return len(asked)


def test_a_page_from_the_cache_costs_one_query(client):
    first = client.get("/")
    with CaptureQueriesContext(connection) as asked:
        second = client.get("/")
    assert second.content == first.content
    assert second.headers == first.headers
    assert [query["sql"].split()[0] for query in asked] == ["SELECT"]


@pytest.mark.parametrize(
    ("cookies", "address", "headers"),
    [
        ({"gk_theme": "dark"}, "/", {}),
        ({}, "/en/", {}),
        ({}, "/?page=2", {}),
        ({}, "/", {"HX-Request": "true"}),
        ({}, "/", {"Host": "127.0.0.1"}),
    ],
)
def test_what_may_look_different_is_kept_apart(client, cookies, address, headers):
    client.get("/")
    for name, value in cookies.items():
        client.cookies[name] = value
    assert queries(client, address, **headers) > 1
    assert queries(client, address, **headers) == 1


def test_a_page_over_tls_is_another_page(client):
    client.get("/robots.txt")
    answer = client.get("/robots.txt", secure=True)
    assert "https://" in answer.content.decode()


def test_an_editor_who_is_logged_in_never_gets_a_page_from_the_cache(client):
    client.get("/")
    client.force_login(factories.person())
    assert queries(client, "/") > 1
    assert queries(client, "/") > 1


def test_what_an_editor_is_shown_is_never_kept(client):
    client.force_login(factories.person())
    client.get("/about/")
    assert queries(Client(), "/about/") > 1


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/login/",  # sets a cookie
        "/appearance/",  # is no page
        "/policies/NO-SUCH/2026-1/",
        "/api/v1/search?size=0",
        "/admin/",
        "/healthz",
        "/readyz",
    ],
)
def test_nothing_is_kept_of(client, address):
    client.get(address)
    assert not list(kept())


def test_a_very_long_address_is_not_kept(client):
    client.get("/", {"x": "y" * 1_000})
    assert not list(kept())


def test_what_changes_something_never_comes_from_the_cache(client):
    client.get("/about/")
    assert client.post("/about/").status_code == 405


def kept():
    """The names of what lies in the cache of this process."""
    return vars(caches["pages"])["_cache"]


def test_the_room_for_pages_is_limited_and_apart_from_the_counters_of_logins():
    pages, default = caches["pages"], caches["default"]
    default.set("failures", 4)
    for number in range(1_500):
        pages.set(str(number), b"")
    assert len(kept()) <= 1_000
    assert default.get("failures") == 4


@pytest.mark.parametrize("address", ["/", "/robots.txt", "/api/openapi.json"])
def test_who_has_the_page_already_is_told_so(client, address):
    first = client.get(address)
    for _round in range(2):
        again = client.get(address, headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 304
        assert not again.content
    assert client.get(address, headers={"If-None-Match": '"another"'}).status_code == 200


def test_a_page_that_changed_has_another_etag(client):
    page = factories.release_policy()
    old = client.get(page.release.get_absolute_url())["ETag"]
    page.subject.name_zh_hans = "另一个主题"
    page.subject.save()
    again = client.get(page.release.get_absolute_url(), headers={"If-None-Match": old})
    assert again.status_code == 200


def test_a_change_that_is_rolled_back_leaves_the_cache_as_it_is(client):
    client.get("/")
    with transaction.atomic():
        services.bump()
        transaction.set_rollback(True)
    assert queries(client, "/") == 1


def test_a_page_is_kept_no_longer_than_until_the_moment_it_names():
    now = timezone.now()
    response = HttpResponse()
    assert services.seconds_fresh(response, 600, now) == 600
    for ahead, kept in ((-5, 0), (0.5, 0), (30, 30), (10_000, 600)):
        services.keep_until(response, now + datetime.timedelta(seconds=ahead))
        assert services.seconds_fresh(response, 600, now) == kept
    services.keep_until(response, None)
    assert services.seconds_fresh(response, 600, now) == 600
