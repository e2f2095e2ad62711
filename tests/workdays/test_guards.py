"""The calendar cannot be changed by any route, and the database counts as the rules do."""

import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from guards.services import violation
from workdays import rules, services
from workdays.enums import WORKED, DayKind
from workdays.models import CalendarDay, DayCorrection, Notice

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

NOW = datetime.datetime(2026, 11, 23, 1, 0, tzinfo=datetime.UTC)
day = datetime.date.fromisoformat
MONDAY, HOLIDAY, MAKE_UP = day("2026-03-02"), day("2026-10-01"), day("2026-10-10")


def run(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def counted(after, last):
    [row] = run(
        "SELECT sum(counts), count(*) FROM workdays_counting_day WHERE date > %s AND date <= %s",
        after,
        last,
    )
    return row


def correct(date, kind):
    notice = Notice.objects.get(number="国办发明电〔2025〕7号")
    return DayCorrection.objects.create(
        day_id=date, kind=kind, notice=notice, reason="暴雨停工", recorded_at=NOW
    )


def refused(call):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        call()
    return violation(caught.value)


def past_the_triggers():
    if connection.vendor == "postgresql":
        run("TRUNCATE workdays_calendarday CASCADE")
    else:
        run("REPLACE INTO workdays_calendarday SELECT * FROM workdays_calendarday")


def by_the_hidden_key(statement):
    """SQLite's rowid of a holiday; PostgreSQL has none, nor a way to name one."""
    if connection.vendor == "postgresql":
        return past_the_triggers()
    [[rowid]] = run("SELECT rowid FROM workdays_calendarday WHERE date = %s", HOLIDAY)
    return run(statement, rowid)


@pytest.mark.parametrize(
    "change",
    [
        lambda: CalendarDay.objects.filter(date=HOLIDAY).update(kind=DayKind.WORKING, notice=None),
        lambda: CalendarDay(date=HOLIDAY, kind=DayKind.WORKING).save(),
        lambda: CalendarDay.objects.bulk_update(
            [CalendarDay(date=HOLIDAY, kind=DayKind.WORKING)], ["kind"]
        ),
        lambda: CalendarDay.objects.filter(date=MONDAY)._raw_delete("default"),
        lambda: run("UPDATE workdays_calendarday SET date = '2030-01-01' WHERE kind = 'working'"),
        lambda: run("DELETE FROM workdays_calendarday"),
        past_the_triggers,
        lambda: by_the_hidden_key(
            "INSERT OR REPLACE INTO workdays_calendarday (rowid, date, kind) "
            "VALUES (%s, '2040-01-02', 'working')"
        ),
        lambda: by_the_hidden_key(
            "UPDATE OR REPLACE workdays_calendarday SET rowid = %s WHERE date = '2026-03-02'"
        ),
    ],
    ids=[
        "update",
        "save",
        "bulk_update",
        "raw delete",
        "UPDATE",
        "DELETE",
        "past them",
        "a hidden key",
        "a hidden key moved",
    ],
)
def test_an_announced_day_stays_as_it_is_whoever_asks(change):
    assert refused(change).startswith("workdays_")


def test_a_notice_and_a_correction_stay_as_they_are():
    correction = correct(MONDAY, DayKind.HOLIDAY)
    assert refused(lambda: DayCorrection.objects.filter(pk=correction.pk).update(kind="working"))
    assert refused(lambda: DayCorrection.objects.filter(pk=correction.pk)._raw_delete("default"))
    assert refused(lambda: Notice.objects.update(is_sample=False))
    assert refused(lambda: run("DELETE FROM workdays_notice"))


@pytest.mark.parametrize(
    ("date", "kind", "is_named"),
    [
        ("2031-03-01", "working", False),
        ("2031-03-03", "weekend", False),
        ("2031-03-03", "make-up", True),
        ("2031-03-01", "make-up", False),
        ("2031-03-03", "holiday", False),
        ("2031-03-03", "working", True),
        ("2031-03-03", "festival", False),
    ],
    ids=[
        "a Saturday as an ordinary working day",
        "a Monday as a weekend",
        "a Monday as a make-up day",
        "a make-up day without a notice",
        "a day off without a notice",
        "an ordinary day with a notice",
        "another kind",
    ],
)
def test_a_day_that_cannot_be_is_refused(date, kind, is_named):
    notice = Notice.objects.first().pk if is_named else None
    assert refused(
        lambda: run("INSERT INTO workdays_calendarday VALUES (%s, %s, %s)", date, kind, notice)
    )


@pytest.mark.parametrize("date", ["2026-03-02 ", "2026-03-02x", "2026-3-2", "20260302", "2461102"])
def test_a_day_in_another_spelling_is_refused(date):
    """On PostgreSQL it is the same day, which there is, or none."""
    if connection.vendor == "postgresql":
        return
    insert = "INSERT INTO workdays_calendarday VALUES (%s, 'working', NULL)"
    assert refused(lambda: run(insert, date))


def test_the_database_counts_as_the_rules_do():
    assert counted(day("2024-09-30"), day("2024-10-12")) == (5, 12)
    assert counted(day("2026-12-28"), day("2027-01-08")) == (3, 3)


@settings(max_examples=25)
@given(
    st.dates(day("2024-01-01"), day("2026-06-30")),
    st.integers(1, 40),
    st.dictionaries(
        st.dates(day("2024-01-01"), day("2026-08-31")),
        st.sampled_from(list(DayKind)),
        max_size=8,
    ),
)
def test_a_span_counts_the_same_in_both(opens_on, length, corrections):
    closes_on = opens_on + datetime.timedelta(days=length)
    before = counted(opens_on, closes_on)[0]
    with transaction.atomic():
        for date, kind in corrections.items():
            correct(date, kind)
        calendar = services.calendar(opens_on, closes_on)
        in_python = rules.counted_days(opens_on, closes_on, calendar)
        in_database = counted(opens_on, closes_on)
        transaction.set_rollback(True)
    assert in_database == (sum(found.counts for found in in_python), length)
    assert in_database[0] <= before


@pytest.mark.parametrize("kinds", [["holiday"], ["holiday", "working"], ["working", "holiday"]])
def test_a_working_day_once_taken_away_never_counts_again(kinds):
    for kind in kinds:
        correct(MONDAY, kind)
    assert counted(day("2026-03-01"), MONDAY) == (0, 1)
    found = services.calendar(MONDAY, MONDAY).day(MONDAY)
    assert (found.kind, found.counts) == (kinds[-1], False)


@pytest.mark.parametrize("kind", WORKED)
def test_no_correction_makes_a_day_count(kind):
    correct(HOLIDAY, kind)
    assert counted(day("2026-09-30"), HOLIDAY) == (0, 1)


def test_a_make_up_day_counts():
    assert counted(day("2026-10-09"), MAKE_UP) == (1, 1)
