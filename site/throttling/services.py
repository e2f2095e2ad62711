"""Counts events against rates, and gives out and takes back proofs of work.

All of it lives in the cache `throttling`: in this process, or in Redis for all of them.
"""

import hashlib
import logging
import secrets
from datetime import datetime

from django.conf import settings
from django.core.cache import caches
from django.utils.crypto import salted_hmac

from throttling import rules
from throttling.rules import Rate

logger = logging.getLogger(__name__)

DIFFICULTY = 16  # bits; two seconds or so on a phone


def over_limit(scope: str, key: str, rate: Rate, now: datetime) -> bool:
    """Counts one event and returns whether it is one too many.

    scope: what is limited, "comment". key: who or what it is limited for: an address as
    `addresses.counted_as` gives it, or an object's key. now: aware.
    Spans of `rate.seconds` are counted one by one: `rate.limit` events always pass, however they
    lie, and a burst across the end of a span may reach twice as many. Where the cache does not
    answer nothing is limited, for a comment must not be lost to a counter.
    """
    name = _counter(scope, key, rate, rate.window(now))
    try:
        return _count(name, rate) > rate.limit
    except ValueError:  # full of other counters: it was pushed out as soon as it was there
        return False
    except Exception:  # each cache has errors of its own
        logger.warning("The cache does not answer: nothing is limited.", exc_info=True)
        return False


def _count(name: str, rate: Rate) -> int:
    cache = caches["throttling"]
    try:
        return cache.incr(name)
    except ValueError:  # the first one in its span
        cache.add(name, 0, timeout=2 * rate.seconds)
        return cache.incr(name)


def give_back(scope: str, key: str, rate: Rate, now: datetime) -> None:
    """Takes back one event that `over_limit` counted at `now`; the arguments are the same."""
    try:
        caches["throttling"].decr(_counter(scope, key, rate, rate.window(now)))
    except ValueError:  # full of other counters: it was pushed out
        pass
    except Exception:  # each cache has errors of its own
        logger.warning("The cache does not answer: nothing is limited.", exc_info=True)


def is_busy(scope: str, key: str, rate: Rate, now: datetime) -> bool:
    """Whether `rate` is reached in this span or was in the last one; counts nothing."""
    window = rate.window(now)
    names = [_counter(scope, key, rate, number) for number in (window, window - 1)]
    try:
        counts = caches["throttling"].get_many(names).values()
    except Exception:  # each cache has errors of its own
        logger.warning("The cache does not answer: nothing is limited.", exc_info=True)
        return False
    return any(count >= rate.limit for count in counts)


def _counter(scope: str, key: str, rate: Rate, window: int) -> str:
    # Hashed with the site's key, so that the cache holds no readable address.
    digest = salted_hmac("throttling", f"{scope}:{key}", algorithm="sha256").hexdigest()
    return f"rate:{window}:{rate.seconds}:{digest}"


def challenge(subject: str, now: datetime, *, difficulty: int = DIFFICULTY) -> str:
    """Returns a task for the browser, for `subject` alone; `proof.js` solves it.

    It is new at each call: a page that holds one must not be cached.
    """
    salt = secrets.token_urlsafe(12)
    return rules.challenge(settings.SECRET_KEY, subject, now, difficulty, salt)


def accept_proof(subject: str, proof: str, now: datetime) -> bool:
    """Whether `proof` solves a task that was given for `subject`.

    proof: "challenge.nonce", as `proof.js` sends it. now: aware.
    A proof is accepted once: ask only when what it is for is otherwise in order. Where the cache
    does not answer no proof is accepted.
    """
    task, _, nonce = proof.rpartition(".")
    if not rules.is_solved(settings.SECRET_KEY, subject, now, task, nonce):
        return False
    name = f"proof:{hashlib.sha256(task.encode()).hexdigest()}"
    try:
        return caches["throttling"].add(name, 1, timeout=rules.VALID_FOR.total_seconds())
    except Exception:  # each cache has errors of its own
        logger.warning("The cache does not answer: no proof of work is accepted.", exc_info=True)
        return False
