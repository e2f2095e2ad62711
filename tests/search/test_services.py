from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone, translation

from outbox import services as outbox
from search import services
from search.documents import SearchDocument, registry, split_key
from search.engine import SearchUnavailable
from search.services import SearchRequest
from tests.search.documents import DAY, LIBRARY, make

TODAY = date.fromordinal(DAY)


class Shelf:
    """A source whose documents a test puts in and takes out."""

    def __init__(self) -> None:
        self.documents_by_id = {split_key(document.key)[1]: document for document in LIBRARY}

    def put(self, document: SearchDocument) -> None:
        self.documents_by_id[split_key(document.key)[1]] = document

    def ids(self) -> list[str]:
        return list(self.documents_by_id)

    def documents(self, ids: Sequence[str]) -> list[SearchDocument]:
        return [self.documents_by_id[id_] for id_ in ids if id_ in self.documents_by_id]

    def keys_with_versions(self) -> Mapping[str, int]:
        return {document.key: document.version for document in self.documents_by_id.values()}

    def present(self, ids: Sequence[str], language: str) -> Mapping[str, Any]:
        return {id_: f"{id_} in {language}" for id_ in ids if id_ in self.documents_by_id}


@pytest.fixture
def shelf(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, db: None
) -> Iterator[Shelf]:
    settings.SEARCH_DIR = tmp_path / "search"
    made = Shelf()
    monkeypatch.setattr(registry, "sources", {"policy": made})
    monkeypatch.setattr(registry, "labels", {"kind": lambda values, language: {"law": "法律"}})
    yield made
    services._embedded(tmp_path / "search").close()


@pytest.fixture
def indexed(shelf: Shelf) -> Shelf:
    services.rebuild()
    return shelf


def deliver(*ids: str) -> None:
    with transaction.atomic():
        services.changed("policy", ids)
    outbox.drain(timezone.now())


def found(query: str, **more: Any) -> list[str]:
    result = services.search(SearchRequest(day=TODAY, q=query, **more))
    return [split_key(line.key)[1] for line in result.results]


def test_a_result_carries_its_object_its_marks_and_its_reason(indexed: Shelf) -> None:
    result = services.search(SearchRequest(day=TODAY, q="道交法", language="en"))
    line = result.results[0]
    assert (line.type, line.object) == ("policy", "traffic in en")
    assert line.reason is not None
    assert line.reason.code == "alias"
    assert (result.total, result.page, result.size, result.engine) == (1, 1, 20, "tantivy")


def test_facet_values_have_labels_counts_and_a_mark_for_the_chosen(indexed: Shelf) -> None:
    result = services.search(
        SearchRequest(day=TODAY, filters={"kind": ("law", "gone")}, facets=("kind", "issuer"))
    )
    kinds = {value.value: value for value in result.facets["kind"]}
    assert (kinds["law"].label, kinds["law"].count, kinds["law"].active) == ("法律", 3, True)
    assert (kinds["regulation"].count, kinds["regulation"].active) == (2, False)
    assert (kinds["gone"].count, kinds["gone"].active) == (0, True)
    assert [value.value for value in result.facets["issuer"]] == ["NPC"]


def test_what_the_database_no_longer_shows_is_not_a_result(indexed: Shelf) -> None:
    del indexed.documents_by_id["traffic"]
    assert "traffic" not in found("道路交通安全法")


def test_a_mistyped_query_is_answered_with_what_was_meant(indexed: Shelf) -> None:
    request = SearchRequest(day=TODAY, q="道路交痛安全法")
    assert services.search(request).did_you_mean == "道路交通安全法"
    assert services.search(replace(request, q="道路交通安全法")).did_you_mean is None


def test_a_change_is_searchable_once_the_outbox_has_delivered(indexed: Shelf) -> None:
    indexed.put(make("new", "低空经济促进办法"))
    deliver("new")
    assert found("低空经济")[0] == "new"
    del indexed.documents_by_id["new"]
    deliver("new")
    assert "policy:new" not in services.engine().keys_with_versions()


def test_delivering_a_change_twice_changes_nothing(indexed: Shelf) -> None:
    before = services.engine().keys_with_versions()
    for _ in range(2):
        services.index([{"type": "policy", "ids": ["traffic", "never"]}])
    assert services.engine().keys_with_versions() == before


def test_the_first_change_builds_an_index_of_everything(shelf: Shelf) -> None:
    with pytest.raises(SearchUnavailable):
        found("法")
    deliver("traffic")
    assert not services.check()


def test_a_change_outside_a_transaction_is_refused(shelf: Shelf, transactional_db: None) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        services.changed("policy", ["traffic"])


def test_rebuild_search_builds_the_index(shelf: Shelf) -> None:
    out = StringIO()
    call_command("rebuild_search", stdout=out)
    assert "6" in out.getvalue()
    assert not services.check()


def test_check_search_names_every_difference_and_repairs_it(indexed: Shelf) -> None:
    indexed.put(make("new", "甲办法"))
    indexed.put(make("civil", "中华人民共和国民事诉讼法", version=7))
    del indexed.documents_by_id["old"]
    out = StringIO()
    with translation.override("en"), pytest.raises(CommandError):
        call_command("check_search", stdout=out)
    lines = set(out.getvalue().splitlines())
    assert {"missing: policy:new", "superfluous: policy:old", "outdated: policy:civil"} <= lines
    call_command("check_search", "--repair", stdout=StringIO())
    assert not services.check()
    call_command("check_search", stdout=out)


def test_a_cluster_without_its_engine_is_unavailable_not_an_error(settings: Any) -> None:
    settings.ELASTICSEARCH_URL = ("http://search.example",)
    with pytest.raises(SearchUnavailable):
        services.search(SearchRequest(day=TODAY))
