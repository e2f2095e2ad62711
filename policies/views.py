"""The public pages of policies. They read through ``public()`` and decide nothing."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consultations.presenters import results
from multilingual.languages import CODES, SOURCE, language_tag
from organisations.models import Level, Organisation
from policies import forms, reading, rules
from policies import library as library_page
from policies.enums import Kind
from policies.models import InterpretationPage, OlderText, PolicyPage, Release, Withdrawal
from policies.presenters import facts, law, lines, structured, words
from search.engine import SearchUnavailable
from search.services import search

CATALOGUE_PAGE = 50


def page_language() -> str:
    """The language of the address, which every page is shown in."""
    return get_language() or SOURCE


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Search and filters over all policies; it says so when search is down."""
    language = page_language()
    now = timezone.now()
    today = rules.local_day(now)
    asked = forms.read(request.GET)
    context: dict[str, Any] = {
        "section": "library",
        "trail": [{"name": _("Policy library")}],
        "asked": asked,
        "hidden": list(asked.parameters()),
        "sorts": [
            ("relevance", _("Most relevant")),
            ("newest", _("Newest first")),
            ("effective", _("Latest effective date")),
        ],
        "feed": reverse("policies:feed") + asked.address(),
    }
    try:
        found = search(asked.ask(today, language))
        drafts_asked = asked.ask_for_consultations(today, language)
        consultations = search(drafts_asked) if asked.q and asked.page == 1 else None
    except SearchUnavailable:
        return _search_is_down(request, "policies/library.html", **context)
    context |= {
        "found": found,
        "items": library_page.result_lines(found, language, today),
        "facets": library_page.facets(found),
        "active": library_page.active(asked, found),
        "pages": library_page.pages(asked, found.total, request.GET),
    }
    if consultations and consultations.results:
        context["consultations"] = consultations
        context["drafts"] = results.lines(consultations, language, now)
    response = render(request, "policies/library.html", context)
    if "drafts" in context:
        # Whether they are open changes by the minute.
        response["Cache-Control"] = "no-cache"
    return response


@require_safe
def policy(request: HttpRequest, code: str, year: str, serial: str) -> HttpResponse:
    """One document: its facts, its validity, its text, its life and its interpretations."""
    release = get_object_or_404(Release, organisation_code=code, year=int(year), serial=int(serial))
    page = reading.policy_for_page(release)
    if page is None:
        return _gone(request, release)
    context = policy_context(request, page, release, reading.life_of(page))
    return render(request, "policies/policy.html", context)


def policy_context(
    request: HttpRequest, page: PolicyPage, release: Release, life: reading.Life
) -> dict[str, Any]:
    """What the page of a document shows; a preview gives it a draft and a release to be."""
    today = rules.local_day(timezone.now())
    language = page_language()
    known = page.validity_facts()
    status = rules.validity(known, today)
    versions = list(release.corrections.all())
    old = _old_version(request, versions)
    shown = reading.as_it_was(page, old) if old else page
    text, insertions = reading.parsed(shown.body, request)
    marks = (
        {}
        if old
        else facts.marks(
            life.on_it,
            life.others,
            text.anchors(),
            consolidated_as_of=page.consolidated_as_of,
            today=today,
            language=language,
        )
    )
    url = request.build_absolute_uri(release.get_absolute_url())
    translated = bool(words.headline(shown, language))
    return {
        "section": "library",
        "page": shown,
        "release": release,
        "trail": [
            {"name": _("Policy library"), "url": reverse("policies:library")},
            *_subject_step(page, language),
            {"name": _first_number(shown) or release.index_number, "lang": "zh-Hans"},
        ],
        "title": words.headline(shown, language) or words.headline(shown, SOURCE),
        "chinese_title": words.headline(shown, SOURCE),
        "title_html": words.title(shown, language),
        "translated": translated,
        "abstract": words.abstract_marked(shown, language),
        "plain_abstract": words.abstract(shown, language) or words.abstract(shown, SOURCE),
        "numbers": words.numbers(shown, language),
        "status": status,
        "in_force_from": page.effective_on,
        "banner": facts.banner(
            page, status, life.on_it, life.others, text, today=today, language=language
        ),
        "facts": facts.older(shown, language)
        if old
        else facts.facts(
            page,
            rules.text_state(known, page.consolidated_as_of, today),
            language,
            today=today,
            grounds=reading.grounds_of(release),
        ),
        "law": law.law_html(text, marks, insertions, _("Link to this provision")),
        "is_long": len(text.articles()) >= law.LONG,
        "contents": law.contents_html(
            text.contents(), marks, {"dead": _("(repealed)"), "amended": _("(amended)")}
        ),
        "timeline": facts.timeline(
            shown,
            life.on_it,
            life.of_it,
            life.relations,
            life.relations_to_it,
            life.others,
            today=today,
            language=language,
        ),
        "more_relations": life.more,
        "interpretations": [lines.interpretation(item, language) for item in life.interpretations],
        "versions": versions,
        "old": old,
        "attachments": shown.attachments.all(),
        "citation": structured.citation(shown, url, today),
        "structured": structured.legislation(page, status, url),
        "canonical": url,
        "alternates": [
            {"tag": language_tag(item), "code": item}
            for item in CODES
            if words.headline(page, item)
        ],
    }


