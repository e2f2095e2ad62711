"""Every page asks as many queries for twelve documents as for three, and lists read no texts."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from freshness import services as freshness
from policies.enums import RelationKind
from policies.models import PolicyRelation
from portal.models import PortalSettings
from search import services as search
from tests import factories
from vocabularies.models import Territory

pytestmark = pytest.mark.django_db

LISTS = [
    "/",
    "/en/",
    "/sitemap/",
    "/policies/",
    "/policies/?q=办法",
    "/policies/?q=办法&kind=notice",
    "/policies/interpretations/",
    "/policies/interpretations/?q=办法",
    "/policies/catalogue/",
    "/policies/feed/",
    "/policies/feed/?q=办法",
    "/sitemap.xml",
    "/sitemap-policies-1.xml",
    "/api/v1/policies/",
    "/api/v1/search?q=办法",
    "/api/v1/search?q=办法&lang=en",
    "/api/v1/suggest?q=办法",
]


@pytest.fixture(autouse=True)
def _own_index(settings, tmp_path):
    settings.SEARCH_DIR = tmp_path / "search"
    running = search.engine()
    PortalSettings.load()
    yield
    running.close()


@pytest.fixture
def bureau():
    return factories.team("LC-BG")


def fill(bureau, count):
    """Releases policies, each with an interpretation and a territory; gives them."""
    territory, _ = Territory.objects.get_or_create(key="city", name_zh_hans="全市")
    pages = []
    for _number in range(count):
        draft = factories.policy(bureau, territory=territory)
        factories.interpretation(bureau, draft)
        pages.append(factories.review(draft, bureau))
    search.rebuild()
    return pages


def queries(client, address):
    freshness.bump()
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return [query["sql"] for query in asked]


def test_no_list_asks_more_queries_the_longer_it_is(client, bureau):
    # With fewer, the home page has no list of older documents, and does not ask for their parts.
    fill(bureau, 7)
    for address in LISTS:
        queries(client, address)
    few = {address: len(queries(client, address)) for address in LISTS}
    fill(bureau, 7)
    many = {address: len(queries(client, address)) for address in LISTS}
    assert many == few
    assert max(many.values()) <= 26


def test_no_list_reads_the_texts(client, bureau):
    fill(bureau, 3)
    body = re.compile(r'"policies_(policypage|interpretationpage)"."body"')
    for address in LISTS:
        assert not [sql for sql in queries(client, address) if body.search(sql)], address


def test_the_page_of_a_document_asks_the_same_however_much_is_related_to_it(client, bureau):
    pages = fill(bureau, 8)
    page, others = pages[0], pages[1:]
    addresses = [
        page.release.get_absolute_url(),
        page.release.interpretations.get().get_absolute_url(),
        f"/api/v1/policies/{page.release.index_number}",
    ]

    def relate(some):
        for other in some:
            PolicyRelation.objects.create(page=other, target=page, kind=RelationKind.BASED_ON)
            PolicyRelation.objects.create(page=page, target=other, kind=RelationKind.CITES)

    relate(others[:1])
    for address in addresses:
        queries(client, address)
    few = [len(queries(client, address)) for address in addresses]
    relate(others[1:])
    for _more in range(3):
        factories.review(factories.interpretation(bureau, page), bureau)
    assert [len(queries(client, address)) for address in addresses] == few


def test_a_page_from_the_cache_asks_one_query(client, bureau):
    fill(bureau, 1)
    asked = {}
    for address in LISTS:
        client.get(address)
        with CaptureQueriesContext(connection) as queries_asked:
            client.get(address)
        asked[address] = len(queries_asked)
    assert asked == dict.fromkeys(LISTS, 1)
