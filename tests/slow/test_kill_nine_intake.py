"""The server is killed while comments come in: what was acknowledged is there, and once.

All citizens ask for the receipt by mail. Half of them send again what was not answered, the others
give up: what they sent has come in and gets its mail, or has not and gets none.
"""

import email
import json
import os
import random
import re
import secrets
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import pytest

from tests.slow.citizen import Citizen
from tests.slow.server import Surroundings, empty_database, kill, manage, start, surroundings

ROUNDS = int(os.environ.get("KILLS", "100"))
CITIZENS = 8
MOST_PER_LIFE = 40
DIES_STARTING = 0.1
LONGEST_START = 120.0  # seconds
CODE = re.compile(r"[A-Z2-9]{5}(?:-[A-Z2-9]{5}){3}")
END_OF_MAIL = f"\n{'-' * 79}\n".encode()
ANNOUNCE = "from tests.slow.opened import announced_yesterday as a; print(a().slug)"
AUDIT = "from tests.slow.auditor import report; report()"
pytestmark = pytest.mark.slow


@dataclass
class Sent:
    """A comment that was sent, and what its author knows of it."""

    submission_id: str
    text: str
    is_acknowledged: bool = False
    code: str = ""

    def fields(self) -> dict[str, str]:
        return {
            "submission_id": self.submission_id,
            "text": self.text,
            "name": "赵某",
            "email": f"{self.submission_id}@example.com",
            "send_receipt": "1",
        }


class Crowd:
    """Citizens who send one comment after another, whether the server lives or not."""

    def __init__(self, port: int, slug: str) -> None:
        self.port, self.form = port, f"/consultations/{slug}/comment/"
        self.sent: list[Sent] = []
        self.stopped = threading.Event()

    @property
    def acknowledged(self) -> int:
        return sum(one.is_acknowledged for one in self.sent)

    def be_one(self, gives_up: bool) -> None:
        """The life of one citizen, until it is enough and the last comment is answered."""
        citizen, mine = Citizen(self.port, self.form), None
        while mine or not self.stopped.is_set():
            try:
                if not citizen.token:
                    citizen.open_form()
                mine = mine or self._write()
                self._send(citizen, mine)
                mine = None
            except OSError:
                if gives_up and mine and not mine.is_acknowledged:
                    mine = None
                time.sleep(0.05)
        citizen.connection.close()

    def _write(self) -> Sent:
        mark = secrets.token_hex(12)
        self.sent.append(Sent(mark, f"第三条应当再宽一些（{mark}）"))
        return self.sent[-1]

    def _send(self, citizen: Citizen, mine: Sent) -> None:
        """Until there is a code: an acknowledged comment is not sent again, its page is asked."""
        if not mine.is_acknowledged:
            answer = citizen.send(mine.fields())
            assert answer.status == 303, answer
            mine.is_acknowledged = True
        mine.code = citizen.receipt_code(self.form.replace("/comment/", "/receipt/"))


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, tmp_path) -> Surroundings:
    """A site with an open consultation that takes any number of comments."""
    database = ""
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_url").rpartition("/")[0] + "/gongkai_kill_nine"
        empty_database(database)
    made = surroundings(
        tmp_path,
        database,
        COMMENTS_PER_HOUR="100000",
        COMMENTS_PER_MINUTE="1000000",
        EMAIL_URL=f"filemail:///{tmp_path}/mail",
    )
    manage(["migrate", "-v0"], made)
    manage(["collectstatic", "-v0", "--no-input"], made)
    return made


def live_and_die(surroundings: Surroundings, crowd: Crowd, chance: random.Random) -> None:
    """One server, killed after some comments or while it starts."""
    server = start(surroundings)
    try:
        if chance.random() < DIES_STARTING:
            time.sleep(chance.uniform(0.1, 2))
        else:
            wait_for(crowd, crowd.acknowledged + chance.randint(1, MOST_PER_LIFE), server)
    finally:
        kill(server)


def wait_for(crowd: Crowd, acknowledged: int, server: "Popen[bytes]") -> None:
    latest = time.monotonic() + LONGEST_START
    while crowd.acknowledged < acknowledged:
        assert server.poll() is None, "the server died by itself"
        assert time.monotonic() < latest, "nobody gets an answer"
        time.sleep(0.005)


def mailed_codes(folder: Path) -> set[str]:
    """The receipt codes in the mails that were sent to their end."""
    codes = set()
    for file in folder.iterdir():
        *whole, _rest = file.read_bytes().split(END_OF_MAIL)
        for mail in whole:
            body = email.message_from_bytes(mail).get_payload(decode=True).decode()
            codes |= set(CODE.findall(body))
    return codes


def test_a_hundred_kills_lose_no_acknowledged_comment_and_double_none(site):
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    print(f"seed {seed}")
    slug = manage(["shell", "-v0", "-c", ANNOUNCE], site).stdout.split()[-1]
    crowd = Crowd(int(site["PORT"]), slug)
    with ThreadPoolExecutor(CITIZENS) as pool:
        lives = [pool.submit(crowd.be_one, gives_up=bool(n % 2)) for n in range(CITIZENS)]
        try:
            for _round in range(ROUNDS):
                live_and_die(site, crowd, chance)
        finally:
            crowd.stopped.set()
            server = start(site)
            try:
                for life in lives:
                    life.result(LONGEST_START)
            finally:
                kill(server)

    known = [one for one in crowd.sent if one.is_acknowledged]
    asked = {
        "submissions": [one.submission_id for one in crowd.sent],
        "codes": [one.code for one in known],
    }
    found = json.loads(manage(["shell", "-v0", "-c", AUDIT], site, json.dumps(asked)).stdout)
    print(f"{len(crowd.sent)} sent, {len(known)} acknowledged, {len(found['all'])} came in")
    assert found["texts"] == {one.code: one.text for one in known}
    came_in = Counter(found["all"])
    assert set(came_in.values()) == {1}
    assert set(came_in) == {one.text for one in crowd.sent if one.submission_id in found["codes"]}
    assert mailed_codes(Path(site["GONGKAI_VAR"], "mail")) == set(found["codes"].values())
    manage(["verify_ledger"], site)
