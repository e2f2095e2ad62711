"""The server is killed while documents change; index and database agree when it is back."""

import json
import random
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.slow import server as own
from tests.slow.server import ROOT, kill, manage, start, wait_until_ready

CHANGER = Path(__file__).with_name("changer.py")
ROUNDS = 50
DOCUMENTS = 20
LONGEST_LIFE = 6.0  # seconds, so that some servers die while they start
SEARCHABLE_WITHIN = 2.0
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A site with a few documents, each with a word of its own in its title."""
    var = tmp_path_factory.mktemp("var")
    found = own.surroundings(var)
    rows = [
        {
            "id": f"k{n}",
            "title": f"桥梁养护办法之{chr(0x5F00 + n)}{chr(0x6F00 + n)}",
            "body": "第一条 养护。",
        }
        for n in range(DOCUMENTS)
    ]
    corpus = var / "corpus.jsonl"
    corpus.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    for command in (["migrate", "-v0"], ["rebuild_search"], ["import_policies", str(corpus)]):
        manage(command, found)
    manage(["collectstatic", "-v0", "--no-input"], found)
    return found


@contextmanager
def changer(surroundings: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, str(CHANGER), *arguments],
        cwd=ROOT,
        env=surroundings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def found(surroundings: dict[str, str], query: str) -> list[str]:
    """The index numbers that a search answers; an answer that is an error fails the test."""
    asked = urllib.parse.urlencode({"q": query, "size": 100})
    address = f"http://127.0.0.1:{surroundings['PORT']}/api/v1/search?{asked}"
    with urllib.request.urlopen(address) as answer:
        return [result["index_number"] for result in json.load(answer)["results"]]


def test_a_change_is_searchable_within_two_seconds(surroundings):
    server = start(surroundings)
    try:
        wait_until_ready(surroundings)
        with changer(surroundings) as process:
            for _turn in range(10):
                process.stdin.write("toggle\n")
                process.stdin.flush()
                number, state = process.stdout.readline().split()
                committed = time.monotonic()
                while (number in found(surroundings, "桥梁养护办法")) != (state == "shown"):
                    assert time.monotonic() - committed < SEARCHABLE_WITHIN
                    time.sleep(0.05)
    finally:
        kill(server)


def test_fifty_kills_leave_index_and_database_in_agreement(surroundings):
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    with changer(surroundings, "storm"):
        for turn in range(ROUNDS):
            server = start(surroundings)
            try:
                server.wait(chance.uniform(0.5, LONGEST_LIFE))
                pytest.fail(f"the server died by itself in round {turn}, seed {seed}")
            except subprocess.TimeoutExpired:
                kill(server)
    server = start(surroundings)
    try:
        wait_until_ready(surroundings)
        manage(["check_search"], surroundings)  # waits until the server has worked off the outbox
        assert set(found(surroundings, "桥梁养护办法")) == shown(surroundings)
    finally:
        kill(server)


def shown(surroundings: dict[str, str]) -> set[str]:
    """The index numbers that are public, by the database alone."""
    counted = "print(*Release.objects.filter(page__in=PolicyPage.objects.public()))"
    code = f"from policies.models import PolicyPage, Release; {counted}"
    return set(manage(["shell", "-v0", "-c", code], surroundings).stdout.split())
