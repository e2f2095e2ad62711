"""The notices that come with the site: their days from chinesecalendar, their numbers from here."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from chinese_calendar import constants

from workdays import rules

DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Announced:
    """A notice on the days off of a year.

    amends: the days that it named anew after an earlier notice of the same year; empty for the
    first one, which named all others.
    """

    number: str
    title: str
    issued_on: datetime.date
    year: int
    amends: frozenset[datetime.date] = frozenset()


def _yearly(year: int, number: str, issued_on: datetime.date) -> Announced:
    return Announced(number, f"国务院办公厅关于{year}年部分节假日安排的通知", issued_on, year)


def _span(first: datetime.date, last: datetime.date) -> frozenset[datetime.date]:
    return frozenset(first + rules.ONE_DAY * number for number in range((last - first).days + 1))


NOTICES = (
    _yearly(2019, "国办发明电〔2018〕15号", datetime.date(2018, 12, 4)),
    Announced(
        "国办发明电〔2019〕3号",
        "国务院办公厅关于调整2019年劳动节假期安排的通知",
        datetime.date(2019, 3, 22),
        2019,
        _span(datetime.date(2019, 5, 1), datetime.date(2019, 5, 5)) | {datetime.date(2019, 4, 28)},
    ),
    _yearly(2020, "国办发明电〔2019〕16号", datetime.date(2019, 11, 21)),
    Announced(
        "国办发明电〔2020〕1号",
        "国务院办公厅关于延长2020年春节假期的通知",
        datetime.date(2020, 1, 26),
        2020,
        _span(datetime.date(2020, 1, 31), datetime.date(2020, 2, 2)),
    ),
    _yearly(2021, "国办发明电〔2020〕27号", datetime.date(2020, 11, 25)),
    _yearly(2022, "国办发明电〔2021〕11号", datetime.date(2021, 10, 25)),
    _yearly(2023, "国办发明电〔2022〕16号", datetime.date(2022, 12, 8)),
    _yearly(2024, "国办发明电〔2023〕7号", datetime.date(2023, 10, 25)),
    _yearly(2025, "国办发明电〔2024〕12号", datetime.date(2024, 11, 12)),
    _yearly(2026, "国办发明电〔2025〕7号", datetime.date(2025, 11, 4)),
)


def named_by(notice: Announced) -> rules.NamedDays:
    """Give the days off and make-up days of a notice, as they stood in the end.

    New Year's notices also name days of the December before.
    """
    others: Collection[datetime.date] = frozenset().union(
        *(other.amends for other in NOTICES if other.year == notice.year and other is not notice)
    )

    def is_its_own(day: datetime.date) -> bool:
        if notice.amends:
            return day in notice.amends
        year = day.year + 1 if day.month == DECEMBER else day.year
        return year == notice.year and day not in others

    return rules.NamedDays(
        frozenset(filter(is_its_own, constants.holidays)),
        frozenset(filter(is_its_own, constants.workdays)),
    )


def of_year(
    notices: Iterable[Announced], year: int
) -> tuple[rules.NamedDays, dict[datetime.date, Announced]]:
    """Give what the notices together name of a year, and the notice that names each day."""
    holidays: dict[datetime.date, Announced] = {}
    make_ups: dict[datetime.date, Announced] = {}
    for notice in notices:
        named = named_by(notice)
        for found, days in ((holidays, named.holidays), (make_ups, named.make_ups)):
            found |= {day: notice for day in days if year in (day.year, notice.year)}
    return rules.NamedDays(holidays.keys(), make_ups.keys()), holidays | make_ups


# The Spring Festival, the Dragon Boat Festival and the Mid-Autumn Festival: they follow the moon.
_BY_THE_MOON = {
    2027: ((2, 6), (6, 9), (9, 15)),
    2028: ((1, 26), (5, 28), (10, 3)),
    2029: ((2, 13), (6, 16), (9, 22)),
    2030: ((2, 3), (6, 5), (9, 12)),
    2031: ((1, 23), (6, 24), (10, 1)),
    2032: ((2, 11), (6, 12), (9, 19)),
}


def sample_of(year: int) -> rules.NamedDays:
    """Give days off as a notice might name them, for the demo city alone; no make-up days.

    From 2033 on without the festivals that follow the moon.
    """

    def from_(month: int, day: int, days: int) -> frozenset[datetime.date]:
        first = datetime.date(year, month, day)
        return _span(first, first + rules.ONE_DAY * (days - 1))

    off = from_(1, 1, 1) | from_(4, 5, 1) | from_(5, 1, 5) | from_(10, 1, 7)
    if year in _BY_THE_MOON:
        spring, dragon_boat, autumn = _BY_THE_MOON[year]
        eve = datetime.date(year, *spring) - rules.ONE_DAY
        off |= from_(eve.month, eve.day, 8) | from_(*dragon_boat, 1) | from_(*autumn, 1)
    return rules.NamedDays(off, frozenset())
