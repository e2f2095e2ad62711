"""What the measurements share: a site of their own with the imported corpus, and a fair clock.

Cases take turns, one round over all items each, so that whatever else the machine does meets all
of them alike and none finds the processor's caches filled by another. Of each item the fastest
round counts, since other work only ever adds time; then what counts is the ratio of the medians.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.util import setup_testing_defaults

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

FILES = {"corpus": "documents to import, .jsonl or .jsonl.xz", "queries": "what readers ask"}
Act = Callable[[Any], object]


def options(description: str | None, *files: str, rounds: int = 5) -> argparse.Namespace:
    """The arguments of a measurement that needs these of ``FILES``."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in files:
        add_file(parser, name)
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "var/bench", help="where the site of the bench lives"
    )
    parser.add_argument("--rounds", type=int, default=rounds)
    return parser.parse_args()


def add_file(parser: argparse.ArgumentParser, name: str) -> None:
    """Adds the argument ``--name``, which the environment variable ``NAME`` may give instead."""

    def existing(text: str) -> Path:
        path = Path(text)
        if not path.is_file():
            raise argparse.ArgumentTypeError(f"there is no file {text!r}")
        return path

    variable = name.upper()
    parser.add_argument(
        f"--{name}",
        type=existing,
        default=os.environ.get(variable),
        required=variable not in os.environ,
        help=f"{FILES[name]} (or the environment variable {variable})",
    )


def open_site(folder: Path, corpus: Path) -> None:
    """Sets Django up on a site in ``folder``; the corpus is imported into it once."""
    empty_site(folder / "site")
    from django.core.management import call_command

    from search import services
    from search.engine import NoIndex

    ready = folder / "site" / "ready"
    if not ready.exists():
        call_command("import_policies", corpus, errors=folder / "errors.jsonl")
        ready.touch()
    try:
        services.engine().generation()
    except NoIndex:  # the fields or the analysis have changed since
        call_command("rebuild_search")


def empty_site(folder: Path, database: str = "") -> None:
    """Sets Django up on a migrated site in ``folder``, as production would run it.

    database: the address of another one than the SQLite file of the folder.
    """
    from django.apps import apps

    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "DATABASE_URL": database or f"sqlite:///{folder}/db.sqlite3",
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


_number = itertools.count()


def cold(address: str) -> str:
    """The address, as nobody has asked for it yet."""
    return f"{address}{'&' if '?' in address else '?'}_={next(_number)}"


def compare(
    title: str, cases: Mapping[str, Act], items: Sequence[Any], rounds: int, aim: str = ""
) -> dict[str, float]:
    """Prints median and 99th percentile of each case over the items, and its ratio to the first.

    Gives the ratios of the medians. Times are of the clock on the wall, in milliseconds; the last
    column is the processor's time of this thread. The 99th percentile is of all rounds.
    """
    wall: dict[str, list[list[float]]] = {name: [[] for _ in items] for name in cases}
    spent: dict[str, list[list[float]]] = {name: [[] for _ in items] for name in cases}
    for turn in range(rounds + 1):
        for name, act in cases.items():
            for place, item in enumerate(items):
                started, busy = time.perf_counter(), time.thread_time()
                act(item)
                if turn:  # the first round warms up
                    wall[name][place].append((time.perf_counter() - started) * 1000)
                    spent[name][place].append((time.thread_time() - busy) * 1000)
    print(f"\n{title}{f' (aim: {aim})' if aim else ''}")
    print(f"{'':44}{'p50 ms':>9}{'p99 ms':>9}{'ratio':>8}{'cpu ms':>9}{'ratio':>8}")
    medians = {name: statistics.median(map(min, times)) for name, times in wall.items()}
    busy_medians = {name: statistics.median(map(min, times)) for name, times in spent.items()}
    first, first_busy = next(iter(medians.values())), next(iter(busy_medians.values()))
    for name, times in wall.items():
        every = sorted(itertools.chain.from_iterable(times))
        print(
            f"  {name:42}{medians[name]:9.2f}{every[len(every) * 99 // 100]:9.2f}"
            f"{medians[name] / first:8.2f}{busy_medians[name]:9.2f}"
            f"{busy_medians[name] / first_busy:8.2f}"
        )
    return {name: median / first for name, median in medians.items()}


def machine() -> str:
    """How big the machine is, and how busy it was."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, {pages / 2**30:.0f} GiB, load {load}"
