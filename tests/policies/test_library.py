"""The library as its readers use it: by links and forms alone, with what they find counted."""

import html
import random
import re
from datetime import date
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multilingual.languages import CODES
from policies.models import PolicyPage
from search import services as search
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

ATOM = "{http://www.w3.org/2005/Atom}"
LIBRARY, FEED, PARK = "/policies/", "/policies/feed/", "/policies/LC-PARK/2024-1/"


class Screen:
    """What a reader sees of a list, and where its links and forms lead."""

    def __init__(self, response):
        assert response.status_code == 200, response.status_code
        self.text = response.content.decode()
        (heading,) = re.findall(r'<h2 id="rh"[^>]*>(.*?)</h2>', self.text, re.DOTALL)
        self.total = int(re.findall(r"\d+", re.sub("<bdi.*?</bdi>", "", heading))[-1])
        lines = re.findall(r'class="gk-line-h"><a href="([^"]+)">(.*?)</a>', self.text, re.DOTALL)
        self.urls = [url for url, _title in lines]
        self.titles = [html.unescape(re.sub("<[^>]+>", "", title)) for _url, title in lines]
        self.words = html.unescape(re.sub("<[^>]+>", " ", self.text))

    def boxes(self):
        """Name, value, whether it is chosen and the count of every filter value."""
        found = re.findall(
            r'type="checkbox" id="[^"]+" name="([^"]+)" value="([^"]*)"( checked)?>'
            r"<label[^>]*><bdi>.*?</bdi><span>(\d+)</span>",
            self.text,
        )
        return [(name, html.unescape(v), bool(on), int(n)) for name, v, on, n in found]

    def filled(self):
        """What the form of the filters sends as it stands."""
        (form,) = re.findall(r'<form class="gk-facets".*?</form>', self.text, re.DOTALL)
        hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
        days = re.findall(r'type="date" id="[^"]+" name="([^"]+)" value="([^"]*)"', form)
        chosen = [(name, value) for name, value, on, _count in self.boxes() if on]
        return [(name, html.unescape(value)) for name, value in hidden + days] + chosen

    def chips(self):
        """Where each filter in force is taken off; the last link takes off all."""
        shown = "".join(re.findall(r'<ul class="gk-chips.*?</ul>', self.text, re.DOTALL))
        return [html.unescape(link) for link in re.findall(r'href="([^"]+)"', shown)]


@pytest.fixture
def see(client, library):
    def seen(query="", path=LIBRARY):
        asked = query if isinstance(query, str) else f"?{urlencode(query, doseq=True)}"
        return Screen(client.get(path + asked))

    return seen


def feed_of(client, parameters):
    answer = client.get(FEED, parameters)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(answer.content)


# --- filters ------------------------------------------------------------------------------------


def by_validity(page):
    status = {
        "park-old": "repealed",
        "lawns": "partly",
        "night-bus": "suspended",
        "later": "not_yet",
        "over": "expired",
        "bare": "unverified",
    }
    record = getattr(page, "import_record", None)
    return {status.get(record.source_id if record else "", "in_force")}


VALUES = {
    "issuer": lambda page: {issuer.organisation.code for issuer in page.issuers.all()},
    "subject": lambda page: {page.subject.key} if page.subject else set(),
    "kind": lambda page: {page.kind} - {""},
    "validity": by_validity,
    "audience": lambda page: {audience.key for audience in page.audiences.all()},
    "territory": lambda page: {page.territory.key} if page.territory else set(),
}


@pytest.mark.parametrize("name", VALUES)
def test_each_filter_finds_what_has_one_of_its_values(see, library, name):
    pages = PolicyPage.objects.public().select_related("release", "import_record")
    facts = {page.release.get_absolute_url(): VALUES[name](page) for page in pages}
    known = sorted(set().union(*facts.values()))
    for wanted in ([known[0]], known[:2], known):
        expected = {url for url, values in facts.items() if values & set(wanted)}
        screen = see({name: wanted})
        assert screen.total == len(expected) > 0, wanted
        assert set(screen.urls) <= expected


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("2024-01-08", "2024-01-08", True),
        ("2024-01-08", "", True),
        ("", "2024-01-08", True),
        ("2024-01-09", "", False),
        ("", "2024-01-07", False),
        ("2024-01-09", "2024-01-07", False),
    ],
)
def test_days_of_issue_are_inclusive(see, first, last, found):
    screen = see({"q": "澜川市公园管理办法", "from": first, "to": last})
    assert ("澜川市公园管理办法" in screen.titles) == found


