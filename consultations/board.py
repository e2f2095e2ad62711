"""The public board: what each authority asked, and how it answered, in a constant number of
queries.

Each consultation stands under the authority that leads it, in the year in which it first opened.
Historic ones, whose comments are elsewhere, are left out.
"""

from __future__ import annotations

import datetime
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q

from consultations import rules, services
from consultations.models import (
    Comment,
    ConsultationAuthority,
    ConsultationPage,
    Period,
    SignedStatement,
)
from organisations.models import Organisation


@dataclass
class Numbers:
    """What consultations come to. Days are whole days of the calendar, Shanghai time.

    given, required: of each round, from the day after the opening to the last day. waits: of each
    round, from the last day to the day of its public statement. to_answer: comments that were not
    taken back; answered: those of them that a public statement covers.
    """

    opened: int = 0
    given: list[int] = field(default_factory=list)
    required: list[int] = field(default_factory=list)
    comments: int = 0
    to_answer: int = 0
    answered: int = 0
    waits: list[int] = field(default_factory=list)
    overdue: int = 0
    too_early: int = 0

    def add(self, other: Numbers) -> None:
        self.opened += other.opened
        self.given += other.given
        self.required += other.required
        self.comments += other.comments
        self.to_answer += other.to_answer
        self.answered += other.answered
        self.waits += other.waits
        self.overdue += other.overdue
        self.too_early += other.too_early

    @property
    def given_median(self) -> float | None:
        return _median(self.given)

    @property
    def given_sum(self) -> int:
        return sum(self.given)

    @property
    def required_median(self) -> float | None:
        return _median(self.required)

    @property
    def required_sum(self) -> int:
        return sum(self.required)

    @property
    def days_to_answer(self) -> float | None:
        return _median(self.waits)

    @property
    def answered_percent(self) -> float | None:
        return 100 * self.answered / self.to_answer if self.to_answer else None


def _median(values: Sequence[int]) -> float | None:
    return float(statistics.median(values)) if values else None


@dataclass(frozen=True)
class Row:
    authority: Organisation
    numbers: Numbers


@dataclass(frozen=True)
class Overdue:
    """A consultation without the public statement that was due on ``due_on``."""

    page: Any
    authority: Organisation
    closed_on: datetime.date
    withdrawn: bool
    due_on: datetime.date
    days: int


@dataclass(frozen=True)
class TooEarly:
    """A close that the calendar has made too early; it may close on ``lawful`` at the earliest."""

    page: Any
    authority: Organisation
    closes_on: datetime.date
    lawful: datetime.date


@dataclass(frozen=True)
class Board:
    """years: that can be chosen, the newest first. rows: in the order of the authorities' codes."""

    years: list[int]
    rows: list[Row]
    city: Numbers
    overdue: list[Overdue]
    too_early: list[TooEarly]


@dataclass
class _Asked:
    """A consultation, with what the queries found of it. rounds: the newest period of each."""

    page: int
    withdrawn_at: datetime.datetime | None
    authority: int = 0
    rounds: dict[int, tuple[datetime.datetime, datetime.datetime, datetime.datetime]] = field(
        default_factory=dict
    )
    statements: list[tuple[int, datetime.datetime, int]] = field(default_factory=list)
    comments: int = 0
    to_answer: int = 0

    @property
    def opens_at(self) -> datetime.datetime:
        return self.rounds[min(self.rounds)][0]

    @property
    def closes_at(self) -> datetime.datetime:
        return self.rounds[max(self.rounds)][1]

    @property
    def year(self) -> int:
        return rules.local_day(self.opens_at).year

    def is_withdrawn_by(self, moment: datetime.datetime) -> bool:
        return self.withdrawn_at is not None and self.withdrawn_at < moment

    def ended_on(self, round_: int) -> datetime.date:
        """The last day of a round, or the day on which it was cut off by the withdrawal."""
        closes_at = self.rounds[round_][1]
        if self.withdrawn_at is not None and self.withdrawn_at < closes_at:
            return rules.local_day(self.withdrawn_at)
        return rules.last_day(closes_at)

    def overdue_from(self, now: datetime.datetime, due: datetime.timedelta) -> datetime.date | None:
        """The day on which its newest round was due an answer, if it still has none at ``now``.

        A withdrawn draft is owed its closing statement from the withdrawal on.
        """
        newest, today = max(self.rounds), rules.local_day(now)
        if any(round_ >= newest for round_, _disclosed_at, _answers in self.statements):
            return None
        due_on = rules.last_day(self.closes_at) + due
        if self.withdrawn_at is not None:
            return min(due_on, rules.local_day(self.withdrawn_at))
        return due_on if due_on < today else None

    def numbers(self, now: datetime.datetime, due: datetime.timedelta) -> Numbers:
        found = Numbers(comments=self.comments, to_answer=self.to_answer)
        found.opened = int(self.opens_at <= now and not self.is_withdrawn_by(self.opens_at))
        for opens_at, closes_at, minimum in self.rounds.values():
            if opens_at <= now and not self.is_withdrawn_by(closes_at):
                opened = rules.local_day(opens_at)
                found.given.append((rules.last_day(closes_at) - opened).days)
                found.required.append((rules.last_day(minimum) - opened).days)
        first: dict[int, datetime.datetime] = {}
        for round_, disclosed_at, answers in self.statements:
            first.setdefault(round_, disclosed_at)
            found.answered = min(answers, self.to_answer)
        found.waits = [
            (rules.local_day(disclosed_at) - self.ended_on(round_)).days
            for round_, disclosed_at in first.items()
        ]
        found.overdue = int(self.overdue_from(now, due) is not None)
        return found


