"""What the editors change in the admin happens in one transaction, and a refusal is a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin import messages

from policies.services import Refused

GetResponse = Callable[[HttpRequest], HttpResponse]

CHANGING = (
    "wagtail_bulk_action",
    "wagtailadmin_api:pages",
    "wagtailadmin_pages",
    "organisations",
    "policies_admin",
    "wagtailadmin_workflows",
    "wagtailsnippets",
    "wagtailimages",
    "wagtaildocs",
    "wagtailusers",
)


class RefusalMiddleware:
    """Wraps every change in the admin: nothing half-done stays when a rule refuses it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.admin = reverse("wagtailadmin_home")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        match = request.resolver_match
        if (
            match is None
            or request.method != "POST"
            or not request.path_info.startswith(self.admin)
            or not (match.view_name or "").startswith(CHANGING)
            or "preview" in (match.view_name or "")
        ):
            return None
        try:
            with transaction.atomic():
                return view(request, *args, **kwargs)
        except Refused as refusal:
            return self._tell(request, refusal.messages, kwargs)
        except ProtectedError:
            words = _("Other documents or files still refer to it, so it cannot be deleted.")
            return self._tell(request, [words], kwargs)

    def _tell(self, request: HttpRequest, words: list[str], kwargs: dict[str, Any]) -> HttpResponse:
        """Answer in the way that was asked: with data, or with a message on the edit page."""
        match = request.resolver_match
        accepts_json = request.headers.get("accept", "").startswith("application/json")
        if (match is not None and "wagtailadmin_api" in match.namespaces) or accepts_json:
            return JsonResponse(
                {"success": False, "error_code": "refused", "error_message": " ".join(words)},
                status=400,
            )
        for line in words:
            messages.error(request, line)
        page = kwargs.get("page_id") or kwargs.get("page_to_move_id")
        if page:
            target = reverse("wagtailadmin_pages:edit", args=[page])
        elif parent := kwargs.get("parent_page_id"):
            target = reverse("wagtailadmin_explore", args=[parent])
        else:
            target = reverse("wagtailadmin_home")
        if request.headers.get("x-requested-with") == "XMLHttpRequest":
            return JsonResponse({"step": "success", "redirect": target})
        return redirect(target)
