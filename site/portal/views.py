from __future__ import annotations

import datetime
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseForbidden,
    HttpResponseNotFound,
    HttpResponseRedirect,
    HttpResponseServerError,
    JsonResponse,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from consultations import listing
from consultations import reading as consultations
from consultations.views import comment_without_token
from freshness import services as freshness
from multilingual.languages import SOURCE, language_tag
from openapi.api import api
from policies import reading
from policies.enums import Basis
from policies.models import PolicyPage, Release
from policies.presenters import lines, words
from policies.rules import local_day
from portal import open_data, rules
from portal.models import PortalSettings
from vocabularies.models import Audience, Subject

NEWEST = 6
NEW_INTERPRETATIONS = 4
CLOSING = 4
ANSWERED = 3
YEAR_SECONDS = 365 * 24 * 60 * 60


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Search first, then what is new, then the ways in by audience and by subject.

    A document stands in the first list that it belongs to, and in no other.
    """
    language = get_language() or SOURCE
    now = timezone.now()
    today = local_day(now)
    start = _week_ago(now)
    translated = list(reading.translated_into(language)[:NEWEST]) if language != SOURCE else []
    released = reading.released_since(start).for_lists().order_by("-release__released_at", "-pk")
    week = list(_without(translated, released)[:NEWEST])
    newest = _without([*translated, *week], reading.newest())[:NEWEST]
    context = {
        "tally": reading.tally(start, today),
        "translated": [lines.policy(page, language, today) for page in translated],
        "translated_this_week": sum(_is_new(page.release, start) for page in translated),
        "week": [lines.policy(page, language, today) for page in week],
        "newest": [lines.policy(page, language, today) for page in newest],
        "interpretations": [
            lines.interpretation(page, language, with_policy=True)
            for page in reading.interpretations_for_list()[:NEW_INTERPRETATIONS]
        ],
        "consultations": [
            listing.line(page, language, now) for page in consultations.closing_next(now, CLOSING)
        ],
        "answered": [
            listing.line(page, language, now) for page in consultations.answered_last(now, ANSWERED)
        ],
        "audiences": _ways_in(Audience, language),
        "subjects": _ways_in(Subject, language),
        "website": _website(request),
    }
    response = render(request, "portal/home.html", context)
    # A consultation opens at its minute, whatever happens to the content.
    freshness.keep_until(response, consultations.next_opening(now))
    return response


def _without(shown: list[PolicyPage], documents: Any) -> Any:
    return documents.exclude(pk__in=[page.pk for page in shown])


def _is_new(release: Release, start: datetime.datetime) -> bool:
    return release.released_at >= start and release.basis != Basis.IMPORTED


def _website(request: HttpRequest) -> dict[str, Any]:
    """schema.org ``WebSite`` with the address that a search engine can send a query to."""
    library = request.build_absolute_uri(reverse("policies:library"))
    return {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "url": request.build_absolute_uri(reverse("portal:home")),
        "potentialAction": {
            "@type": "SearchAction",
            "target": f"{library}?q={{search_term_string}}",
            "query-input": "required name=search_term_string",
        },
    }


def _week_ago(now: datetime.datetime) -> datetime.datetime:
    """The beginning of the seven Shanghai days that end with today."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - datetime.timedelta(days=6)


def _ways_in(model: type[Audience | Subject], language: str) -> list[dict[str, Any]]:
    return [
        {"key": term.key, "name": words.term(term, language), "count": term.count}
        for term in reading.counted(model)
        if term.count
    ]


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/about.html", {"section": "about"})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/accessibility.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/privacy.html")


@require_safe
def site_map(request: HttpRequest) -> HttpResponse:
    language = get_language() or SOURCE
    context = {
        "section": "site_map",
        "audiences": _ways_in(Audience, language),
        "subjects": _ways_in(Subject, language),
    }
    return render(request, "portal/site_map.html", context)


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """The open API, described for people."""
    description = api.get_openapi_schema()
    context = {
        "section": "data",
        "about": description["info"]["description"],
        "operations": open_data.operations(description),
    }
    return render(request, "portal/data.html", context)


@require_safe
def appearance(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in a cookie, or forget it, and go back to the page left.

    A plain link without a token, so that it works without scripts on cached pages: it changes
    nothing but the reader's own display.
    """
    target = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = reverse("portal:home")
    response = HttpResponseRedirect(target)
    theme = rules.chosen_theme(request.GET.get("theme"))
    if theme:
        response.set_cookie(
            rules.THEME_COOKIE,
            theme,
            max_age=YEAR_SECONDS,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure(),
        )
    else:
        response.delete_cookie(rules.THEME_COOKIE)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    sitemap = request.build_absolute_uri("/sitemap.xml")
    text = f"User-agent: *\nDisallow: /admin/\nDisallow: /appearance/\n\nSitemap: {sitemap}\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return HttpResponseForbidden(render_to_string("portal/errors/403.html", {}, request))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token; a comment is given back to who typed it."""
    match = request.resolver_match
    if match is not None and match.view_name == "consultations:comment":
        return comment_without_token(request, **match.kwargs)
    return forbidden(request)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What cannot be read at all; more than the server takes at once is 413."""
    is_too_large = isinstance(exception, RequestDataTooBig)
    text = render_to_string("portal/errors/400.html", {"is_too_large": is_too_large}, request)
    return HttpResponse(text, status=413 if is_too_large else 400)


@csrf_exempt
def no_such_data(request: HttpRequest) -> HttpResponse:
    """What programs are told at an address of the open API that does not exist."""
    errors = {"address": [_("There is nothing at this address.")]}
    return JsonResponse({"errors": errors}, status=404)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return HttpResponseNotFound(render_to_string("portal/errors/404.html", {}, request))


def server_error(request: HttpRequest) -> HttpResponse:
    """The page of last resort: it asks neither the database nor any service."""
    return HttpResponseServerError(render_to_string("portal/errors/500.html", _bare_frame(request)))


def unavailable(request: HttpRequest) -> HttpResponse:
    """The page while a needed service is down or under maintenance."""
    response = HttpResponse(
        render_to_string("portal/errors/503.html", _bare_frame(request)), status=503
    )
    response["Retry-After"] = "120"
    return response


def _bare_frame(request: HttpRequest) -> dict[str, Any]:
    code = get_language() or SOURCE
    return {
        "request": request,
        "portal": PortalSettings(),
        "language_code": code,
        "language_tag": language_tag(code),
        "direction": rules.direction(code),
        "theme": rules.chosen_theme(request.COOKIES.get(rules.THEME_COOKIE)),
    }
