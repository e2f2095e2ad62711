"""The only writers of the calendar, and what reads it for the rules.

Every writer takes the moment ``now`` (aware) and who does it, works in one transaction and
leaves a ledger entry. It raises ``Refused`` when what was entered cannot be; then nothing has
changed. A day that stands is never changed: a later notice and a mistake are dated corrections.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from freshness import services as freshness
from guards.services import lock
from ledger import services as ledger
from workdays import announced, rules
from workdays.enums import NAMED, WORKED, DayKind
from workdays.models import CalendarDay, DayCorrection, Notice

FIRST_YEAR, LAST_YEAR = 2000, 2200


class Refused(ValidationError):
    """It cannot be entered so; the messages stand beside their fields, in the editor's language."""


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A notice as it is entered. ``year`` is the one whose days off it arranges."""

    number: str
    title: str
    issued_on: datetime.date
    year: int


@dataclass(frozen=True, slots=True)
class Touched:
    """Something that a change of the calendar makes wrong: what, where it is looked at, and why."""

    label: str
    address: str
    words: str


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to the calendar: the days that are now known or are something else."""

    days: frozenset[datetime.date]
    notice: Notice | None
    user: User | None
    now: datetime.datetime


Listener = Callable[[Change], Iterable[Touched]]
_listeners: list[Listener] = []


