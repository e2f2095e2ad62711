"""What the officers' pages have in common."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from consultations import register
from consultations.models import Announcement


def find(request: HttpRequest, page_id: int) -> Announcement:
    """The consultation, for those who handle its comments; for others there is none."""
    announcement = register.find(request.user, page_id)
    if announcement is None:
        raise Http404
    return announcement


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Answer with a page that nobody keeps: what came in may name people."""
    response = render(request, f"consultations/admin/{template}", context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response


def without_page(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("p", None)
    return f"{query.urlencode()}&" if query else ""


def is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