def _old_version(request: HttpRequest, versions: Sequence[OlderText]) -> OlderText | None:
    """The kept text that ``?version=N`` asks for; None for the current one."""
    wanted = request.GET.get("version")
    if wanted is None:
        return None
    for version in versions:
        if str(version.seq) == wanted:
            return version
    raise Http404


def _subject_step(page: PolicyPage, language: str) -> list[dict[str, str]]:
    if page.subject is None:
        return []
    url = f"{reverse('policies:library')}?subject={page.subject.key}"
    return [{"name": words.term(page.subject, language), "url": url}]


def _first_number(page: PolicyPage) -> str:
    return next((number.text for number in page.numbers.all()), "")


def _gone(request: HttpRequest, release: Release) -> HttpResponse:
    """The notice at the address of a document that is no longer shown."""
    withdrawal = Withdrawal.objects.open().filter(release=release).order_by("-seq").first()
    shown = withdrawal is not None and withdrawal.still_proactive
    language = page_language()
    context = {
        "section": "library",
        "release": release,
        "withdrawal": withdrawal,
        "title_html": words.title(release.page, language) if shown else "",
    }
    return render(request, "policies/withdrawn.html", context, status=410)


@require_safe
def interpretation(
    request: HttpRequest, code: str, year: str, serial: str, number: str
) -> HttpResponse:
    """One interpretation, beside the document that it explains."""
    release = get_object_or_404(Release, organisation_code=code, year=int(year), serial=int(serial))
    page = reading.interpretation_for_page(release, int(number))
    if page is None:
        if not release.interpretations.filter(serial=int(number)).exists():
            raise Http404
        return _gone(request, release)
    siblings = reading.interpretations_of(release)
    context = interpretation_context(request, page, page.release.policy_release.page, siblings)
    return render(request, "policies/interpretation.html", context)


def interpretation_context(
    request: HttpRequest,
    page: InterpretationPage,
    document: PolicyPage,
    siblings: list[InterpretationPage],
) -> dict[str, Any]:
    """What the page of an interpretation shows; a preview gives it a draft."""
    language = page_language()
    today = rules.local_day(timezone.now())
    versions = list(page.release.corrections.all())
    old = _old_version(request, versions)
    shown = reading.as_it_was(page, old) if old else page
    url = request.build_absolute_uri(page.release.get_absolute_url())
    return {
        "section": "interpretations",
        "page": shown,
        "trail": [
            {"name": _("Interpretations"), "url": reverse("policies:interpretations")},
            {"name": _("This interpretation")},
        ],
        "title": words.headline(shown, language) or words.headline(shown, SOURCE),
        "title_html": words.title(shown, language),
        "translated": bool(words.headline(shown, language)),
        "abstract": words.abstract_marked(shown, language),
        "plain_abstract": words.abstract(shown, language) or words.abstract(shown, SOURCE),
        "policy": lines.policy(document, language, today),
        "siblings": [
            lines.interpretation(item, language) for item in siblings if item.pk != page.pk
        ],
        "versions": versions,
        "old": old,
        "canonical": url,
        "alternates": [
            {"tag": language_tag(item), "code": item}
            for item in CODES
            if words.headline(shown, item)
        ],
    }


