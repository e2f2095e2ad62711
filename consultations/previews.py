"""Drafts as the public will see them, in each of the nine languages."""

from __future__ import annotations

import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import override

from consultations import reading, rules, services
from consultations.enums import Cause
from consultations.models import (
    Announcement,
    ConsultationPage,
    DraftVersion,
    Period,
)
from consultations.views.frame import show
from consultations.views.pages import consultation_context
from workdays.rules import YearNotAnnounced

NOT_SAVED = 0
"""The key of what is only thought of: nothing in the database refers to it."""
SLUG = "preview"


def consultation(request: HttpRequest, page: ConsultationPage, language: str) -> HttpResponse:
    """Show a draft as it would be announced just now; nothing of it is written down."""
    page.pk = page.pk if page.pk is not None else NOT_SAVED
    now = timezone.now()
    notice = _notice(page, now)
    announced = notice.announcement.versions.order_by("-seq").first()
    clauses = services.split_draft(notice.version, announced)
    with override(language):
        context = consultation_context(request, notice, notice.version, clauses, now=now)
        return show(request, "consultation.html", context)


def _notice(page: ConsultationPage, now: datetime.datetime) -> reading.Notice:
    known: Announcement | None = getattr(page, "announcement", None)
    announcement = known or Announcement(
        pk=NOT_SAVED,
        page=page,
        slug=SLUG,
        announced_at=now,
        procedure=page.procedure,
        business_related=bool(page.business_related),
    )
    version = DraftVersion(
        pk=NOT_SAVED,
        announcement=announcement,
        seq=1,
        round=1,
        headline=page.headline_zh_hans or "",
        text=page.draft,
        explanation=page.explanation,
        published_at=now,
    )
    return reading.Notice(
        page=page,
        announcement=announcement,
        periods=list(announcement.periods.all()) if known else [_period(page, announcement, now)],
        versions=[version],
        withdrawal=getattr(announcement, "withdrawal", None),
        statement=None,
    )


def _period(page: ConsultationPage, announcement: Announcement, now: datetime.datetime) -> Period:
    """The period by the calendar; without one, what was typed stands for it."""
    opens_at = page.opens_at or rules.next_minute(now)
    try:
        counted = services.count(page, opens_at)
        earliest = services.earliest_close(counted)
    except (YearNotAnnounced, ValueError):
        counted, earliest = [], opens_at + datetime.timedelta(days=1)
    return Period(
        announcement=announcement,
        seq=1,
        round=1,
        cause=Cause.ANNOUNCEMENT,
        opens_at=opens_at,
        closes_at=rules.close_of(page.closes_on) if page.closes_on else earliest,
        minimum_closes_at=earliest,
        minimums=[item.as_json() for item in counted],
        shortening=page.shortening,
        shortening_reason=page.shortening_reason,
        recorded_at=now,
    )
