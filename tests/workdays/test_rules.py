"""The worked table of the rules, and what must hold for every count."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from chinese_calendar import constants
from hypothesis import given
from hypothesis import strategies as st

from workdays import rules
from workdays.enums import WORKED, DayKind, Unit
from workdays.rules import Calendar, Day, NamedDays, Requirement, YearNotAnnounced

SHANGHAI = ZoneInfo("Asia/Shanghai")
NAMED = NamedDays(constants.holidays.keys(), constants.workdays.keys())
YEARS = range(2023, 2027)
CALENDAR = Calendar(
    {
        date: Day(date, kind, kind in WORKED)
        for year in YEARS
        for date, kind in rules.kinds_of_year(year, NAMED).items()
    },
    YEARS,
)
day = datetime.date.fromisoformat
TABLE = [
    ("2024-09-30", "2024-10-12", "2024-10-30"),
    ("2024-10-01", "2024-10-12", "2024-10-31"),
    ("2024-09-29 17:00", "2024-10-11", "2024-10-29"),
    ("2024-10-12", "2024-10-18", "2024-11-11"),
    ("2024-09-06 17:00", "2024-09-13", "2024-10-08"),
    ("2024-09-02", "2024-09-09", "2024-10-08"),
    ("2024-02-08", "2024-02-21", "2024-03-11"),
    ("2025-01-27", "2025-02-10", "2025-02-26"),
    ("2026-02-13", "2026-02-27", "2026-03-16"),
]
THIRTY_DAYS = Requirement(30, Unit.DAYS)
requirements = st.builds(
    Requirement, days=st.integers(1, 60), unit=st.sampled_from([Unit.WORKING_DAYS, Unit.DAYS])
)
opening_days = st.dates(day("2023-01-01"), day("2026-06-30"))


def moment(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def at_the_end_of(text):
    return moment(text) + datetime.timedelta(days=1)


@pytest.mark.parametrize(("opens", "five_working_days", "thirty_days"), TABLE)
def test_the_worked_table(opens, five_working_days, thirty_days):
    opens_at = moment(opens)
    assert rules.min_close(opens_at, [], CALENDAR) == at_the_end_of(five_working_days)
    assert rules.min_close(opens_at, [THIRTY_DAYS], CALENDAR) == at_the_end_of(thirty_days)
    fifth = rules.nth_working_day(rules.local_day(opens_at), 5, CALENDAR)
    assert fifth == day(five_working_days)


def test_the_days_are_shown_as_they_were_counted():
    counted = rules.counted_days(day("2024-09-30"), day("2024-10-12"), CALENDAR)
    assert [found.date.day for found in counted] == list(range(1, 13))
    assert [found.date.day for found in counted if found.counts] == [8, 9, 10, 11, 12]
    assert counted[-1].kind is DayKind.MAKE_UP
    assert {found.kind for found in counted[:7]} == {DayKind.HOLIDAY}


def test_of_calendar_days_all_count_but_those_to_which_the_end_moved():
    counted = rules.counted_days(day("2024-09-02"), day("2024-10-08"), CALENDAR, THIRTY_DAYS)
    assert [found.date for found in counted if found.counts][-1] == day("2024-10-02")
    assert sum(found.counts for found in counted) == 30
    assert counted[-1].date == day("2024-10-08")


@pytest.mark.parametrize(
    ("date", "works"),
    [
        ("2024-10-11", True),
        ("2024-10-12", True),
        ("2024-10-13", False),
        ("2024-10-01", False),
        ("2024-02-09", True),
    ],
)
def test_a_working_day_is_what_the_notice_makes_it(date, works):
    assert rules.is_working_day(day(date), CALENDAR) is works


@pytest.mark.parametrize(
    ("opens_at", "closes_on"),
    [
        ("2024-09-08T15:59:59+00:00", "2024-09-13"),
        ("2024-09-08T16:00:00+00:00", "2024-09-14"),
        ("2024-09-08T23:59:59+08:00", "2024-09-13"),
        ("2024-09-09T00:00:00+08:00", "2024-09-14"),
        ("2024-09-09T23:59:59+08:00", "2024-09-14"),
        ("2024-09-08T11:59:59-04:00", "2024-09-13"),
    ],
)
def test_the_opening_day_is_the_one_in_shanghai_to_the_second(opens_at, closes_on):
    opens_at = datetime.datetime.fromisoformat(opens_at)
    closes_at = rules.min_close(opens_at, [], CALENDAR)
    assert closes_at == at_the_end_of(closes_on)
    assert closes_at.utcoffset() == datetime.timedelta(hours=8)


def test_a_close_is_midnight_and_its_last_day_the_one_before():
    closes_at = rules.close_of(day("2024-10-12"))
    assert closes_at.isoformat() == "2024-10-13T00:00:00+08:00"
    assert rules.last_day(closes_at) == day("2024-10-12")


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        rules.min_close(datetime.datetime(2024, 9, 9), [], CALENDAR)  # noqa: DTZ001


def test_a_year_without_a_notice_is_named_and_never_guessed():
    with pytest.raises(YearNotAnnounced) as caught:
        rules.min_close(moment("2026-12-28"), [], CALENDAR)
    assert caught.value.year == 2027
    assert "2027" in caught.value.messages[0]


def test_a_day_that_was_not_loaded_is_no_unannounced_year():
    with pytest.raises(LookupError):
        Calendar({}, {2026}).day(day("2026-01-01"))


def test_a_period_has_at_least_one_day():
    with pytest.raises(ValueError, match="at least one day"):
        Requirement(0, Unit.DAYS)
    with pytest.raises(ValueError, match="from 1"):
        rules.nth_working_day(day("2024-10-01"), 0, CALENDAR)


def test_a_day_that_a_correction_made_a_working_day_does_not_count():
    added = Day(day("2024-10-07"), DayKind.WORKING, counts=False)
    corrected = Calendar({**CALENDAR.days, added.date: added}, YEARS)
    assert rules.is_working_day(added.date, corrected)
    assert rules.nth_working_day(day("2024-09-30"), 1, corrected) == day("2024-10-08")


@given(opening_days, requirements)
def test_the_opening_day_never_counts(opens_on, requirement):
    closes_on = rules.last_required_day(opens_on, requirement, CALENDAR)
    counted = rules.counted_days(opens_on, closes_on, CALENDAR, requirement)
    assert sum(found.counts for found in counted) == requirement.days
    assert counted[0].date == opens_on + datetime.timedelta(days=1)
    assert rules.is_working_day(closes_on, CALENDAR)


@given(opening_days, requirements)
def test_more_days_never_close_earlier(opens_on, requirement):
    more = Requirement(requirement.days + 1, requirement.unit)
    assert rules.last_required_day(opens_on, more, CALENDAR) >= rules.last_required_day(
        opens_on, requirement, CALENDAR
    )


@given(opening_days, st.lists(requirements, max_size=3), requirements)
def test_a_further_requirement_never_closes_earlier(opens_on, stated, further):
    opens_at = datetime.datetime.combine(opens_on, datetime.time(12), SHANGHAI)
    closes_at = rules.min_close(opens_at, stated, CALENDAR)
    assert rules.min_close(opens_at, [*stated, further], CALENDAR) >= closes_at
    assert closes_at >= rules.min_close(opens_at, [], CALENDAR)


@given(opening_days, requirements)
def test_a_later_opening_never_closes_earlier(opens_on, requirement):
    later = opens_on + datetime.timedelta(days=1)
    assert rules.last_required_day(later, requirement, CALENDAR) >= rules.last_required_day(
        opens_on, requirement, CALENDAR
    )


@given(opening_days, requirements, st.dates(day("2023-01-01"), day("2026-12-31")))
def test_a_day_that_is_taken_away_never_closes_earlier(opens_on, requirement, lost):
    taken = Day(lost, DayKind.HOLIDAY, counts=False)
    corrected = Calendar({**CALENDAR.days, lost: taken}, YEARS)
    assert rules.last_required_day(opens_on, requirement, corrected) >= rules.last_required_day(
        opens_on, requirement, CALENDAR
    )
