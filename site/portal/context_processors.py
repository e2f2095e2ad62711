from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from multilingual.languages import SOURCE, language_tag
from portal import rules
from portal.models import PortalSettings


def portal(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every public page needs; nothing is read before a template asks."""
    code = get_language() or SOURCE
    return {
        "portal": SimpleLazyObject(lambda: PortalSettings.load(request_or_site=request)),
        "language_code": code,
        "language_tag": language_tag(code),
        "direction": rules.direction(code),
        "theme": rules.chosen_theme(request.COOKIES.get(rules.THEME_COOKIE)),
    }
