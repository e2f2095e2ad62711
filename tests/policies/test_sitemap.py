"""What search engines and other sites read: sitemaps, alternates, structured data, Open Graph."""

import datetime
import html
import json
import re
from xml.etree import ElementTree

import pytest

from multilingual.languages import CODES, language_tag
from tests.shelf import HOSTILE

pytestmark = pytest.mark.django_db

HOST = "http://testserver"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ALTERNATE = "{http://www.w3.org/1999/xhtml}link"
PARK = "/policies/LC-PARK/2024-1/"


def read(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    return ElementTree.fromstring(answer.content)


def places(root):
    return [place.text for place in root.iter(f"{SITEMAP}loc")]


def head(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode().partition("</head>")[0]


def alternates(text):
    links = re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)"', text)
    return dict(links)


def structured(text):
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    return json.loads(block)


def is_indexed(text):
    return "noindex" not in text


# --- sitemaps -----------------------------------------------------------------------------------


def test_the_index_names_sitemaps_that_are_there_each_with_its_last_change(client, library):
    index = read(client, "/sitemap.xml")
    assert index.tag == f"{SITEMAP}sitemapindex"
    assert len(index) == 3
    for part in index:
        assert part.find(f"{SITEMAP}loc").text.startswith(f"{HOST}/sitemap-")
        changed = datetime.datetime.fromisoformat(part.find(f"{SITEMAP}lastmod").text)
        assert changed.tzinfo is not None
        assert places(read(client, part.find(f"{SITEMAP}loc").text.removeprefix(HOST)))


def test_the_addresses_of_every_sitemap_answer_and_may_be_indexed(client, library):
    for section in places(read(client, "/sitemap.xml")):
        # Every seventh: all languages and sorts of page are among them.
        for place in places(read(client, section.removeprefix(HOST)))[::7]:
            assert is_indexed(head(client, place.removeprefix(HOST))), place


def test_the_documents_listed_are_the_public_ones_in_the_languages_that_are_ready(client, library):
    expected = {page.release.get_absolute_url() for page in library.documents.values()}
    expected |= {f"/en{PARK}", f"/ar{PARK}"}
    listed = places(read(client, "/sitemap-policies-1.xml"))
    assert len(listed) == len(expected)
    assert set(listed) == {f"{HOST}{path}" for path in expected}
    assert places(read(client, "/sitemap-interpretations-1.xml")) == [
        f"{HOST}{PARK}interpretations/1/"
    ]


def test_the_alternates_of_a_sitemap_are_those_of_the_page(client, library):
    for entry in read(client, "/sitemap-policies-1.xml"):
        stated = {link.get("hreflang"): link.get("href") for link in entry.iter(ALTERNATE)}
        path = entry.find(f"{SITEMAP}loc").text.removeprefix(HOST)
        if stated or path == PARK:
            assert stated == alternates(head(client, path))
            assert set(stated) == {"zh-Hans", "en", "ar"}
        assert entry.find(f"{SITEMAP}lastmod") is not None


@pytest.mark.parametrize(
    "section",
    [
        "policies-0",
        "policies-2",
        "policies-01",
        "policies-x",
        "policies-" + "9" * 30,
        "pages-1",
        "secrets-1",
        "policies",
        "-1",
    ],
)
def test_a_sitemap_that_is_none_is_not_found(client, library, section):
    assert client.get(f"/sitemap-{section}.xml").status_code == 404


def test_robots_are_led_to_the_sitemap_and_kept_out_of_the_admin_alone(client, library):
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    lines = answer.content.decode().splitlines()
    assert f"Sitemap: {HOST}/sitemap.xml" in lines
    assert "User-agent: *" in lines
    assert {line for line in lines if line.startswith("Disallow")} == {
        "Disallow: /admin/",
        "Disallow: /appearance/",
    }


# --- languages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_offered_in_the_languages_that_are_ready_and_in_no_other(client, library, code):
    prefix = "" if code == "zh-hans" else f"/{code}"
    text = head(client, f"{prefix}{PARK}")
    if code in ("zh-hans", "en", "ar"):
        assert is_indexed(text)
        assert alternates(text) == {
            "zh-Hans": f"{HOST}{PARK}",
            "en": f"{HOST}/en{PARK}",
            "ar": f"{HOST}/ar{PARK}",
        }
        assert f'<link rel="canonical" href="{HOST}{prefix}{PARK}">' in text
    else:
        assert '<meta name="robots" content="noindex">' in text
        assert alternates(text) == {}
        assert "canonical" not in text


@pytest.mark.parametrize("code", ["en", "ar", "ja"])
def test_an_untranslated_page_shows_the_chinese_text_as_chinese(client, library, code):
    path = library.documents["lawns"].release.get_absolute_url()
    text = client.get(f"/{code}{path}").content.decode()
    title = re.findall(r'<h1[^>]* lang="zh-Hans"[^>]*>(.*?)</h1>', text, re.DOTALL)
    assert [re.sub("<[^>]+>", "", part) for part in title] == ["澜川市草坪养护通知"]
    assert '<meta name="robots" content="noindex">' in text
    interpretation = client.get(f"/{code}{PARK}interpretations/1/").content.decode()
    assert '<meta name="robots" content="noindex">' in interpretation


@pytest.mark.parametrize("path", ["/", "/policies/", "/policies/catalogue/", "/about/", "/data/"])
def test_a_page_of_the_portal_is_offered_in_all_nine(client, library, path):
    expected = {
        language_tag(code): HOST + (path if code == "zh-hans" else f"/{code}{path}")
        for code in CODES
    }
    for code in ("zh-hans", "fr"):
        assert alternates(head(client, path if code == "zh-hans" else f"/{code}{path}")) == expected


@pytest.mark.parametrize(
    "path", ["/policies/?q=x", "/policies/?kind=rules", "/policies/catalogue/?year=2024"]
)
def test_filtered_lists_are_not_indexed(client, library, path):
    assert not is_indexed(head(client, path))


# --- structured data ----------------------------------------------------------------------------


def test_a_document_is_described_as_legislation(client, library):
    data = structured(head(client, PARK))
    assert data == {
        "@context": "https://schema.org",
        "@type": "Legislation",
        "@id": f"{HOST}{PARK}",
        "url": f"{HOST}{PARK}",
        "name": "澜川市公园管理办法",
        "alternateName": ["公园新规", "Park Code"],
        "legislationIdentifier": ["澜园发〔2024〕12号", "澜川市人民政府令第38号", "LC-PARK/2024-1"],
        "legislationType": "rules",
        "legislationDate": "2024-01-05",
        "datePublished": "2024-01-08",
        "legislationDateOfApplicability": "2024-02-01",
        "temporalCoverage": "2024-02-01/..",
        "legislationPassedBy": [
            {"@type": "GovernmentOrganization", "name": "澜川市园林绿化局"},
            {"@type": "GovernmentOrganization", "name": "澜川市交通局"},
        ],
        "legislationLegalForce": "https://schema.org/InForce",
        "legislationJurisdiction": "澜川市",
        "about": "园林绿化",
        "abstract": "规定公园的开放时间。",
        "inLanguage": "zh-Hans",
    }


@pytest.mark.parametrize(
    ("name", "force"),
    [
        ("park-old", "NotInForce"),
        ("lawns", "PartiallyInForce"),
        ("night-bus", "NotInForce"),
        ("later", "NotInForce"),
        ("over", "NotInForce"),
        ("bare", None),
    ],
)
def test_legal_force_follows_validity(client, library, name, force):
    data = structured(head(client, library.documents[name].release.get_absolute_url()))
    expected = f"https://schema.org/{force}" if force else None
    assert data.get("legislationLegalForce") == expected
    assert None not in data.values()


def test_a_hostile_title_stays_a_text_in_every_place(client, library):
    text = head(client, library.documents["hostile"].release.get_absolute_url())
    assert structured(text)["name"] == HOSTILE
    assert "<script>alert" not in text
    (title,) = re.findall(r'<meta property="og:title" content="([^"]*)">', text)
    assert html.unescape(title) == HOSTILE


def test_the_home_page_says_how_to_search_it(client, library):
    data = structured(head(client, "/en/"))
    assert data["@type"] == "WebSite"
    target = data["potentialAction"]["target"]
    assert target == f"{HOST}/en/policies/?q={{search_term_string}}"


@pytest.mark.parametrize(
    ("path", "title"),
    [
        (PARK, "澜川市公园管理办法"),
        (f"/en{PARK}", "Measures for Parks"),
        (f"/ar{PARK}", "تدابير الحدائق"),
        (f"/de{PARK}", "澜川市公园管理办法"),
        (f"{PARK}interpretations/1/", "一图读懂公园管理办法"),
    ],
)
def test_a_shared_link_shows_title_and_address_of_its_page(client, library, path, title):
    told = dict(re.findall(r'<meta property="(og:\w+)" content="([^"]*)">', head(client, path)))
    assert told["og:title"] == title
    assert told["og:type"] == "article"
    assert told["og:url"] == f"{HOST}{path}"
    assert told["og:site_name"]
