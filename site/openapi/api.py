"""The one open API: read-only, without a key, for every origin. Apps hang their routers on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from ninja import NinjaAPI, Router
from ninja.errors import ValidationError

from multilingual.languages import CODES
from openapi.parameters import WRONG_ORDER

api = NinjaAPI(
    title="Gongkai",
    version="1",
    description=gettext_noop(
        "Policies, their validity and their interpretations; consultations, their drafts and the "
        "published comments. Times are in ISO 8601 with zone; days are days in Asia/Shanghai; "
        "absent values are null."
    ),
    urls_namespace="api",
    # Shown by a page of the portal, which needs no script.
    docs_url=None,
)


def read(
    router: Router, path: str, **facts: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register what answers a GET, and HEAD like it, which nobody needs described."""

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        router.api_operation(["HEAD"], path, include_in_schema=False, **facts)(view)
        return router.get(path, **facts)(view)

    return register


@api.exception_handler(ValidationError)
def _bad_parameters(request: HttpRequest, error: ValidationError) -> HttpResponse:
    language = request.GET.get("lang", "")
    language = language if language in CODES else "en"
    found: dict[str, list[str]] = {}
    with override(language):
        for item in error.errors:
            # The place ends with the name, or with the name and which of its values it was.
            name = next(part for part in reversed(item["loc"]) if isinstance(part, str))
            # The wrong order is a fault of both days.
            names = ("from", name) if item["type"] == WRONG_ORDER else (name,)
            for place in names:
                found.setdefault(place, []).append(_words_for(item))
    response = api.create_response(request, {"errors": found}, status=422)
    response["Content-Language"] = language
    return response


def _words_for(item: Any) -> str:
    context = item.get("ctx", {})
    match item["type"]:
        case "greater_than_equal":
            return _("Give a number from %(lowest)s up.") % {"lowest": context["ge"]}
        case "less_than_equal":
            return _("Give a number up to %(highest)s.") % {"highest": context["le"]}
        case kind if kind == WRONG_ORDER:
            return _("The first day is later than the last day.")
        case "int_parsing" | "int_parsing_size" | "int_from_float":
            return _("Give a whole number.")
        case "literal_error" | "enum":
            return _("Choose one of: %(values)s.") % {"values": context["expected"]}
        case "bool_parsing":
            return _("Choose one of: %(values)s.") % {"values": "'true', 'false'"}
        case kind if kind.startswith("date"):
            return _("Give a date as YYYY-MM-DD.")
        case _other:
            return str(item["msg"])
