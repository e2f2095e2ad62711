"""Which laws demand how long a period, counted on the calendar."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from consultations import rules
from consultations.models import LegalBasis, Period
from workdays import services as workdays
from workdays.enums import Unit
from workdays.rules import Calendar, Day, Requirement, counted_days, last_required_day


class DecidesOnMinimum(Protocol):
    """What the minimums of a consultation depend on; a page has it too."""

    @property
    def procedure(self) -> str: ...
    @property
    def business_related(self) -> bool | None: ...
    @property
    def shortening(self) -> str: ...


@dataclass(frozen=True)
class Facts:
    """The facts of an announcement, whatever a newer draft says."""

    procedure: str
    business_related: bool | None
    shortening: str


@dataclass(frozen=True)
class Counted:
    """A minimum, counted from an opening: its exclusive close, and each day of the count."""

    minimum: rules.Minimum
    binds: bool
    shortened: bool
    closes_at: datetime.datetime
    days: tuple[Day, ...]

    @property
    def closes_on(self) -> datetime.date:
        """The earliest last day by this minimum alone."""
        return rules.last_day(self.closes_at)

    @property
    def unit_label(self) -> str:
        return str(Unit(self.minimum.unit).label)

    def as_json(self) -> dict[str, Any]:
        """Give it as it is stored with the period and shown by the API."""
        return {
            "instrument": self.minimum.instrument,
            "article": self.minimum.article,
            "days": self.minimum.days,
            "unit": self.minimum.unit,
            "binding": self.minimum.binding,
            "shortened": self.shortened,
            "closes_at": self.closes_at.astimezone(rules.SHANGHAI).isoformat(),
            "counted_days": [
                {"date": day.date.isoformat(), "kind": day.kind.value, "counts": day.counts}
                for day in self.days
            ],
        }


def known() -> list[rules.Minimum]:
    """Give the minimums that the administrator keeps, in their order."""
    return [
        rules.Minimum(
            instrument=basis.instrument,
            article=basis.article,
            days=basis.days,
            unit=basis.unit,
            binding=basis.binding,
            may_be_shortened=basis.may_be_shortened,
            always=basis.always,
            business_related=basis.business_related,
            procedures=tuple(basis.procedures),
        )
        for basis in LegalBasis.objects.all()
    ]


@dataclass(frozen=True)
class Ground:
    """What counts are made on, read once for many: the minimums, and the days from the first
    opening on."""

    minimums: Sequence[rules.Minimum]
    calendar: Calendar


def ground(first: datetime.datetime) -> Ground:
    """Read what periods that open at ``first`` or later are counted on."""
    return Ground(known(), workdays.calendar(rules.local_day(first)))


def count(
    page: DecidesOnMinimum, opens_at: datetime.datetime, on: Ground | None = None
) -> list[Counted]:
    """Count every minimum that applies to a consultation that opens at ``opens_at``.

    on: as ``ground`` gave it; it is read for this one period otherwise. Raises
    ``YearNotAnnounced`` where the calendar of a needed year has no notice yet.
    """
    opens_on = rules.local_day(opens_at)
    on = on or Ground(known(), workdays.calendar(opens_on, opens_on))
    calendar = on.calendar
    found = []
    for minimum in rules.applicable(
        on.minimums, page.procedure, business_related=bool(page.business_related)
    ):
        requirement = Requirement(minimum.days, Unit(minimum.unit))
        last = last_required_day(opens_on, requirement, calendar)
        found.append(
            Counted(
                minimum=minimum,
                binds=minimum.binds(shortened=bool(page.shortening)),
                shortened=minimum.may_be_shortened and bool(page.shortening),
                closes_at=rules.close_of(last),
                days=tuple(counted_days(opens_on, last, calendar, requirement)),
            )
        )
    return found


def refuse_unannounced(opens_at: datetime.datetime, closes_on: datetime.date) -> None:
    """Raise ``YearNotAnnounced`` for a period that reaches into a year without a notice."""
    opens_on = rules.local_day(opens_at)
    workdays.calendar(opens_on, closes_on).between(opens_on, closes_on)


def earliest_close(counted: Sequence[Counted]) -> datetime.datetime:
    """Give the earliest lawful close: the latest of those that bind."""
    return max(item.closes_at for item in counted if item.binds)


@dataclass(frozen=True)
class Proposal:
    """The times that the next period of a consultation gets if nobody asks for a later close."""

    opens_at: datetime.datetime
    closes_at: datetime.datetime
    minimum_closes_at: datetime.datetime
    counted: Sequence[Counted]


def propose(
    page: DecidesOnMinimum,
    opens_at: datetime.datetime | None,
    *,
    now: datetime.datetime,
    before: Period | None = None,
    anew: bool = False,
) -> Proposal:
    """Give the times of the next period: it closes as early as is lawful.

    opens_at: as it is asked for; ``None`` for as soon as possible. before: the newest period, if
    there is one. anew: count this one again, which has not closed: it stays open without a gap
    or keeps its opening to come, and neither its close nor its minimum is earlier than before
    (rule 6). Raises ``YearNotAnnounced``.
    """
    if before is not None and anew:
        opens_at = max(before.opens_at, rules.running_minute(now))
    else:
        opens_at = (opens_at or rules.next_minute(now)).replace(second=0, microsecond=0)
        opens_at = max(opens_at, before.closes_at) if before else opens_at
    counted = count(page, opens_at)
    closes_at = minimum = earliest_close(counted)
    if before is not None and anew:
        minimum = max(minimum, before.minimum_closes_at)
        closes_at = max(minimum, before.closes_at)
    return Proposal(opens_at, closes_at, minimum, counted)
