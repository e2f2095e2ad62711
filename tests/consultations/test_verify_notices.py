"""What somebody who owns the database could do to announcements, and who notices."""

from __future__ import annotations

import datetime

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

import guards.services
from consultations import services
from ledger.models import Entry
from tests import factories
from tests.clock import at, standing_at

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.postgres,
    pytest.mark.usefixtures("announced_once"),
]

LATER = datetime.date(2026, 3, 6)
EXTENDED, CHANGED, TAKEN_BACK = at("2026-02-20"), at("2026-02-24"), at("2026-02-25")


@pytest.fixture
def story(announcement, team):
    """Everything that can become of an announcement, and an exemption; gives its key."""
    who = {"user": team.publisher}
    with standing_at(EXTENDED) as now:
        services.extend(announcement, closes_on=LATER, reason="应企业要求", now=now, **who)
    with standing_at(CHANGED):
        draft = announcement.page.draft.replace("充电服务费", "充电的服务费", 1)
        factories.change(announcement, team, "clerical", draft=draft)
        factories.change(announcement, team, "substance", draft=draft + "\n第一百条 本办法试行。\n")
    with standing_at(TAKEN_BACK) as now:
        services.withdraw(announcement, reason="另行起草", now=now, **who)
    services.exempt(
        team.organisation,
        ground="secret",
        matter="反恐预案修订",
        reason="《保守国家秘密法》",
        public_statement="一项预案，依法保密。",
        requested_by=team.drafter,
        approved_by=team.reviewer,
        now=TAKEN_BACK,
    )
    return announcement.pk


def past_the_guards(*statements: str) -> None:
    """As somebody who owns the database and took the triggers away."""
    guards.services.remove(connection)
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)
    guards.services.install(connection)


def test_an_untouched_story_has_no_problems(story, announcement, capsys):
    assert announcement.periods.count() == 3
    assert announcement.versions.count() == 3
    assert list(services.problems()) == []
    with standing_at(TAKEN_BACK):
        call_command("verify_ledger")
    assert "holds" in capsys.readouterr().out


OF_FIRST = "WHERE seq = 1"
CLAUSE = (
    "WHERE position = 2 AND version_id = (SELECT id FROM consultations_draftversion WHERE seq = 2)"
)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        (
            f"UPDATE consultations_period SET closes_at = '2026-03-09 16:00:00' {OF_FIRST}",
            "period 1 of consultation {}: the ledger knows another closes_at",
        ),
        (
            f"UPDATE consultations_period SET opens_at = '2026-02-12 16:00:00' {OF_FIRST}",
            "period 1 of consultation {}: the ledger knows another opens_at",
        ),
        (
            (
                "UPDATE consultations_period SET minimum_closes_at = '2026-02-14 16:00:00', "
                "cause = 'calendar', reason = 'x' WHERE seq = 2"
            ),
            (
                "period 2 of consultation {}: the ledger knows another "
                "cause, minimum_closes_at, reason"
            ),
        ),
        (
            f"UPDATE consultations_period SET minimums = '[]' {OF_FIRST}",
            "period 1 of consultation {}: the ledger knows another minimums",
        ),
        (
            "DELETE FROM consultations_period WHERE seq = 3",
            "period 3 of consultation {}: only the ledger knows it",
        ),
        (
            (
                "INSERT INTO consultations_period (announcement_id, seq, round, cause, opens_at, "
                "closes_at, minimum_closes_at, minimums, shortening, shortening_reason, reason, "
                "recorded_at) SELECT announcement_id, 4, round, 'extension', opens_at, "
                "'2026-04-09 16:00:00', minimum_closes_at, minimums, '', '', 'x', recorded_at "
                "FROM consultations_period WHERE seq = 3"
            ),
            "period 4 of consultation {}: only the register knows it",
        ),
        (
            f"UPDATE consultations_draftversion SET text = '第一条 换了。' {OF_FIRST}",
            "draft 1 of consultation {}: the ledger knows another text",
        ),
        (
            f"UPDATE consultations_clause SET text = '换了。' {CLAUSE}",
            "draft 2 of consultation {}: the ledger knows another clauses",
        ),
        (
            f"DELETE FROM consultations_clause {CLAUSE}",
            "draft 2 of consultation {}: the ledger knows another clauses",
        ),
        (
            "UPDATE consultations_announcement SET business_related = NOT business_related",
            "announcement 1 of consultation {}: the ledger knows another business_related",
        ),
        (
            "UPDATE consultations_withdrawal SET reason = '没有理由'",
            "withdrawal 1 of consultation {}: the ledger knows another reason",
        ),
        (
            "DELETE FROM consultations_withdrawal",
            "withdrawal 1 of consultation {}: only the ledger knows it",
        ),
    ],
)
def test_a_change_behind_the_guards_is_noticed(story, sql, found):
    past_the_guards(sql)
    assert list(services.problems()) == [found.format(story)]
    with standing_at(TAKEN_BACK), pytest.raises(CommandError, match="consultations: "):
        call_command("verify_ledger")


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("DELETE FROM consultations_exemption", "only the ledger knows it"),
        (
            "UPDATE consultations_exemption SET public_statement = '无'",
            "the ledger knows another public_statement",
        ),
        (
            "UPDATE consultations_exemption SET matter = '别的'",
            "the ledger knows another matter",
        ),
    ],
)
def test_a_changed_or_deleted_exemption_is_noticed(story, sql, found):
    past_the_guards(sql)
    [problem] = services.problems()
    assert problem.startswith("exemption ")
    assert problem.endswith(found)


def test_an_exemption_that_was_inserted_is_noticed(story):
    columns = (
        "organisation_id, ground, matter, reason, public_statement, requested_by_id, "
        "approved_by_id, recorded_at"
    )
    past_the_guards(
        f"INSERT INTO consultations_exemption ({columns}) "
        f"SELECT {columns} FROM consultations_exemption"
    )
    [problem] = services.problems()
    assert problem.endswith("only the register knows it")


def test_entries_of_earlier_versions_say_that_there_is_a_row(story):
    past_the_guards("UPDATE ledger_entry SET data = '{}' WHERE action = 'consultation.announced'")
    assert Entry.objects.get(action="consultation.announced").data == {}
    assert list(services.problems()) == []
    past_the_guards("DELETE FROM consultations_period WHERE seq = 3")
    assert list(services.problems()) == [
        f"period 3 of consultation {story}: only the ledger knows it"
    ]