def on_change(listener: Listener) -> Listener:
    """Let an upper app hear of each change, in its transaction; what it gives is told the user.

    Registering the same one twice is harmless.
    """
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a writer did: the notice that stands behind it, the days, and what they touch."""

    notice: Notice | None
    days: frozenset[datetime.date]
    touched: tuple[Touched, ...]


# --- reading ------------------------------------------------------------------------------------


def calendar(first: datetime.date, last: datetime.date | None = None) -> rules.Calendar:
    """Load the days from ``first``, in three queries, whatever the span.

    last: what is asked for lies before or little after it: at least 300 more days are loaded.
    None loads all that is known. Days of years without a notice are not in it.
    """
    days = CalendarDay.objects.filter(date__gte=first)
    corrections = DayCorrection.objects.filter(day__gte=first)
    if last is not None:
        more = rules.ONE_DAY * 300
        until = min(last, datetime.date.max - more) + more
        days, corrections = days.filter(date__lte=until), corrections.filter(day__lte=until)
    known = {
        date: rules.Day(date, DayKind(kind), kind in WORKED, number or "")
        for date, kind, number in days.values_list("date", "kind", "notice__number")
    }
    for date, kind, number in corrections.order_by("pk").values_list(
        "day_id", "kind", "notice__number"
    ):
        counts = known[date].counts and kind in WORKED
        source = number if kind in NAMED and number else ""
        known[date] = rules.Day(date, DayKind(kind), counts, source)
    standing = years()
    return rules.Calendar(
        known,
        frozenset(standing),
        frozenset(year for year, is_sample in standing.items() if is_sample),
    )


def years() -> dict[int, bool]:
    """Give the years that are announced, in order, and whether only a sample stands behind each."""
    found: dict[int, bool] = {}
    for year, is_sample in Notice.objects.order_by("year").values_list("year", "is_sample"):
        found[year] = found.get(year, True) and is_sample
    return found


def sample_years(*, counted_at: datetime.datetime) -> dict[int, bool]:
    """Give the years of which a count made at ``counted_at`` (aware) knew no more than a sample.

    True: there is no notice still. False: the notice has come out since.
    """
    samples: set[int] = set()
    known: set[int] = set()
    since: set[int] = set()
    for year, is_sample, recorded_at in Notice.objects.values_list(
        "year", "is_sample", "recorded_at"
    ):
        (samples if is_sample else since if recorded_at > counted_at else known).add(year)
    return {year: year not in since for year in sorted(samples - known)}


# --- writing ------------------------------------------------------------------------------------


def announce_year(
    text: NoticeText,
    named: rules.NamedDays,
    *,
    user: User | None = None,
    now: datetime.datetime,
) -> Outcome:
    """Enter the notice of a year; days of the December before may be named too.

    Where a sample stood, the days that it got wrong are corrected. Raises ``Refused`` with the
    messages by field: ``number``, ``year``, ``issued_on``, ``holidays``, ``make_ups``.
    """
    with transaction.atomic():
        lock("workdays.calendar")
        refuse_unsound_year(text, named, now)
        return _announce(text, named, is_sample=False, user=user, now=now)


def announce_sample_year(year: int, *, now: datetime.datetime) -> Outcome | None:
    """Enter a made-up notice for the demo city, marked as one; nothing where one stands."""
    with transaction.atomic():
        lock("workdays.calendar")
        if year in years():
            return None
        text = NoticeText(
            f"样本〔{year}〕",
            f"{year}年部分节假日安排（样本，国务院尚未公布）",
            rules.local_day(now),
            year,
        )
        return _announce(text, announced.sample_of(year), is_sample=True, user=None, now=now)


def correct_days(
    days: Collection[datetime.date],
    kind: DayKind,
    *,
    reason: str,
    notice: Notice | NoticeText | None = None,
    user: User | None = None,
    now: datetime.datetime,
) -> Outcome:
    """Say what days turned out to be, by a notice that changed them or because of a mistake.

    The days off and make-up days need the notice that names them. Raises ``Refused`` with the
    messages by field: ``days``, ``kind``, ``reason``, ``notice`` or ``number``.
    """
    with transaction.atomic():
        lock("workdays.calendar")
        refuse_unsound_correction(days, kind, reason, notice, now)
        if isinstance(notice, NoticeText):
            notice = _record_notice(notice, is_sample=False, user=user, now=now)
        _correct(dict.fromkeys(sorted(days), kind), notice, reason, user=user, now=now)
        data = {"days": sorted(days), "kind": kind.value, "reason": reason}
        return _tell("workdays.corrected", days, notice, data, user=user, now=now)


def seed(**_signal: Any) -> None:
    """Enter the notices that come with the site and are not here yet.

    The receiver of ``post_migrate``. What a new site begins with is no change, and no entry.
    """
    if Notice._meta.db_table not in connection.introspection.table_names():
        return  # only some of the migrations were asked for
    now = timezone.now()
    with transaction.atomic():
        lock("workdays.calendar")
        is_new = not Notice.objects.exists()
        real = {year for year, is_sample in years().items() if not is_sample}
        wanted = [notice for notice in announced.NOTICES if notice.year not in real]
        rows = {
            notice: _record_notice(
                NoticeText(notice.number, notice.title, notice.issued_on, notice.year),
                is_sample=False,
                user=None,
                now=now,
            )
            for notice in wanted
        }
        for year in sorted({notice.year for notice in wanted}):
            _seed_year(year, rows, is_new, now)


def _seed_year(
    year: int,
    rows: Mapping[announced.Announced, Notice],
    is_new: bool,
    now: datetime.datetime,
) -> None:
    """Enter a year as all the notices together have left it, so that nothing needs correcting."""
    named, by_day = announced.of_year(rows, year)
    first = next(row for notice, row in rows.items() if notice.year == year)
    row_by_day = {day: rows[notice] for day, notice in by_day.items()}
    entered = _enter(year, named, row_by_day, first.title, user=None, now=now)
    if not is_new:
        named_by = {day.isoformat(): notice.number for day, notice in by_day.items()}
        data = _as_data(named) | {"named_by": named_by}
        _tell("workdays.announced", entered, first, data, user=None, now=now)


def _announce(
    text: NoticeText,
    named: rules.NamedDays,
    *,
    is_sample: bool,
    user: User | None,
    now: datetime.datetime,
) -> Outcome:
    notice = _record_notice(text, is_sample=is_sample, user=user, now=now)
    by_day = dict.fromkeys((*named.holidays, *named.make_ups), notice)
    days = _enter(text.year, named, by_day, text.title, user=user, now=now)
    data = _as_data(named) | {"is_sample": is_sample}
    return _tell("workdays.announced", days, notice, data, user=user, now=now)


def _as_data(named: rules.NamedDays) -> dict[str, Any]:
    return {"holidays": sorted(named.holidays), "make_ups": sorted(named.make_ups)}


def _record_notice(
    text: NoticeText, *, is_sample: bool, user: User | None, now: datetime.datetime
) -> Notice:
    return Notice.objects.create(
        number=text.number,
        title=text.title,
        issued_on=text.issued_on,
        year=text.year,
        is_sample=is_sample,
        recorded_at=now,
        recorded_by=user,
    )


def _enter(
    year: int,
    named: rules.NamedDays,
    by_day: Mapping[datetime.date, Notice],
    reason: str,
    *,
    user: User | None,
    now: datetime.datetime,
) -> frozenset[datetime.date]:
    """Write the days of a year, and correct those that stand and are something else."""
    wanted = rules.kinds_of_year(year, named)
    wanted |= {day: named.kind(day) for day in by_day if day.year < year}
    standing = calendar(min(wanted), max(wanted)).days
    missing = [day for day in wanted if day not in standing and day.year == year]
    CalendarDay.objects.bulk_create(
        CalendarDay(date=day, kind=wanted[day], notice=by_day.get(day)) for day in missing
    )
    changed = {
        day: kind
        for day, kind in wanted.items()
        if day in standing
        and (standing[day].kind, standing[day].source)
        != (kind, by_day[day].number if day in by_day else "")
    }
    for notice in {by_day.get(day) for day in changed}:
        part = {day: kind for day, kind in changed.items() if by_day.get(day) == notice}
        _correct(part, notice, reason, user=user, now=now)
    return frozenset(missing) | changed.keys()


def _correct(
    kinds: Mapping[datetime.date, DayKind],
    notice: Notice | None,
    reason: str,
    *,
    user: User | None,
    now: datetime.datetime,
) -> None:
    DayCorrection.objects.bulk_create(
        DayCorrection(
            day_id=day, kind=kind, notice=notice, reason=reason, recorded_at=now, recorded_by=user
        )
        for day, kind in kinds.items()
    )


def _tell(
    action: str,
    days: Collection[datetime.date],
    notice: Notice | None,
    data: Mapping[str, Any],
    *,
    user: User | None,
    now: datetime.datetime,
) -> Outcome:
    ledger.record(action, notice, actor=user, now=now, data=data)
    change = Change(frozenset(days), notice, user, now)
    touched = tuple(found for listener in _listeners for found in listener(change))
    freshness.bump()
    return Outcome(notice, change.days, touched)


# --- what cannot be -----------------------------------------------------------------------------

Faults = dict[str, list[str]]


def _refuse(*found: Faults) -> None:
    faults: Faults = {}
    for part in found:
        for name, words in part.items():
            faults.setdefault(name, []).extend(words)
    faults = {name: words for name, words in faults.items() if words}
    if faults:
        raise Refused(faults)


def refuse_unsound_year(text: NoticeText, named: rules.NamedDays, now: datetime.datetime) -> None:
    """Raise what ``announce_year`` would raise, and write nothing."""
    standing = years()
    of_year: list[str] = []
    if standing.get(text.year) is False:
        words = _(
            "The notice of %(year)s has been entered already. Enter what has changed since as a "
            "correction."
        )
        of_year.append(words % {"year": text.year})
    holidays = _outside(named.holidays, text.year, standing)
    if missing := sorted(rules.always_off(text.year) - set(named.holidays)):
        words = _("These days are days off by law, so the notice must name them: %(days)s.")
        holidays.append(words % {"days": _listed(missing)})
    make_ups = _outside(named.make_ups, text.year, standing)
    if both := sorted(set(named.make_ups) & set(named.holidays)):
        words = _("These days also stand among the days off: %(days)s.")
        make_ups.append(words % {"days": _listed(both)})
    if odd := [day for day in sorted(named.make_ups) if not rules.fits(day, DayKind.MAKE_UP)]:
        words = _("Only a Saturday or Sunday can be a make-up working day: %(days)s.")
        make_ups.append(words % {"days": _listed(odd)})
    faults = {"year": of_year, "holidays": holidays, "make_ups": make_ups}
    _refuse(_faults_of_notice(text, now), faults)


def _outside(days: Iterable[datetime.date], year: int, standing: Mapping[int, bool]) -> list[str]:
    """Give what is wrong about where days lie: a notice names its year and the December before."""
    found = []
    before = [day for day in sorted(days) if (day.year, day.month) == (year - 1, 12)]
    if far := [day for day in sorted(days) if day.year != year and day not in before]:
        words = _("These days lie outside %(year)s: %(days)s.")
        found.append(words % {"year": year, "days": _listed(far)})
    if before and year - 1 not in standing:
        words = _("The notice of %(year)s comes first, for this one names days of it.")
        found.append(words % {"year": year - 1})
    return found


def _faults_of_notice(text: NoticeText, now: datetime.datetime) -> Faults:
    faults: Faults = {"number": [], "title": [], "issued_on": [], "year": []}
    if not text.number.strip():
        faults["number"].append(_("The notice needs its number."))
    elif Notice.objects.filter(number=text.number).exists():
        faults["number"].append(_("A notice with this number has been entered already."))
    if not text.title.strip():
        faults["title"].append(_("The notice needs its title."))
    if text.issued_on > rules.local_day(now):
        faults["issued_on"].append(_("A notice of the future cannot be entered."))
    if not FIRST_YEAR <= text.year <= LAST_YEAR:
        faults["year"].append(
            _("Enter a year from %(first)s to %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
        )
    return faults


def refuse_unsound_correction(
    days: Collection[datetime.date],
    kind: DayKind,
    reason: str,
    notice: Notice | NoticeText | None,
    now: datetime.datetime,
) -> None:
    """Raise what ``correct_days`` would raise, and write nothing."""
    faults: Faults = {"days": [], "kind": [], "reason": [], "notice": []}
    if not days:
        raise Refused({"days": [_("Name at least one day.")]})
    if not reason.strip():
        faults["reason"].append(_("Say why."))
    if kind in NAMED and notice is None:
        faults["notice"].append(_("Only a notice makes a day off or a make-up working day."))
    if odd := [day for day in sorted(days) if not rules.fits(day, kind)]:
        words = _("The day of the week does not allow it: %(days)s.")
        faults["kind"].append(words % {"days": _listed(odd)})
    faults["days"] += _faults_of_days(days, kind, notice)
    of_notice: Faults = {}
    if isinstance(notice, NoticeText):
        of_notice = _faults_of_notice(notice, now)
        if years().get(notice.year) is not False:
            words = _("The notice of %(year)s comes first; enter that one with all its days.")
            of_notice["number"].append(words % {"year": notice.year})
    _refuse(faults, of_notice)


def _faults_of_days(
    days: Collection[datetime.date], kind: DayKind, notice: Notice | NoticeText | None
) -> list[str]:
    standing = calendar(min(days), max(days))
    number = notice.number if notice is not None and kind in NAMED else ""
    try:
        same = [
            day
            for day in sorted(days)
            if (standing.day(day).kind, standing.day(day).source) == (kind, number)
        ]
    except rules.YearNotAnnounced as unknown:
        return unknown.messages
    if not same:
        return []
    return [_("The calendar says so already: %(days)s.") % {"days": _listed(same)}]


def _listed(days: Iterable[datetime.date]) -> str:
    return ", ".join(day.isoformat() for day in days)
