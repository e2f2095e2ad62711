"""Searching, and keeping the index equal to the database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString

from freshness import services as freshness
from freshness.kept import Kept
from outbox.services import enqueue
from search import analysis, planner, suggest
from search.documents import FACETS, SearchDocument, registry, split_key
from search.engine import Engine, Filters, Hits, NoIndex, SearchUnavailable
from search.highlight import Highlighter, Reason
from search.suggest import Suggestion
from search.tantivy_engine import TantivyEngine

INDEX, REBUILD = "search.index", "search.rebuild"
SORTS = ("relevance", "newest", "effective")
_CHUNK = 500
# Fourteen kilobytes each.
_presented: Kept[tuple[str, str], Any] = Kept(most=4_000)
_labels: Kept[tuple[str, str, str], str] = Kept(most=10_000)


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a reader asks. `day` is today in Shanghai; `issued_from` and `issued_to` are inclusive.

    `filters` are chosen values by facet; `types` empty means every type; `facets` are those to
    count. `strict` takes the query at its word: nothing looser is found, and nothing proposed.
    """

    day: date
    q: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    issued_from: date | None = None
    issued_to: date | None = None
    sort: str = "relevance"
    page: int = 1
    size: int = 20
    language: str = "zh-hans"
    facets: tuple[str, ...] = FACETS
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One line of a list. `object` is what the registered source presents."""

    key: str
    type: str
    object: Any
    title: SafeString
    snippet: SafeString
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet, how many results a click on it gives, and whether it is chosen."""

    value: str
    label: str
    count: int
    active: bool


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page of results. `total` and the counts are exact; `did_you_mean` is a query or None.

    `version` is the content's that the objects show, or an older one.
    """

    total: int
    page: int
    size: int
    results: tuple[Result, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]
    did_you_mean: str | None
    engine: str
    version: int


@dataclass(frozen=True, slots=True)
class Differences:
    """Keys in which index and database differ."""

    missing: tuple[str, ...]
    superfluous: tuple[str, ...]
    outdated: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.superfluous or self.outdated)

    def all_keys(self) -> tuple[str, ...]:
        """All of them."""
        return self.missing + self.superfluous + self.outdated


def engine() -> Engine:
    """The engine this site runs on, one for each process."""
    if settings.ELASTICSEARCH_URL:
        raise SearchUnavailable("Only the embedded engine is built: empty ELASTICSEARCH_URL.")
    return _embedded(Path(settings.SEARCH_DIR))


@cache
def _embedded(directory: Path) -> TantivyEngine:
    return TantivyEngine(directory)


def search(request: SearchRequest) -> SearchResult:
    """The page of results for pages, API and feeds alike.

    Only what the public may see now is among the results, also if the index is a moment behind.
    Raises SearchUnavailable if the engine cannot answer.
    """
    running = engine()
    day = request.day.toordinal()
    # Labels are looked up in the database, which takes no NUL.
    filters = {
        name: tuple(map(analysis.clean, values))
        for name, values in request.filters.items()
        if values
    }
    plan = planner.plan(request.q, day=day, language=request.language)
    hits = running.search(
        replace(plan, loose=None) if request.strict else plan,
        Filters(
            facets=filters,
            types=request.types,
            issued_from=request.issued_from.toordinal() if request.issued_from else None,
            issued_to=request.issued_to.toordinal() if request.issued_to else None,
        ),
        day=day,
        facets=request.facets,
        sort=request.sort,
        page=request.page,
        size=request.size,
    )
    version = freshness.current()
    return SearchResult(
        total=hits.total,
        page=request.page,
        size=request.size,
        results=tuple(_results(hits, request, version)),
        facets={
            name: _facet(name, counts, filters.get(name, ()), request.language, version)
            for name, counts in hits.facets.items()
        },
        did_you_mean=None if request.strict else _did_you_mean(running, request, hits),
        engine=running.name,
        version=version,
    )


def _results(hits: Hits, request: SearchRequest, version: int) -> Iterator[Result]:
    if not hits.items:
        return
    visible = _present([hit.key for hit in hits.items], request.language, version)
    highlighter = Highlighter(request.q, request.language)
    for hit in hits.items:
        if hit.key not in visible:
            continue
        titles = hit.stored.titles
        language = request.language if titles.get(request.language) else "zh-hans"
        yield Result(
            key=hit.key,
            type=split_key(hit.key)[0],
            object=visible[hit.key],
            title=highlighter.title(titles.get(language, ""), language),
            snippet=highlighter.snippet(hit),
            reason=highlighter.reason(hit) if request.q else None,
        )


def suggestions(typed: str, *, day: date, language: str = "zh-hans") -> list[Suggestion]:
    """What the beginning of a query may become, best first; each leads to at least one hit.

    Raises SearchUnavailable if the engine cannot answer.
    """
    return suggest.suggest(engine(), typed, day=day.toordinal(), language=language)


def changed(type_name: str, ids: Iterable[object]) -> None:
    """Writes down, inside the transaction of a change, that these objects need indexing.

    It does not matter whether they were changed, published or withdrawn: the index takes over
    whatever the public may see once the transaction is committed.
    """
    for chunk in _chunks(ids):
        enqueue(INDEX, {"type": type_name, "ids": chunk})


def index(payloads: Sequence[Mapping[str, Any]]) -> None:
    """Brings the named objects in the index up to date with the database; may run twice."""
    running = engine()
    try:
        running.generation()
    except NoIndex:
        rebuild()
        return
    wanted = {f"{payload['type']}:{id_}": None for payload in payloads for id_ in payload["ids"]}
    for keys in _chunks(wanted):
        documents = [
            document
            for type_name, ids in _by_type(keys).items()
            for document in registry.sources[type_name].documents(ids)
        ]
        running.write(documents, set(keys) - {document.key for document in documents})
    # A page of results may have been cached since the change, from the index as it was before.
    freshness.bump()


def rebuild() -> int:
    """A new index of everything public, built beside the old one; how many documents it holds."""
    count = engine().rebuild(_everything())
    freshness.bump()
    return count


def check() -> Differences:
    """How index and database differ.

    Changes still in the outbox count as differences, so deliver them first.
    """
    stored: dict[str, int] = {}
    for source in registry.sources.values():
        stored |= source.keys_with_versions()
    try:
        indexed = engine().keys_with_versions()
    except NoIndex:
        indexed = {}
    both = stored.keys() & indexed.keys()
    return Differences(
        missing=tuple(sorted(stored.keys() - indexed.keys())),
        superfluous=tuple(sorted(indexed.keys() - stored.keys())),
        outdated=tuple(sorted(key for key in both if stored[key] != indexed[key])),
    )


def repair(differences: Differences) -> None:
    """Has the differing objects indexed again; inside a transaction."""
    for type_name, ids in _by_type(differences.all_keys()).items():
        changed(type_name, ids)


def deliver_index(payloads: list[dict[str, Any]], now: datetime) -> None:
    """The outbox's handler of `search.index`."""
    index(payloads)


