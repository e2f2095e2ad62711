import re
import shutil
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from freshness import services as freshness
from policies import services
from search import services as search
from tests import factories
from tests.shelf import held

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_index(settings, tmp_path):
    settings.SEARCH_DIR = tmp_path / "search"
    running = search.engine()
    yield
    running.close()


@pytest.fixture(scope="module")
def released(django_db_setup, django_db_blocker, tmp_path_factory):
    """Three policies that differ in number, kind and issuer, and the directory of their index."""
    directory = tmp_path_factory.mktemp("search")
    with django_db_blocker.unblock(), held(directory):
        parks, traffic = factories.team("LC-PARK"), factories.team("LC-TRAFFIC")
        pages = [
            factories.release_policy(parks, title="澜川市公园管理办法", number="澜园发〔2026〕1号"),
            factories.release_policy(
                parks, title="澜川市公园夜间开放通知", kind="opinions", issued_on="2026-03-01"
            ),
            factories.release_policy(traffic, title="澜川市夜间公交通知"),
        ]
        search.rebuild()
        search.engine().close()
        yield pages, directory


@pytest.fixture
def shelf(released, _own_index, settings):
    pages, directory = released
    shutil.copytree(directory, settings.SEARCH_DIR)
    return [type(page).objects.get(pk=page.pk) for page in pages]


def titles(response):
    text = response.content.decode()
    found = re.findall(r'class="gk-line-h"><a href="[^"]+">(.*?)</a>', text)
    return [re.sub("<[^>]+>", "", title) for title in found]


def count_of(response, facet, value):
    text = response.content.decode()
    label = re.search(rf'for="{facet}-{re.escape(value)}"><bdi>[^<]*</bdi><span>(\d+)</span>', text)
    return int(label[1]) if label else None


def test_everything_is_listed_without_a_question(client, shelf):
    assert set(titles(client.get("/policies/"))) == {page.headline_zh_hans for page in shelf}


def test_words_find_and_are_marked(client, shelf):
    response = client.get("/policies/", {"q": "公园"})
    assert set(titles(response)) == {"澜川市公园管理办法", "澜川市公园夜间开放通知"}
    assert "<mark>公园</mark>" in response.content.decode()


def test_a_number_finds_its_document_in_another_bracket_style(client, shelf):
    assert titles(client.get("/policies/", {"q": "澜园发[2026]1号"}))[0] == "澜川市公园管理办法"


def test_a_count_is_what_a_click_shows(client, shelf):
    response = client.get("/policies/", {"q": "澜川市"})
    for facet, value in [("kind", "notice"), ("kind", "opinions"), ("issuer", "LC-PARK")]:
        clicked = client.get("/policies/", {"q": "澜川市", facet: value})
        assert len(titles(clicked)) == count_of(response, facet, value) > 0


def test_values_of_one_filter_are_alternatives_and_filters_all_hold(client, shelf):
    both = client.get("/policies/", {"kind": ["notice", "opinions"], "issuer": "LC-PARK"})
    assert set(titles(both)) == {"澜川市公园管理办法", "澜川市公园夜间开放通知"}


def test_days_of_issue_are_inclusive(client, shelf):
    table = [
        ({"from": "2026-03-01"}, 1),
        ({"from": "2026-03-02"}, 0),
        ({"to": "2026-01-08"}, 2),
        ({"from": "2026-01-08", "to": "2026-03-01"}, 3),
    ]
    assert [len(titles(client.get("/policies/", days))) for days, _ in table] == [
        found for _, found in table
    ]


def test_filters_in_force_are_removable_one_by_one(client, shelf):
    text = client.get("/policies/", {"q": "公园", "kind": "notice", "to": "2026-12-31"}).content
    chips = re.search(r'<ul class="gk-chips.*?</ul>', text.decode(), re.DOTALL)[0]
    links = re.findall(r'href="([^"]+)"', chips)
    assert [link.replace("&amp;", "&") for link in links] == [
        "?q=%E5%85%AC%E5%9B%AD&to=2026-12-31",
        "?q=%E5%85%AC%E5%9B%AD&kind=notice",
        "?q=%E5%85%AC%E5%9B%AD",
    ]


def test_nothing_found_helps_on(client, shelf):
    text = client.get("/policies/", {"q": "海底捞针", "kind": "notice"}).content.decode()
    assert 'href="/policies/catalogue/"' in text
    assert re.search(r'<li><a href="\?q=[^"&]+">', text)


def test_a_day_that_is_none_is_named_and_left_out(client, shelf):
    response = client.get("/policies/", {"from": "2026-13-01", "sort": "luck", "page": "x"})
    assert response.status_code == 200
    assert len(titles(response)) == 3
    assert "2026-10-08" in response.content.decode()


