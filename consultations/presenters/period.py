"""A period: how its earliest lawful close was counted, and what became of it."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consultations import rules
from consultations.models import Period
from workdays import services as workdays
from workdays.enums import DayKind, Unit


@dataclass(frozen=True)
class CountedDay:
    """A square of the day strip. style: as in the theme; word: what it is, in a word.

    sample: the calendar it was counted on was made up for the demo city.
    """

    date: datetime.date
    number: str
    word: str
    style: str
    sample: bool


@dataclass(frozen=True)
class Counted:
    """A minimum that applied, with the days that were counted for it.

    warnings: a sentence for each year whose calendar was a sample.
    """

    instrument: str
    article: str
    demand: str
    closes_at: datetime.datetime
    binding: bool
    shortened: bool
    decides: bool
    sentence: str
    days: Sequence[CountedDay]
    warnings: Sequence[str]


def earliest(period: Period) -> datetime.datetime:
    """The earliest lawful close; that of a historic period by the rules of its import."""
    if not period.announcement.historic:
        return period.minimum_closes_at
    binding = (_moment(item) for item in period.minimums if item["binding"])
    return max(binding, default=period.minimum_closes_at)


def counted(period: Period, today: datetime.date) -> list[Counted]:
    """The minimums that were counted when the period was announced; the one that decides first."""
    decides_on = earliest(period)
    deciding = [
        item
        for item in period.minimums
        if item["binding"] and not item["shortened"] and _moment(item) == decides_on
    ]
    samples = workdays.sample_years(counted_at=period.recorded_at)
    found = [
        Counted(
            instrument=item["instrument"],
            article=item["article"],
            demand=_demand(item),
            closes_at=_moment(item),
            binding=item["binding"],
            shortened=item["shortened"],
            decides=item in deciding[:1],
            sentence=_sentence(item, period),
            days=_days(item, period, today, samples),
            warnings=sample_warnings(map(_date, item["counted_days"]), samples),
        )
        for item in period.minimums
    ]
    return sorted(found, key=lambda item: not item.decides)


def sample_warnings(days: Iterable[datetime.date], samples: Mapping[int, bool]) -> list[str]:
    """Say of each year that ``days`` lie in whether it was counted on a sample of its calendar.

    samples: as ``workdays.services.sample_years`` gives them.
    """
    words = {
        True: _("The calendar of %(year)d is a sample until the State Council's notice comes out."),
        False: _(
            "This was counted on a sample of the calendar of %(year)d; the State Council's notice "
            "has come out since."
        ),
    }
    years = sorted({day.year for day in days} & samples.keys())
    return [words[samples[year]] % {"year": year} for year in years]


def _date(counted_day: Mapping[str, Any]) -> datetime.date:
    return datetime.date.fromisoformat(counted_day["date"])


def _moment(item: dict[str, Any]) -> datetime.datetime:
    return datetime.datetime.fromisoformat(item["closes_at"])


def _demand(item: dict[str, Any]) -> str:
    days = item["days"]
    if item["unit"] == Unit.WORKING_DAYS:
        return ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def _sentence(item: dict[str, Any], period: Period) -> str:
    """The count in words, for who does not see the strip."""
    days = item["counted_days"]
    off = sum(day["kind"] == DayKind.HOLIDAY for day in days)
    make_up = sum(day["kind"] == DayKind.MAKE_UP for day in days)
    words = [
        _("The opening day, %(day)s, does not count.")
        % {"day": _short(rules.local_day(period.opens_at))}
    ]
    if item["unit"] == Unit.WORKING_DAYS:
        words.append(_("From the day after it, working days are counted."))
        if off:
            words.append(
                ngettext(
                    "%(n)d day off by the State Council's notice does not count.",
                    "%(n)d days off by the State Council's notice do not count.",
                    off,
                )
                % {"n": off}
            )
        if make_up:
            words.append(
                ngettext(
                    "%(n)d make-up working day counts.",
                    "%(n)d make-up working days count.",
                    make_up,
                )
                % {"n": make_up}
            )
    else:
        words.append(_("From the day after it, every day is counted."))
        if not all(day["counts"] for day in days):
            words.append(_("The last day would be a day off, so it moves to the next working day."))
    words.append(
        _("So the earliest close is 24:00 of %(day)s.")
        % {"day": _short(rules.last_day(_moment(item)))}
    )
    return " ".join(words)


def _short(day: datetime.date) -> str:
    return day.isoformat()


def _days(
    item: dict[str, Any], period: Period, today: datetime.date, samples: Collection[int]
) -> list[CountedDay]:
    opens_on = rules.local_day(period.opens_at)
    strip = [CountedDay(opens_on, "", _("opens"), "d-pub", opens_on.year in samples)]
    number = 0
    for day in item["counted_days"]:
        date = _date(day)
        number += day["counts"]
        last = date == rules.last_day(_moment(item))
        strip.append(
            CountedDay(
                date,
                str(number) if day["counts"] else "",
                _word(day, date, last=last),
                _style(day, date, today, last=last),
                date.year in samples,
            )
        )
    return strip


def _word(day: dict[str, Any], date: datetime.date, *, last: bool) -> str:
    if last:
        return _("close")
    if day["kind"] == DayKind.MAKE_UP:
        return _("make-up")
    if day["kind"] == DayKind.HOLIDAY:
        return _("day off")
    return formats.date_format(date, "D")


def _style(day: dict[str, Any], date: datetime.date, today: datetime.date, *, last: bool) -> str:
    if last:
        return "d-end"
    styles = []
    if day["kind"] == DayKind.MAKE_UP:
        styles.append("d-make")
    if not day["counts"]:
        styles.append("d-off")
    elif date < today:
        styles.append("d-past")
    if date == today:
        styles.append("d-now")
    return " ".join(styles)