def deliver_rebuild(payloads: list[dict[str, Any]], now: datetime) -> None:
    """The outbox's handler of `search.rebuild`; many wishes are one rebuild."""
    rebuild()


def _did_you_mean(running: Engine, request: SearchRequest, hits: Hits) -> str | None:
    first = hits.items[0].stored.titles.get("zh-hans", "") if hits.items else ""
    if request.page > 1 or not request.q or analysis.fold(request.q) in analysis.fold(first):
        return None
    return suggest.did_you_mean(running, request.q, day=request.day.toordinal())


def _everything() -> Iterator[SearchDocument]:
    for source in registry.sources.values():
        for ids in _chunks(source.ids()):
            yield from source.documents(ids)


def _chunks(ids: Iterable[object]) -> Iterator[list[str]]:
    rest = map(str, ids)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _by_type(keys: Iterable[str]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for key in keys:
        type_name, id_ = split_key(key)
        ids.setdefault(type_name, []).append(id_)
    return ids


def _present(keys: Sequence[str], language: str, version: int) -> dict[str, Any]:
    def read(missing: list[tuple[str, str]]) -> dict[tuple[str, str], Any]:
        return {
            (f"{type_name}:{id_}", language): shown
            for type_name, ids in _by_type(key for key, _language in missing).items()
            if type_name in registry.sources
            for id_, shown in registry.sources[type_name].present(ids, language).items()
        }

    found = _presented.get(version, [(key, language) for key in keys], read)
    return {key: shown for (key, _language), shown in found.items()}


def _facet(
    name: str, counts: Mapping[str, int], chosen: Sequence[str], language: str, version: int
) -> tuple[FacetValue, ...]:
    def read(missing: list[tuple[str, str, str]]) -> dict[tuple[str, str, str], str]:
        labels = registry.label(name, [value for _name, value, _language in missing], language)
        return {(name, value, language): label for value, label in labels.items()}

    # A chosen value stays in sight when nothing is left of it, or it could not be taken off.
    counts = {**dict.fromkeys(chosen, 0), **counts}
    labels = _labels.get(version, [(name, value, language) for value in counts], read)
    values = [
        FacetValue(value, labels[name, value, language], count, value in chosen)
        for value, count in counts.items()
    ]
    return tuple(sorted(values, key=lambda found: (-found.count, found.label)))
