"""What all public pages of consultations have in common."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consultations import reading
from consultations.presenters import words
from multilingual.languages import SOURCE

LIVE = "no-cache"
"""A page that says how much time is left and how many comments came in is asked for anew."""
NEVER_KEPT = "no-store, private"
"""A page that shows what somebody typed, or a receipt."""


def page_language() -> str:
    """The language of the address, which every page is shown in."""
    return get_language() or SOURCE


def find(slug: str) -> reading.Notice:
    """The public consultation at an address, or the page that says that there is none."""
    notice = reading.notice(slug)
    if notice is None:
        raise Http404
    return notice


def find_kept(slug: str, now: datetime.datetime) -> reading.Notice:
    """As ``find``, as it was less than a second ago, mostly without asking the database."""
    notice = reading.kept_notice(slug, now)
    if notice is None:
        raise Http404
    return notice


def trail(notice: reading.Notice | None, last: str = "") -> list[dict[str, Any]]:
    """The way to a page of a consultation."""
    steps: list[dict[str, Any]] = [
        {"name": _("Consultations"), "url": reverse("consultations:list")}
    ]
    if notice is not None:
        name = words.title(notice.page, page_language())
        steps.append({"name": name, "url": notice.announcement.get_absolute_url()})
    return [*steps, {"name": last}] if last else steps


def show(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    cache: str = LIVE,
) -> HttpResponse:
    """Answer with a page; ``section`` marks the entry of the main menu."""
    context = {"section": "consultations"} | context
    response = render(request, f"consultations/{template}", context, status=status)
    response["Cache-Control"] = cache
    return response
