"""What can happen to an announced period: it only ever gets longer, or ends in a withdrawal."""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from consultations import rules
from consultations.enums import Cause, StatementKind
from consultations.models import Announcement, Period, SignedStatement, Withdrawal
from consultations.services import minimums, vouching
from consultations.services.effects import show_again, tell_followers
from guards import services as guards
from ledger import services as ledger
from organisations import services as organisations
from organisations.services import Refused
from outbox import mail
from workdays.services import Change, Touched


def extend(
    announcement: Announcement,
    *,
    closes_on: datetime.date,
    reason: str,
    user: Any,
    now: datetime.datetime,
) -> Period:
    """Let a consultation that has not closed close later, at 24:00 of ``closes_on`` (rule 4).

    Raises ``Refused`` if it has closed or was withdrawn, for an earlier day, or without a reason,
    and ``YearNotAnnounced`` for a day of a year without a notice.
    """
    with transaction.atomic():
        before = _changeable(announcement, reason, now)
        minimums.refuse_unannounced(before.opens_at, closes_on)
        if rules.close_of(closes_on) <= before.closes_at:
            raise Refused(
                _("It closes at 24:00 of %(day)s and can only be moved later.")
                % {"day": before.closes_on.isoformat()}
            )
        closes_at = rules.close_of(closes_on)
        return _prolong(before, Cause.EXTENSION, closes_at, reason, user=user, now=now)


def follow_calendar(announcement: Announcement, *, user: Any, now: datetime.datetime) -> Period:
    """Move a close that a new or corrected notice has made too early to the lawful one (rule 7)."""
    with transaction.atomic():
        before = _changeable(announcement, "-", now)
        lawful = lawful_close(before)
        if lawful <= before.closes_at:
            raise Refused(_("Its close is late enough."))
        reason = _("The calendar of working days was corrected.")
        return _prolong(before, Cause.CALENDAR, lawful, reason, user=user, now=now)


def lawful_close(period: Period, on: minimums.Ground | None = None) -> datetime.datetime:
    """Give the earliest lawful close of a period by the calendar as it is now.

    on: as ``minimums.ground`` gave it, where many are counted.
    """
    counted = minimums.count(_as_announced(period), period.opens_at, on)
    return minimums.earliest_close(counted)


def closing_too_early(now: datetime.datetime) -> dict[Period, datetime.datetime]:
    """Give the periods, still open or to come, that the calendar as it is now makes too short,
    each with its earliest lawful close; in a constant number of queries."""
    running = (
        Period.objects.filter(
            closes_at__gt=now, announcement__withdrawal__isnull=True, announcement__historic=False
        )
        .select_related("announcement__page")
        .defer("minimums", "announcement__page__draft", "announcement__page__explanation")
    )
    newest = {period.announcement_id: period for period in running.order_by("seq")}
    if not newest:
        return {}
    on = minimums.ground(min(period.opens_at for period in newest.values()))
    lawful = {period: lawful_close(period, on) for period in newest.values()}
    return {period: close for period, close in lawful.items() if close > period.closes_at}


def hear_of_calendar(change: Change) -> list[Touched]:
    """Name what a change of the calendar makes too short, and write to its editors (rule 7).

    Nothing is moved: the department does that with ``follow_calendar``.
    """
    found = []
    for period, lawful in closing_too_early(change.now).items():
        announcement = period.announcement
        words = _("By the calendar as it is now it may not close before 24:00 of %(day)s.") % {
            "day": rules.last_day(lawful).isoformat()
        }
        address = reverse("wagtailadmin_pages:edit", args=[announcement.page_id])
        found.append(Touched(label=announcement.page.title, address=address, words=words))
        mail.send(
            _("The calendar changed: a close is too early"),
            f"{announcement.page.title}\n\n{words}\n{settings.PUBLIC_URL}{address}\n",
            organisations.addresses_of_members(announcement.page),
            now=change.now,
        )
    return found


def begin_again_after_outage(
    announcement: Announcement, *, reason: str, user: Any, now: datetime.datetime
) -> Period:
    """Count anew from now, because nobody could read the notice at the announced opening.

    The close moves later where it has become too early, and never earlier. Raises ``Refused``
    before the opening, after the close, or without a reason.
    """
    with transaction.atomic():
        before = _changeable(announcement, reason, now)
        if before.opens_at > now:
            raise Refused(_("It has not opened yet."))
        times = minimums.propose(_as_announced(before), None, now=now, before=before, anew=True)
        return _add(
            before,
            Cause.OUTAGE,
            opens_at=times.opens_at,
            closes_at=times.closes_at,
            minimum_closes_at=times.minimum_closes_at,
            minimums=[item.as_json() for item in times.counted],
            reason=reason,
            user=user,
            now=now,
        )


