"""Comments accepted per second with a durable receipt, and the page of 5,000 comments.

    [BENCH_DATABASE_URL=postgres://…/NAME] python bench/intake.py [--rounds 5]

The database is made anew, so it has to be one that nobody needs.

Eight clients that keep their connections send one comment after another by the public form, to
the site and to new Django projects with a view that checks CSRF and does one INSERT: the same
clients, the same gunicorn with as many threads, the same PostgreSQL, which has to have each commit
on its disk. The servers take turns. The limits of comments an hour are raised, not taken out.
"""

from __future__ import annotations

import os
import secrets
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import measure

from tests.slow.citizen import Citizen
from tests.slow.server import empty_database, free_port

CLIENTS = 8
SECONDS = 4.0
DATABASE = os.environ.get(
    "BENCH_DATABASE_URL", "postgres://gongkai:gongkai@127.0.0.1:5432/gongkai_bench"
)
FEW, COMMENTS = 50, 5_000
TEXT = "建议在第三条中明确老旧小区集中充电设施的建设主体和完成期限，并公开收费标准。" * 3
SERVER = [
    sys.executable,
    "-m",
    "gunicorn",
    "--no-control-socket",
    "--log-level=warning",
    "--worker-class=gthread",
    f"--threads={CLIENTS}",
]
SITE = "the site"
LIMITS = {"COMMENTS_PER_HOUR": "100000", "COMMENTS_PER_MINUTE": "1000000"}


@contextmanager
def served(port: int, *arguments: str, **variables: str) -> Iterator[None]:
    """A server on a port of this machine, from the moment it answers."""
    command = [*SERVER, f"--bind=127.0.0.1:{port}", *arguments]
    environment = os.environ | {"PORT": str(port)} | variables
    with subprocess.Popen(
        command, cwd=measure.ROOT, env=environment, stdout=subprocess.DEVNULL
    ) as server:
        try:
            yield
        finally:
            server.terminate()


def ready(port: int, form: str) -> Citizen:
    """A citizen who has opened the form, as soon as the server answers."""
    citizen = Citizen(port, form)
    for _attempt in range(300):
        try:
            citizen.open_form()
        except OSError:
            time.sleep(0.2)
        else:
            return citizen
    raise RuntimeError(f"nothing answers at port {port}")


def send_for(seconds: float, citizens: list[Citizen]) -> tuple[float, list[float]]:
    """Comments a second, and how long each took in milliseconds; each has to be a 303."""
    times: list[list[float]] = [[] for _ in citizens]
    start = threading.Barrier(len(citizens))

    def send(citizen: Citizen, mine: list[float]) -> None:
        citizen.connection.close()  # the server has closed what stood idle
        citizen.open_form()
        start.wait()
        stop = time.perf_counter() + seconds
        while (before := time.perf_counter()) < stop:
            mark = secrets.token_urlsafe(24)
            answer = citizen.send({"text": f"{mark} {TEXT}", "submission_id": mark})
            if answer.status != 303:
                raise RuntimeError(f"{citizen.form}: {answer.status}")
            mine.append((time.perf_counter() - before) * 1000)

    with ThreadPoolExecutor(len(citizens)) as pool:
        list(pool.map(send, citizens, times))
    every = sorted(value for mine in times for value in mine)
    return len(every) / seconds, every


def servers(slug: str) -> Iterator[tuple[str, str, tuple[str, ...], dict[str, str]]]:
    """Name, address of the form, arguments and environment of each server."""
    bare = ("--config=python:http", "bench.bare_site:application")
    for kind in ("startproject", "csrf"):
        yield f"bare view, middleware {kind}", "/", bare, {"MIDDLEWARE": kind}
    yield SITE, f"/consultations/{slug}/comment/", (), {"DEMO": "true", **LIMITS}