@pytest.mark.parametrize("seed", range(4))
def test_every_count_is_what_sending_the_form_with_that_value_alone_shows(see, seed):
    dice = random.Random(seed)
    start = see()
    query = [(name, v) for name, v, _on, _n in dice.sample(start.boxes(), seed)]
    query += [("q", "公园")] if seed % 2 else [("from", "2021-06-01")]
    screen = see(query)
    sent = screen.filled()
    assert sorted(pair for pair in sent if pair[1]) == sorted(set(query))
    for name, value, _on, count in screen.boxes():
        clicked = [pair for pair in sent if pair[0] != name] + [(name, value)]
        assert see(clicked).total == count, (query, name, value)


def test_every_filter_in_force_is_shown_and_taken_off_alone(see):
    query = {
        "q": ["公园"],
        "kind": ["rules", "notice"],
        "issuer": ["LC-PARK"],
        "from": ["2019-01-01"],
        "to": ["2030-12-31"],
        "sort": ["newest"],
    }
    screen = see(query)
    *links, all_off = screen.chips()
    pairs = {(name, value) for name, values in query.items() for value in values}
    removed = [pairs - set(parse_qsl(link[1:])) for link in links]
    assert sorted(removed, key=sorted) == sorted(
        ({pair} for pair in pairs if pair[0] not in ("q", "sort")), key=sorted
    )
    assert set(parse_qsl(all_off[1:])) == {("q", "公园"), ("sort", "newest")}
    assert see(all_off).total >= screen.total


def test_taking_off_the_last_filter_asks_for_everything(see):
    link, _all = see({"kind": "rules"}).chips()
    assert see(link).total == see().total


def test_an_unknown_value_is_shown_as_a_filter_that_can_be_taken_off(see):
    screen = see({"kind": "poem"})
    assert (screen.total, len(screen.chips())) == (0, 2)
    assert "poem" in screen.words


# --- order and pages ----------------------------------------------------------------------------


def test_the_newest_come_first_without_a_question_and_the_undated_last(see, library):
    days = {
        page.release.get_absolute_url(): page.issued_on or date.min
        for page in library.documents.values()
    }
    urls = [url for number in (1, 2) for url in see(f"?page={number}").urls]
    assert [days[url] for url in urls] == sorted(days.values(), reverse=True)
    assert see("?sort=newest").urls == see().urls


def test_the_latest_effective_date_comes_first_on_demand(see, library):
    days = {
        page.release.get_absolute_url(): page.effective_on or date.min
        for page in library.documents.values()
    }
    shown = [days[url] for url in see("?sort=effective").urls]
    assert shown == sorted(days.values(), reverse=True)[:20]


def test_the_best_match_comes_first_and_the_order_is_kept_by_the_links(see):
    assert see({"q": "公园管理办法"}).titles[0] == "澜川市公园管理办法"
    screen = see({"q": "澜川市", "sort": "newest", "kind": ["rules", "notice", "law", "opinions"]})
    pages = re.findall(r'href="(\?[^"]*page=2)"', screen.text)
    assert pages
    assert dict(parse_qsl(html.unescape(pages[0])[1:]))["sort"] == "newest"
    assert not set(see(html.unescape(pages[0])).urls) & set(screen.urls)


@pytest.mark.parametrize("page", ["4", "501", "999999999", "9" * 30, "9" * 5000])
def test_beyond_the_last_page_a_reader_is_led_back(see, page):
    screen = see({"page": page, "q": "澜川市"})
    assert screen.urls == []
    assert screen.total > 0
    back = re.findall(r'<li><a href="(\?q=[^"]+)"', screen.text)
    assert see(html.unescape(back[0])).urls


# --- bad parameters -----------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "query",
    ["from=2024-02-30", "to=yesterday", "from=86400", "sort=luck", "from=%00", "to=2024-1-1"],
)
def test_what_cannot_be_read_is_said_and_the_list_stands(see, code, query):
    screen = see(f"?{query}", path=LIBRARY if code == "zh-hans" else f"/{code}{LIBRARY}")
    # A day is named above the list and beside its field.
    places = 1 if query.startswith("sort") else 2
    assert len(re.findall('<p class="gk-bad', screen.text)) == places
    assert len(screen.urls) == 20


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1.5", "\x00", "٢", "²"])
def test_a_page_that_is_no_number_is_the_first(see, page):
    assert see({"page": page}).urls == see().urls