def withdraw(
    announcement: Announcement, *, reason: str, user: Any, now: datetime.datetime
) -> Withdrawal:
    """Take a draft back: a public notice with the reason stays, and so do the comments (rule 5)."""
    with transaction.atomic():
        if not reason.strip():
            raise Refused(_("Say why; the notice shows it."))
        guards.lock("consultations.announcement", announcement.page_id)
        _refuse_if_withdrawn(announcement)
        _refuse_if_answered(announcement)
        withdrawal = Withdrawal.objects.create(
            announcement=announcement, withdrawn_at=now, reason=reason.strip()
        )
        ledger.record(
            "consultation.withdrawn",
            announcement,
            actor=user,
            now=now,
            data={"reason": withdrawal.reason},
        )
        tell_followers(announcement, "withdrawn", now=now)
        show_again(announcement)
    return withdrawal


def refuse_alias() -> None:
    """Raise ``Refused``, always: an alias would be a second address of one consultation."""
    raise Refused(_("A document cannot have an alias; it has one permanent address."))


def refuse_if_released(page: Any) -> None:
    """Raise ``Refused`` for what would make an announced consultation disappear."""
    if Announcement.objects.filter(page__path__startswith=page.path).exists():
        raise Refused(_("It is announced and stays public. Withdraw it with a reason instead."))


def _changeable(announcement: Announcement, reason: str, now: datetime.datetime) -> Period:
    if not reason.strip():
        raise Refused(_("Say why; the notice shows it."))
    guards.lock("consultations.announcement", announcement.page_id)
    _refuse_if_withdrawn(announcement)
    period: Period = announcement.periods.latest("seq")
    if period.closes_at <= now:
        raise Refused(_("The period has closed and is not reopened. Start a new round."))
    return period


def _refuse_if_withdrawn(announcement: Announcement) -> None:
    if Withdrawal.objects.filter(announcement=announcement).exists():
        raise Refused(_("It was withdrawn; the notice stays as it is."))


def _refuse_if_answered(announcement: Announcement) -> None:
    round_ = announcement.periods.latest("seq").round
    answers = SignedStatement.objects.public().filter(announcement=announcement, round=round_)
    if answers.filter(kind=StatementKind.ADOPTION).exists():
        raise Refused(_("Its document is released: it was not abandoned."))


def _prolong(
    before: Period,
    cause: Cause,
    closes_at: datetime.datetime,
    reason: str,
    *,
    user: Any,
    now: datetime.datetime,
) -> Period:
    minimum = closes_at if cause is Cause.CALENDAR else before.minimum_closes_at
    return _add(
        before,
        cause,
        opens_at=before.opens_at,
        closes_at=closes_at,
        minimum_closes_at=minimum,
        minimums=before.minimums,
        reason=reason,
        user=user,
        now=now,
    )


def _add(
    before: Period,
    cause: Cause,
    *,
    reason: str,
    user: Any,
    now: datetime.datetime,
    **times: Any,
) -> Period:
    """Add the next row of the same round, and tell everybody."""
    period = Period.objects.create(
        announcement=before.announcement,
        seq=before.seq + 1,
        round=before.round,
        cause=cause,
        shortening=before.shortening,
        shortening_reason=before.shortening_reason,
        reason=reason.strip(),
        recorded_at=now,
        recorded_by=user,
        **times,
    )
    ledger.record(
        "consultation.extended",
        before.announcement,
        actor=user,
        now=now,
        data={
            "cause": cause,
            "from": before.closes_at,
            "to": period.closes_at,
            "reason": period.reason,
            "period": vouching.of_period(period),
        },
    )
    tell_followers(before.announcement, cause, now=now)
    show_again(before.announcement)
    return period


def _as_announced(period: Period) -> minimums.Facts:
    """Give the facts that decide on the minimum as they were announced, whatever a draft says."""
    announcement = period.announcement
    return minimums.Facts(
        procedure=announcement.procedure,
        business_related=announcement.business_related,
        shortening=period.shortening,
    )