def read(now: datetime.datetime, *, due: datetime.timedelta, year: int | None = None) -> Board:
    """Give the board as it is at ``now``.

    due: after so many days from the close a statement is overdue. year: only consultations that
    first opened in it (Shanghai time); ``None`` for all.
    """
    every = _asked()
    chosen = {pk: one for pk, one in every.items() if year in {None, one.year}}
    early = {
        period.announcement_id: (period.closes_on, rules.last_day(lawful))
        for period, lawful in services.closing_too_early(now).items()
        if period.announcement_id in chosen
    }
    by_authority: dict[int, Numbers] = defaultdict(Numbers)
    city = Numbers()
    late: list[tuple[_Asked, datetime.date]] = []
    for pk, one in chosen.items():
        numbers = one.numbers(now, due)
        numbers.too_early = int(pk in early)
        due_on = one.overdue_from(now, due)
        if due_on is not None:
            late.append((one, due_on))
        by_authority[one.authority].add(numbers)
        city.add(numbers)
    late.sort(key=lambda pair: (pair[1], pair[0].page))
    bodies = Organisation.objects.with_names().in_bulk(list(by_authority))
    pages = _pages([one.page for one, _due_on in late] + [chosen[pk].page for pk in early])
    today = rules.local_day(now)
    return Board(
        years=sorted({one.year for one in every.values()}, reverse=True),
        rows=sorted(
            (Row(bodies[pk], numbers) for pk, numbers in by_authority.items()),
            key=lambda row: row.authority.code,
        ),
        city=city,
        overdue=[
            Overdue(
                page=pages[one.page],
                authority=bodies[one.authority],
                closed_on=one.ended_on(max(one.rounds)),
                withdrawn=one.withdrawn_at is not None,
                due_on=due_on,
                days=(today - due_on).days,
            )
            for one, due_on in late
        ],
        too_early=[
            TooEarly(pages[chosen[pk].page], bodies[chosen[pk].authority], *days)
            for pk, days in early.items()
        ],
    )


def _asked() -> dict[int, _Asked]:
    """Give every public consultation that was not imported, by its announcement."""
    public = ConsultationPage.objects.public().filter(announcement__historic=False)
    found = {
        pk: _Asked(page, withdrawn_at)
        for page, pk, withdrawn_at in public.values_list(
            "pk", "announcement", "announcement__withdrawal__withdrawn_at"
        )
    }
    by_page = {one.page: one for one in found.values()}
    for page, authority in ConsultationAuthority.objects.order_by("-sort_order", "-pk").values_list(
        "page", "organisation"
    ):
        if page in by_page:
            by_page[page].authority = authority
    periods = _of(Period).values_list(
        "announcement", "round", "opens_at", "closes_at", "minimum_closes_at"
    )
    for pk, round_, opens_at, closes_at, minimum in periods:
        if pk in found:
            found[pk].rounds[round_] = (opens_at, closes_at, minimum)
    statements = _of(SignedStatement).public()
    for pk, round_, disclosed_at, received, withdrawn in statements.values_list(
        "announcement", "round", "disclosure__disclosed_at", "received", "withdrawn"
    ):
        if pk in found:
            found[pk].statements.append((round_, disclosed_at, received - withdrawn))
    counted = Comment.objects.order_by().values_list("announcement")
    for pk, comments, to_answer in counted.annotate(
        n=Count("pk"), standing=Count("pk", filter=Q(withdrawal__isnull=True))
    ):
        if pk in found:
            found[pk].comments, found[pk].to_answer = comments, to_answer
    return found


def _of(model: Any) -> Any:
    """The rows of what took place here, the oldest first."""
    return model.objects.filter(announcement__historic=False).order_by("announcement", "seq")


def _pages(keys: Sequence[int]) -> dict[int, Any]:
    found: dict[int, Any] = ConsultationPage.objects.public().for_lists().in_bulk(keys)
    return found
