"""Anonymous pages from the cache, never stale: the key holds the version of the content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import set_response_etag

from freshness import services

GetResponse = Callable[[HttpRequest], HttpResponse]
CACHE = "pages"
SECONDS = 600
LONGEST_ADDRESS = 1_000
NEVER = ("/admin/", "/accounts/", "/documents/", "/healthz", "/readyz")


class PageCacheMiddleware:
    """Keeps what an anonymous reader was shown, for those who ask the same.

    Validity changes at midnight in Shanghai, so the day is part of the key; everything else that
    the public sees changes the content's version. Both are read before the page is made: a page
    may be newer than its key, never older. It stands above sessions and authentication: a hit
    costs one query and one look into the cache. Whatever sets a cookie is never kept.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _is_anonymous_read(request):
            return self.get_response(request)
        key = _key(request)
        kept = caches[CACHE].get(key)
        if kept is not None:
            headers, content = kept
            return HttpResponse(content, headers=headers)
        response = self.get_response(request)
        seconds = services.seconds_fresh(response, SECONDS, timezone.now())
        if seconds and _may_be_kept(response):
            set_response_etag(response)
            caches[CACHE].set(key, (dict(response.headers), response.content), seconds)
        return response


def _is_anonymous_read(request: HttpRequest) -> bool:
    return (
        request.method == "GET"
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and len(request.get_full_path()) <= LONGEST_ADDRESS
        and not request.path_info.startswith(NEVER)
    )


def _may_be_kept(response: HttpResponse) -> bool:
    forbidden = {"no-store", "no-cache", "private"}
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and forbidden.isdisjoint(response.headers.get("Cache-Control", "").split(", "))
    )


def _key(request: HttpRequest) -> str:
    asked = "\n".join(
        [
            str(services.current()),
            timezone.localdate().isoformat(),
            request.scheme or "",
            request.get_host(),
            request.get_full_path(),
            request.COOKIES.get(settings.THEME_COOKIE, ""),
            request.headers.get("HX-Request", ""),
        ]
    )
    return "page:" + hashlib.sha256(asked.encode()).hexdigest()
