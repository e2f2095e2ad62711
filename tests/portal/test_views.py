import re

import pytest
from django.test import Client
from django.utils import timezone

from freshness import services as freshness
from multilingual.languages import CODES
from portal import views
from portal.models import PortalSettings
from tests import factories

pytestmark = pytest.mark.django_db

STATIC = ["about", "accessibility", "data", "privacy", "sitemap"]


def address(code: str, path: str) -> str:
    return path if code == "zh-hans" else f"/{code}{path}"


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("path", ["/", *(f"/{name}/" for name in STATIC)])
def test_every_page_of_the_frame_answers_in_every_language(client, code, path):
    response = client.get(address(code, path))
    assert response.status_code == 200
    text = response.content.decode()
    tag = "zh-Hans" if code == "zh-hans" else code
    direction = "rtl" if code == "ar" else "ltr"
    assert f'<html lang="{tag}" dir="{direction}"' in text
    assert ("bootstrap.rtl.min.css" in text) == (code == "ar")
    assert text.count('rel="alternate" hreflang=') == len(CODES)


@pytest.mark.parametrize("path", ["/", *(f"/{name}/" for name in STATIC)])
def test_no_page_holds_inline_styles_or_scripts_or_outside_requests(client, path):
    text = client.get(path).content.decode()
    assert "style=" not in text
    assert "<style" not in text
    assert "onclick" not in text
    assert 'src="http' not in text
    assert '<link rel="stylesheet" href="http' not in text


def test_the_frame_offers_a_skip_link_and_the_search_box(client):
    text = client.get("/about/").content.decode()
    assert text.index('href="#main"') < text.index("<header")
    assert 'role="search" action="/policies/"' in text


def test_the_reader_chooses_dark_without_a_script(client):
    response = client.get("/appearance/", {"theme": "dark", "next": "/en/about/?x=1"})
    assert response.status_code == 302
    assert response["Location"] == "/en/about/?x=1"
    assert 'data-bs-theme="dark"' in client.get("/about/").content.decode()
    client.get("/appearance/", {"next": "/"})
    assert "data-bs-theme" not in client.get("/about/").content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x", ""])
def test_the_switch_never_leads_to_another_site(client, target):
    response = client.get("/appearance/", {"theme": "light", "next": target})
    assert response["Location"] == "/"


def test_the_footer_shows_what_is_filled_in_and_nothing_else(client):
    settings = PortalSettings.load()
    settings.host_zh_hans = "澜川市人民政府办公室"
    settings.site_code = "0000000001"
    settings.save()
    text = client.get("/about/").content.decode()
    assert "澜川市人民政府办公室" in text
    assert "0000000001" in text
    assert "beian.miit.gov.cn" not in text


def test_a_change_of_the_settings_makes_cached_pages_stale():
    before = freshness.current()
    PortalSettings.load().save()
    assert freshness.current() > before


def test_the_footer_speaks_the_language_of_the_page(client):
    settings = PortalSettings.load()
    settings.host_zh_hans = "澜川市人民政府"
    settings.host_en = "Lanchuan Municipal Government"
    settings.save()
    assert "Lanchuan Municipal Government" in client.get("/en/about/").content.decode()


