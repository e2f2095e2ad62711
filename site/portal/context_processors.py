from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from freshness import services as freshness
from freshness.kept import Kept
from multilingual.languages import SOURCE, language_tag
from portal import rules
from portal.models import PortalSettings

_settings: Kept[None, PortalSettings] = Kept(most=1)


def portal_settings() -> PortalSettings:
    """The settings as they stand now; requests share them, so nobody may change them."""
    kept = _settings.get(freshness.current(), [None], lambda _: {None: PortalSettings.load()})
    return kept[None]


def portal(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every public page needs; nothing is read before a template asks."""
    code = get_language() or SOURCE
    return {
        "portal": SimpleLazyObject(portal_settings),
        "language_code": code,
        "language_tag": language_tag(code),
        "direction": rules.direction(code),
        "theme": rules.chosen_theme(request.COOKIES.get(rules.THEME_COOKIE)),
    }
