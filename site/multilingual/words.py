"""Words in their language: what is not in the page's language is marked as what it is."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from multilingual.languages import SOURCE, language_tag, suffixed

SEPARATORS = {"zh-hans": "、", "ja": "、", "ar": "، "}


def marked(text: str, language: str, page_language: str) -> SafeString:
    """``text`` escaped, in a ``<bdi lang>`` where it is not in the language of the page."""
    if language == page_language:
        return format_html("{}", text)
    return format_html('<bdi lang="{}">{}</bdi>', language_tag(language), text)


def own_or_chinese(instance: object, field: str, language: str) -> SafeString:
    """A translated field in ``language``, or marked as Chinese where it is only there so."""
    own = getattr(instance, suffixed(field, language)) or ""
    text = own or getattr(instance, suffixed(field, SOURCE)) or ""
    return marked(text, language if own else SOURCE, language)


def joined(parts: Iterable[str], language: str) -> SafeString:
    """Parts as a list in a sentence of ``language``."""
    return format_html_join(SEPARATORS.get(language, ", "), "{}", ((part,) for part in parts))
