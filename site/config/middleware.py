"""HEAD, an API open to all, language by address, a second factor and looser rules for editors."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from csp.constants import SELF, UNSAFE_INLINE
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

GetResponse = Callable[[HttpRequest], HttpResponse]
ADMIN = "/admin/"
API = "/api/"
DESCRIPTION = "/api/openapi.json"
ANY_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag",
}
ONLY_READING = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}


class HeadMiddleware:
    """Answers HEAD with the head of what GET would answer: no server may send the body."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "HEAD":
            if response.streaming:
                response.streaming_content = ()  # type: ignore[attr-defined]
            else:
                response.content = b""
        return response


class OpenApiMiddleware:
    """Lets the pages of every other site read the open API, conditionally too.

    It stands outside whatever answers in place of the API: the cache and the 304.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(API):
            return self.get_response(request)
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=ANY_ORIGIN | ONLY_READING)
        response = self.get_response(request)
        for name, value in ANY_ORIGIN.items():
            response[name] = value
        return response


class AddressLocaleMiddleware:
    """The first part of the address names the language, and nothing else does.

    Django's own would guess from a cookie or `Accept-Language`; here `/` is always Chinese, so
    that an address means one page, to readers, caches and search engines alike.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = _language_asked(request) or settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response


def _language_asked(request: HttpRequest) -> str | None:
    """The language of the address; the open API, which has one address, takes a parameter."""
    if request.path_info == DESCRIPTION:
        return "en"
    if request.path_info.startswith(API):
        asked = request.GET.get("lang")
        return asked if asked in dict(settings.LANGUAGES) else None
    return translation.get_language_from_path(request.path_info)


class SecondFactorMiddleware:
    """Sends an editor without a second factor to the page where it is set up."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            settings.REQUIRE_SECOND_FACTOR
            and request.path_info.startswith(ADMIN)
            and request.user.is_authenticated
            and not is_mfa_enabled(request.user)
        ):
            return redirect(reverse("mfa_activate_totp"))
        return self.get_response(request)


class EditorContentPolicyMiddleware:
    """Wagtail's editor needs inline scripts and styles; no public page does."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith(ADMIN):
            inline = [SELF, UNSAFE_INLINE]
            response._csp_update = {  # type: ignore[attr-defined]
                "script-src": inline,
                "style-src": inline,
                "img-src": ["blob:"],
            }
        return response
