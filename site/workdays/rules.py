"""How days are counted: pure functions without a database and without a clock.

Days are Shanghai days. The opening day never counts (Civil Code, article 201), and a period ends
at 24:00 of its last day (article 203), which is written as 00:00 of the day after, exclusive.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from workdays.enums import WORKED, DayKind, Unit

SHANGHAI = ZoneInfo("Asia/Shanghai")
ONE_DAY = datetime.timedelta(days=1)
SATURDAY = 5


class YearNotAnnounced(ValidationError):
    """A day was asked for whose year has no notice yet; nobody may guess what it will be."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(
            _(
                "The State Council has not announced the working days of %(year)s yet, "
                "or its notice has not been entered here."
            ),
            code="year_not_announced",
            params={"year": str(year)},
        )

    def __reduce__(self) -> tuple[type[YearNotAnnounced], tuple[int]]:
        return type(self), (self.year,)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar.

    kind: what it is by the newest that is known. counts: whether a period of working days may
    count it; what a correction made a working day does not count, so no correction makes a
    period shorter. source: the number of the notice that names it, empty for ordinary days.
    """

    date: datetime.date
    kind: DayKind
    counts: bool
    source: str = ""


@dataclass(frozen=True)
class Calendar:
    """The days that are known, of the years that are announced.

    sample_years: those that no notice but a made-up one of the demo city stands behind.
    """

    days: Mapping[datetime.date, Day]
    announced_years: Collection[int]
    sample_years: Collection[int] = field(default=frozenset())

    def day(self, date: datetime.date) -> Day:
        """Give the day. Raises ``YearNotAnnounced``, or LookupError where it was not loaded."""
        if date in self.days:
            return self.days[date]
        if date.year in self.announced_years:
            raise LookupError(f"The calendar was loaded without {date}.")
        raise YearNotAnnounced(date.year)

    def between(self, first: datetime.date, last: datetime.date) -> list[Day]:
        """Give the days from ``first`` to ``last``, both inclusive. Raises as ``day`` does."""
        count = (last - first).days + 1
        return [self.day(first + ONE_DAY * number) for number in range(count)]


@dataclass(frozen=True, slots=True)
class NamedDays:
    """What a notice names: the days off, and the weekend days on which people work for them."""

    holidays: Collection[datetime.date]
    make_ups: Collection[datetime.date]

    def kind(self, day: datetime.date) -> DayKind:
        """Give what a day is if this notice is the one that names it."""
        if day in self.holidays:
            return DayKind.HOLIDAY
        return DayKind.MAKE_UP if day in self.make_ups else ordinary_kind(day)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A shortest period: so many days of a unit. Raises ValueError for less than one day."""

    days: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError(f"A period has at least one day, not {self.days}.")


FLOOR = Requirement(5, Unit.WORKING_DAYS)
"""What holds for every consultation (京公开办发〔2020〕4号: no fewer than five working days)."""


class Unreadable(ValidationError):
    """What was pasted as days is none; the message says where the reader stumbled."""


_ASIDE = re.compile(r"[（(][^（()）]*[)）]|共\s*\d+\s*天|\d{4}\s*年(?!\s*\d)")
_DATE = re.compile(
    r"(?<!\d)(?:(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)"
    r"|(?:(?:(?P<year_zh>\d{4})\s*年)?\s*(?P<month_zh>\d{1,2})\s*月)?\s*(?P<day_zh>\d{1,2})\s*日)"
)
_TO = re.compile(r"\s*(?:至|到|[-–—~～]|\.\.|to)\s*", flags=re.IGNORECASE)
_SENTENCE = re.compile(r"[。；;\n]")
LONGEST_HOLIDAY = 31


def read_days(text: str, year: int, *, without: str = "") -> list[datetime.date]:
    """Give the days that a text names, in order, each once.

    It reads a notice's own words ("2月5日至11日放假", "2月4日（星期日）、18日上班") and ISO days
    ("2027-02-05 to 2027-02-11"). year: of the days that do not say theirs. without: a pattern; a
    sentence with it is left out, so that a whole notice can be pasted. Raises ``Unreadable``.
    """
    found: set[datetime.date] = set()
    for sentence in _SENTENCE.split(text):
        if not without or not re.search(without, sentence):
            found |= _days_of_sentence(sentence, year)
    return sorted(found)


def _days_of_sentence(sentence: str, year: int) -> set[datetime.date]:
    words = _ASIDE.sub("", sentence)
    found: set[datetime.date] = set()
    last: datetime.date | None = None
    end = 0
    for match in _DATE.finditer(words):
        between, end = words[end : match.start()], match.end()
        day = _day_of(match, year, last, sentence)
        if last is not None and _TO.fullmatch(between):
            span = (day - last).days
            if not 0 < span < LONGEST_HOLIDAY:
                raise _unreadable(sentence)
            found |= {last + ONE_DAY * number for number in range(span)}
        found.add(day)
        last = day
    if re.search(r"\d", _DATE.sub("", words)):
        raise _unreadable(sentence)
    return found


