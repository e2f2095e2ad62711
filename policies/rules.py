"""The rules of policy documents: pure functions without a database and without a clock."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from legaltext.tree import squeeze
from policies.enums import (
    CHANGING_TEXT,
    ENDING,
    MUST_CONSULT,
    WAITS,
    Disclosure,
    EffectKind,
    ImportedStatus,
    TextState,
    Validity,
)

INDEX_NUMBER = re.compile(
    r"^(?P<code>[A-Z0-9-]{1,32})/(?P<year>[1-9]\d{3})-(?P<serial>[1-9]\d{0,8})\Z",
    re.ASCII,
)
SHANGHAI = ZoneInfo("Asia/Shanghai")
ONE_DAY = datetime.timedelta(days=1)


def local_day(moment: datetime.datetime) -> datetime.date:
    """Give the Shanghai day of an aware moment."""
    return moment.astimezone(SHANGHAI).date()


@dataclass(frozen=True, slots=True)
class EffectFact:
    """A released effect on a document: days are Shanghai days, ``until_on`` is inclusive."""

    kind: EffectKind
    effective_on: datetime.date
    until_on: datetime.date | None = None
    provisions: tuple[str, ...] = ()
    applied: bool = False
    effect_id: int | None = None


@dataclass(frozen=True, slots=True)
class ValidityFacts:
    """All that decides on the validity of one document."""

    effective_on: datetime.date | None = None
    expires_on: datetime.date | None = None
    imported_as: ImportedStatus | None = None
    effects: tuple[EffectFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """A status from a day to a day, both inclusive; ``None`` is without end."""

    from_day: datetime.date | None
    until_day: datetime.date | None
    status: Validity


def _acting(facts: ValidityFacts, day: datetime.date, *kinds: EffectKind) -> list[EffectFact]:
    return [e for e in facts.effects if e.kind in kinds and e.effective_on <= day]


def last_day(facts: ValidityFacts, day: datetime.date) -> datetime.date | None:
    """Give the last day of validity as it is known on ``day``, extensions included."""
    extensions = [
        e.until_on for e in _acting(facts, day, EffectKind.EXTENDS) if e.until_on is not None
    ]
    return (
        max([*extensions, facts.expires_on])
        if extensions and facts.expires_on
        else (max(extensions) if extensions else facts.expires_on)
    )


def validity(facts: ValidityFacts, day: datetime.date) -> Validity:
    """Tell the validity of a document on a Shanghai day.

    The first that holds decides: repealed or replaced; lapsed by an import's word; not yet in
    force; past its last day (extensions count from the day they take effect, and an extension
    revives what had lapsed); suspended; partly repealed; unknown; in force.
    A queryset gives the same by ``queries.validity_expression``.
    """
    if _acting(facts, day, *ENDING):
        return Validity.REPEALED
    if facts.imported_as == ImportedStatus.EXPIRED:
        return Validity.EXPIRED
    if facts.effective_on and day < facts.effective_on:
        return Validity.NOT_YET
    end = last_day(facts, day)
    if end and day > end:
        return Validity.EXPIRED
    suspensions = _acting(facts, day, EffectKind.SUSPENDS)
    if any(e.until_on is None or day <= e.until_on for e in suspensions):
        return Validity.SUSPENDED
    if _acting(facts, day, EffectKind.PARTLY_REPEALS):
        return Validity.PARTLY
    if facts.imported_as == ImportedStatus.UNKNOWN or (
        facts.imported_as in (None, ImportedStatus.DATED) and facts.effective_on is None
    ):
        return Validity.UNVERIFIED
    return Validity.IN_FORCE


def intervals(facts: ValidityFacts) -> tuple[Interval, ...]:
    """Give the whole life of a document as adjoining intervals, for a search index.

    A query filters them by its day, so a status changes at midnight without a task.
    """
    begins = [facts.effective_on, *(effect.effective_on for effect in facts.effects)]
    ends = [facts.expires_on, *(effect.until_on for effect in facts.effects)]
    # The first day of all begins no interval, and none begins after the last.
    turns = {day for day in begins if day and day > datetime.date.min}
    turns |= {day + ONE_DAY for day in ends if day and day < datetime.date.max}
    starts = sorted(turns)
    first_days: list[datetime.date | None] = [None, *starts]
    last_days: list[datetime.date | None] = [*(day - ONE_DAY for day in starts), None]
    found: list[Interval] = []
    for start, until in zip(first_days, last_days, strict=True):
        status = validity(facts, start or until or datetime.date.min)
        if found and found[-1].status == status:
            found[-1] = Interval(found[-1].from_day, until, status)
        else:
            found.append(Interval(start, until, status))
    return tuple(found)


def cause(facts: ValidityFacts, day: datetime.date) -> EffectFact | None:
    """Give the effect that made the document what it is on ``day``: the latest that acts."""
    kinds = {
        Validity.REPEALED: ENDING,
        Validity.SUSPENDED: (EffectKind.SUSPENDS,),
        Validity.PARTLY: (EffectKind.PARTLY_REPEALS,),
    }.get(validity(facts, day))
    acting = _acting(facts, day, *kinds) if kinds else []
    return max(acting, key=lambda e: e.effective_on) if acting else None


def repealed_provisions(facts: ValidityFacts, day: datetime.date) -> frozenset[str]:
    """Give the anchors of the provisions that are repealed on ``day``."""
    return frozenset(
        anchor
        for effect in _acting(facts, day, EffectKind.PARTLY_REPEALS)
        for anchor in effect.provisions
    )


def outstanding(
    facts: ValidityFacts, consolidated_as_of: datetime.date | None, day: datetime.date
) -> list[EffectFact]:
    """Give the amendments in force on ``day`` that are not yet worked into the text."""
    return [
        e
        for e in _acting(facts, day, *CHANGING_TEXT)
        if not e.applied and (consolidated_as_of is None or consolidated_as_of < e.effective_on)
    ]


def text_state(
    facts: ValidityFacts, consolidated_as_of: datetime.date | None, day: datetime.date
) -> TextState:
    """Tell the third axis of a document: what its text contains."""
    if outstanding(facts, consolidated_as_of, day) or (
        facts.imported_as == ImportedStatus.AMENDED and consolidated_as_of is None
    ):
        return TextState.CHANGES_OUTSTANDING
    if consolidated_as_of or _acting(facts, day, *CHANGING_TEXT):
        return TextState.CONSOLIDATED
    return TextState.AS_ISSUED


def reaches(edges: Iterable[tuple[int, int]], start: int, goal: int) -> bool:
    """Tell whether ``goal`` can be reached from ``start`` along the directed ``edges``."""
    after: dict[int, list[int]] = {}
    for source, target in edges:
        after.setdefault(source, []).append(target)
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        if here == goal:
            return True
        if here not in seen:
            seen.add(here)
            waiting.extend(after.get(here, ()))
    return False


def is_blank(value: object) -> bool:
    """Tell whether a field holds nothing a reader could see.

    Untouched text is ``None``, an untouched stream has no blocks, an emptied editor leaves
    ``<p></p>``: each of them is missing, and so is what consists of nothing else.
    """
    if value is None:
        return True
    if isinstance(value, str):
        words = value.replace("&nbsp;", "")
        while "<" in words and ">" in words[words.index("<") :]:
            start = words.index("<")
            words = words[:start] + words[words.index(">", start) + 1 :]
        return not squeeze(words)
    if isinstance(value, Mapping):
        return all(is_blank(member) for member in value.values())
    if isinstance(value, Iterable):
        return all(is_blank(member) for member in value)
    return False


def may_be_released(disclosure: str) -> bool:
    """Only documents that are proactively disclosed can be released (条例 art. 19)."""
    return disclosure == Disclosure.PROACTIVE


def must_consult(kind: str, *, business_related: bool) -> bool:
    """Tell whether the public has to be asked about a document of this kind (优化营商环境条例
    art. 62 for what is closely tied to business operations)."""
    return business_related or kind in MUST_CONSULT


def earliest_effect(issued_on: datetime.date) -> datetime.date:
    """Give the first day on which a document that must wait may take effect (rule 12)."""
    return issued_on + datetime.timedelta(days=30)


def has_to_wait(kind: str, *, business_related: bool) -> bool:
    """Tell whether a document takes effect 30 days or more after it was issued, unless it says
    why (行政法规制定程序条例 art. 29, 规章制定程序条例 art. 32, 北京市优化营商环境条例 art. 74)."""
    return business_related or kind in WAITS


def index_number(code: str, year: int, serial: int) -> str:
    """Write an index number: ``{organisation code}/{year}-{serial}``, serial not padded."""
    return f"{code}/{year}-{serial}"
