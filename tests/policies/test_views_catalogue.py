import datetime
import re
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from freshness import services as freshness
from policies import services
from tests import factories

pytestmark = pytest.mark.django_db

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ALTERNATE = "{http://www.w3.org/1999/xhtml}link"


@pytest.fixture
def shelf():
    parks, traffic = factories.team("LC-PARK"), factories.team("LC-TRAFFIC")
    return [
        factories.release_policy(parks, title="公园办法", issued_on=datetime.date(2025, 5, 1)),
        factories.release_policy(parks, title="公园意见", kind="opinions"),
        factories.release_policy(traffic, title="公交通知"),
    ]


def rows(response):
    return set(re.findall(r'<a class="gk-song"[^>]*>([^<]*)</a>', response.content.decode()))


def test_the_catalogue_by_organisation_kind_and_year(client, shelf):
    everything = {"公园办法", "公园意见", "公交通知"}
    table = [
        ({}, everything),
        ({"organisation": "LC-PARK"}, {"公园办法", "公园意见"}),
        ({"kind": "opinions"}, {"公园意见"}),
        ({"year": "2025"}, {"公园办法"}),
        ({"year": "none"}, set()),
        ({"organisation": "LC-PARK", "year": "2026"}, {"公园意见"}),
        ({"kind": "nonsense", "year": "xx"}, everything),
    ]
    for choice, expected in table:
        assert rows(client.get("/policies/catalogue/", choice)) == expected, choice


def test_the_catalogue_stands_when_search_is_down(client, shelf, settings):
    settings.ELASTICSEARCH_URL = ["http://127.0.0.1:1"]
    assert client.get("/policies/catalogue/").status_code == 200


def test_the_catalogue_asks_a_fixed_number_of_queries(client, shelf, django_assert_num_queries):
    client.get("/policies/catalogue/")
    freshness.bump()
    with CaptureQueriesContext(connection) as few:
        client.get("/policies/catalogue/")
    for _ in range(3):
        factories.release_policy()
    freshness.bump()
    with django_assert_num_queries(len(few)):
        client.get("/policies/catalogue/")


def test_the_sitemap_names_what_is_public_with_its_last_change(client, shelf):
    services.withdraw(
        shelf[2].release,
        reason="有误",
        still_proactive=True,
        user=shelf[2].owner,
        now=timezone.now(),
    )
    index = ElementTree.fromstring(client.get("/sitemap.xml").content)
    places = [place.text for place in index.iter(f"{SITEMAP}loc")]
    assert "http://testserver/sitemap-policies-1.xml" in places
    assert index.find(f".//{SITEMAP}lastmod") is not None
    section = ElementTree.fromstring(client.get("/sitemap-policies-1.xml").content)
    found = {place.text for place in section.iter(f"{SITEMAP}loc")}
    assert found == {f"http://testserver{p.release.get_absolute_url()}" for p in shelf[:2]}


def test_the_sitemap_offers_only_ready_languages(client):
    page = factories.release_policy(headline_fr="Voies vertes", translation_ready_fr=True)
    section = ElementTree.fromstring(client.get("/sitemap-policies-1.xml").content)
    assert {place.text for place in section.iter(f"{SITEMAP}loc")} == {
        f"http://testserver{prefix}{page.release.get_absolute_url()}" for prefix in ("", "/fr")
    }
    assert {link.get("hreflang") for link in section.iter(ALTERNATE)} == {"zh-Hans", "fr"}


@pytest.mark.parametrize("section", ["policies-0", "policies-x", "secrets-1", "policies"])
def test_a_sitemap_that_is_none_is_not_found(client, section):
    assert client.get(f"/sitemap-{section}.xml").status_code == 404
