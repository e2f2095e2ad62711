from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from redis import Redis

from throttling import rules, services
from throttling.rules import Rate

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
THREE_AN_HOUR = Rate(3, 3_600)


@pytest.fixture(
    params=["local memory", pytest.param("redis", marks=pytest.mark.redis)], autouse=True
)
def cache(request, settings):
    """Everything here holds with both caches."""
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        settings.CACHES = settings.CACHES | {
            "throttling": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": url,
                "KEY_PREFIX": "throttling",
            }
        }
    caches["throttling"].clear()
    return caches["throttling"]


def attempts(number, *, scope="comment", key="192.0.2.1", now=NOW):
    return [services.over_limit(scope, key, THREE_AN_HOUR, now) for _ in range(number)]


def test_as_many_as_the_rate_says_pass_and_no_more():
    assert attempts(5) == [False, False, False, True, True]


def test_other_addresses_and_other_actions_are_counted_apart():
    assert attempts(4)[-1]
    assert attempts(3, key="192.0.2.2") == [False] * 3
    assert attempts(3, scope="look-up") == [False] * 3


def test_the_next_span_begins_anew():
    assert attempts(4)[-1]
    assert attempts(1, now=NOW + timedelta(hours=1, microseconds=-1)) == [True]
    assert attempts(3, now=NOW + timedelta(hours=1)) == [False] * 3


def test_two_rates_for_the_same_thing_do_not_share_a_counter():
    assert attempts(4)[-1]
    assert not services.over_limit("comment", "192.0.2.1", Rate(3, 60), NOW)


def test_eight_threads_at_once_are_counted_right():
    with ThreadPoolExecutor(8) as pool:
        limited = list(
            pool.map(
                lambda _n: services.over_limit("comment", "a", Rate(50, 3_600), NOW), range(80)
            )
        )
    assert limited.count(True) == 30


def test_a_proof_is_accepted_once():
    task = services.challenge("consultation 7", NOW, difficulty=6)
    proof = f"{task}.{rules.solve(task)}"
    assert not services.accept_proof("consultation 8", proof, NOW)
    assert services.accept_proof("consultation 7", proof, NOW)
    assert not services.accept_proof("consultation 7", proof, NOW)


def test_another_number_for_a_task_already_solved_is_refused_too():
    task = services.challenge("consultation 7", NOW, difficulty=1)
    nonces = [str(n) for n in range(40) if rules.zero_bits(task, str(n)) >= 1]
    accepted = [services.accept_proof("consultation 7", f"{task}.{n}", NOW) for n in nonces]
    assert len(nonces) > 1
    assert accepted.count(True) == 1


@pytest.mark.parametrize("proof", ["", ".", "1", "a.b.c.d.1"])
def test_what_is_no_proof_is_refused(proof):
    assert not services.accept_proof("consultation 7", proof, NOW)


def test_two_tasks_are_never_the_same():
    assert services.challenge("a", NOW) != services.challenge("a", NOW)


def test_a_cache_that_is_away_limits_nobody_and_accepts_no_proof(settings, caplog):
    settings.CACHES = settings.CACHES | {
        "throttling": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }
    task = services.challenge("consultation 7", NOW, difficulty=4)
    proof = f"{task}.{rules.solve(task)}"
    assert attempts(5) == [False] * 5
    assert not services.accept_proof("consultation 7", proof, NOW)
    assert "does not answer" in caplog.text


def test_the_cache_holds_no_readable_address(cache):
    attempts(1)
    local = isinstance(cache, LocMemCache)
    names = list(cache._cache) if local else Redis.from_url(cache._servers[0]).keys()
    assert names
    assert "192.0.2.1" not in str(names)


def test_whether_a_rate_is_reached_is_asked_without_counting():
    rate = Rate(2, 60)
    for _ in range(3):
        assert not services.is_busy("comments on", "a", rate, NOW)
    services.over_limit("comments on", "a", rate, NOW)
    services.over_limit("comments on", "a", rate, NOW)
    assert services.is_busy("comments on", "a", rate, NOW)
    assert services.is_busy("comments on", "a", rate, NOW + timedelta(minutes=1))
    assert not services.is_busy("comments on", "a", rate, NOW + timedelta(minutes=2))
    assert not services.is_busy("comments on", "b", rate, NOW)


def test_an_event_that_is_given_back_does_not_count():
    assert attempts(3) == [False, False, False]
    services.give_back("comment", "192.0.2.1", THREE_AN_HOUR, NOW)
    assert attempts(2) == [False, True]


def test_nothing_is_given_back_that_was_not_counted():
    services.give_back("comment", "192.0.2.1", THREE_AN_HOUR, NOW)
    assert attempts(4) == [False, False, False, True]
