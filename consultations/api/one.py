"""One consultation: its minimums, periods, drafts and counts, its statement and its policy."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop, override
from ninja import Router
from ninja import Status as Answer
from wagtail.rich_text import get_text_for_indexing

from consultations import reading, rules
from consultations.api.answers import described
from consultations.api.common import TAGS, authorities_of, never_keep, title_of, unknown
from consultations.api.schemas import ConsultationOut, CountsOut
from consultations.models import Announcement, Clause
from multilingual.languages import SOURCE
from openapi.api import read
from openapi.parameters import ErrorsOut, Shown

router = Router(tags=TAGS)


@read(
    router,
    "/v1/consultations/{slug:slug}",
    response={200: ConsultationOut, 404: ErrorsOut, 422: ErrorsOut},
    summary=gettext_noop("One consultation with its periods, drafts and counts"),
)
def consultation(
    request: HttpRequest, response: HttpResponse, slug: str, lang: Shown = "zh-hans"
) -> Answer[Any]:
    """One consultation with its minimums, periods, drafts and counts."""
    never_keep(response)
    with override(lang):
        notice = reading.notice(slug)
        if notice is None:
            return unknown()
        return Answer(200, _consultation(notice, lang, timezone.now()))


def _consultation(notice: reading.Notice, language: str, now: datetime.datetime) -> dict[str, Any]:
    page, announcement, period = notice.page, notice.announcement, notice.period
    clauses: dict[int, list[Clause]] = {version.pk: [] for version in notice.versions}
    for clause in Clause.objects.filter(version__in=clauses).order_by("version__seq", "position"):
        clauses[clause.version_id].append(clause)
    anchors = _anchors(notice, clauses)
    counts = _counts(notice, anchors)
    return {
        "slug": announcement.slug,
        "title": title_of(page, language),
        "url": announcement.get_absolute_url(),
        "status": notice.status(now),
        "authorities": authorities_of(page, language),
        "subject": page.subject and page.subject.key,
        "procedure": announcement.procedure,
        "business_related": announcement.business_related,
        "historic": announcement.historic,
        "announced_at": announcement.announced_at,
        "round": period.round,
        "opens_at": period.opens_at,
        "closes_at": period.closes_at,
        "minimum_closes_at": period.minimum_closes_at,
        "received": counts["received"],
        "historic_record": _historic(announcement),
        "abstract": page.abstract_in(language) or page.abstract_in(SOURCE),
        "explanation": get_text_for_indexing(page.explanation),
        "legal_bases": [basis.text for basis in page.cited_bases.all()],
        "shortening": period.shortening or None,
        "shortening_reason": period.shortening_reason or None,
        "withdrawal": notice.withdrawal,
        # What the law demands only generally does not bind where the period was shortened.
        "minimums": [
            minimum | {"binding": minimum["binding"] and not minimum.get("shortened")}
            for minimum in period.minimums
        ],
        "periods": notice.periods,
        "versions": [
            {
                "version": version.seq,
                "round": version.round,
                "title": version.headline,
                "change": version.change or None,
                "reason": version.reason or None,
                "published_at": version.published_at,
                "clauses": clauses[version.pk],
            }
            for version in notice.versions
        ],
        "counts": counts,
        "merkle_roots": reading.roots(announcement),
        "statement": _statement(notice, anchors),
        "policy": _policy(announcement),
    }


def _historic(announcement: Announcement) -> dict[str, Any] | None:
    record = getattr(announcement, "historic_record", None)
    return record and {
        "source_url": record.source_url or None,
        "received": record.received,
        "shorter_than_minimum": record.short,
        "imported_at": record.imported_at,
    }


def _anchors(notice: reading.Notice, clauses: Mapping[int, list[Clause]]) -> dict[int | None, str]:
    """Name each lineage by the anchor that it has in the newest draft.

    A clause that it no longer has is ``anchor@version``, and the whole draft the empty text.
    """
    anchors: dict[int | None, str] = {None: ""}
    for version in notice.versions:
        newest = version is notice.version
        for clause in clauses[version.pk]:
            anchors[clause.lineage] = clause.anchor if newest else f"{clause.anchor}@{version.seq}"
    return anchors


def _counts(notice: reading.Notice, anchors: Mapping[int | None, str]) -> dict[str, Any]:
    counted = reading.counts(notice.announcement)
    return {
        "received": counted.received,
        "published": counted.published,
        "withheld": counted.withheld,
        "withdrawn": counted.withdrawn,
        "pending": counted.pending,
        "by_channel": counted.by_channel,
        "by_clause": {anchors[lineage]: n for lineage, n in counted.by_clause.items()},
        "withheld_by_reason": counted.withheld_by_reason,
    }


def _statement(notice: reading.Notice, anchors: Mapping[int | None, str]) -> dict[str, Any] | None:
    """The newest public statement, whose totals are those of its signature."""
    said = notice.statement
    if said is None:
        return None
    slug, totals = notice.announcement.slug, said.totals
    by_lineage = {int(lineage) or None: n for lineage, n in totals["by_lineage"].items()}
    before = next(
        (one for one in notice.announcement.statements.all() if one.pk == said.corrects_id), None
    )
    return {
        "kind": said.kind,
        "round": said.round,
        "signed_on": rules.local_day(said.signed_at),
        "disclosed_at": said.disclosure.disclosed_at,
        "url": reverse("consultations:statement", args=[slug]),
        "words": said.words or None,
        "corrects": before and reverse("consultations:statement_version", args=[slug, before.seq]),
        "correction_reason": said.correction_reason or None,
        "concentration": said.concentration,
        "totals": {name: totals[name] for name in CountsOut.model_fields if name != "by_clause"}
        | {"by_clause": {anchors[lineage]: n for lineage, n in by_lineage.items()}},
        "opinions": described(said.opinions.all()),
    }


def _policy(announcement: Announcement) -> dict[str, str] | None:
    found = reading.public_policy(announcement)
    return None if found is None else {"index_number": found.index_number, "url": found.url}
