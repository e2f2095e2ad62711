"""Is the calendar what the site began with and the ledger was told since? For ``verify_ledger``."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from ledger import services as ledger
from ledger.models import Entry
from workdays import announced, rules, services
from workdays.enums import NAMED, WORKED, DayKind

ANNOUNCED, CORRECTED = "workdays.announced", "workdays.corrected"
_Days = dict[datetime.date, rules.Day]


def problems() -> Iterator[str]:
    """Find every year and day of the calendar that is not what its notices made it.

    A new site begins with the notices that come with it, of which it writes no entry; all that
    happened since is done once more from the entries and compared, both ways.
    """
    entries = list(ledger.entries(ANNOUNCED, CORRECTED))
    announced_since = [entry for entry in entries if entry.action == ANNOUNCED]
    first = _first({_year(entry) for entry in announced_since if not _is_sample(entry)})
    told_years = {notice.year: False for notice in first}
    for entry in announced_since:
        told_years[_year(entry)] = told_years.get(_year(entry), True) and _is_sample(entry)
    yield from _differences(services.years(), told_years, _sample_words)
    kept = services.calendar(datetime.date.min).days
    yield from _differences(kept, _told(first, entries), _day_words)


def _differences(kept: Mapping[Any, Any], told: Mapping[Any, Any], words: Any) -> Iterator[str]:
    for key in sorted(kept.keys() | told.keys()):
        here, there = kept.get(key), told.get(key)
        if here != there:
            yield f"{key}: {words(here)} in the calendar, {words(there)} in the ledger"


def _sample_words(is_sample: bool | None) -> str:
    return {None: "not announced", True: "a sample", False: "announced"}[is_sample]


def _day_words(day: rules.Day | None) -> str:
    if day is None:
        return "no day"
    uncounted = "" if day.counts or day.kind not in WORKED else ", not counted"
    return f"{day.kind}{f' ({day.source})' if day.source else ''}{uncounted}"


def _first(later: set[int]) -> list[announced.Announced]:
    """Give the notices that the site began with: those whose year no entry announces."""
    return [notice for notice in announced.NOTICES if notice.year not in later]


def _is_sample(entry: Entry) -> bool:
    return bool(entry.data.get("is_sample", False))


def _year(entry: Entry) -> int:
    """Its notice names New Year and, besides its own year, at most days of the December before."""
    return max(day.year for day in _days(entry, "holidays"))


def _days(entry: Entry, name: str) -> list[datetime.date]:
    return [datetime.date.fromisoformat(text) for text in entry.data[name]]


def _told(first: list[announced.Announced], entries: list[Entry]) -> _Days:
    """Give the days as the first notices and then the entries, in their order, have made them."""
    days: _Days = {}
    for year in sorted({notice.year for notice in first}):
        named, notices = announced.of_year(first, year)
        _announce(days, year, named, {day: notice.number for day, notice in notices.items()})
    for entry in entries:
        if entry.action == ANNOUNCED:
            named = rules.NamedDays(_days(entry, "holidays"), _days(entry, "make_ups"))
            by_day = dict.fromkeys((*named.holidays, *named.make_ups), entry.subject_label)
            numbers = entry.data.get("named_by", {})
            by_day |= {datetime.date.fromisoformat(day): number for day, number in numbers.items()}
            _announce(days, _year(entry), named, by_day)
        else:
            kind = DayKind(entry.data["kind"])
            for day in _days(entry, "days"):
                _set(days, day, kind, entry.subject_label)
    return days


def _announce(
    days: _Days, year: int, named: rules.NamedDays, by_day: Mapping[datetime.date, str]
) -> None:
    before = {day: named.kind(day) for day in by_day if day.year < year and day in days}
    for day, kind in (rules.kinds_of_year(year, named) | before).items():
        _set(days, day, kind, by_day.get(day, ""))


def _set(days: _Days, date: datetime.date, kind: DayKind, number: str) -> None:
    """What was corrected to a working day does not count, as ``services.calendar`` has it."""
    source = number if kind in NAMED else ""
    standing = days.get(date)
    counts = kind in WORKED
    if standing is not None:
        counts = counts and standing.counts
        if (standing.kind, standing.source) == (kind, source):
            return
    days[date] = rules.Day(date, kind, counts, source)
