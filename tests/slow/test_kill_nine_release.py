"""Web and worker are killed in the middle of releases: a document and its answer come together.

Each round a publisher approves a document whose gate is open, and within that moment every process
that serves the site or works off its outbox is killed; every tenth time their parents too. What
was not released waits for the next round.
"""

import email
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg
import pytest

from tests.database import PREFIX, fingerprint
from tests.slow.server import (
    ROOT,
    Surroundings,
    empty_database,
    kill,
    manage,
    surroundings,
    wait_until_ready,
)

ROUNDS = int(os.environ.get("KILLS", "50"))
LONGEST_RELEASE = 0.8  # seconds until the kill, so that some releases end before it
PARENTS_DIE = 10
WRITERS = 2
TOKEN = "a" * 32
END_OF_MAIL = f"\n{'-' * 79}\n".encode()
READY = "from tests.slow.answered import ready; ready({})"
REPORT = "from tests.slow.answered import report; report()"
APART = """
    SELECT (SELECT count(*) FROM policies_release r WHERE NOT EXISTS
             (SELECT 1 FROM consultations_disclosure d WHERE d.statement_id = r.statement_id)),
           (SELECT count(*) FROM consultations_disclosure d WHERE NOT EXISTS
             (SELECT 1 FROM policies_release r WHERE r.statement_id = d.statement_id)),
           (SELECT count(*) FROM policies_release r JOIN wagtailcore_page p ON p.id = r.page_id
             WHERE NOT p.live),
           (SELECT count(*) FROM consultations_answerletter l WHERE NOT EXISTS
             (SELECT 1 FROM policies_release r WHERE r.statement_id = l.statement_id)),
           (SELECT count(*) FROM policies_release)
"""
"""Releases without a statement, statements without a release, what is hidden, letters too early."""
pytestmark = [pytest.mark.slow, pytest.mark.redis]


@pytest.fixture
def site(tmp_path: Path, postgres_url: str, redis_url: str) -> Surroundings:
    """A site on PostgreSQL with a broker; its mail goes into a folder."""
    database = postgres_url.rpartition("/")[0] + "/gongkai_kill_nine_release"
    empty_database(database, template=f"{PREFIX}{fingerprint()}")
    made = surroundings(
        tmp_path,
        database,
        CELERY_BROKER_URL=redis_url,
        EMAIL_URL=f"filemail:///{tmp_path}/mail",
        COMMENTS_PER_HOUR="100000",
        COMMENTS_PER_MINUTE="1000000",
    )
    manage(["migrate", "-v0"], made)
    manage(["collectstatic", "-v0", "--no-input"], made)
    return made


class Service:
    """A parent and its children, in a session of their own."""

    def __init__(self, command: list[str], site: Surroundings) -> None:
        self.command, self.site = command, site
        self.process = self.started()

    def started(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", *self.command],
            cwd=ROOT,
            env=self.site | {"PYTHONPATH": f"{ROOT / 'site'}:{ROOT}"},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill_children(self) -> None:
        """The parent, which has everything loaded, begins new ones at once."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for child in listed.read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def kill_all(self) -> None:
        kill(self.process)


class Publisher:
    """Approves one document after another, in a browser that meets dead servers."""

    def __init__(self, port: int, cookie: list[str]) -> None:
        self.port, self.cookie = port, "=".join(cookie)
        self.answered = 0

    def approve(self, address: str) -> None:
        headers = {
            "Cookie": f"{self.cookie}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self.answered += status(self.port, "POST", address, headers) == 302


def status(port: int, method: str, address: str, headers: dict[str, str]) -> int:
    """Of the answer; 0 where none came."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    with closing(connection), suppress(OSError, HTTPException):
        connection.request(method, address, "", headers)
        with connection.getresponse() as answer:
            answer.read()
            return answer.status
    return 0


def wait_for_the_web(site: Surroundings) -> None:
    """Until a new process takes requests."""
    latest = time.monotonic() + 60
    while time.monotonic() < latest:
        if status(int(site["PORT"]), "GET", "/healthz", {}) == 200:
            return
        time.sleep(0.02)
    pytest.fail("the server does not come back")


def mails(folder: Path) -> Counter[str]:
    """How many mails were sent to their end, by address."""
    found: Counter[str] = Counter()
    for file in folder.iterdir():
        *whole, _rest = file.read_bytes().split(END_OF_MAIL)
        found.update(email.message_from_bytes(mail)["To"] for mail in whole)
    return found


def test_fifty_kills_during_releases_part_no_document_from_its_answer(site):
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    print(f"seed {seed}")
    made = json.loads(
        manage(["shell", "-v0", "-c", READY.format(ROUNDS)], site).stdout.splitlines()[-1]
    )
    publisher = Publisher(int(site["PORT"]), made["cookie"])
    waiting = list(made["approvals"])
    commands = [
        ["gunicorn", "--preload"],
        [
            "celery",
            "-A",
            "config.celery",
            "worker",
            "-B",
            "-c",
            "1",
            "-l",
            "ERROR",
            "-s",
            f"{site['GONGKAI_VAR']}/beat",
        ],
    ]
    services = [Service(command, site) for command in commands]
    releases = 0
    try:
        wait_until_ready(site)
        with psycopg.connect(site["DATABASE_URL"], autocommit=True) as database:
            for turn in range(ROUNDS):
                wait_for_the_web(site)
                page, address = waiting[0]
                approval = threading.Thread(target=publisher.approve, args=[address])
                approval.start()
                time.sleep(chance.uniform(0, LONGEST_RELEASE))
                for service in services:
                    service.kill_children()
                    if turn % PARENTS_DIE == PARENTS_DIE - 1:
                        service.kill_all()
                        service.process = service.started()
                approval.join(30)
                [(*apart, releases)] = database.execute(APART).fetchall()
                assert apart == [0, 0, 0, 0], f"round {turn}"
                released = database.execute(
                    "SELECT 1 FROM policies_release WHERE page_id = %s", [page]
                ).fetchone()
                if released:
                    waiting.pop(0)
    finally:
        for service in services:
            service.kill_all()
    early = sum(mails(Path(site["GONGKAI_VAR"], "mail")).values())
    print(f"{releases} of {ROUNDS} released, {publisher.answered} answered, {early} mails by then")

    found = json.loads(manage(["shell", "-v0", "-c", REPORT], site).stdout.splitlines()[-1])
    told = found.pop("lettered")
    visible = found["visible"]
    assert ROUNDS // 5 <= len(visible) < ROUNDS, (
        "some releases end before the kill, and some do not"
    )
    assert len(visible) >= publisher.answered
    assert visible == found["released"] == found["disclosed"] == found["explained"]
    assert found["serials"] == list(range(1, len(visible) + 1))
    assert found["recorded"] == len(visible)
    assert (found["drafts"], found["comments"]) == (ROUNDS, WRITERS * ROUNDS)
    assert told == sorted(visible * WRITERS), "everybody who was answered, and nobody else, once"
    sent = mails(Path(site["GONGKAI_VAR"], "mail"))
    answers = {address for address in sent if address.endswith("@example.com")}
    assert {f"{slug}.{n}@example.com" for slug in visible for n in range(WRITERS)} <= answers
    hidden = {slug for slug in answers if slug.split(".")[0] not in visible and slug[:3] == "lc-"}
    assert not hidden, "a mail for what is not visible"
    manage(["verify_ledger"], site)
    manage(["check_search"], site)
