"""The library: a question to search and the lines, filters and links that its page shows."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from django.db.models import Count
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from freshness.kept import Kept
from policies import forms
from policies.models import InterpretationPage, PolicyPage
from policies.presenters import lines, words
from search.engine import SearchUnavailable
from search.highlight import Reason
from search.services import FacetValue, Result, SearchResult, search

SHOWN_AT_ONCE = 8
DEEPEST_PAGE = 500


@dataclass(frozen=True)
class ResultLine:
    """A document among the results. The question has a part in the last three alone."""

    url: str
    facts: SafeString
    badge: SafeString
    title: str = ""
    snippet: str = ""
    why: str = ""


# Lines without their question: what can be kept of them.
_unasked_lines: Kept[tuple[int, str, datetime.date], ResultLine] = Kept(most=4_000)


@dataclass(frozen=True)
class Facet:
    """One filter with its values: those shown at once, and the rest behind a fold."""

    label: str
    first: SafeString
    rest: SafeString
    more: int


@dataclass(frozen=True)
class Active:
    """A filter in force, and the address without it."""

    label: str
    value: str
    address: str


def newest(parameters: QueryDict, *, day: datetime.date, count: int) -> list[PolicyPage] | None:
    """The newest documents of a filtered list; None if it needs search and search is down."""
    asked = forms.read(parameters)
    if not (asked.q or asked.is_filtered or asked.sort):
        documents = PolicyPage.objects.public().for_lists()
        return list(documents.order_by("-release__released_at", "-pk")[:count])
    request = forms.LibraryQuery(
        asked.q, asked.filters, asked.issued_from, asked.issued_to, asked.sort or "newest"
    ).ask(day, "zh-hans", size=count, count=False)
    try:
        return [result.object for result in search(request).results]
    except SearchUnavailable:
        return None


def result_lines(found: SearchResult, language: str, today: datetime.date) -> list[ResultLine]:
    """The results as lines of a list, with their marks and the reason where none is visible."""
    objects = {(result.object.pk, language, today): result.object for result in found.results}

    def read(
        missing: list[tuple[int, str, datetime.date]],
    ) -> dict[tuple[int, str, datetime.date], ResultLine]:
        explained = _interpretations([objects[key] for key in missing])
        return {
            key: _unasked_line(objects[key], language, today, explained.get(key[0], 0))
            for key in missing
        }

    unasked = _unasked_lines.get(found.version, list(objects), read)
    return [
        replace(
            unasked[key],
            title=_title(result, language),
            snippet=result.snippet,
            why=_why(result.reason),
        )
        for key, result in zip(objects, found.results, strict=True)
    ]


def _unasked_line(
    page: PolicyPage, language: str, today: datetime.date, interpretations: int
) -> ResultLine:
    line = lines.policy(page, language, today, interpretations=interpretations)
    context = {"line": line, "language_code": language}
    return ResultLine(
        url=line.url,
        facts=render_to_string("policies/line_facts.html", context),
        badge=render_to_string("policies/line_badge.html", context),
    )


def _title(result: Result, language: str) -> SafeString:
    if words.headline(result.object, language):
        return result.title
    return words.marked(result.title, "zh-hans", language)


def _interpretations(pages: list[PolicyPage]) -> dict[int, int]:
    counted = (
        InterpretationPage.objects.filter(
            live=True, release__policy_release__page__in=[page.pk for page in pages]
        )
        .order_by()
        .values_list("release__policy_release__page")
        .annotate(n=Count("pk"))
    )
    return dict(counted)


def _why(reason: Reason | None) -> str:
    """Why a result is there, in words, if its line does not show it."""
    if reason is None:
        return ""
    phrase = {
        "number": _("Found by its number: {text}"),
        "alias": _("Found by its popular name: {text}"),
        "script": _("Found in the other Chinese script: {text}"),
        "abbreviation": _("Found by its short form: {text}"),
        "wording": _("Found by another wording: {text}"),
        "similar": _("Found by a similar spelling: {text}"),
    }[reason.code]
    return phrase.format(text=reason.text).rstrip(": ：")


def labels() -> dict[str, str]:
    """What each filter is called, in the active language."""
    return {
        "validity": _("Validity"),
        "kind": _("Kind"),
        "issuer": _("Issuing authority"),
        "subject": _("Subject"),
        "audience": _("Audience"),
        "territory": _("Territory"),
        "from": _("Issued from"),
        "to": _("Issued until"),
    }


def facets(found: SearchResult) -> list[Facet]:
    """The filters that have values; chosen values stand among those shown at once."""
    named = labels()
    shown = []
    for name in forms.FACETS:
        values = found.facets.get(name, ())
        if values:
            values = tuple(sorted(values, key=lambda value: not value.active))
            first, rest = values[:SHOWN_AT_ONCE], values[SHOWN_AT_ONCE:]
            shown.append(Facet(named[name], _boxes(name, first), _boxes(name, rest), len(rest)))
    return shown


def _boxes(name: str, values: Sequence[FacetValue]) -> SafeString:
    """The values as check boxes; built here, since there can be hundreds of authorities."""
    pieces = []
    for item in values:
        value, checked = escape(item.value), " checked" if item.active else ""
        pieces.append(
            f'<div class="form-check"><input class="form-check-input" type="checkbox" '
            f'id="{name}-{value}" name="{name}" value="{value}"{checked}>'
            f'<label class="form-check-label" for="{name}-{value}">'
            f"<bdi>{escape(item.label)}</bdi><span>{item.count}</span></label></div>"
        )
    return SafeString("".join(pieces))


def active(asked: forms.LibraryQuery, found: SearchResult | None) -> list[Active]:
    """The filters in force, each with the address that removes it."""
    named = labels()
    shown = []
    for name, value in asked.parameters():
        if name in ("q", "sort"):
            continue
        values = found.facets.get(name, ()) if found else ()
        label = next((item.label for item in values if item.value == value), value)
        if name in ("from", "to"):
            label = format_html('<time dir="ltr">{}</time>', value)
        shown.append(Active(named[name], label, asked.without(name, value).address()))
    return shown


def pages(asked: forms.LibraryQuery, total: int, parameters: QueryDict) -> list[lines.PageLink]:
    last = min(-(-total // forms.PAGE_SIZE), DEEPEST_PAGE)
    return lines.page_links(asked.page, last, parameters)
