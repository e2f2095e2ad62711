"""How fast the engine is, alone: index, queries, pages, suggestions, updates.

    python bench/search_engine.py --corpus laws.jsonl.xz --queries queries.jsonl [--times 10]

`--times` repeats the corpus to see how figures grow. All in milliseconds, p50 and p99.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "site"), str(ROOT / "bench")]

from relevance import document, rows  # noqa: E402

from search import planner, suggest  # noqa: E402
from search.documents import FACETS, SearchDocument  # noqa: E402
from search.engine import Filters  # noqa: E402
from search.highlight import Highlighter  # noqa: E402
from search.tantivy_engine import TantivyEngine  # noqa: E402

DAY = datetime.now(tz=UTC).date().toordinal()


def corpus(path: Path, times: int) -> Iterator[SearchDocument]:
    """The documents of the corpus, `times` over."""
    for row in rows(path):
        made = document(row)
        yield made
        for copy in range(1, times):
            yield replace(made, key=f"{made.key}-{copy}")


def timed(name: str, act: Callable[[Any], object], items: list[Any]) -> None:
    """Prints the median and the 99th percentile of `act` over the items, after a warm-up."""
    for item in items[:20]:
        act(item)
    spent = []
    for item in items:
        started = time.perf_counter()
        act(item)
        spent.append((time.perf_counter() - started) * 1000)
    spent.sort()
    print(f"{name:34} {spent[len(spent) // 2]:9.2f} {spent[len(spent) * 99 // 100]:9.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--times", type=int, default=1)
    options = parser.parse_args()
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    settings.configure(CACHES={"default": memory})
    queries = [row["query"] for row in rows(options.queries)]
    with tempfile.TemporaryDirectory() as folder:
        engine = TantivyEngine(Path(folder))
        started = time.perf_counter()
        count = engine.rebuild(corpus(options.corpus, options.times))
        print(f"{count} documents indexed in {time.perf_counter() - started:.1f} s")
        print(f"{'':34} {'p50':>9} {'p99':>9}")

        def ask(query: str, size: int = 1, facets: tuple[str, ...] = ()) -> Any:
            plan = planner.plan(query, day=DAY)
            return engine.search(plan, Filters(), day=DAY, size=size, facets=facets)

        def page(query: str) -> None:
            highlighter = Highlighter(query)
            for hit in ask(query, 10, FACETS).items:
                highlighter.snippet(hit)
                highlighter.title(hit.stored.titles["zh-hans"])
                highlighter.reason(hit)

        def update(number: int) -> None:
            engine.write([replace(sample, version=number)])
            ask(queries[number % len(queries)])

        sample = document(next(rows(options.corpus)))
        timed("plan", lambda query: planner.plan(query, day=DAY), queries)
        timed("query, best hit", ask, queries)
        timed("query, ten hits", lambda query: ask(query, 10), queries)
        timed("query, ten hits and six facets", lambda query: ask(query, 10, FACETS), queries)
        timed("the same with ten snippets", page, queries)
        timed("suggestions", lambda query: suggest.suggest(engine, query[:4], day=DAY), queries)
        timed("did you mean", lambda query: suggest.did_you_mean(engine, query, day=DAY), queries)
        timed("update until visible", update, list(range(50)))
        engine.close()


if __name__ == "__main__":
    main()