PLACES = [
    (LIBRARY, ["issuer", "kind", "page"]),
    (FEED, ["issuer", "page"]),
    ("/policies/catalogue/", ["organisation", "kind", "year", "page"]),
    ("/policies/interpretations/", ["page", "q"]),
    (PARK, ["version"]),
]


@pytest.mark.parametrize(
    "value",
    ["\x00", "²⁰²⁶", "٢٠٢٦", "0000", "9999", "x" * 10_000, "'\"><script>", "%", "\ud7ff\uffff"],
)
def test_no_value_of_any_parameter_breaks_a_page(client, library, value):
    for path, names in PLACES:
        for name in names:
            answer = client.get(path, {name: value})
            assert answer.status_code == (404 if name == "version" else 200), (path, name)
            assert b"'\"><script>" not in answer.content


# --- what is found, and why ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "title", "why"),
    [
        ("澜园发[2024]012号", "澜川市公园管理办法", "澜园发〔2024〕12号"),
        ("公园新规", "澜川市公园管理办法", "公园新规"),
        ("公園管理辦法", "澜川市公园管理办法", "公园管理办法"),
        ("澜川市公园管里办法", "澜川市公园管理办法", None),
    ],
)
def test_a_result_says_why_it_is_there_where_nothing_shows_it(see, typed, title, why):
    screen = see({"q": typed})
    assert screen.titles[0] == title
    reasons = re.findall(r'<p class="gk-why">(.*?)</p>', screen.text)
    assert why is None or why in html.unescape(re.sub("<[^>]+>", "", reasons[0]))


def test_a_visible_match_needs_no_reason_and_is_marked_in_the_original_text(see):
    screen = see({"q": "公园管理办法"})
    first = screen.text.split('class="gk-line-h"')[1]
    assert "<mark>公园管理办法</mark>" in first
    assert "gk-why" not in first
    assert "<mark>機動船舶</mark>" in see({"q": "机动船舶"}).text


def test_a_hostile_title_is_shown_as_text(see):
    screen = see({"q": "公示"})
    assert "<script>alert" not in screen.text
    assert "关于<script>alert('一')</script>与“引号”&amp;符号的通知" in screen.titles


def test_nothing_found_offers_a_correction_fewer_filters_and_the_catalogue(see):
    screen = see({"q": "澜川市公园观里办法", "kind": "law", "issuer": "LC-EDU"})
    assert screen.total == 0
    assert 'href="/policies/catalogue/"' in screen.text
    offered = [html.unescape(a) for a in re.findall(r'<li><a href="(\?[^"]+)">', screen.text)]
    dropped = [dict(parse_qsl(link[1:])) for link in offered]
    assert {"q": "澜川市公园观里办法", "issuer": "LC-EDU"} in dropped
    assert {"q": "澜川市公园观里办法", "kind": "law"} in dropped
    (meant,) = re.findall(r'gk-mean.*?href="(\?q=[^"]+)"', screen.text)
    assert "澜川市公园管理办法" in see(html.unescape(meant)).titles


def test_an_interpretation_is_found_beside_the_documents(client, library):
    table = {"公园": True, "一图读懂": True, "几点开放": True, "海底捞针": False}
    for query, found in table.items():
        answer = client.get("/policies/interpretations/", {"q": query})
        assert answer.status_code == 200
        assert ("一图读懂公园管理办法" in answer.content.decode()) == found, query


@pytest.mark.parametrize("code", CODES)
def test_every_language_says_that_search_is_down(client, library, settings, code):
    settings.ELASTICSEARCH_URL = ["http://127.0.0.1:1"]
    prefix = "" if code == "zh-hans" else f"/{code}"
    for path in (LIBRARY, "/policies/interpretations/"):
        answer = client.get(f"{prefix}{path}", {"q": "公园"})
        assert answer.status_code == 503
        assert answer["Retry-After"]
        assert f'href="{prefix}/policies/catalogue/"' in answer.content.decode()


# --- feeds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": "公园"},
        {"kind": ["rules", "law"], "issuer": "LC-BUS"},
        {"validity": ["repealed", "partly", "suspended"]},
        {"from": "2022-01-01", "to": "2023-12-31"},
        {"subject": "parks", "audience": "companies", "territory": "hedong", "sort": "effective"},
        {"q": "公园管理办法", "sort": "relevance"},
        {"kind": "poem"},
    ],
)
def test_a_feed_holds_the_documents_of_its_list(client, see, query):
    screen = see(query)
    (link,) = re.findall(r'type="application/atom\+xml"[^>]+href="([^"]+)"', screen.text)
    address = html.unescape(link)
    assert urlsplit(address).path == FEED
    feed = feed_of(client, query)
    assert client.get(address).content.count(b"<entry>") == len(feed.findall(f"{ATOM}entry"))
    entries = [entry.find(f"{ATOM}link").get("href") for entry in feed.iter(f"{ATOM}entry")]
    assert len(entries) == screen.total
    assert {url.removeprefix("http://testserver") for url in entries} >= set(screen.urls)


