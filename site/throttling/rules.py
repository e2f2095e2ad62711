"""Rates, and work that a browser does to show that it means it. Pure."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

VALID_FOR = timedelta(hours=2)
LONGEST_NONCE = 20  # digits

_RATE = re.compile(r"([1-9]\d*)/(\d*)([smhd])")
_SECONDS: Mapping[str, int] = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@dataclass(frozen=True)
class Rate:
    """At most `limit` events in each `seconds`."""

    limit: int
    seconds: int

    def window(self, now: datetime) -> int:
        """The number of the span that `now` (aware) lies in; spans follow one another."""
        return int(now.timestamp()) // self.seconds


def rate(text: str) -> Rate:
    """Reads "20/h": 20 in an hour; also s, m, d, and "20/10m". Raises ValueError for the rest."""
    match = _RATE.fullmatch(text)
    if not match or match[2].startswith("0"):
        raise ValueError(f"A rate is written like 20/h or 20/10m, not {text!r}.")
    return Rate(int(match[1]), int(match[2] or 1) * _SECONDS[match[3]])


def challenge(key: str, subject: str, now: datetime, difficulty: int, salt: str) -> str:
    """Returns a task for a browser: to find a number that gives a hash with leading zeros.

    key: secret; signs. subject: what the work is for; work done for one thing is worth nothing
    for another. now: aware; the task is valid for two hours from then. difficulty: bits that have
    to be zero, each of which doubles the work. salt: random, so that no two tasks are the same.
    """
    expires = int((now + VALID_FOR).timestamp())
    task = f"{expires}.{difficulty}.{salt}"
    return f"{task}.{_signature(key, subject, task)}"


def is_solved(key: str, subject: str, now: datetime, challenge: str, nonce: str) -> bool:
    """Whether `nonce` solves a `challenge` that this site gave for `subject`, in time.

    Whether it was handed in before is not known here.
    """
    task, _, signature = challenge.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(key, subject, task).encode()):
        return False
    expires, difficulty, _salt = task.split(".", 2)
    if now.timestamp() >= int(expires) or not 0 < len(nonce) <= LONGEST_NONCE:
        return False
    return zero_bits(challenge, nonce) >= int(difficulty)


def zero_bits(challenge: str, nonce: str) -> int:
    """How many zero bits SHA-256 of "challenge.nonce" begins with."""
    digest = hashlib.sha256(f"{challenge}.{nonce}".encode()).digest()
    return 256 - int.from_bytes(digest, "big").bit_length()


def solve(challenge: str) -> str:
    """Does the work as the browser's script does, for tests and clients: the smallest nonce."""
    difficulty = int(challenge.split(".")[1])
    nonce = 0
    while zero_bits(challenge, str(nonce)) < difficulty:
        nonce += 1
    return str(nonce)


def _signature(key: str, subject: str, task: str) -> str:
    message = f"proof of work:{len(subject)}:{subject}:{task}".encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()
