from __future__ import annotations

import datetime
import json
from typing import Any

from django import template
from django.template import Context
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from multilingual.languages import SOURCE
from policies.enums import Validity
from portal import rules

register = template.Library()

DASHES = "----"
LONG_PHRASE = 8

_BADGES = {
    Validity.IN_FORCE: "gk-go gk-b-full",
    Validity.PARTLY: "gk-care gk-b-half",
    Validity.REPEALED: "gk-stop gk-b-none",
    Validity.NOT_YET: "gk-info gk-b-wait",
    Validity.EXPIRED: "gk-still gk-b-shut",
    Validity.SUSPENDED: "gk-care gk-b-pause",
    Validity.UNVERIFIED: "gk-still gk-b-ring",
}


@register.simple_tag(takes_context=True)
def language_links(context: Context) -> list[rules.LanguageLink]:
    """The nine links to this page in each language, or to the home page where it has no other."""
    request = context.get("request")
    code = str(context.get("language_code", SOURCE))
    match = getattr(request, "resolver_match", None)
    if request is None or match is None:
        return rules.language_links("/", code)
    with override("ko" if code != "ko" else "en"):
        try:
            elsewhere = reverse(match.view_name, args=match.args, kwargs=match.kwargs)
        except NoReverseMatch:
            elsewhere = request.path
    has_languages = elsewhere != request.path
    return rules.language_links(request.get_full_path() if has_languages else "/", code)


@register.simple_tag
def language_bar(languages: list[rules.LanguageLink]) -> SafeString:
    """The links one after the other; a page shows them twice."""
    here = {True: ' aria-current="true"', False: ""}
    links = [
        f'<a lang="{link.tag}" hreflang="{link.tag}" dir="{link.direction}"'
        f' href="{escape(link.url)}"{here[link.current]}>{link.name}</a>'
        for link in languages
    ]
    return mark_safe(" ".join(links))  # noqa: S308 - only the addresses are not ours


@register.simple_tag(takes_context=True)
def frame_piece(context: Context, name: str) -> SafeString:
    """The part of the frame that template ``name`` makes of settings, language and section.

    It can use nothing else, and is kept as long as the settings.
    """
    needed = {key: context.get(key, "") for key in ("portal", "language_code", "section")}
    pieces: dict[tuple[str, str, str], SafeString] = context["portal"].pieces
    wanted = (name, str(needed["language_code"]), str(needed["section"]))
    if wanted not in pieces:
        pieces[wanted] = render_to_string(name, needed)
    return pieces[wanted]


@register.simple_tag(takes_context=True)
def absolute_url(context: RequestContext, path: str) -> str:
    """The full address of a root-relative, quoted path on this site."""
    request = context.get("request")
    return f"{request.scheme}://{request.get_host()}{path}" if request else path


@register.simple_tag(takes_context=True)
def lang_of_words(context: Context, words: str) -> SafeString:
    """The ``lang`` of a reader's own words: Chinese characters on a page that has none."""
    foreign = context.get("language_code") not in (SOURCE, "ja")
    return mark_safe(' lang="zh-Hans"') if foreign and rules.HAN.search(words) else SafeString()


register.filter(rules.open_graph_locale)


@register.filter
def or_dashes(value: Any) -> Any:
    """A blank value prints as four dashes, as on every page of facts."""
    return DASHES if value is None or value in ("", [], ()) else value


@register.filter
def isolated(value: Any) -> SafeString:
    """A word inside a sentence of another direction: Arabic would turn ``2026-10-08`` round."""
    return format_html("<bdi>{}</bdi>", value)


def _local_day(value: datetime.date | datetime.datetime) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


@register.filter
def day(value: datetime.date | datetime.datetime | None) -> str:
    """A date as lists show it, ``2026-10-08``: short, sortable, the same in every language."""
    return _local_day(value).isoformat() if value else DASHES


@register.filter
def date_by_locale(value: datetime.date | datetime.datetime | None) -> str:
    """A date as prose shows it: 2026年10月8日, 8 October 2026, 8. Oktober 2026."""
    if not value:
        return DASHES
    english = get_language() == "en"
    return formats.date_format(_local_day(value), "j F Y" if english else "DATE_FORMAT")


@register.simple_tag
def date_tag(value: datetime.date | datetime.datetime | None, style: str = "prose") -> str:
    """A ``<time>`` element; ``style`` is ``prose`` or ``list``. Blank prints four dashes."""
    if not value:
        return DASHES
    date = _local_day(value)
    if style == "list":  # Arabic letters before it would turn it round
        return format_html('<time datetime="{0}" dir="ltr">{0}</time>', date.isoformat())
    return format_html('<time datetime="{}">{}</time>', date.isoformat(), date_by_locale(date))


@register.filter
def keep_together(title: str) -> SafeString:
    """A Chinese title with ``<wbr>`` at its phrase ends, for a parent with ``gk-keep``.

    A phrase too long for the line of a phone may be broken there.
    """
    pieces = (
        format_html('<span class="gk-free">{}</span>', piece) if len(piece) > LONG_PHRASE else piece
        for piece in rules.phrases(str(title))
    )
    return mark_safe("<wbr>".join(conditional_escape(piece) for piece in pieces))  # noqa: S308


@register.simple_tag
def validity_badge(status: str, on: datetime.date | None = None) -> SafeString:
    """Validity as shape, word and colour. ``on`` is the first day in force of ``not_yet``."""
    validity = Validity(status)
    word = str(validity.label)
    if validity == Validity.NOT_YET and on:
        word = _("In force from %(date)s") % {"date": date_by_locale(on)}
    return format_html('<span class="gk-badge {}">{}</span>', _BADGES[validity], word)


@register.filter
def json_ld(value: Any) -> SafeString:
    """Structured data for a ``<script type="application/ld+json">``, safe inside HTML."""
    text = json.dumps(value, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return mark_safe(text)  # noqa: S308
