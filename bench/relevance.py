"""How well search finds what it should: success at 1 and at 10 on judged queries, by kind.

    python bench/relevance.py --queries queries.jsonl             # on the imported corpus
    python bench/relevance.py --queries queries.jsonl --corpus laws.jsonl.xz   # without a site

A query is `{"kind", "query", "relevant": [source ids]}`. Exits 1 below 0.93 first or 0.98 in ten.
"""

import argparse
import json
import lzma
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

from search import planner  # noqa: E402
from search.documents import Interval, SearchDocument, registry  # noqa: E402
from search.engine import Engine, Filters  # noqa: E402
from search.tantivy_engine import TantivyEngine  # noqa: E402

STATUSES = {"现行有效": "in_force", "已失效": "expired", "已被修改": "in_force"}


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, compressed by xz or not."""
    opener: Any = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def document(row: dict[str, Any]) -> SearchDocument:
    """A row of the corpus as search sees it."""
    issued = date.fromisoformat(row["date"]).toordinal() if row["date"] else None
    return SearchDocument(
        key=f"policy:{row['id']}",
        type="policy",
        version=1,
        titles={"zh-hans": row["title"]},
        body=row["body"],
        numbers=tuple(filter(None, [row["doc_number"]])),
        facets={
            name: (row[column],)
            for name, column in (
                ("issuer", "issuer"),
                ("subject", "topic"),
                ("kind", "level"),
                ("audience", "category"),
                ("territory", "region"),
            )
            if row.get(column)
        },
        issued=issued,
        effective=issued,
        intervals=(Interval(issued or 0, None, STATUSES[row["status"]]),),
    )


Ids = Callable[[Sequence[str]], dict[str, str]]


def ids_in_keys(keys: Sequence[str]) -> dict[str, str]:
    """Of the index this script builds: the key holds the id."""
    return {key: key.removeprefix("policy:") for key in keys}


def ids_in_database(keys: Sequence[str]) -> dict[str, str]:
    """Of the site's own index: the imported document knows its id."""
    wanted = [key.removeprefix("policy:") for key in keys if key.startswith("policy:")]
    shown = registry.sources["policy"].present(wanted, "zh-hans")
    records = {pk: getattr(page, "import_record", None) for pk, page in shown.items()}
    return {f"policy:{pk}": record.source_id for pk, record in records.items() if record}


def measure(
    engine: Engine, queries: list[dict[str, Any]], misses: bool, ids: Ids = ids_in_keys
) -> dict[str, list[int]]:
    """By kind: how many queries, and how many found a right one first and among the first ten."""
    day = datetime.now(tz=UTC).date().toordinal()
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in queries:
        plan = planner.plan(row["query"], day=day)
        found = engine.search(plan, Filters(types=("policy",)), day=day, size=10)
        known = ids([hit.key for hit in found.items])
        ranked = [known.get(hit.key, "") for hit in found.items]
        rank = next((i for i, key in enumerate(ranked, 1) if key in row["relevant"]), 0)
        for name in (row["kind"], "total"):
            table[name][0] += 1
            table[name][1] += rank == 1
            table[name][2] += rank > 0
        if misses and rank != 1:
            print(f"{row['kind']:12} {row['query']}  rank {rank or '-'} of {found.total}")
            for hit in found.items[:3]:
                print(f"{'':12} {hit.score:8.2f} {hit.stored.titles['zh-hans']}")
    return table


def report(table: dict[str, list[int]]) -> bool:
    """Prints the table; whether it reaches 0.93 at 1 and 0.98 at 10."""
    total = table.pop("total")
    print(f"{'kind':12} {'queries':>8} {'first':>8} {'in ten':>8}")
    for kind, (asked, first, ten) in [*sorted(table.items()), ("total", total)]:
        print(f"{kind:12} {asked:8} {first / asked:8.3f} {ten / asked:8.3f}")
    return total[1] / total[0] >= 0.93 and total[2] / total[0] >= 0.98


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, help="index this file instead of asking the site")
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--misses", action="store_true", help="show what did not come first")
    options = parser.parse_args()
    queries = list(rows(options.queries))
    if not options.corpus:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        from search import services

        return int(not report(measure(services.engine(), queries, options.misses, ids_in_database)))
    with tempfile.TemporaryDirectory() as folder:
        engine = TantivyEngine(Path(folder))
        started = time.perf_counter()
        count = engine.rebuild(document(row) for row in rows(options.corpus))
        print(f"{count} documents indexed in {time.perf_counter() - started:.1f} s")
        reached = report(measure(engine, queries, options.misses))
        engine.close()
        return int(not reached)


if __name__ == "__main__":
    sys.exit(main())
