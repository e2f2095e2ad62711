"""How fast the search page is against Wagtail's own database search over the same documents.

    python bench/search_page.py --corpus laws.jsonl.xz --queries queries.jsonl [--folder FOLDER]

Wagtail's search is asked for what a page of results needs at least: the first twenty documents and
how many there are. It searches the titles and the whole texts, as ours does; its index is made in
the bench's own database, by its own command. Our side is the whole page, never cached: address,
engine, facets, highlighting, database, template.

Wagtail's search takes so long that every sixth query is asked, of both sides the same.
"""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import quote

import measure
from pages import cold, queries

AIM = 10
EVERY = 6


def main() -> int:
    options = measure.options(__doc__, "corpus", "queries", rounds=2)
    measure.open_site(options.folder, options.corpus)
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.db import transaction
    from django.utils import timezone
    from wagtail.search import index

    from policies.models import PolicyPage
    from policies.rules import local_day
    from search import planner, services
    from search.documents import FACETS
    from search.engine import Filters

    PolicyPage.search_fields = [
        *PolicyPage.search_fields,
        index.SearchField("headline_zh_hans"),
        index.SearchField("body"),
    ]
    ready = options.folder / "site" / "wagtail-search-ready"
    if not ready.exists():
        with transaction.atomic():  # it would wait for the disk at every document
            call_command("update_index", verbosity=0)
        ready.touch()
    get = measure.browser(get_wsgi_application())
    engine, day = services.engine(), local_day(timezone.now()).toordinal()

    totals: dict[str, int] = {}

    def wagtail(query: str) -> Any:
        found = PolicyPage.objects.live().search(query)
        totals[query] = found.count()
        return list(found[:20])

    def ours(query: str, **wanted: Any) -> Any:
        return engine.search(
            planner.plan(query, day=day), Filters(types=("policy",)), day=day, **wanted
        )

    asked = queries(options.queries)[::EVERY]
    print(f"search page: {PolicyPage.objects.count()} documents, {measure.machine()}")
    ratios = measure.compare(
        "Search against Wagtail's own",
        {
            "search page, cold": lambda query: get(cold(f"/policies/?q={quote(query)}")),
            "search page, cached": lambda query: get(f"/policies/?q={quote(query)}"),
            "engine, best hit": lambda query: ours(query, size=1),
            "engine, 20 hits and 6 facets": lambda query: ours(query, size=20, facets=FACETS),
            "Wagtail's database search": wagtail,
        },
        asked,
        options.rounds,
        aim=f"Wagtail's at least {AIM}",
    )
    found = sum(map(bool, totals.values()))
    print(f"Wagtail's search finds anything for {found} of {len(asked)} queries")
    print(f"\n{measure.machine()}")
    return int(ratios["Wagtail's database search"] < AIM)


if __name__ == "__main__":
    sys.exit(main())