@require_safe
def interpretations(request: HttpRequest) -> HttpResponse:
    """All interpretations, the newest first, or those that a search finds."""
    language = page_language()
    asked = forms.read(request.GET)
    number = asked.page
    if asked.q:
        try:
            found = search(asked.ask_for_interpretations(rules.local_day(timezone.now()), language))
        except SearchUnavailable:
            return _search_is_down(request, "policies/interpretations.html")
        pages = [result.object for result in found.results]
        total = found.total
    else:
        paginator = Paginator(reading.interpretations_for_list(), forms.PAGE_SIZE)
        chosen = paginator.get_page(number)
        pages, total, number = list(chosen), paginator.count, chosen.number
    context = {
        "section": "interpretations",
        "trail": [{"name": _("Interpretations")}],
        "asked": asked,
        "total": total,
        "items": [lines.interpretation(page, language, with_policy=True) for page in pages],
        "pages": lines.page_links(number, -(-total // forms.PAGE_SIZE), request.GET),
    }
    return render(request, "policies/interpretations.html", context)


def _search_is_down(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    response = render(request, template, context | {"is_down": True}, status=503)
    response["Retry-After"] = "60"
    return response


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """The open catalogue 目录: every public document by organisation, kind and year.

    It asks the database alone, so that it stands when search is down.
    """
    language = page_language()
    today = rules.local_day(timezone.now())
    choice = _catalogue_choice(request)
    documents = PolicyPage.objects.public()
    context: dict[str, Any] = {
        "section": "catalogue",
        "trail": [{"name": _("Open catalogue")}],
        "choice": choice,
        "organisations": _organisations(documents, choice, language, today),
        "kinds": _kinds(documents, choice),
        "years": _years(documents, choice),
    }
    chosen = _catalogue_filter(documents, choice)
    paginator = Paginator(chosen.for_lists().order_by("-issued_on", "-pk"), CATALOGUE_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    context |= {
        "total": paginator.count,
        "page": page,
        "items": [lines.policy(item, language, today) for item in page],
        "pages": lines.page_links(page.number, paginator.num_pages, request.GET),
        "active": _active(choice, context),
    }
    return render(request, "policies/catalogue.html", context)


def _catalogue_choice(request: HttpRequest) -> dict[str, str]:
    year = request.GET.get("year", "")
    kind = request.GET.get("kind", "")
    return {
        "organisation": request.GET.get("organisation", "").replace("\x00", "")[:32],
        "kind": kind if kind in Kind.values else "",
        "year": year if year == "none" or re.fullmatch("[1-9][0-9]{3}", year) else "",
    }


def _catalogue_filter(documents: Any, choice: dict[str, str], *, but: str = "") -> Any:
    """The documents under every choice except ``but``, so that a count is what a click shows."""
    if choice["organisation"] and but != "organisation":
        documents = documents.filter(release__organisation_code=choice["organisation"])
    if choice["kind"] and but != "kind":
        documents = documents.filter(kind=choice["kind"])
    if choice["year"] and but != "year":
        year = choice["year"]
        documents = documents.filter(
            Q(issued_on__isnull=True) if year == "none" else Q(issued_on__year=int(year))
        )
    return documents


def _organisations(
    documents: Any, choice: dict[str, str], language: str, today: datetime.date
) -> list[dict[str, Any]]:
    counts = dict(
        _catalogue_filter(documents, choice, but="organisation")
        .order_by()
        .values_list("release__organisation_code")
        .annotate(n=Count("pk"))
    )
    known = {o.code: o for o in Organisation.objects.filter(code__in=counts).with_names()}
    groups: dict[str, list[dict[str, Any]]] = {}
    for code, count in counts.items():
        owner = known.get(code)
        groups.setdefault(owner.level if owner and owner.verified else "", []).append(
            {
                "value": code,
                "name": words.organisation(owner, today, language) if owner else code,
                "count": count,
                "current": choice["organisation"] == code,
            }
        )
    order = [level for level in Level.values if level in groups] + ([""] if "" in groups else [])
    return [
        {
            "label": Level(level).label if level else _("Others"),
            "items": sorted(groups[level], key=lambda item: (-item["count"], item["value"])),
            "open": bool(level) or len(order) == 1 or any(i["current"] for i in groups[level]),
        }
        for level in order
    ]


def _kinds(documents: Any, choice: dict[str, str]) -> list[dict[str, Any]]:
    counts = dict(
        _catalogue_filter(documents, choice, but="kind")
        .order_by()
        .values_list("kind")
        .annotate(n=Count("pk"))
    )
    return [
        {
            "value": kind,
            "name": kind.label,
            "count": counts[kind],
            "current": choice["kind"] == kind,
        }
        for kind in Kind
        if counts.get(kind)
    ]


def _years(documents: Any, choice: dict[str, str]) -> list[dict[str, Any]]:
    counts = Counter(
        dict(
            _catalogue_filter(documents, choice, but="year")
            .order_by()
            .values_list("issued_on__year")
            .annotate(n=Count("pk"))
        )
    )
    return [
        {
            "value": str(year) if year else "none",
            "name": str(year) if year else "----",
            "count": counts[year],
            "current": choice["year"] == (str(year) if year else "none"),
        }
        for year in sorted(counts, key=lambda y: -(y or 0))
    ]


def _active(choice: dict[str, str], context: dict[str, Any]) -> list[dict[str, Any]]:
    """The choices in force, each with the address without it."""
    shown = {
        "organisation": [item for group in context["organisations"] for item in group["items"]],
        "kind": context["kinds"],
        "year": context["years"],
    }
    return [
        {
            "name": next((i["name"] for i in shown[key] if i["current"]), value),
            "query": lines.query({k: v for k, v in choice.items() if k != key and v}),
        }
        for key, value in choice.items()
        if value
    ]
