from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throttling import rules
from throttling.rules import Rate

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
KEY, SUBJECT = "k" * 50, "consultation 7"
TASK = rules.challenge(KEY, SUBJECT, NOW, 8, "salt")
NONCE = rules.solve(TASK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20/h", Rate(20, 3_600)),
        ("60/10m", Rate(60, 600)),
        ("5/s", Rate(5, 1)),
        ("1000/d", Rate(1_000, 86_400)),
    ],
)
def test_a_rate_is_written_as_a_number_and_a_span(text, expected):
    assert rules.rate(text) == expected


@pytest.mark.parametrize("text", ["", "20", "20/", "0/h", "20/0h", "-1/h", "20/w", "20 / h"])
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(ValueError, match="20/h"):
        rules.rate(text)


@settings(max_examples=20, deadline=None)
@given(subject=st.text(), salt=st.text(st.characters(codec="ascii", categories=["L"])))
def test_every_task_can_be_solved_and_the_solution_holds(subject, salt):
    task = rules.challenge(KEY, subject, NOW, 4, salt)
    assert rules.is_solved(KEY, subject, NOW, task, rules.solve(task))


def test_the_solution_begins_with_that_many_zeros():
    assert rules.zero_bits(TASK, NONCE) >= 8
    assert all(rules.zero_bits(TASK, str(n)) < 8 for n in range(int(NONCE)))


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (timedelta(0), True),
        (timedelta(hours=2, microseconds=-1), True),
        (timedelta(hours=2), False),
    ],
)
def test_a_task_is_valid_for_two_hours(passed, expected):
    assert rules.is_solved(KEY, SUBJECT, NOW + passed, TASK, NONCE) is expected


def easier(task: str) -> str:
    expires, _difficulty, salt, signature = task.split(".")
    return f"{expires}.0.{salt}.{signature}"


def later(task: str) -> str:
    expires, rest = task.split(".", 1)
    return f"{int(expires) + 3_600}.{rest}"


@pytest.mark.parametrize(
    ("key", "subject", "task", "nonce"),
    [
        ("another", SUBJECT, TASK, NONCE),
        (KEY, "consultation 8", TASK, NONCE),
        (KEY, SUBJECT, easier(TASK), NONCE),
        (KEY, SUBJECT, later(TASK), rules.solve(later(TASK))),
        (KEY, SUBJECT, TASK, str(int(NONCE) + 1)),
        (KEY, SUBJECT, TASK, ""),
        (KEY, SUBJECT, TASK, "9" * 21),
        (KEY, SUBJECT, "", "1"),
        (KEY, SUBJECT, "…", "…"),
        (KEY, SUBJECT, TASK + "é", NONCE),
    ],
    ids=[
        "another key",
        "for something else",
        "made easier",
        "made to last",
        "another number",
        "none",
        "too long",
        "empty",
        "nonsense",
        "altered",
    ],
)
def test_what_was_not_given_out_or_not_solved_is_refused(key, subject, task, nonce):
    assert not rules.is_solved(key, subject, NOW, task, nonce)
