from __future__ import annotations

import datetime
import json
from typing import Any

from django import template
from django.template import Context
from django.template.context import RequestContext
from django.urls import translate_url
from django.utils import formats, timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from multilingual.languages import SOURCE
from policies.enums import Validity
from portal import rules

register = template.Library()

DASHES = "----"

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
    path = request.get_full_path()
    probe = "ko" if code != "ko" else "en"
    here = "/" if translate_url(request.path, probe) == request.path else path
    return rules.language_links(here, code)


@register.simple_tag(takes_context=True)
def absolute_url(context: RequestContext, path: str) -> str:
    """The full address of a root-relative path on this site."""
    request = context.get("request")
    return str(request.build_absolute_uri(path)) if request else path


@register.simple_tag(takes_context=True)
def lang_of_words(context: Context, words: str) -> SafeString:
    """The ``lang`` of a reader's own words: Chinese characters on a page that has none."""
    foreign = context.get("language_code") not in (SOURCE, "ja")
    return mark_safe(' lang="zh-Hans"') if foreign and rules.HAN.search(words) else SafeString()


@register.filter
def or_dashes(value: Any) -> Any:
    """A blank value prints as four dashes, as on every page of facts."""
    return DASHES if value is None or value in ("", [], ()) else value


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
    shown = date.isoformat() if style == "list" else date_by_locale(date)
    return format_html('<time datetime="{}">{}</time>', date.isoformat(), shown)


@register.filter
def keep_together(title: str) -> SafeString:
    """A Chinese title with ``<wbr>`` at its phrase ends, for a parent with ``gk-keep``."""
    pieces = (conditional_escape(piece) for piece in rules.phrases(str(title)))
    return mark_safe("<wbr>".join(pieces))  # noqa: S308


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
