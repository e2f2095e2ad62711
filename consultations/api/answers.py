"""The opinions of a consultation's public statement, and how each was treated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from ninja import Query, Router
from ninja import Status as Answer

from consultations import reading
from consultations.api.common import TAGS, announcement_of, never_keep, page_of
from consultations.api.schemas import OpinionOut, OpinionsOut, PageQuery
from consultations.models import SignedOpinion
from openapi import downloads
from openapi.api import read
from openapi.parameters import ErrorsOut, Shown

router = Router(tags=TAGS)


@read(
    router,
    "/v1/consultations/{slug:slug}/opinions",
    response={200: OpinionsOut, 404: ErrorsOut, 422: ErrorsOut},
    summary=gettext_noop("The opinions of a consultation's public statement, with the answers"),
)
def opinions(
    request: HttpRequest, response: HttpResponse, slug: str, query: Query[PageQuery]
) -> Answer[Any]:
    """The opinions of a consultation's public statement, with the answers."""
    never_keep(response)
    with override(query.lang):
        found = _public(slug)
        if found is None:
            return _unanswered()
        return Answer(200, page_of(found, query, described))


@read(
    router,
    "/v1/consultations/{slug:slug}/opinions.csv",
    response={404: ErrorsOut, 422: ErrorsOut},
    openapi_extra=downloads.DESCRIBED_CSV,
    summary=gettext_noop("Download the opinions and the answers as CSV"),
)
def opinions_csv(request: HttpRequest, slug: str, lang: Shown = "zh-hans") -> Any:
    """Download the opinions and the answers as CSV."""
    with override(lang):
        found = _public(slug)
        if found is None:
            return _unanswered()
    return downloads.as_csv(f"{slug}-opinions.csv", list(OpinionOut.model_fields), _all(found))


@read(
    router,
    "/v1/consultations/{slug:slug}/opinions.json",
    response={404: ErrorsOut, 422: ErrorsOut},
    openapi_extra=downloads.described_json("OpinionOut"),
    summary=gettext_noop("Download the opinions and the answers as JSON"),
)
def opinions_json(request: HttpRequest, slug: str, lang: Shown = "zh-hans") -> Any:
    """Download the opinions and the answers as JSON."""
    with override(lang):
        found = _public(slug)
        if found is None:
            return _unanswered()
    return downloads.as_json(f"{slug}-opinions.json", _all(found))


def _public(slug: str) -> Any:
    """The opinions of the newest public statement of a public consultation, or ``None``."""
    announcement = announcement_of(slug)
    statements = reading.public_statements(announcement) if announcement else []
    return SignedOpinion.objects.filter(statement=statements[-1]) if statements else None


def _unanswered() -> Answer[Any]:
    return Answer(404, {"errors": {"slug": [_("There is no public statement.")]}})


def _all(found: Any) -> Iterator[dict[str, Any]]:
    for row in described(found):
        yield OpinionOut.model_validate(row).model_dump()


def described(opinions: Iterable[SignedOpinion]) -> list[dict[str, Any]]:
    """Give opinions of a public statement as ``OpinionOut``."""
    return [
        {
            "id": opinion.code,
            "text": opinion.text,
            "people": opinion.people,
            "comments": opinion.comments,
            "arguments": opinion.arguments,
            "concentrated": opinion.concentrated,
            "disposition": opinion.disposition,
            "reason": opinion.reason or None,
            "changed_clauses": [clause["anchor"] for clause in opinion.changed_clauses],
            "removed_clauses": [clause["anchor"] for clause in opinion.removed_clauses],
        }
        for opinion in opinions
    ]
