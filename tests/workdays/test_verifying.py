"""What somebody who owns the database could do to the calendar, and who notices."""

import datetime

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

import guards.services
from ledger.models import Entry
from workdays import rules, services
from workdays.enums import DayKind
from workdays.models import DayCorrection
from workdays.verifying import problems

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

NOW = datetime.datetime(2026, 11, 23, 1, 0, tzinfo=datetime.UTC)
day = datetime.date.fromisoformat
TEXT = services.NoticeText(
    "国办发明电〔2026〕9号", "国务院办公厅关于2027年部分节假日安排的通知", day("2026-11-20"), 2027
)
MORE = services.NoticeText("国办发明电〔2026〕10号", "关于调整的通知", day("2026-11-21"), 2027)
NAMED = rules.NamedDays(
    rules.read_days("2026年12月31日至2027年1月2日；2月5日至11日；5月1日至5日；10月1日至7日", 2027),
    rules.read_days("1月3日、2月13日、10月9日", 2027),
)


@pytest.fixture
def history():
    """Everything that can happen to a calendar: a sample, the notice, and two corrections."""
    services.announce_sample_year(2027, now=NOW)
    services.announce_year(TEXT, NAMED, now=NOW)
    longer = [day("2027-05-06")]
    services.correct_days(longer, DayKind.HOLIDAY, reason="延长", notice=MORE, now=NOW)
    services.correct_days([day("2027-02-11")], DayKind.WORKING, reason="误录", now=NOW)


def past_the_guards(*statements: str) -> None:
    """As somebody who owns the database and took the triggers away."""
    guards.services.remove(connection)
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)
    guards.services.install(connection)


def test_an_untouched_calendar_has_no_problems(history):
    assert DayCorrection.objects.count() > 2
    assert list(problems()) == []


def test_a_year_that_came_with_a_later_version_has_no_problems():
    past_the_guards(
        "DELETE FROM workdays_calendarday WHERE date >= '2020-01-01' AND date < '2021-01-01'",
        "DELETE FROM workdays_notice WHERE year = 2020",
    )
    assert len(list(problems())) == 367
    services.seed()
    assert Entry.objects.get().data["named_by"]["2020-01-31"] == "国办发明电〔2020〕1号"
    assert list(problems()) == []


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        (
            (
                "UPDATE workdays_calendarday SET kind = 'weekend', notice_id = NULL "
                "WHERE date = '2026-10-04'"
            ),
            "2026-10-04: weekend in the calendar, holiday (国办发明电〔2025〕7号) in the ledger",
        ),
        (
            (
                "UPDATE workdays_calendarday SET kind = 'working', notice_id = NULL "
                "WHERE date = '2026-10-01'"
            ),
            "2026-10-01: working in the calendar, holiday (国办发明电〔2025〕7号) in the ledger",
        ),
        (
            "DELETE FROM workdays_calendarday WHERE date = '2024-03-05'",
            "2024-03-05: no day in the calendar, working in the ledger",
        ),
        (
            "INSERT INTO workdays_calendarday (date, kind) VALUES ('2028-03-06', 'working')",
            "2028-03-06: working in the calendar, no day in the ledger",
        ),
        (
            (
                "UPDATE workdays_daycorrection SET kind = 'holiday', "
                "notice_id = (SELECT id FROM workdays_notice "
                "WHERE number = '国办发明电〔2026〕9号') "
                "WHERE reason = '误录'"
            ),
            (
                "2027-02-11: holiday (国办发明电〔2026〕9号) in the calendar, "
                "working, not counted in the ledger"
            ),
        ),
        (
            "DELETE FROM workdays_daycorrection WHERE reason = '延长'",
            "2027-05-06: working in the calendar, holiday (国办发明电〔2026〕10号) in the ledger",
        ),
        (
            "UPDATE workdays_notice SET is_sample = (1 = 1) WHERE year = 2026",
            "2026: a sample in the calendar, announced in the ledger",
        ),
    ],
)
def test_a_change_behind_the_guards_is_noticed(history, sql, found):
    past_the_guards(sql)
    assert list(problems()) == [found]
    with pytest.raises(CommandError, match="workdays: 20"):
        call_command("verify_ledger")
