"""Consultations that took place elsewhere: entered once, closed, and out of reach of a comment."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import override

from consultations import rules
from consultations.enums import Cause, Procedure
from consultations.models import (
    Announcement,
    ConsultationAuthority,
    ConsultationPage,
    HistoricRecord,
    Period,
)
from consultations.services import minimums, vouching
from consultations.services.announcing import add_version, free_slug
from consultations.services.effects import show_again
from guards import services as guards
from ledger import services as ledger
from multilingual.languages import SOURCE
from organisations.models import Organisation
from workdays.rules import YearNotAnnounced


@dataclass(frozen=True)
class Historic:
    """A consultation as its source describes it.

    source_id: its name there. explanation: plain text, a paragraph a line. closes_on: the last
    day. slug: its address here; empty for the next free one. received: how many comments came in.
    """

    source_id: str
    organisation: str
    title: str
    draft: str
    procedure: Procedure
    business_related: bool
    opens_at: datetime.datetime
    closes_on: datetime.date
    explanation: str = ""
    slug: str = ""
    source_url: str = ""
    received: int | None = None


RESERVED = frozenset({"board", "exemptions", "feed", "following"})
"""Addresses that are pages of their own."""


def import_historic(facts: Historic, *, now: datetime.datetime) -> Announcement | None:
    """Enter a consultation that took place elsewhere (rule 9); ``None`` if it is here already.

    It may breach the rules of a period, so it is marked, and has to be over at ``now``: the
    database takes neither a period of it that is still to close nor a comment on it. Raises
    ``ValidationError`` by field; then nothing has changed.
    """
    with transaction.atomic(), override(SOURCE):
        guards.lock("consultations.slug")
        if HistoricRecord.objects.filter(source_id=facts.source_id).exists():
            return None
        organisation = _check(facts, now)
        announcement = _announce(_page(facts, organisation), facts)
        period = _period(announcement, facts, now)
        moment = announcement.announced_at
        version = add_version(announcement, announcement.page, round_=1, now=moment)
        record = HistoricRecord.objects.create(
            announcement=announcement,
            source_id=facts.source_id,
            source_url=facts.source_url,
            received=facts.received,
            short=_is_short(period),
            imported_at=now,
        )
        ledger.record(
            "consultation.imported",
            announcement,
            now=now,
            data={
                "source_id": record.source_id,
                "opens_at": period.opens_at,
                "closes_at": period.closes_at,
                "short": record.short,
                "announcement": vouching.of_announcement(announcement),
                "period": vouching.of_period(period),
                "draft": vouching.of_version(version),
            },
        )
        show_again(announcement)
    return announcement


def _check(facts: Historic, now: datetime.datetime) -> Organisation:
    errors = {}
    organisation = (
        Organisation.objects.select_related("page").filter(code=facts.organisation).first()
    )
    if organisation is None:
        errors["organisation"] = _("There is no organisation with the code %(code)s.") % {
            "code": facts.organisation
        }
    closes_at = rules.close_of(facts.closes_on)
    if closes_at > now:
        errors["closes_on"] = _("It is not over yet. Only what has closed can be imported.")
    if closes_at <= facts.opens_at:
        errors["closes_on"] = _("It closes before it opens.")
    if facts.slug in RESERVED or Announcement.objects.filter(slug=facts.slug).exists():
        errors["slug"] = _("This address is taken.")
    if organisation is None or errors:
        raise ValidationError(errors)
    return organisation


def _page(facts: Historic, organisation: Organisation) -> ConsultationPage:
    lines = (line.strip() for line in facts.explanation.splitlines())
    page = ConsultationPage(
        headline_zh_hans=facts.title,
        title=facts.title[:255],
        draft=facts.draft,
        explanation=format_html_join("", "<p>{}</p>", ((line,) for line in lines if line)),
        procedure=facts.procedure,
        business_related=facts.business_related,
        opens_at=facts.opens_at,
        closes_on=facts.closes_on,
    )
    page.authorities = [ConsultationAuthority(organisation=organisation, sort_order=0)]
    organisation.page.add_child(instance=page)
    return page


def _announce(page: ConsultationPage, facts: Historic) -> Announcement:
    return Announcement.objects.create(
        page=page,
        slug=facts.slug or free_slug(page, facts.opens_at),
        # Its authorities and its place in lists are those of its own time.
        announced_at=facts.opens_at,
        procedure=facts.procedure,
        business_related=facts.business_related,
        historic=True,
    )


def _period(announcement: Announcement, facts: Historic, now: datetime.datetime) -> Period:
    """What today's rules demand is counted and kept, but binds nothing here."""
    asked = minimums.Facts(facts.procedure, facts.business_related, shortening="")
    try:
        counted = minimums.count(asked, facts.opens_at)
    except YearNotAnnounced:
        counted = []
    closes_at = rules.close_of(facts.closes_on)
    lawful = minimums.earliest_close(counted) if counted else closes_at
    return Period.objects.create(
        announcement=announcement,
        seq=1,
        round=1,
        cause=Cause.ANNOUNCEMENT,
        opens_at=facts.opens_at.replace(microsecond=0),
        closes_at=closes_at,
        minimum_closes_at=min(closes_at, lawful),
        minimums=[item.as_json() for item in counted],
        recorded_at=now,
    )


def _is_short(period: Period) -> bool | None:
    if not period.minimums:
        return None
    binding = (item["closes_at"] for item in period.minimums if item["binding"])
    return any(datetime.datetime.fromisoformat(moment) > period.closes_at for moment in binding)
