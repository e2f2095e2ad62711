"""Atom feeds of filtered lists, and the sitemaps for search engines."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consultations.models import ConsultationPage
from multilingual.languages import CODES, FOREIGN, SOURCE, language_tag, suffixed
from policies import library, rules
from policies.models import InterpretationPage, PolicyPage
from policies.presenters import words

ENTRIES = 50
SITEMAP_PAGE = 5000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
SITEMAP_NUMBER = re.compile("[1-9][0-9]{0,5}")


@require_safe
def atom(request: HttpRequest) -> HttpResponse:
    """The newest documents of a filtered list, with the parameters of the library."""
    language = get_language() or SOURCE
    now = timezone.now()
    documents = library.newest(request.GET, day=rules.local_day(now), count=ENTRIES)
    if documents is None:
        return HttpResponse(_("Search is not available just now."), status=503)
    feed = Atom1Feed(
        title=_("New policies"),
        link=request.build_absolute_uri(reverse("policies:library") + _query(request)),
        feed_url=request.build_absolute_uri(),
        description="",
        language=language_tag(language),
    )
    for page in documents:
        link = request.build_absolute_uri(page.release.get_absolute_url())
        own = words.headline(page, language)
        feed.add_item(
            title=_for_xml(own or words.headline(page, SOURCE)),
            link=link,
            description=_for_xml(words.abstract(page, language) or words.abstract(page, SOURCE)),
            unique_id=request.build_absolute_uri(_chinese_address(page)),
            pubdate=page.release.released_at,
            updateddate=page.last_published_at or page.release.released_at,
            author_name=", ".join(
                issuer.organisation.name_on(page.issued_on, language)
                for issuer in page.issuers.all()
            ),
            categories=[page.get_kind_display()] if page.kind else [],
        )
    return HttpResponse(
        feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"
    )


def _for_xml(text: str) -> str:
    """The text without the control characters that XML cannot hold."""
    return _CONTROL.sub("", text)


def _query(request: HttpRequest) -> str:
    return f"?{request.GET.urlencode()}" if request.GET else ""


def _chinese_address(page: PolicyPage) -> str:
    with override(SOURCE):
        return str(page.release.get_absolute_url())


CHANGED = "last_published_at"
LANGUAGE_COLUMNS = [
    suffixed(field, code) for field in ("translation_ready", "headline") for code in FOREIGN
]
_RELEASE = ("organisation_code", "year", "serial")
ADDRESS = {
    "policies": [f"release__{part}" for part in _RELEASE],
    "interpretations": [
        *(f"release__policy_release__{part}" for part in _RELEASE),
        "release__serial",
    ],
    "consultations": ["announcement__slug"],
}
VIEWS = {
    "policies": "policies:policy",
    "interpretations": "policies:interpretation",
    "consultations": "consultations:consultation",
}


@dataclass(frozen=True)
class _Entry:
    """An address in each language it is offered in, and its last change."""

    paths: tuple[tuple[str, str], ...]
    changed: datetime.datetime | None


STATIC_PAGES = (
    "portal:home",
    "policies:library",
    "policies:catalogue",
    "policies:interpretations",
    "consultations:list",
    "consultations:receipts",
    "consultations:exemptions",
    "portal:about",
    "portal:site_map",
    "portal:accessibility",
    "portal:privacy",
)


@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """The list of sitemaps, each with the moment of its newest change."""
    listed: list[tuple[str, datetime.datetime | None]] = []
    for name, documents in _sections().items():
        facts = documents.order_by().aggregate(count=Count("pk"), changed=Max(CHANGED))
        last = -(-facts["count"] // SITEMAP_PAGE)
        listed += [(f"{name}-{number}", facts["changed"]) for number in range(1, last + 1)]
    # The portal's own pages show what is new, so they changed with the newest document.
    newest = max((changed for _name, changed in listed if changed), default=None)
    parts = (
        f"<sitemap><loc>{_absolute(request, name)}</loc>{_lastmod(changed)}</sitemap>"
        for name, changed in [("pages", newest), *listed]
    )
    return _xml("sitemapindex", parts)


def _lastmod(changed: datetime.datetime | None) -> str:
    return f"<lastmod>{changed.isoformat()}</lastmod>" if changed else ""


@require_safe
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    """One sitemap: every address in each language, with its siblings in the other languages."""
    if section == "pages":
        return _xml("urlset", (_url(request, entry) for entry in _static_entries()))
    name, _dash, number = section.rpartition("-")
    sections = _sections()
    if name not in sections or not SITEMAP_NUMBER.fullmatch(number):
        raise Http404
    start = (int(number) - 1) * SITEMAP_PAGE
    rows = sections[name].order_by("pk").values(*ADDRESS[name], *LANGUAGE_COLUMNS, CHANGED)
    page = list(rows[start : start + SITEMAP_PAGE])
    if not page:
        raise Http404
    return _xml("urlset", (_url(request, _entry(name, row)) for row in page))


def _sections() -> dict[str, Any]:
    return {
        "policies": PolicyPage.objects.public(),
        "interpretations": InterpretationPage.objects.public(),
        "consultations": ConsultationPage.objects.public(),
    }


def _entry(name: str, row: dict[str, Any]) -> _Entry:
    """An entry made of a few columns only: a sitemap lists thousands of documents."""
    view = VIEWS[name]
    with override(SOURCE):
        path = reverse(view, args=[row[column] for column in ADDRESS[name]])
    codes = [
        code
        for code in FOREIGN
        if row[suffixed("translation_ready", code)] and row[suffixed("headline", code)]
    ]
    paths = ((SOURCE, path), *((code, f"/{code}{path}") for code in codes))
    return _Entry(paths, row[CHANGED])


def _static_entries() -> Iterator[_Entry]:
    for name in STATIC_PAGES:
        paths = []
        for code in CODES:
            with override(code):
                paths.append((code, reverse(name)))
        yield _Entry(tuple(paths), None)


def _url(request: HttpRequest, entry: _Entry) -> str:
    address = {code: escape(request.build_absolute_uri(path)) for code, path in entry.paths}
    links = ""
    if len(address) > 1:
        links = "".join(
            f'<xhtml:link rel="alternate" hreflang="{language_tag(code)}" href="{url}"/>'
            for code, url in address.items()
        )
    rest = f"{_lastmod(entry.changed)}{links}"
    return "".join(f"<url><loc>{url}</loc>{rest}</url>" for url in address.values())


def _absolute(request: HttpRequest, section: str) -> str:
    with override(SOURCE):
        path = reverse("policies:sitemap_section", args=[section])
    return escape(request.build_absolute_uri(path))


def _xml(root: str, parts: Iterable[str]) -> HttpResponse:
    spaces = (
        'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:xhtml="http://www.w3.org/1999/xhtml"'
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?><{root} {spaces}>{"".join(parts)}</{root}>'
    return HttpResponse(text, content_type="application/xml; charset=utf-8")