def test_a_feed_is_complete_by_the_rules_of_atom(client, library):
    feed = feed_of(client, {"q": "管理"})
    moment = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
    for part in (feed, *feed.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (element,) = part.findall(f"{ATOM}{name}")
            assert element.text
        assert moment.fullmatch(part.find(f"{ATOM}updated").text)
    assert [link.get("rel") for link in feed.findall(f"{ATOM}link")] == ["alternate", "self"]
    for entry in feed.iter(f"{ATOM}entry"):
        assert entry.find(f"{ATOM}author/{ATOM}name") is not None
        assert entry.find(f"{ATOM}published") is not None
    ids = [entry.find(f"{ATOM}id").text for entry in feed.iter(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))


def test_an_entry_keeps_its_id_in_every_language_and_after_a_correction(client, library):
    def id_of(path, title):
        feed = ElementTree.fromstring(client.get(path).content)
        return {e.findtext(f"{ATOM}title"): e.findtext(f"{ATOM}id") for e in feed}[title]

    assert id_of(FEED, "澜川市公园管理办法") == id_of(f"/en{FEED}", "Measures for Parks")
    assert f"http://testserver/en{PARK}" in client.get(f"/en{FEED}").content.decode()
    team = factories.team("LC-FEED")
    page = factories.release_policy(team, title="改名之前")
    before = id_of(FEED, "改名之前")
    factories.correct(page, team, headline_zh_hans="改名之后")
    assert id_of(FEED, "改名之后") == before


def test_a_feed_can_hold_any_title(client, library):
    factories.release_policy(title="带\x0b控制\x1f字符与<b>&")
    titles = [element.text for element in feed_of(client, {}).iter(f"{ATOM}title")]
    assert "带控制字符与<b>&" in titles


def test_neither_list_nor_feed_nor_sitemap_shows_a_draft_or_a_withdrawn_document(client, library):
    for path in ("/", LIBRARY, FEED, "/policies/catalogue/", "/sitemap-policies-1.xml"):
        text = client.get(path).content.decode()
        assert "秘密草案" not in text
        assert "已撤回的通知" not in text
        assert library.withdrawn.get_absolute_url() not in text


# --- anything typed -----------------------------------------------------------------------------

ANYTHING = st.one_of(
    st.text(min_size=1, max_size=200),
    st.text(
        alphabet='公园管理法国发〔2〕1"“”「」-()[]*\\|:^~NOTAND \x00\x1f\u200f\U0001f600',
        max_size=60,
    ),
    st.lists(
        st.sampled_from(["NOT", "AND", "OR", "-", '"', "公园", "(", ")", "a", "ز", "ไ", "한"])
    ).map(" ".join),
    st.tuples(st.text(min_size=1, max_size=5), st.integers(1, 10_000)).map(
        lambda piece: (piece[0] * piece[1])[:10_000]
    ),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(typed=ANYTHING, code=st.sampled_from(CODES))
def test_whatever_is_typed_has_an_answer(client, library, typed, code):
    prefix = "" if code == "zh-hans" else f"/{code}"
    question = urlencode({"q": typed}, errors="replace")
    assert client.get(f"{prefix}{LIBRARY}?{question}").status_code == 200
    assert client.get(f"/api/v1/search?{question}&lang={code}").status_code == 200


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    pairs=st.lists(
        st.tuples(
            st.sampled_from(
                ["issuer", "kind", "validity", "from", "to", "sort", "page", "size", "lang", "type"]
            ),
            st.one_of(st.text(max_size=20), st.sampled_from(["1", "2024-01-08", "rules", "en"])),
        ),
        max_size=6,
    )
)
def test_whatever_a_filter_is_set_to_has_an_answer(client, library, pairs):
    query = urlencode(pairs, errors="replace")
    assert client.get(f"{LIBRARY}?{query}").status_code == 200
    assert client.get(f"{FEED}?{query}").status_code == 200
    assert client.get(f"/api/v1/search?{query}").status_code in (200, 422)


def test_the_index_agrees_with_the_database(library):
    assert not search.check()
