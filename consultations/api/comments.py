"""The published comments of a consultation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_noop, override
from ninja import Query, Router
from ninja import Status as Answer

from consultations import reading, rules
from consultations.api.common import (
    CHUNK,
    TAGS,
    announcement_of,
    in_chunks,
    never_keep,
    page_of,
    unknown,
)
from consultations.api.schemas import CommentOut, CommentsOut, PageQuery
from consultations.models import Announcement, Clause, Comment
from openapi import downloads
from openapi.api import read
from openapi.parameters import ErrorsOut, Shown

router = Router(tags=TAGS)


@read(
    router,
    "/v1/consultations/{slug:slug}/comments",
    response={200: CommentsOut, 404: ErrorsOut, 422: ErrorsOut},
    summary=gettext_noop("The published comments of a consultation, the oldest first"),
)
def comments(
    request: HttpRequest, response: HttpResponse, slug: str, query: Query[PageQuery]
) -> Answer[Any]:
    """The published comments of a consultation, the oldest first."""
    never_keep(response)
    with override(query.lang):
        announcement = announcement_of(slug)
        if announcement is None:
            return unknown()
        found = _published(announcement)
        described = partial(_described, announcement)
        return Answer(200, page_of(found, query, described))


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
        announcement = announcement_of(slug)
        if announcement is None:
            return unknown()
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
        announcement = announcement_of(slug)
        if announcement is None:
            return unknown()
    name = f"{announcement.slug}-comments.json"
    return downloads.as_json(name, _all_comments(announcement, lang))


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
    for chunk in in_chunks(_published(announcement).iterator(CHUNK)):
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
