"""The list of consultations, and one of them as a result of the search."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_noop, override
from ninja import Query, Router

from consultations import rules, search
from consultations.api.common import (
    CHUNK,
    TAGS,
    authorities_of,
    in_chunks,
    never_keep,
    page_of,
    title_of,
)
from consultations.api.schemas import (
    ConsultationLineOut,
    ConsultationListOut,
    Filters,
    ListQuery,
)
from consultations.models import Comment, ConsultationPage, Period
from openapi import downloads
from openapi.api import read
from openapi.parameters import ErrorsOut

router = Router(tags=TAGS)

LAST_DAY = datetime.date.max - datetime.timedelta(days=1)
"""The last day whose end a computer can write down."""


@read(
    router,
    "/v1/consultations/",
    response={200: ConsultationListOut, 422: ErrorsOut},
    summary=gettext_noop("List consultations, the newest first"),
)
def consultations(
    request: HttpRequest, response: HttpResponse, query: Query[ListQuery]
) -> dict[str, Any]:
    """List consultations, the newest first."""
    never_keep(response)
    found = _filtered(query, timezone.now())
    return page_of(found, query, lambda pages: _lines(pages, query.lang))


@read(
    router,
    "/v1/consultations.csv",
    response={422: ErrorsOut},
    openapi_extra=downloads.DESCRIBED_CSV,
    summary=gettext_noop("Download the list of consultations as CSV"),
)
def consultations_csv(request: HttpRequest, query: Query[Filters]) -> HttpResponseBase:
    """Download the list of consultations as CSV."""
    return downloads.as_csv(
        "consultations.csv", list(ConsultationLineOut.model_fields), _flat_lines(query)
    )


@read(
    router,
    "/v1/consultations.json",
    response={422: ErrorsOut},
    openapi_extra=downloads.described_json("ConsultationLineOut"),
    summary=gettext_noop("Download the list of consultations as JSON"),
)
def consultations_json(request: HttpRequest, query: Query[Filters]) -> HttpResponseBase:
    """Download the list of consultations as JSON."""
    return downloads.as_json("consultations.json", _all_lines(query))


def _filtered(query: Filters, now: datetime.datetime) -> Any:
    newest = Period.objects.filter(announcement__page=OuterRef("pk")).order_by("-seq")
    found: Any = (
        ConsultationPage.objects.public()
        .with_status(now)
        .for_lists()
        .annotate(minimum_closes=Subquery(newest.values("minimum_closes_at")[:1]))
        .order_by("-announcement__announced_at", "-pk")
    )
    if query.status:
        found = found.filter(status_now__in=query.status)
    authorities = _known(query.authority)
    if authorities:
        found = found.filter(
            pk__in=ConsultationPage.objects.filter(
                authorities__organisation__code__in=authorities
            ).values("pk")
        )
    subjects = _known(query.subject)
    if subjects:
        found = found.filter(subject__key__in=subjects)
    if query.business_related is not None:
        found = found.filter(announcement__business_related=query.business_related)
    if query.from_:
        found = found.filter(closes__gte=rules.close_of(min(query.from_, LAST_DAY)))
    if query.to:
        found = found.filter(closes__lte=rules.close_of(min(query.to, LAST_DAY)))
    return found


def _lines(pages: list[Any], language: str) -> list[dict[str, Any]]:
    ids = [page.announcement.pk for page in pages]
    counted = Comment.objects.filter(announcement__in=ids).order_by().values_list("announcement")
    received = dict(counted.annotate(Count("pk")))
    with override(language):
        return [_line(page, language, received) for page in pages]


def _line(page: Any, language: str, received: Mapping[int, int]) -> dict[str, Any]:
    announcement = page.announcement
    return {
        "slug": announcement.slug,
        "title": title_of(page, language),
        "url": announcement.get_absolute_url(),
        "status": page.status_now,
        "authorities": authorities_of(page, language),
        "subject": page.subject and page.subject.key,
        "procedure": announcement.procedure,
        "business_related": announcement.business_related,
        "historic": announcement.historic,
        "announced_at": announcement.announced_at,
        "round": page.round,
        "opens_at": page.opens,
        "closes_at": page.closes,
        "minimum_closes_at": page.minimum_closes,
        "received": received.get(announcement.pk, 0),
    }


def _known(values: Iterable[str]) -> list[str]:
    """What was chosen; PostgreSQL takes no NUL, which is in no code."""
    return [value.replace("\x00", "\ufffd") for value in values if value]


def _all_lines(query: Filters) -> Iterator[dict[str, Any]]:
    for pages in in_chunks(_filtered(query, timezone.now()).iterator(CHUNK)):
        for line in _lines(pages, query.lang):
            yield ConsultationLineOut.model_validate(line).model_dump()


def _flat_lines(query: Filters) -> Iterator[dict[str, Any]]:
    for line in _all_lines(query):
        yield line | {"authorities": [item["name"] for item in line["authorities"]]}


def result(page: Any, language: str, now: datetime.datetime) -> dict[str, Any]:
    """Give a found consultation as ``ConsultationResultOut`` without its snippet.

    page: as the search presents it, with its period; the status is that of ``now``.
    """
    announcement = page.announcement
    day = rules.local_day(announcement.announced_at)
    return {
        "source_id": None,
        "index_number": None,
        "type": "consultation",
        "title": title_of(page, language),
        "url": announcement.get_absolute_url(),
        "document_numbers": [],
        "issuers": [item["name"] for item in authorities_of(page, language)],
        "issued_on": day,
        "released_at": announcement.announced_at,
        "validity": None,
        "status": search.status(page, now),
        "opens_at": page.opens,
        "closes_at": page.closes,
    }
