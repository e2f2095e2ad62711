"""The parameters of the library, of its feed and of every address that leads to it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from search.services import SORTS, SearchRequest

FACETS = ("validity", "kind", "issuer", "subject", "audience", "territory")
PAGE_SIZE = 20
CONSULTATIONS = 5
LONGEST_QUERY = 300
LONGEST_VALUE = 64
MOST_VALUES = 50
LAST_PAGE = 1_000_000_000
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class LibraryQuery:
    """What a reader asks of the library; days are inclusive and mean the date of issue."""

    q: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    issued_from: datetime.date | None = None
    issued_to: datetime.date | None = None
    sort: str = ""
    page: int = 1
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def order(self) -> str:
        """The order asked for, or the useful one: by relevance to words, else the newest first."""
        return self.sort or ("relevance" if self.q else "newest")

    @property
    def is_filtered(self) -> bool:
        return bool(self.filters or self.issued_from or self.issued_to)

    @property
    def error_lines(self) -> list[str]:
        """What is wrong, each thing once."""
        return list(dict.fromkeys(self.errors.values()))

    def parameters(self) -> Iterator[tuple[str, str]]:
        """Everything but the page, as the parameters of an address."""
        if self.q:
            yield "q", self.q
        for name in FACETS:
            for value in self.filters.get(name, ()):
                yield name, value
        if self.issued_from:
            yield "from", self.issued_from.isoformat()
        if self.issued_to:
            yield "to", self.issued_to.isoformat()
        if self.sort:
            yield "sort", self.sort

    def address(self) -> str:
        """The query string, with its question mark; ``?`` alone asks for everything."""
        return "?" + urlencode(list(self.parameters()))

    def without(self, name: str, value: str) -> LibraryQuery:
        """The same question without one value of one filter."""
        if name == "from":
            return replace(self, issued_from=None)
        if name == "to":
            return replace(self, issued_to=None)
        left = tuple(kept for kept in self.filters.get(name, ()) if kept != value)
        filters = {key: values for key, values in self.filters.items() if key != name}
        return replace(self, filters=filters | ({name: left} if left else {}))

    @property
    def swapped(self) -> LibraryQuery | None:
        """The same question with its days in the right order; None if they are in it."""
        if not (self.issued_from and self.issued_to and self.issued_from > self.issued_to):
            return None
        return replace(self, issued_from=self.issued_to, issued_to=self.issued_from)

    def unfiltered(self) -> LibraryQuery:
        return replace(self, filters={}, issued_from=None, issued_to=None)

    def ask(
        self, day: datetime.date, language: str, *, size: int = PAGE_SIZE, count: bool = True
    ) -> SearchRequest:
        """The question to search; ``count`` asks for the facets too."""
        return SearchRequest(
            day=day,
            q=self.q,
            filters=self.filters,
            types=("policy",),
            issued_from=self.issued_from,
            issued_to=self.issued_to,
            sort=self.order,
            page=self.page,
            size=size,
            language=language,
            facets=FACETS if count else (),
        )

    def ask_for_consultations(self, day: datetime.date, language: str) -> SearchRequest:
        """The same question, asked of consultations: the few that fit best."""
        return replace(
            self.ask(day, language, size=CONSULTATIONS, count=False),
            types=("consultation",),
            page=1,
            strict=True,
        )

    def ask_for_interpretations(self, day: datetime.date, language: str) -> SearchRequest:
        """The words of the question, asked of interpretations."""
        return SearchRequest(
            day=day,
            q=self.q,
            types=("interpretation",),
            page=self.page,
            size=PAGE_SIZE,
            language=language,
            facets=(),
        )


def read(parameters: QueryDict) -> LibraryQuery:
    """Read the parameters of an address; ``errors`` say by name what is wrong with them.

    A value that means nothing is left out. Days in the wrong order are kept, and find nothing.
    """
    errors: dict[str, str] = {}
    filters = {}
    for name in FACETS:
        values = tuple(dict.fromkeys(v[:LONGEST_VALUE] for v in parameters.getlist(name) if v))
        if values:
            filters[name] = values[:MOST_VALUES]
    sort = parameters.get("sort", "")
    if sort not in ("", *SORTS):
        errors["sort"] = _("This order is not known; the usual one was taken.")
        sort = ""
    asked = LibraryQuery(
        q=" ".join(parameters.get("q", "").replace("\x00", "").split())[:LONGEST_QUERY],
        filters=filters,
        issued_from=_day("from", parameters, errors),
        issued_to=_day("to", parameters, errors),
        sort=sort,
        page=_page(parameters.get("page", "")),
        errors=errors,
    )
    if asked.swapped:
        errors["from"] = _("The first day is later than the last day.")
    return asked


def _page(text: str) -> int:
    digits = text.isascii() and text.isdigit()
    # The length first: Python refuses to read thousands of digits.
    return max(1, int(text) if len(text) < 10 else LAST_PAGE) if digits else 1


def day(text: str) -> datetime.date:
    """The day that an ISO date such as 2026-10-08 names. Raises ValueError for anything else."""
    if not ISO_DAY.fullmatch(text):
        raise ValueError(text)
    return datetime.date.fromisoformat(text)


def _day(name: str, parameters: QueryDict, errors: dict[str, str]) -> datetime.date | None:
    text = parameters.get(name, "")
    if not text:
        return None
    try:
        return day(text)
    except ValueError:
        errors[name] = _("Write dates as year-month-day, such as 2026-10-08.")
        return None