def _day_of(
    match: re.Match[str], year: int, last: datetime.date | None, sentence: str
) -> datetime.date:
    parts = match.groupdict()
    year = int(parts["year"] or parts["year_zh"] or (last.year if last else year))
    month = parts["month"] or parts["month_zh"] or (last.month if last else None)
    try:
        return datetime.date(year, int(month or 0), int(parts["day"] or parts["day_zh"]))
    except ValueError as error:
        raise _unreadable(sentence) from error


def _unreadable(sentence: str) -> Unreadable:
    return Unreadable(
        _("This cannot be read as days: %(text)s"), params={"text": sentence.strip()[:80]}
    )


def local_day(moment: datetime.datetime) -> datetime.date:
    """Give the Shanghai day of an aware moment. Raises ValueError for one without a zone."""
    if moment.tzinfo is None:
        raise ValueError("The moment has no time zone.")
    return moment.astimezone(SHANGHAI).date()


def close_of(day: datetime.date) -> datetime.datetime:
    """Give 24:00 of a day, as 00:00 Shanghai of the day after."""
    return datetime.datetime.combine(day + ONE_DAY, datetime.time(), tzinfo=SHANGHAI)


def last_day(closes_at: datetime.datetime) -> datetime.date:
    """Give the last day of a period that closes at an aware, exclusive moment."""
    return local_day(closes_at - datetime.timedelta(microseconds=1))


def ordinary_kind(day: datetime.date) -> DayKind:
    """Give what a day is if no notice names it."""
    return DayKind.WEEKEND if day.weekday() >= SATURDAY else DayKind.WORKING


def fits(day: datetime.date, kind: DayKind) -> bool:
    """Tell whether the day of the week allows a kind; a day off can be any."""
    if kind == DayKind.HOLIDAY:
        return True
    return (kind == DayKind.WORKING) == (ordinary_kind(day) == DayKind.WORKING)


def always_off(year: int) -> set[datetime.date]:
    """Give the days off that have a fixed date by law (《全国年节及纪念日放假办法》, article 2)."""
    return {datetime.date(year, *day) for day in ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))}


def kinds_of_year(year: int, named: NamedDays) -> dict[datetime.date, DayKind]:
    """Give what every day of a year is by its notice, in order."""
    first, after = datetime.date(year, 1, 1), datetime.date(year + 1, 1, 1)
    days = (first + ONE_DAY * number for number in range((after - first).days))
    return {day: named.kind(day) for day in days}


def is_working_day(day: datetime.date, calendar: Calendar) -> bool:
    """Tell whether people work on a day. Raises ``YearNotAnnounced``."""
    return calendar.day(day).kind in WORKED


def nth_working_day(after: datetime.date, n: int, calendar: Calendar) -> datetime.date:
    """Give the n-th day that counts as a working day strictly after a day.

    Raises ``YearNotAnnounced`` where the count reaches a year without a notice, ValueError for
    n below 1.
    """
    if n < 1:
        raise ValueError(f"Days are counted from 1, not {n}.")
    day = after
    while n:
        day += ONE_DAY
        n -= calendar.day(day).counts
    return day


def last_required_day(
    opens_on: datetime.date, requirement: Requirement, calendar: Calendar
) -> datetime.date:
    """Give the earliest last day of a period that opens on a day.

    A period of calendar days that would end on a day off moves to the next working day (Civil
    Code, article 203, by analogy). Raises ``YearNotAnnounced``.
    """
    if requirement.unit == Unit.WORKING_DAYS:
        return nth_working_day(opens_on, requirement.days, calendar)
    end = opens_on + ONE_DAY * requirement.days
    return end if calendar.day(end).counts else nth_working_day(end, 1, calendar)


def min_close(
    opens_at: datetime.datetime, requirements: Iterable[Requirement], calendar: Calendar
) -> datetime.datetime:
    """Give the earliest lawful close of a period: aware, exclusive, 00:00 of a Shanghai day.

    opens_at: the moment of actual public release, aware. The floor of five working days always
    applies, whatever the requirements; the longest binds. Raises ``YearNotAnnounced``, and
    ValueError for a moment without a zone.
    """
    opens_on = local_day(opens_at)
    ends = [
        last_required_day(opens_on, requirement, calendar) for requirement in (FLOOR, *requirements)
    ]
    return close_of(max(ends))


def counted_days(
    opens_on: datetime.date,
    closes_on: datetime.date,
    calendar: Calendar,
    requirement: Requirement = FLOOR,
) -> list[Day]:
    """Give the days after the opening day to the last day inclusive, and which of them count.

    For a requirement in calendar days every day to its number counts; those to which the end
    then moved do not. Raises ``YearNotAnnounced``.
    """
    days = calendar.between(opens_on + ONE_DAY, closes_on)
    if requirement.unit == Unit.WORKING_DAYS:
        return days
    return [
        Day(day.date, day.kind, number <= requirement.days, day.source)
        for number, day in enumerate(days, start=1)
    ]
