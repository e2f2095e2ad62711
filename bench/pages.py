"""How fast pages are: search, a policy (cold and cached), lists, suggestions, a very long law.

    python bench/pages.py --corpus laws.jsonl.xz --queries queries.jsonl [--folder FOLDER]

Everything goes through the whole WSGI application. A cold page is one that the cache does not
hold: its address carries a number that was never asked for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import measure
from measure import cold

STARTPROJECT = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


def bare_applications(body: str) -> dict[str, Any]:
    """Django with one view that renders ``body`` in a template, with and without middleware."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.http import HttpRequest, HttpResponse
    from django.template import engines
    from django.test import override_settings
    from django.urls import clear_url_caches, path

    from config import urls

    template = engines["django"].from_string("{% for line in lines %}{{ line }}\n{% endfor %}")
    # Lines without anything to escape, as many bytes as the page.
    lines = body.translate(str.maketrans("<>&\"'", "     ")).split("\n")

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(template.render({"lines": lines}))

    urls.urlpatterns.insert(0, path("bare/", view))
    clear_url_caches()
    applications = {}
    for name, middleware in (("no middleware", []), ("startproject's middleware", STARTPROJECT)):
        with override_settings(MIDDLEWARE=middleware):
            applications[name] = WSGIHandler()
    return applications


@contextmanager
def bare_view(body: str) -> Iterator[dict[str, Any]]:
    from django.urls import clear_url_caches

    from config import urls

    try:
        yield {
            name: measure.browser(application)
            for name, application in bare_applications(body).items()
        }
    finally:
        urls.urlpatterns.pop(0)
        clear_url_caches()


def queries(path: Path) -> list[str]:
    """What readers ask."""
    return [json.loads(line)["query"] for line in path.read_text("utf-8").splitlines()]


def main() -> int:
    options = measure.options(__doc__, "corpus", "queries")
    measure.open_site(options.folder, options.corpus)
    from django.core.wsgi import get_wsgi_application
    from django.db.models.functions import Length
    from django.utils import timezone

    from policies.models import PolicyPage, Release
    from policies.rules import local_day
    from search import planner, services, suggest
    from search.documents import FACETS
    from search.engine import Filters

    get = measure.browser(get_wsgi_application())
    engine, day = services.engine(), local_day(timezone.now()).toordinal()
    asked = queries(options.queries)
    releases = list(Release.objects.select_related("page").order_by("pk"))
    addresses = [release.get_absolute_url() for release in releases[:: len(releases) // 40]]
    missed = []
    print(f"pages: {len(releases)} documents, {measure.machine()}")

    def ask(query: str) -> Any:
        plan = planner.plan(query, day=day)
        # What the page asks: policies alone, twenty of them, and all counts.
        return engine.search(plan, Filters(types=("policy",)), day=day, facets=FACETS, size=20)

    ratios = measure.compare(
        "Search: the whole page against the engine's query with its facets",
        {
            "engine, query and facets": ask,
            "search page, cold": lambda query: get(cold(f"/policies/?q={quote(query)}")),
            "search page, cached": lambda query: get(f"/policies/?q={quote(query)}"),
            "API search, cold": lambda query: get(cold(f"/api/v1/search?q={quote(query)}")),
        },
        asked,
        options.rounds,
        aim="page cold at most 3",
    )
    if ratios["search page, cold"] > 3:
        missed.append("search page")

    longest = PolicyPage.objects.order_by(Length("body").desc()).first()
    assert longest is not None
    middle = sorted(addresses, key=lambda address: len(get(address)))[len(addresses) // 2]
    for name, address in (
        ("of middle length", middle),
        ("the longest", longest.release.get_absolute_url()),
    ):
        body = get(address).decode()
        with bare_view(body) as bare:
            ratios = measure.compare(
                f"Policy page, {name} ({len(body.encode()) // 1024} KiB), against a bare view",
                {
                    **{
                        f"bare view, {kind}": lambda _, ask=ask: ask("/bare/")
                        for kind, ask in bare.items()
                    },
                    "policy page, cached": lambda _, address=address: get(address),
                    "policy page, cold": lambda _, address=address: get(cold(address)),
                },
                range(40),
                options.rounds,
                aim="cached at most 1",
            )
        if ratios["policy page, cached"] > 1:
            missed.append(f"policy page, {name}")

    measure.compare(
        "Policy pages, all lengths",
        {
            "cached": get,
            "cold": lambda address: get(cold(address)),
        },
        addresses,
        options.rounds,
    )
    for name, address in (
        ("home page", "/"),
        ("library", "/policies/"),
        ("library, page 9", "/policies/?page=9"),
        ("library, filtered", "/policies/?validity=in_force&kind=local_regulation"),
        ("catalogue", "/policies/catalogue/"),
        ("feed", "/policies/feed/"),
        ("API list", "/api/v1/policies/"),
    ):
        measure.compare(
            f"List: {name}",
            {
                "cached": lambda _, address=address: get(address),
                "cold": lambda _, address=address: get(cold(address)),
            },
            range(10),
            options.rounds,
        )
    measure.compare(
        "Suggestions",
        {
            "engine": lambda query: suggest.suggest(engine, query[:4], day=day),
            "API, cold": lambda query: get(cold(f"/api/v1/suggest?q={quote(query[:4])}")),
            "API, cached": lambda query: get(f"/api/v1/suggest?q={quote(query[:4])}"),
        },
        asked,
        options.rounds,
    )
    print(f"\n{measure.machine()}")
    if missed:
        print("missed:", ", ".join(missed))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