def test_the_administrator_fills_in_the_footer_in_the_admin(client, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    client.force_login(factories.administrator())
    page = client.get("/admin/settings/portal/portalsettings/", follow=True)
    assert page.status_code == 200
    form = page.context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    sent |= {"host_zh_hans": "澜川市人民政府", "host_fr": "Gouvernement de Lanchuan"}
    response = client.post(page.request["PATH_INFO"], sent)
    assert response.status_code == 302
    client.logout()
    assert "Gouvernement de Lanchuan" in client.get("/fr/about/").content.decode()


def test_the_open_data_page_names_every_address_and_parameter_of_the_api(client):
    text = client.get("/data/").content.decode()
    description = client.get("/api/openapi.json").json()
    for path, methods in description["paths"].items():
        assert path in text
        for parameter in methods["get"]["parameters"]:
            assert f'<code dir="ltr">{parameter["name"]}</code>' in text
    assert client.get("/api/docs")["Location"] == "/data/"


def test_robots_name_the_sitemap_and_keep_out_of_the_admin(client):
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /admin/" in text
    assert "Sitemap: http://testserver/sitemap.xml" in text


@pytest.mark.parametrize(
    ("path", "locale"),
    [("/", "zh_CN"), ("/en/policies/?q=%E5%8A%9E", "en_US"), ("/ar/policies/catalogue/", "ar_AR")],
)
def test_a_list_shared_elsewhere_has_a_picture_an_address_and_a_locale(client, path, locale):
    text = client.get(path).content.decode()
    tags = dict(re.findall(r'<meta property="og:([^"]+)" content="([^"]*)">', text))
    assert tags["url"] == f"http://testserver{path}"
    assert tags["image"].startswith("http://testserver/static/portal/share")
    assert tags["locale"] == locale
    assert tags["type"] == "website"
    assert tags["title"]


@pytest.mark.parametrize(
    "address", ["/api/", "/api/v2/", "/api/v1/songs", "/api/v1/songs/?lang=xx"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_address_of_the_api_is_answered_with_data(address, method):
    response = getattr(Client(enforce_csrf_checks=True), method)(address)
    assert response.status_code == 404
    assert list(response.json()) == ["errors"]
    assert response["Access-Control-Allow-Origin"] == "*"


def test_the_list_of_the_api_is_found_without_its_last_slash(client):
    response = client.get("/api/v1/policies?q=a")
    assert (response.status_code, response["Location"]) == (301, "/api/v1/policies/?q=a")


def test_a_missing_page_has_the_look_and_is_not_indexed(client):
    response = client.get("/en/no-such-page/")
    assert response.status_code == 404
    text = response.content.decode()
    assert "gk-foot" in text
    assert '<meta name="robots" content="noindex">' in text
    assert 'hreflang="en" href="http' not in text


def test_the_page_of_last_resort_asks_no_database(rf, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = views.server_error(rf.get("/"))
    assert response.status_code == 500
    with django_assert_num_queries(0):
        response = views.unavailable(rf.get("/"))
    assert response.status_code == 503
    assert response["Retry-After"]


def test_a_form_without_its_token_gets_a_page_in_the_look():
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    assert response.status_code == 403
    assert "gk-foot" in response.content.decode()


def test_the_home_page_shows_new_policies_and_counts_with_links(client):
    policy = factories.release_policy(title="澜川市绿道管理办法")
    text = client.get("/").content.decode()
    assert "澜川市绿道管理办法" in text
    assert policy.release.get_absolute_url() in text
    assert "?subject=transparency" in text
    assert "现行有效" in text or "In force" in text


def test_what_is_new_this_week_was_released_on_one_of_seven_days(client, time_machine):
    time_machine.move_to("2026-03-01T12:00:00+08:00")
    factories.release_policy(title="三月一日公布的办法", effective_on=timezone.localdate())
    for moment, is_new in [
        ("2026-03-07T23:59:00+08:00", True),
        ("2026-03-08T00:00:01+08:00", False),
    ]:
        time_machine.move_to(moment)
        assert ("三月一日公布的办法" in listed(client.get("/"), "week")) == is_new


def listed(response, heading):
    """The section of the home page under a heading."""
    text = response.content.decode()
    return text.partition(f'aria-labelledby="{heading}"')[2].partition("</section>")[0]


def test_the_lists_of_the_home_page_do_not_show_a_document_twice(client, time_machine):
    team = factories.team()
    for day, title in enumerate(
        ["绿道", "公园", "夜市", "集市", "步道", "广场", "码头", "驿站"], 1
    ):
        time_machine.move_to(f"2026-03-{day:02}T12:00:00+08:00")
        ready = {"headline_en": f"Rules {day}", "translation_ready_en": day in (2, 8)}
        factories.release_policy(
            team, title=f"澜川市{title}办法", issued_on=timezone.localdate(), **ready
        )
    home, english = client.get("/"), client.get("/en/")
    for response in (home, english):
        links = re.findall(r'class="gk-line-h"><a href="([^"]+)"', response.content.decode())
        assert len(links) == len(set(links)) == 8
    assert "澜川市驿站办法" in listed(home, "week")
    assert "澜川市绿道办法" in listed(home, "h-n")
    assert "Rules 8" in listed(english, "h-t")
    assert "Rules 8" not in listed(english, "week")
    assert 'href="#h-t">In your language (2)</a>' in listed(english, "week")


def test_the_home_page_asks_a_fixed_number_of_queries(client, django_assert_num_queries):
    team = factories.team()
    factories.release_policy(team)
    client.get("/")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    freshness.bump()
    with CaptureQueriesContext(connection) as first:
        client.get("/")
    for _ in range(3):
        factories.release_policy(team)
    with django_assert_num_queries(len(first)):
        client.get("/")
