"""What somebody who owns the database could do behind everybody's back, and who notices."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

import guards.services
from consultations import services
from consultations.enums import Verdict, Withheld
from consultations.models import Comment, MerkleRoot, Moderation
from consultations.services.sealing import commitments
from ledger import merkle
from tests.clock import at, standing_at

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.postgres,
    pytest.mark.usefixtures("announced_once"),
]

NOON = at("2026-02-20", "12:00")
LATER = at("2026-02-24", "12:00")
CLOSED = at("2026-02-28", "00:05")


def send(announcement, text, *, consent=True) -> Comment:
    sent = services.Submission(text=text, consent_publish=consent)
    return services.submit(announcement, sent, now=NOON).comment


@pytest.fixture
def story(announcement, team) -> dict[str, Comment]:
    """Everything that can become of a comment, until the root."""
    told = {
        "published": send(announcement, "建议在公园增设充电桩。"),
        "withheld": send(announcement, "骂人的话。"),
        "amended": send(announcement, "建议增设座椅。"),
        "withdrawn": send(announcement, "写错了。"),
        "unread": send(announcement, "建议延长开放时间。"),
        "private": send(announcement, "不要公开。", consent=False),
    }
    officer = team.reviewer
    both = [told["published"], told["amended"]]
    services.moderate(both, Verdict.PUBLISH, user=officer, now=NOON)
    withheld = [told["withheld"]]
    services.moderate(withheld, Verdict.PUBLISH, reason="abusive", user=officer, now=NOON)
    services.moderate(withheld, Verdict.WITHHOLD, reason=Withheld.ABUSIVE, user=officer, now=LATER)
    services.amend(
        told["amended"], text="建议增设遮阳棚。", represents="", consent_publish=True, now=LATER
    )
    services.moderate([told["amended"]], Verdict.PUBLISH, user=officer, now=LATER)
    services.take_back(told["withdrawn"], now=LATER)
    services.seal_due(CLOSED)
    return told


def past_the_guards(*statements: str) -> None:
    """As somebody who owns the database and took the triggers away."""
    guards.services.remove(connection)
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)
    guards.services.install(connection)


def row_of(comment: Comment) -> int:
    """The decision on a comment that counts."""
    return Moderation.objects.filter(text__comment=comment).latest("pk").pk


def test_an_untouched_story_has_no_problems(story, capsys):
    assert Moderation.objects.count() == 5
    assert list(services.problems()) == []
    with standing_at(CLOSED):
        call_command("verify_ledger")
    assert "holds" in capsys.readouterr().out


def test_the_command_names_what_is_wrong(story):
    past_the_guards("DELETE FROM consultations_commentwithdrawal")
    with standing_at(CLOSED), pytest.raises(CommandError, match="consultations: comment"):
        call_command("verify_ledger")


# --- withdrawals --------------------------------------------------------------------------------


def test_a_withdrawal_that_was_deleted_is_noticed(story):
    past_the_guards("DELETE FROM consultations_commentwithdrawal")
    [problem] = services.problems()
    assert problem == (
        f"comment {story['withdrawn'].pk}: nothing in the register, "
        "withdrawn at 2026-02-24T04:00:00+00:00 in the ledger"
    )


def test_a_withdrawal_that_was_inserted_is_noticed(story):
    past_the_guards(
        "INSERT INTO consultations_commentwithdrawal (comment_id, withdrawn_at) "
        f"VALUES ({story['published'].pk}, '2026-02-24 04:00:00')"
    )
    [problem] = services.problems()
    assert problem.startswith(f"comment {story['published'].pk}: withdrawn at 2026-02-24T04:00:00")
    assert problem.endswith("nothing in the ledger")


def test_a_withdrawal_that_was_moved_to_another_comment_or_moment_is_noticed(story):
    past_the_guards(f"UPDATE consultations_commentwithdrawal SET comment_id = {story['unread'].pk}")
    problems = list(services.problems())
    assert [problem.split(":")[0] for problem in problems] == [
        f"comment {story['unread'].pk}",
        f"comment {story['withdrawn'].pk}",
    ]
    past_the_guards(
        "UPDATE consultations_commentwithdrawal "
        f"SET comment_id = {story['withdrawn'].pk}, withdrawn_at = '2026-02-23 04:00:00'"
    )
    [problem] = services.problems()
    assert "withdrawn at 2026-02-23" in problem
    assert "withdrawn at 2026-02-24" in problem


# --- decisions on publication -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("verdict = 'publish', reason = ''", "publish by user {officer} at 2026-02-24"),
        ("reason = 'advertising'", "withhold (advertising) by user {officer} at 2026-02-24"),
        (
            "decided_at = '2026-02-21 04:00:00'",
            "withhold (abusive) by user {officer} at 2026-02-21",
        ),
        ("decided_by_id = {other}", "withhold (abusive) by user {other} at 2026-02-24"),
    ],
    ids=["published after all", "another reason", "another moment", "somebody else"],
)
def test_a_decision_that_was_changed_is_noticed(story, team, change, found):
    people = {"officer": team.reviewer.pk, "other": team.drafter.pk}
    past_the_guards(
        f"UPDATE consultations_moderation SET {change.format(**people)} "
        f"WHERE id = {row_of(story['withheld'])}"
    )
    [problem] = services.problems()
    register, ledger = problem.split(" in the register, ")
    assert register.startswith(f"comment {story['withheld'].pk}: publish by user")
    assert found.format(**people) in register
    assert "withhold (abusive) by user {officer} at 2026-02-24".format(**people) in ledger


def test_a_decision_that_was_deleted_is_noticed(story):
    past_the_guards(f"DELETE FROM consultations_moderation WHERE id = {row_of(story['withheld'])}")
    [problem] = services.problems()
    register, ledger = problem.split(" in the register, ")
    assert "withhold" not in register
    assert "withhold (abusive)" in ledger


@pytest.mark.parametrize("name", ["unread", "private", "withheld"])
def test_a_decision_that_was_inserted_is_noticed(story, team, name):
    text = story[name].texts.get().pk
    past_the_guards(
        "INSERT INTO consultations_moderation (text_id, verdict, reason, decided_at, decided_by_id)"
        f" VALUES ({text}, 'publish', '', '2026-02-25 04:00:00', {team.reviewer.pk})"
    )
    [problem] = services.problems()
    register, ledger = problem.split(" in the register, ")
    assert register.startswith(f"comment {story[name].pk}: ")
    assert "at 2026-02-25" in register
    assert "at 2026-02-25" not in ledger


def test_decisions_whose_order_was_changed_are_noticed(story):
    """The newest one counts, so the older one would become it."""
    older = Moderation.objects.filter(text__comment=story["withheld"]).earliest("pk").pk
    past_the_guards(f"UPDATE consultations_moderation SET id = id + 1000 WHERE id = {older}")
    [problem] = services.problems()
    assert problem.startswith(f"comment {story['withheld'].pk}: withhold (abusive)")


def test_a_decision_that_was_moved_to_another_text_is_noticed(story):
    text = story["unread"].texts.get().pk
    past_the_guards(
        f"UPDATE consultations_moderation SET text_id = {text} "
        f"WHERE id = {row_of(story['published'])}"
    )
    assert {problem.split(":")[0] for problem in services.problems()} == {
        f"comment {story['unread'].pk}",
        f"comment {story['published'].pk}",
    }


# --- roots --------------------------------------------------------------------------------------


def test_a_root_that_was_changed_is_noticed(story):
    past_the_guards(f"UPDATE consultations_merkleroot SET root = '{'0' * 64}'")
    computed, compared = services.problems()
    assert computed.startswith(f"root {'0' * 16} of ")
    assert computed.endswith("its comments have another root")
    assert compared.endswith("the ledger knows another one")


def test_a_root_over_other_comments_that_fits_them_is_noticed(story):
    """As somebody who takes a comment out of the tree and computes the root anew."""
    root = MerkleRoot.objects.get()
    last = root.tree_leaves.latest("position").pk
    fitting = merkle.root(commitments(root)[:-1])
    past_the_guards(
        f"DELETE FROM consultations_merkleleaf WHERE id = {last}",
        f"UPDATE consultations_merkleroot SET root = '{fitting}', leaves = leaves - 1",
    )
    assert list(services.problems()) == [
        f"root {fitting[:16]} of {root.announcement}: the ledger knows another one"
    ]


def test_a_root_that_was_deleted_is_noticed(story, announcement):
    past_the_guards("DELETE FROM consultations_merkleleaf", "DELETE FROM consultations_merkleroot")
    assert list(services.problems()) == [
        f"root 1 of round 1 of consultation {announcement.pk}: only the ledger knows it"
    ]


def test_a_root_that_was_inserted_is_noticed(story, announcement):
    empty = merkle.root([])
    past_the_guards(
        "INSERT INTO consultations_merkleroot "
        "(announcement_id, round, batch, root, leaves, sealed_at) "
        f"VALUES ({announcement.pk}, 1, 2, '{empty}', 0, '2026-02-28 04:00:00')"
    )
    [problem] = services.problems()
    assert problem == f"root {empty[:16]} of {announcement}: the ledger knows another one"


def test_it_asks_the_database_as_often_for_many_comments_as_for_few(
    story, announcement, team, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as few:
        list(services.problems())
    more = [send(announcement, f"意见{number}") for number in range(20)]
    services.moderate(more[:10], Verdict.PUBLISH, user=team.reviewer, now=LATER)
    for comment in more[10:]:
        services.take_back(comment, now=LATER)
    with django_assert_num_queries(len(few)):
        assert list(services.problems()) == []
