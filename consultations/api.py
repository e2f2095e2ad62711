"""Consultations as open data: the list, one with its drafts and counts, its published comments."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from ninja import Field, Query, Router, Schema
from ninja import Status as Answer
from pydantic import AfterValidator
from wagtail.rich_text import get_text_for_indexing

from consultations import reading, rules, search
from consultations.enums import Cause, Change, ChannelKind, Procedure, Shortening, Status
from consultations.models import Announcement, Clause, Comment, ConsultationPage, Period
from multilingual.languages import SOURCE
from openapi import downloads
from openapi.api import read
from openapi.parameters import Day, ErrorsOut, Language, LastDay, Page, Shown, Size
from workdays.enums import DayKind, Unit

router = Router(tags=["consultations"])
CHUNK = 200


def never_keep(response: HttpResponse) -> None:
    """Have an answer made anew for everybody: its status and its counts change by the minute."""
    response["Cache-Control"] = "no-cache"


# --- what is asked ------------------------------------------------------------------------------


class Filters(Schema):
    """The filters of the list. One may repeat: any of its values. Different ones all hold."""

    status: list[Status] = Field([], description=gettext_noop("Status at this moment."))
    authority: list[str] = Field([], description=gettext_noop("Code of an issuing authority."))
    subject: list[str] = Field([], description=gettext_noop("Key of a subject."))
    business_related: bool | None = Field(
        None, description=gettext_noop("Whether it is closely tied to business operations.")
    )
    from_: Day | None = Field(
        None, alias="from", description=gettext_noop("First closing day, inclusive.")
    )
    to: LastDay = Field(None, description=gettext_noop("Last closing day, inclusive."))
    lang: Language = "zh-hans"


class ListQuery(Filters):
    page: Page = 1
    size: Size = 20


class CommentsQuery(Schema):
    page: Page = 1
    size: Size = 20
    lang: Language = "zh-hans"


# --- what is answered ---------------------------------------------------------------------------

Moment = Annotated[
    datetime.datetime, AfterValidator(lambda moment: moment.astimezone(rules.SHANGHAI))
]


class AuthorityOut(Schema):
    code: str
    name: str


class ConsultationLineOut(Schema):
    slug: str
    title: str
    url: str
    status: Status
    authorities: list[AuthorityOut]
    subject: str | None
    procedure: Procedure
    business_related: bool
    historic: bool
    announced_at: Moment
    round: int
    opens_at: Moment
    closes_at: Moment
    minimum_closes_at: Moment
    received: int


class ConsultationListOut(Schema):
    total: int
    page: int
    size: int
    results: list[ConsultationLineOut]


class CountedDayOut(Schema):
    date: datetime.date
    kind: DayKind
    counts: bool


class MinimumOut(Schema):
    instrument: str
    article: str
    days: int
    unit: Unit
    binding: bool
    closes_at: Moment
    counted_days: list[CountedDayOut]


class PeriodOut(Schema):
    round: int
    opens_at: Moment
    closes_at: Moment
    minimum_closes_at: Moment
    cause: Cause


class ClauseOut(Schema):
    anchor: str
    number: str
    text: str


class VersionOut(Schema):
    version: int
    round: int
    title: str
    change: Change | None
    reason: str | None
    published_at: Moment
    clauses: list[ClauseOut]


class CountsOut(Schema):
    received: int
    published: int
    withheld: int
    withdrawn: int
    pending: int
    by_channel: dict[str, int]
    by_clause: dict[str, int]
    withheld_by_reason: dict[str, int]


class RootOut(Schema):
    round: int
    batch: int
    root: str


class WithdrawalOut(Schema):
    withdrawn_at: Moment
    reason: str


class HistoricOut(Schema):
    """What is known of a consultation that took place elsewhere, before it was entered here.

    received: the comments that its source counts; none of them is here. shorter_than_minimum: by
    the rules of the day on which it was entered; null where no calendar reaches back so far.
    """

    source_url: str | None
    received: int | None
    shorter_than_minimum: bool | None
    imported_at: Moment


class ConsultationOut(ConsultationLineOut):
    historic_record: HistoricOut | None
    abstract: str | None
    explanation: str
    legal_bases: list[str]
    shortening: Shortening | None
    shortening_reason: str | None
    withdrawal: WithdrawalOut | None
    minimums: list[MinimumOut]
    periods: list[PeriodOut]
    versions: list[VersionOut]
    counts: CountsOut
    merkle_roots: list[RootOut]


class AttachmentOut(Schema):
    url: str
    kind: str
    size: int
    sha256: str


class CommentOut(Schema):
    """A published comment. Its author's name is nowhere in it.

    clause, number: where the clause stands in ``clause_version``, the newest draft that has it;
    null for a comment on the whole draft. version: the draft on which the comment was written.
    """

    id: str
    clause: str | None
    number: str | None
    clause_version: int | None
    version: int
    round: int
    text: str
    represents: str | None
    channel: ChannelKind
    language: str
    received_at: Moment
    attachments: list[AttachmentOut]


class CommentsOut(Schema):
    total: int
    page: int
    size: int
    results: list[CommentOut]


class ConsultationResultOut(Schema):
    """A consultation among the results of a search: what every result has, and its moments."""

    source_id: None
    index_number: None
    type: Literal["consultation"]
    title: str
    url: str
    document_numbers: list[str]
    issuers: list[str]
    issued_on: datetime.date
    released_at: Moment
    validity: None
    snippet: str
    status: Status
    opens_at: Moment
    closes_at: Moment


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
        "title": _title(page, language),
        "url": announcement.get_absolute_url(),
        "document_numbers": [],
        "issuers": [item["name"] for item in _authorities(page, language)],
        "issued_on": day,
        "released_at": announcement.announced_at,
        "validity": None,
        "status": search.status(page, now),
        "opens_at": page.opens,
        "closes_at": page.closes,
    }


# --- the list -----------------------------------------------------------------------------------


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
    # The length first: a database takes no offset of a thousand digits.
    total = found.count()
    start = (query.page - 1) * query.size
    pages = list(found[start : start + query.size]) if start < total else []
    return {
        "total": total,
        "page": query.page,
        "size": query.size,
        "results": _lines(pages, query.lang),
    }


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
        found = found.filter(closes__gte=rules.close_of(query.from_))
    if query.to:
        found = found.filter(closes__lte=rules.close_of(query.to))
    return found


def _known(values: Iterable[str]) -> list[str]:
    """What was chosen; PostgreSQL takes no NUL, which is in no code."""
    return [value.replace("\x00", "\ufffd") for value in values if value]


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
        "title": _title(page, language),
        "url": announcement.get_absolute_url(),
        "status": page.status_now,
        "authorities": _authorities(page, language),
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


def _title(page: ConsultationPage, language: str) -> str:
    return page.headline_in(language) or page.headline_in(SOURCE) or ""


def _authorities(page: Any, language: str) -> list[dict[str, str]]:
    day = rules.local_day(page.announcement.announced_at)
    return [
        {
            "code": item.organisation.code,
            "name": item.organisation.name_on(day, language),
        }
        for item in page.authorities.all()
    ]


def _all_lines(query: Filters) -> Iterator[dict[str, Any]]:
    for pages in _chunks(_filtered(query, timezone.now()).iterator(CHUNK)):
        for line in _lines(pages, query.lang):
            yield ConsultationLineOut.model_validate(line).model_dump()


def _flat_lines(query: Filters) -> Iterator[dict[str, Any]]:
    for line in _all_lines(query):
        yield line | {"authorities": [item["name"] for item in line["authorities"]]}


def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


# --- one consultation ---------------------------------------------------------------------------


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
            return _unknown()
        return Answer(200, _consultation(notice, lang, timezone.now()))


def _unknown() -> Answer[Any]:
    return Answer(404, {"errors": {"slug": [_("There is no such consultation.")]}})


def _consultation(notice: reading.Notice, language: str, now: datetime.datetime) -> dict[str, Any]:
    page, announcement, period = notice.page, notice.announcement, notice.period
    clauses: dict[int, list[Clause]] = {version.pk: [] for version in notice.versions}
    for clause in Clause.objects.filter(version__in=clauses).order_by("version__seq", "position"):
        clauses[clause.version_id].append(clause)
    counts = _counts(notice, clauses)
    return {
        "slug": announcement.slug,
        "title": _title(page, language),
        "url": announcement.get_absolute_url(),
        "status": notice.status(now),
        "authorities": _authorities(page, language),
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
    }


def _historic(announcement: Announcement) -> dict[str, Any] | None:
    record = getattr(announcement, "historic_record", None)
    return record and {
        "source_url": record.source_url or None,
        "received": record.received,
        "shorter_than_minimum": record.short,
        "imported_at": record.imported_at,
    }


def _counts(notice: reading.Notice, clauses: Mapping[int, list[Clause]]) -> dict[str, Any]:
    """Count by the anchors of the newest draft.

    A clause that it no longer has is ``anchor@version``, and the whole draft the empty text.
    """
    counted = reading.counts(notice.announcement)
    anchors: dict[int | None, str] = {None: ""}
    for version in notice.versions:
        newest = version is notice.version
        for clause in clauses[version.pk]:
            anchors[clause.lineage] = clause.anchor if newest else f"{clause.anchor}@{version.seq}"
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


# --- published comments -------------------------------------------------------------------------


@read(
    router,
    "/v1/consultations/{slug:slug}/comments",
    response={200: CommentsOut, 404: ErrorsOut, 422: ErrorsOut},
    summary=gettext_noop("The published comments of a consultation, the oldest first"),
)
def comments(
    request: HttpRequest, response: HttpResponse, slug: str, query: Query[CommentsQuery]
) -> Answer[Any]:
    """The published comments of a consultation, the oldest first."""
    never_keep(response)
    with override(query.lang):
        announcement = _announcement(slug)
        if announcement is None:
            return _unknown()
        found = _published(announcement)
        total = found.count()
        start = (query.page - 1) * query.size
        chosen = list(found[start : start + query.size]) if start < total else []
        return Answer(
            200,
            {
                "total": total,
                "page": query.page,
                "size": query.size,
                "results": _described(announcement, chosen),
            },
        )


@read(
    router,
    "/v1/consultations/{slug:slug}/comments.csv",
    response={404: ErrorsOut, 422: ErrorsOut},
    openapi_extra=downloads.DESCRIBED_CSV,
    summary=gettext_noop("Download the published comments of a consultation as CSV"),
)
def comments_csv(request: HttpRequest, slug: str, lang: Shown = "zh-hans") -> Any:
    """Download the published comments of a consultation as CSV."""
    with override(lang):
        announcement = _announcement(slug)
        if announcement is None:
            return _unknown()
    rows = (
        row | {"attachments": [item["url"] for item in row["attachments"]]}
        for row in _all_comments(announcement, lang)
    )
    name = f"{announcement.slug}-comments.csv"
    return downloads.as_csv(name, list(CommentOut.model_fields), rows)


@read(
    router,
    "/v1/consultations/{slug:slug}/comments.json",
    response={404: ErrorsOut, 422: ErrorsOut},
    openapi_extra=downloads.described_json("CommentOut"),
    summary=gettext_noop("Download the published comments of a consultation as JSON"),
)
def comments_json(request: HttpRequest, slug: str, lang: Shown = "zh-hans") -> Any:
    """Download the published comments of a consultation as JSON."""
    with override(lang):
        announcement = _announcement(slug)
        if announcement is None:
            return _unknown()
    name = f"{announcement.slug}-comments.json"
    return downloads.as_json(name, _all_comments(announcement, lang))


def _announcement(slug: str) -> Announcement | None:
    pages = ConsultationPage.objects.public().values("pk")
    return Announcement.objects.filter(slug=slug, page__in=pages).first()


def _published(announcement: Announcement) -> Any:
    """Only what ``public()`` lets through, and of it neither salt nor receipt."""
    return (
        Comment.objects.public()
        .filter(announcement=announcement)
        .select_related("draft_version")
        .defer("salt", "receipt_digest", "draft_version__text", "draft_version__explanation")
        .order_by("received_at", "pk")
    )


def _all_comments(announcement: Announcement, language: str) -> Iterator[dict[str, Any]]:
    for chunk in _chunks(_published(announcement).iterator(CHUNK)):
        # The language is set anew for every chunk: others are served while this one is sent.
        with override(language):
            described = _described(announcement, chunk)
        for row in described:
            yield CommentOut.model_validate(row).model_dump()


def _described(announcement: Announcement, chosen: list[Any]) -> list[dict[str, Any]]:
    lineages = {comment.clause_lineage for comment in chosen} - {None}
    places = reading.last_clauses(announcement, lineages)
    key = salted_hmac("consultations.public_id", "", algorithm="sha256").digest()
    return [
        _comment(announcement.slug, item, places.get(item.comment.clause_lineage or 0), key)
        for item in reading.with_texts(chosen)
    ]


def _comment(
    slug: str, item: reading.PublishedComment, place: Clause | None, key: bytes
) -> dict[str, Any]:
    comment = item.comment
    return {
        "id": rules.public_id(key, comment.pk),
        "clause": place and place.anchor,
        "number": place and place.number,
        "clause_version": place and place.version.seq,
        "version": comment.draft_version.seq,
        "round": comment.round,
        "text": item.text.text,
        "represents": item.text.represents or None,
        "channel": comment.channel,
        "language": comment.language,
        "received_at": comment.received_at,
        # Without the file's name, which may well be that of its author.
        "attachments": [
            {
                "url": reverse("consultations:attachment", args=[slug, file.pk]),
                "kind": file.kind,
                "size": file.size,
                "sha256": file.sha256,
            }
            for file in item.attachments
        ],
    }
