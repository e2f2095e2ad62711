"""The policies' part of the open API: list and document; and the search over everything."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from ninja import Field, Query, Router, Schema, Status

from consultations import api as consultations
from consultations.models import ConsultationPage
from consultations.reading import Asked
from multilingual.languages import SOURCE
from openapi.api import api, read
from openapi.parameters import Day, ErrorsOut, Language, LastDay, Page, Shown, Size
from policies import reading, rules
from policies.enums import Basis, Kind, Validity
from policies.models import InterpretationPage, PolicyPage, Release, Withdrawal
from policies.presenters import lines
from search import services as search
from search.documents import FACETS, split_key
from search.engine import SearchUnavailable

router = Router()

Typed = Annotated[
    str, Query(description=gettext_noop("What to search for; document numbers in any variant."))
]


class LibraryQuery(Schema):
    """The filters of the library. One may repeat: any of its values. Different ones all hold."""

    q: str = Field(
        "", description=gettext_noop("What to search for; document numbers in any variant.")
    )
    issuer: list[str] = Field([], description=gettext_noop("Code of an issuing authority."))
    subject: list[str] = Field([], description=gettext_noop("Key of a subject."))
    kind: list[Kind] = Field([], description=gettext_noop("Kind of document."))
    validity: list[Validity] = Field([], description=gettext_noop("Validity today."))
    audience: list[str] = Field([], description=gettext_noop("Key of an audience."))
    territory: list[str] = Field([], description=gettext_noop("Key of a territory."))
    from_: Day | None = Field(
        None, alias="from", description=gettext_noop("First date of issue, inclusive.")
    )
    to: LastDay = Field(None, description=gettext_noop("Last date of issue, inclusive."))
    sort: Literal["relevance", "newest", "effective"] | None = Field(
        None, description=gettext_noop("Relevance where there is a q, else newest.")
    )
    page: Page = 1
    size: Size = 20
    lang: Language = "zh-hans"


class SearchQuery(LibraryQuery):
    type: list[Literal["policy", "interpretation", "consultation"]] = Field(
        [], description=gettext_noop("What to look for.")
    )


class ResultOut(Schema):
    source_id: str | None
    index_number: str | None
    type: str
    title: str
    url: str
    document_numbers: list[str]
    issuers: list[str]
    issued_on: datetime.date | None
    released_at: datetime.datetime
    validity: Validity | None
    snippet: str


class FacetValueOut(Schema):
    value: str
    label: str
    count: int


class ListOut(Schema):
    total: int
    page: int
    size: int
    results: list[consultations.ConsultationResultOut | ResultOut]
    did_you_mean: str | None
    engine: str


class SearchOut(ListOut):
    facets: dict[str, list[FacetValueOut]]


class InterpretationOut(Schema):
    title: str
    url: str
    kind: str
    signed_on: datetime.date | None


class RelationOut(Schema):
    kind: str
    direction: Literal["from", "to"]
    index_number: str
    title: str
    url: str
    provisions: list[str]
    effective_on: datetime.date | None


class AskedOut(Schema):
    slug: str
    url: str
    statement_url: str


class PolicyOut(ResultOut):
    abstract: str | None
    kind: str | None
    subject: str | None
    audiences: list[str]
    territory: str | None
    adopted_on: datetime.date | None
    effective_on: datetime.date | None
    expires_on: datetime.date | None
    text_state: str
    text: str
    relations: list[RelationOut]
    interpretations: list[InterpretationOut]
    basis: Basis
    consultation: AskedOut | None


class SuggestionOut(Schema):
    text: str
    type: str
    url: str


class SuggestionsOut(Schema):
    suggestions: list[SuggestionOut]


@api.exception_handler(SearchUnavailable)
def _search_is_down(request: HttpRequest, error: SearchUnavailable) -> HttpResponse:
    errors = {"search": [_("Search does not answer at the moment. Please try again shortly.")]}
    return api.create_response(request, {"errors": errors}, status=503)


@read(
    router,
    "/v1/search",
    response={200: SearchOut, 422: ErrorsOut, 503: ErrorsOut},
    tags=["search"],
    summary=gettext_noop("Search everything, with counts for each filter"),
)
def find(request: HttpRequest, response: HttpResponse, query: Query[SearchQuery]) -> dict[str, Any]:
    """Search policies, interpretations and consultations; with counts by facet."""
    with override(query.lang):
        found = _search(query, types=tuple(query.type), facets=FACETS)
        if any(result.type == "consultation" for result in found.results):
            consultations.never_keep(response)
        return _answer(found, query) | {
            "facets": {
                name: [
                    {"value": value.value, "label": value.label, "count": value.count}
                    for value in values
                ]
                for name, values in found.facets.items()
            }
        }


@read(
    router,
    "/v1/policies/",
    response={200: ListOut, 422: ErrorsOut, 503: ErrorsOut},
    tags=["policies"],
    summary=gettext_noop("List and search policies, without the counts"),
)
def policies(request: HttpRequest, query: Query[LibraryQuery]) -> dict[str, Any]:
    """List policies; the same as the search for policies, without facets."""
    with override(query.lang):
        return _answer(_search(query, types=("policy",), facets=()), query)


def _search(
    query: LibraryQuery, *, types: tuple[str, ...], facets: tuple[str, ...]
) -> search.SearchResult:
    return search.search(
        search.SearchRequest(
            day=rules.local_day(timezone.now()),
            q=query.q,
            filters={
                name: tuple(str(value) for value in getattr(query, name) if value)
                for name in FACETS
            },
            types=types,
            issued_from=query.from_,
            issued_to=query.to,
            sort=query.sort or ("relevance" if query.q.strip() else "newest"),
            page=query.page,
            size=query.size,
            language=query.lang,
            facets=facets,
        )
    )


def _answer(found: search.SearchResult, query: LibraryQuery) -> dict[str, Any]:
    today = rules.local_day(timezone.now())
    return {
        "total": found.total,
        "page": found.page,
        "size": found.size,
        "results": [
            _line(result.object, query.lang, today) | {"snippet": str(result.snippet)}
            for result in found.results
        ],
        "did_you_mean": found.did_you_mean,
        "engine": found.engine,
    }


def _line(page: Any, language: str, today: datetime.date) -> dict[str, Any]:
    """What every result says; reads what ``for_lists()`` fetched."""
    if isinstance(page, ConsultationPage):
        return consultations.result(page, language, timezone.now())
    title = page.headline_in(language) or page.headline_in(SOURCE)
    if isinstance(page, InterpretationPage):
        return {
            "source_id": None,
            "index_number": page.release.policy_release.index_number,
            "type": "interpretation",
            "title": title,
            "url": page.release.get_absolute_url(),
            "document_numbers": [],
            "issuers": [],
            "issued_on": page.signed_on,
            "released_at": page.release.released_at,
            "validity": None,
        }
    record = getattr(page, "import_record", None)
    return {
        "source_id": record.source_id if record else None,
        "index_number": page.release.index_number,
        "type": "policy",
        "title": title,
        "url": page.release.get_absolute_url(),
        "document_numbers": [number.text for number in page.numbers.all()],
        "issuers": [
            issuer.organisation.name_on(page.issued_on, language) for issuer in page.issuers.all()
        ],
        "issued_on": page.issued_on,
        "released_at": page.release.released_at,
        "validity": rules.validity(page.validity_facts(), today),
    }


@read(
    router,
    "/v1/policies/{code}/{number}",
    response={200: PolicyOut, 404: ErrorsOut, 410: ErrorsOut, 422: ErrorsOut},
    tags=["policies"],
    summary=gettext_noop("One policy by its index number, with text and relations"),
)
def policy(request: HttpRequest, code: str, number: str, lang: Shown = "zh-hans") -> Status[Any]:
    """One policy by its index number ``{code}/{year}-{serial}``, with its text and relations."""
    with override(lang):
        release = _release(code, number)
        page = reading.policy_for_page(release) if release else None
        if page is None:
            if release and Withdrawal.objects.open().filter(release=release).exists():
                return Status(410, {"errors": {"number": [_("This document was withdrawn.")]}})
            return Status(404, {"errors": {"number": [_("There is no such document.")]}})
        return Status(200, _policy(page, lang))


def _release(code: str, number: str) -> Release | None:
    match = rules.INDEX_NUMBER.match(f"{code}/{number}")
    return (
        match
        and Release.objects.filter(
            organisation_code=match["code"], year=int(match["year"]), serial=int(match["serial"])
        ).first()
    )


def _policy(page: PolicyPage, language: str) -> dict[str, Any]:
    today = rules.local_day(timezone.now())
    life = reading.life_of(page)
    return _line(page, language, today) | {
        "snippet": "",
        "abstract": page.abstract_in(language) or page.abstract_in(SOURCE),
        "kind": page.kind or None,
        "subject": page.subject and page.subject.key,
        "audiences": [audience.key for audience in page.audiences.all()],
        "territory": page.territory and page.territory.key,
        "adopted_on": page.adopted_on,
        "effective_on": page.effective_on,
        "expires_on": page.expires_on,
        "text_state": rules.text_state(page.validity_facts(), page.consolidated_as_of, today),
        "text": page.words,
        "relations": _relations(life, language),
        "interpretations": [
            {
                "title": item.headline_in(language) or item.headline_in(SOURCE),
                "url": item.release.get_absolute_url(),
                "kind": item.kind,
                "signed_on": item.signed_on,
            }
            for item in life.interpretations
        ],
        "basis": page.release.basis,
        "consultation": _asked(reading.grounds_of(page.release).asked),
    }


def _asked(asked: Asked | None) -> dict[str, str] | None:
    if asked is None:
        return None
    return {
        "slug": asked.slug,
        "url": reverse("consultations:consultation", args=[asked.slug]),
        "statement_url": reverse("consultations:statement", args=[asked.slug]),
    }


def _relations(life: reading.Life, language: str) -> list[dict[str, Any]]:
    """Effects and relations, both ways, between documents that are public."""
    named: list[tuple[str, int, Any]] = [
        *(("from", effect.target_id, effect) for effect in life.of_it),
        *(("to", effect.source_id, effect) for effect in life.on_it),
        *(("from", relation.target_id, relation) for relation in life.relations),
        *(("to", relation.page_id, relation) for relation in life.relations_to_it),
    ]
    return [
        {
            "kind": link.kind,
            "direction": direction,
            "index_number": other.release.index_number,
            "title": other.headline_in(language) or other.headline_in(SOURCE),
            "url": other.release.get_absolute_url(),
            "provisions": getattr(link, "provisions", []),
            "effective_on": getattr(link, "effective_on", None),
        }
        for direction, other_id, link in named
        if (other := life.others.get(other_id))
    ]


@read(
    router,
    "/v1/suggest",
    response={200: SuggestionsOut, 422: ErrorsOut, 503: ErrorsOut},
    tags=["search"],
    summary=gettext_noop("What the beginning of a query may become"),
)
def suggest(request: HttpRequest, q: Typed = "", lang: Shown = "zh-hans") -> dict[str, Any]:
    """What the beginning of a query may become; each suggestion leads to hits."""
    with override(lang):
        lists = {
            "policy": reverse("policies:library"),
            "interpretation": reverse("policies:interpretations"),
            "consultation": reverse("policies:library"),
        }
        found = search.suggestions(q, day=rules.local_day(timezone.now()), language=lang)
        return {
            "suggestions": [
                {
                    "text": suggestion.text,
                    "type": suggestion.type,
                    "url": lists[split_key(suggestion.key)[0] or "policy"]
                    + lines.query([suggestion.facet or ("q", suggestion.text)]),
                }
                for suggestion in found
            ]
        }
