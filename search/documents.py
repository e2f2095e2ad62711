"""What a searchable thing looks like, and who hands such things in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

FACETS = ("issuer", "subject", "kind", "validity", "audience", "territory")
STATUSES = ("not_yet", "in_force", "partly", "suspended", "repealed", "expired", "unverified")


@dataclass(frozen=True, slots=True)
class Interval:
    """A status that holds from one day until the day before another.

    Days are `date.toordinal()`; `until` is exclusive, and None is for ever.
    """

    start: int
    until: int | None
    status: str


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """One object as search sees it.

    `key` is `type:id` and never changes; `version` grows with every change. `titles` and
    `summaries` are by language code, `zh-hans` among them; `body` is the original Chinese text.
    `numbers` are document numbers as issued. `facets` holds values by facet name, all but
    `validity`, which follows from `intervals` and the day of the query. Days are ordinals.
    """

    key: str
    type: str
    version: int
    titles: Mapping[str, str]
    summaries: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    aliases: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    issued: int | None = None
    effective: int | None = None
    intervals: tuple[Interval, ...] = ()
    suggestable: bool = True


class Source(Protocol):
    """How an app hands in one type of searchable object."""

    def ids(self) -> Iterable[str]:
        """The ids of every object of this type that the public may see now."""

    def documents(self, ids: Sequence[str]) -> Iterable[SearchDocument]:
        """The documents of those ids that the public may see now; the others are left out."""

    def keys_with_versions(self) -> Mapping[str, int]:
        """Key and version of every object of this type that the public may see now."""

    def present(self, ids: Sequence[str], language: str) -> Mapping[str, Any]:
        """What a page or answer shows, by id, for those that the public may see now."""


Labels = Callable[[Sequence[str], str], Mapping[str, str]]


class Registry:
    """What the apps above have registered."""

    def __init__(self) -> None:
        self.sources: dict[str, Source] = {}
        self.labels: dict[str, Labels] = {}
        self.edition: Callable[[], object] = str  # another one whenever a label may have changed

    def register(self, type_name: str, source: Source) -> None:
        """Makes one type searchable."""
        self.sources[type_name] = source

    def register_labels(self, facet: str, labels: Labels) -> None:
        """`labels(values, language)` names the values of a facet for readers."""
        self.labels[facet] = labels

    def label(self, facet: str, values: Sequence[str], language: str) -> dict[str, str]:
        """Labels by value; a value nobody names is its own label."""
        named = self.labels[facet](values, language) if facet in self.labels else {}
        return {value: str(named.get(value, value)) for value in values}


registry = Registry()


def split_key(key: str) -> tuple[str, str]:
    """Type and id of a key."""
    type_name, _, object_id = key.partition(":")
    return type_name, object_id
