"""What the measurements share: a site of their own with the imported corpus, and a fair clock.

Cases take turns, one round over all items each, so that whatever else the machine does meets all
of them alike and none finds the processor's caches filled by another; what counts is the ratio of
their medians.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.util import setup_testing_defaults

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared/data/laws.jsonl.xz"
QUERIES = ROOT.parent / "shared/data/queries.jsonl"
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

Act = Callable[[Any], object]


def options(description: str | None) -> argparse.Namespace:
    """The arguments of every measurement."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="documents to import")
    parser.add_argument("--queries", type=Path, default=QUERIES, help="what readers ask")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "var/bench", help="where the site of the bench lives"
    )
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def open_site(folder: Path, corpus: Path) -> None:
    """Sets Django up on a site in ``folder``; the corpus is imported into it once."""
    empty_site(folder / "site")
    from django.core.management import call_command

    from search import services
    from search.engine import NoIndex

    ready = folder / "site" / "ready"
    if not ready.exists():
        if not corpus.is_file():
            sys.exit(f"There is no corpus {corpus}: name one with --corpus.")
        call_command("import_policies", corpus, errors=folder / "errors.jsonl")
        ready.touch()
    try:
        services.engine().generation()
    except NoIndex:  # the fields or the analysis have changed since
        call_command("rebuild_search")


def empty_site(folder: Path) -> None:
    """Sets Django up on a migrated site in ``folder``, as production would run it."""
    from django.apps import apps

    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "GONGKAI_VAR": str(folder),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    import django
    from django.core.management import call_command

    if not apps.ready:
        django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def fresh_folder(folder: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def browser(application: Any) -> Callable[..., bytes]:
    """A function that asks a WSGI application for an address, as a server would."""

    def get(address: str, **headers: str) -> bytes:
        path, _, query = address.partition("?")
        environ: dict[str, Any] = {"HTTP_HOST": "127.0.0.1:8000", **headers}
        setup_testing_defaults(environ)
        environ |= {
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(),
        }
        status: list[str] = []
        answer = application(environ, lambda line, _headers: status.append(line))
        try:
            body = b"".join(answer)
        finally:
            answer.close()
        if not status[0].startswith("200"):
            raise RuntimeError(f"{address}: {status[0]}")
        return body

    return get


def compare(
    title: str, cases: Mapping[str, Act], items: Sequence[Any], rounds: int, aim: str = ""
) -> dict[str, float]:
    """Prints median and 99th percentile of each case over the items, and its ratio to the first.

    Gives the ratios of the medians. Times are of the clock on the wall, in milliseconds; the last
    column is the processor's time of this thread.
    """
    wall: dict[str, list[float]] = {name: [] for name in cases}
    spent: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(rounds + 1):
        for name, act in cases.items():
            for item in items:
                started, busy = time.perf_counter(), time.thread_time()
                act(item)
                if turn:  # the first round warms up
                    wall[name].append((time.perf_counter() - started) * 1000)
                    spent[name].append((time.thread_time() - busy) * 1000)
    print(f"\n{title}{f' (aim: {aim})' if aim else ''}")
    print(f"{'':44}{'p50 ms':>9}{'p99 ms':>9}{'ratio':>8}{'cpu ms':>9}{'ratio':>8}")
    medians = {name: statistics.median(times) for name, times in wall.items()}
    busy_medians = {name: statistics.median(times) for name, times in spent.items()}
    first, first_busy = next(iter(medians.values())), next(iter(busy_medians.values()))
    for name, times in wall.items():
        slow = sorted(times)[len(times) * 99 // 100]
        print(
            f"  {name:42}{medians[name]:9.2f}{slow:9.2f}{medians[name] / first:8.2f}"
            f"{busy_medians[name]:9.2f}{busy_medians[name] / first_busy:8.2f}"
        )
    return {name: median / first for name, median in medians.items()}


def machine() -> str:
    """How big the machine is, and how busy it was."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, {pages / 2**30:.0f} GiB, load {load}"


def lines(rows: Iterable[str]) -> None:
    """Prints what stands at the head of every report."""
    print(*rows, sep="\n")