def test_days_in_the_wrong_order_are_named_beside_their_field_and_kept(client, shelf):
    days = {"from": "2026-03-02", "to": "2026-01-08", "kind": "notice"}
    response = client.get("/en/policies/", days)
    text = response.content.decode()
    assert not titles(response)
    field = re.search(r'<div class="gk-day[^"]*is-bad">.*?</div>', text)[0]
    assert "The first day is later than the last day." in field
    assert 'value="2026-03-02" aria-invalid="true" aria-describedby="from-bad"' in field
    assert 'name="to" value="2026-01-08"' in text
    assert "Nothing was found." not in text
    swapped = "?kind=notice&from=2026-01-08&to=2026-03-02"
    assert f'href="{swapped.replace("&", "&amp;")}"' in text
    assert titles(client.get(f"/en/policies/{swapped}"))


def test_a_period_of_one_day_is_in_order(client, shelf):
    response = client.get("/policies/", {"from": "2026-03-01", "to": "2026-03-01"})
    assert len(titles(response)) == 1
    assert "is-bad" not in response.content.decode()


def test_no_question_breaks_the_page(client, shelf):
    bad = [
        "",
        " ",
        '"',
        "NOT",
        "-",
        "()",
        "\x00",
        "a" * 10_000,
        "<script>alert(1)</script>",
        "ก",
        "😀",
    ]
    for query in bad:
        response = client.get("/policies/", {"q": query})
        assert response.status_code == 200, query
        assert "<script>alert" not in response.content.decode()


def test_a_withdrawn_policy_leaves_the_list_at_once(client, shelf):
    services.withdraw(
        shelf[0].release,
        reason="有误",
        still_proactive=True,
        user=shelf[0].owner,
        now=timezone.now(),
    )
    assert "澜川市公园管理办法" not in titles(client.get("/policies/"))


def test_the_page_says_that_search_is_down_and_offers_the_catalogue(client, shelf, settings):
    settings.ELASTICSEARCH_URL = ["http://127.0.0.1:1"]
    response = client.get("/policies/", {"q": "公园"})
    text = response.content.decode()
    assert response.status_code == 503
    assert 'href="/policies/catalogue/"' in text
    assert "gk-foot" in text


def test_the_feed_has_the_parameters_of_the_library(client, shelf):
    response = client.get("/policies/feed/", {"issuer": "LC-TRAFFIC"})
    text = response.content.decode()
    assert response["Content-Type"].startswith("application/atom+xml")
    assert "澜川市夜间公交通知" in text
    assert "澜川市公园" not in text
    assert "<id>http://testserver/policies/LC-TRAFFIC/" in text


def test_the_unfiltered_feed_needs_no_search(client, shelf, settings):
    settings.ELASTICSEARCH_URL = ["http://127.0.0.1:1"]
    assert client.get("/policies/feed/").status_code == 200
    assert client.get("/policies/feed/", {"q": "公园"}).status_code == 503


def test_a_foreign_list_marks_chinese_titles_and_shows_translated_ones(client):
    factories.release_policy(
        title="澜川市绿道办法", headline_en="Greenways", translation_ready_en=True
    )
    factories.release_policy(title="澜川市公园办法")
    search.rebuild()
    text = client.get("/en/policies/").content.decode()
    assert ">Greenways</a>" in text
    assert '<bdi lang="zh-Hans">澜川市公园办法</bdi>' in text


def test_the_library_asks_a_fixed_number_of_queries(client, shelf, django_assert_num_queries):
    client.get("/policies/")
    freshness.bump()
    with CaptureQueriesContext(connection) as three:
        client.get("/policies/")
    team = factories.team()
    for _ in range(4):
        factories.release_policy(team)
    search.rebuild()
    freshness.bump()
    with django_assert_num_queries(len(three)):
        client.get("/policies/")


def test_interpretations_are_listed_and_found(client):
    team = factories.team()
    draft = factories.policy(team)
    factories.interpretation(team, draft, headline_zh_hans="一图读懂绿道")
    factories.review(draft, team)
    search.rebuild()
    assert "一图读懂绿道" in client.get("/policies/interpretations/").content.decode()
    assert "一图读懂绿道" in re.sub(
        "</?mark>", "", client.get("/policies/interpretations/", {"q": "绿道"}).content.decode()
    )
    missing = client.get("/policies/interpretations/", {"q": "海底捞针"}).content.decode()
    assert "一图读懂绿道" not in missing


def test_a_missing_index_is_no_error(client, shelf, settings):
    shutil.rmtree(Path(settings.SEARCH_DIR))
    settings.SEARCH_DIR = Path(settings.SEARCH_DIR).parent / "elsewhere"
    assert client.get("/policies/").status_code in (200, 503)
