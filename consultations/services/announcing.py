"""Publication of what three people have passed: the announcement, or a change of it."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from wagtail.models import Revision

from consultations import rules
from consultations.enums import Cause, Change
from consultations.models import (
    Announcement,
    Clause,
    ConsultationPage,
    DraftVersion,
    Period,
    Withdrawal,
)
from consultations.services import minimums, vouching
from consultations.services.completeness import is_new_text, refuse_if_incomplete
from consultations.services.effects import show_again, tell_followers
from guards import services as guards
from ledger import services as ledger
from organisations import services as organisations
from organisations.services import Refused


def publish(
    page: ConsultationPage, revision: Revision, *, user: Any, now: datetime.datetime
) -> None:
    """Publish a revision that three people have passed: the announcement, or a change.

    A clerical correction of the announced text is logged; a change in substance makes a new
    version and a new period that never closes before the old one (rule 6); a new round gets a
    full period (rule 5). Raises ``Refused``, or ``YearNotAnnounced`` for a year without a notice.
    """
    with transaction.atomic():
        guards.lock("consultations.announcement", page.pk)
        locked = ConsultationPage.objects.get(pk=page.pk)
        draft = revision.as_object()
        organisations.approvals(locked, revision)
        if locked.live_revision_id and revision.pk <= locked.live_revision_id:
            raise Refused(_("A newer version is live. Revert to this one as a new draft."))
        if draft.go_live_at:
            raise Refused(_("A consultation opens by its own date, not by a schedule."))
        refuse_if_incomplete(draft, now)
        announcement = Announcement.objects.filter(page=locked).first()
        if announcement is None:
            announcement = _announce(locked, draft, user=user, now=now)
        else:
            _change(announcement, draft, user=user, now=now)
        locked.publish_unguarded(revision, user)
        show_again(announcement)


def _announce(
    page: ConsultationPage, draft: ConsultationPage, *, user: Any, now: datetime.datetime
) -> Announcement:
    announcement = Announcement.objects.create(
        page=page,
        slug=free_slug(page, now),
        announced_at=now,
        procedure=draft.procedure,
        business_related=bool(draft.business_related),
    )
    period = _add_period(announcement, draft, Cause.ANNOUNCEMENT, user=user, now=now)
    version = add_version(announcement, draft, round_=1, now=now)
    ledger.record(
        "consultation.announced",
        announcement,
        actor=user,
        now=now,
        data={
            "opens_at": period.opens_at,
            "closes_at": period.closes_at,
            "announcement": vouching.of_announcement(announcement),
            "period": vouching.of_period(period),
            "draft": vouching.of_version(version),
        },
    )
    return announcement


def free_slug(page: ConsultationPage, announced_at: datetime.datetime) -> str:
    """Give the next address of the organisation's year; it never changes."""
    guards.lock("consultations.slug")
    prefix = f"{organisations.owner_of(page).code.lower()}-{rules.local_day(announced_at).year}-"
    taken = Announcement.objects.filter(slug__startswith=prefix).values_list("slug", flat=True)
    serials = [int(tail) for slug in taken if (tail := slug.removeprefix(prefix)).isdecimal()]
    return f"{prefix}{max(serials, default=0) + 1}"


def _change(
    announcement: Announcement, draft: ConsultationPage, *, user: Any, now: datetime.datetime
) -> None:
    if Withdrawal.objects.filter(announcement=announcement).exists():
        raise Refused(_("It was withdrawn; the notice stays as it is."))
    if announcement.historic:
        raise Refused(_("It took place elsewhere; its record stays as it was entered."))
    newest = announcement.versions.latest("seq")
    round_ = announcement.periods.latest("seq").round
    vouched = {}
    if draft.change == Change.ROUND:
        period = _add_period(announcement, draft, Cause.ROUND, user=user, now=now)
        vouched["period"] = vouching.of_period(period)
        round_ += 1
    elif not is_new_text(draft, newest):
        ledger.record("consultation.edited", announcement, actor=user, now=now)
        return
    elif draft.change == Change.SUBSTANCE:
        period = _add_period(announcement, draft, Cause.RESTART, user=user, now=now)
        vouched["period"] = vouching.of_period(period)
    version = add_version(announcement, draft, round_=round_, now=now)
    ledger.record(
        "consultation.changed",
        announcement,
        actor=user,
        now=now,
        data={
            "change": draft.change,
            "version": version.seq,
            "reason": version.reason,
            "draft": vouching.of_version(version),
            **vouched,
        },
    )
    tell_followers(announcement, draft.change, now=now)


def _add_period(
    announcement: Announcement,
    draft: ConsultationPage,
    cause: Cause,
    *,
    user: Any,
    now: datetime.datetime,
) -> Period:
    before = announcement.periods.order_by("-seq").first()
    anew = cause is Cause.RESTART
    least = minimums.propose(draft, draft.opens_at, now=now, before=before, anew=anew)
    closes_at = least.closes_at
    if draft.closes_on:
        asked = rules.close_of(draft.closes_on)
        closes_at = max(asked, closes_at) if anew else asked
    return Period.objects.create(
        announcement=announcement,
        seq=before.seq + 1 if before else 1,
        round=_round_after(before, cause),
        cause=cause,
        opens_at=least.opens_at,
        closes_at=closes_at,
        minimum_closes_at=least.minimum_closes_at,
        minimums=[item.as_json() for item in least.counted],
        shortening=draft.shortening,
        shortening_reason=draft.shortening_reason.strip() if draft.shortening else "",
        reason=draft.change_reason.strip() if before else "",
        recorded_at=now,
        recorded_by=user,
    )


def _round_after(before: Period | None, cause: Cause) -> int:
    if before is None:
        return 1
    return before.round + 1 if cause is Cause.ROUND else before.round


def add_version(
    announcement: Announcement, draft: ConsultationPage, *, round_: int, now: datetime.datetime
) -> DraftVersion:
    """Fix the text of a draft as the public is shown it from ``now`` on, split into clauses."""
    before = announcement.versions.order_by("-seq").first()
    version = DraftVersion.objects.create(
        announcement=announcement,
        seq=before.seq + 1 if before else 1,
        round=round_,
        change=draft.change if before else "",
        headline=draft.headline_zh_hans,
        text=draft.draft,
        explanation=draft.explanation,
        reason=draft.change_reason.strip() if before else "",
        published_at=now,
    )
    Clause.objects.bulk_create(split_draft(version, before))
    return version


def split_draft(version: DraftVersion, before: DraftVersion | None) -> list[Clause]:
    """Give the clauses of a draft, not written down: with the lineages that they had before.

    before: the newest version there is; ``None`` for the first one.
    """
    if before is None:
        lineages = rules.lineages("", {}, version.text)
    else:
        known = dict(before.clauses.values_list("anchor", "lineage"))
        every = Clause.objects.filter(version__announcement=before.announcement_id)
        used = every.aggregate(Max("lineage", default=0))["lineage__max"]
        lineages = rules.lineages(before.text, known, version.text, used=used)
    return [
        Clause(
            version=version,
            position=position,
            anchor=clause.anchor,
            kind=clause.kind,
            depth=clause.depth,
            number=clause.number,
            text=clause.text,
            lineage=lineages[clause.anchor],
        )
        for position, clause in enumerate(rules.clauses(version.text))
    ]