def compare_intake(slug: str, rounds: int) -> list[str]:
    """Prints rates and times; gives what missed its aim."""
    with ExitStack() as running:
        citizens = {}
        for name, form, arguments, variables in servers(slug):
            port = free_port()
            running.enter_context(served(port, *arguments, **variables))
            citizens[name] = [ready(port, form) for _ in range(CLIENTS)]
        rates: dict[str, list[float]] = {name: [] for name in citizens}
        times: dict[str, list[float]] = {name: [] for name in citizens}
        for turn in range(rounds + 1):
            for name, own in citizens.items():
                rate, took = send_for(SECONDS if turn else 1, own)
                if turn:  # the first round warms up
                    rates[name].append(rate)
                    times[name] += took
    print(f"\nComments by {CLIENTS} clients, each with its receipt (medians of {rounds} rounds)")
    print(f"{'':44}{'a second':>9}{'p50 ms':>9}{'p99 ms':>9}")
    found = {}
    for name, every in times.items():
        every.sort()
        p99 = every[len(every) * 99 // 100]
        found[name] = (statistics.median(rates[name]), p99)
        print(f"  {name:42}{found[name][0]:9.0f}{statistics.median(every):9.2f}{p99:9.2f}")
    missed = []
    own_rate, own_p99 = found.pop(SITE)
    for name, (rate, p99) in found.items():
        print(f"  {SITE} against {name:27}{own_rate / rate:9.2f}{'':9}{own_p99 / p99:9.2f}")
        if own_rate / rate < 0.5 or own_p99 / p99 > 2:
            missed.append(f"intake against {name}")
    return missed


def announced_with(team: Any, comments: int) -> Any:
    """An open consultation with as many published comments, spread over its clauses."""
    from django.db import transaction
    from django.utils import timezone

    from consultations import services
    from consultations.enums import Verdict
    from tests.slow.opened import announced_yesterday

    announcement, now = announced_yesterday(team), timezone.now()
    anchors = ["", *announcement.versions.get().clauses.values_list("anchor", flat=True)]
    with transaction.atomic():
        received = [
            services.submit(
                announcement,
                services.Submission(
                    text=f"{n} {TEXT}", clause=anchors[n % len(anchors)], consent_publish=True
                ),
                now=now,
            ).comment
            for n in range(comments)
        ]
        services.moderate(received, Verdict.PUBLISH, user=team.publisher, now=now)
    return announcement


def compare_pages(rounds: int) -> list[str]:
    """Prints how long the pages of a consultation take; gives those whose queries grow."""
    from django.core.wsgi import get_wsgi_application
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests import factories

    get, team = measure.browser(get_wsgi_application()), factories.team()
    slugs = {count: announced_with(team, count).slug for count in (FEW, COMMENTS)}
    missed = []
    for name, path in (
        ("consultation", "/consultations/{}/"),
        ("its comments", "/consultations/{}/comments/"),
        ("its form", "/consultations/{}/comment/"),
        ("API, consultation", "/api/v1/consultations/{}"),
        ("API, its comments", "/api/v1/consultations/{}/comments"),
    ):
        queries = {}
        for count, slug in slugs.items():
            get(measure.cold(path.format(slug)))  # what all pages share is read once
            with CaptureQueriesContext(connection) as asked:
                get(measure.cold(path.format(slug)))
            queries[count] = len(asked)
        measure.compare(
            f"Page, cold: {name} (queries: {queries[FEW]} and {queries[COMMENTS]})",
            {
                f"{count} comments": lambda _, slug=slug, path=path: get(
                    measure.cold(path.format(slug))
                )
                for count, slug in slugs.items()
            },
            range(10),
            rounds,
        )
        if queries[FEW] != queries[COMMENTS]:
            missed.append(f"queries of {name}")
    return missed


def main() -> int:
    options = measure.options(__doc__, rounds=5)
    empty_database(DATABASE)
    measure.empty_site(measure.fresh_folder(options.folder / "intake"), DATABASE)
    from tests.slow.opened import announced_yesterday

    announcement = announced_yesterday()
    print(f"intake: {measure.machine()}")
    missed = compare_intake(announcement.slug, options.rounds)
    missed += compare_pages(options.rounds)
    print(f"\n{measure.machine()}")
    if missed:
        print("missed:", ", ".join(missed))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
