"""The interface of a search engine, and the engine-independent query it is asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from search.documents import SearchDocument
from search.fields import Stored

OVERFETCH = 60
SAME_SCORE = 1e-5
# Nobody reads further, and an engine would have to sort all of it.
DEEPEST = 10_000


class SearchUnavailable(Exception):
    """The engine cannot answer; the page says so and offers the catalogue."""


class NoIndex(SearchUnavailable):
    """There is no index that this version of the program can read."""


@dataclass(frozen=True, slots=True)
class Term:
    """A token in a field, scored by BM25 (k1 1.2, b 0.75)."""

    field: str
    token: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """Any token of a field that begins like this, each for the same score of 1."""

    field: str
    start: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens of a field directly after one another."""

    field: str
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """What the node matches, each for the same score."""

    node: "Node"
    score: float


@dataclass(frozen=True, slots=True)
class Boost:
    """The node with its scores multiplied."""

    node: "Node"
    factor: float


@dataclass(frozen=True, slots=True)
class Bool:
    """All of `must`, none of `must_not`, and at least `minimum` of `should`.

    With no `must`, at least one of `should` has to match.
    """

    must: tuple["Node", ...] = ()
    should: tuple["Node", ...] = ()
    must_not: tuple["Node", ...] = ()
    minimum: int = 0


Node = Term | Prefix | Phrase | Constant | Boost | Bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A query for any engine. `strict` None means everything.

    `loose` takes over if `strict` alone, without filters, finds fewer than `enough`: without
    filters, because a filter must not change which query is asked, or counts would lie.
    """

    strict: Node | None
    loose: Node | None = None
    enough: int = 10


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader chose. Values of one facet are alternatives, facets all hold.

    Days are ordinals, both ends inclusive. `types` empty means every type.
    """

    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    issued_from: int | None = None
    issued_to: int | None = None

    def without(self, facet: str) -> "Filters":
        """The filters under which the values of that facet are counted."""
        others = {name: values for name, values in self.facets.items() if name != facet}
        return Filters(others, self.types, self.issued_from, self.issued_to)


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. `folded` is `text` folded for highlighting, or None if nothing changed."""

    key: str
    score: float
    stored: Stored
    text: str
    folded: str | None


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of results; `total` and `facets` (name, value, count) are exact."""

    total: int
    items: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]]
    loose: bool = False


class Engine(Protocol):
    """A search engine. Every method raises SearchUnavailable if it cannot do its work."""

    name: str

    def close(self) -> None:
        """Finishes what is under way and lets go of files; the next call takes them up again."""

    def search(
        self,
        plan: Plan,
        filters: Filters,
        *,
        day: int,
        facets: Sequence[str] = (),
        sort: str = "relevance",
        page: int = 1,
        size: int = 20,
    ) -> Hits:
        """One page, from 1, of what the plan finds under the filters on that day (ordinal).

        `sort` is `relevance`, `newest` or `effective`; equal hits stand in the same order at
        every call. Each facet is counted under the filters of all the others.
        """

    def write(self, documents: Iterable[SearchDocument], deletes: Iterable[str] = ()) -> None:
        """Writes documents and deletes keys; all of it is durable and visible on return.

        Raises NoIndex if there is nothing to write to: a rebuild is due.
        """

    def rebuild(self, documents: Iterable[SearchDocument]) -> int:
        """A new index of exactly these, built beside the old one; how many there are.

        Searches go on meanwhile, and writes during it are in the new index too.
        """

    def keys_with_versions(self) -> Mapping[str, int]:
        """Key and version of every document in the index."""

    def generation(self) -> str:
        """Another text after every write and rebuild; a part of keys for caches."""

    def check(self) -> None:
        """Raises SearchUnavailable if a search would fail."""
