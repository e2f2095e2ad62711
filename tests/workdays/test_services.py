"""The calendar is extended and corrected, and never written over."""

import datetime
from io import StringIO

import pytest
from chinese_calendar import constants
from django.core.management import CommandError, call_command

from demo import services as demo
from ledger.models import Entry
from tests import factories as make
from workdays import announced, rules, services
from workdays.enums import DayKind
from workdays.models import CalendarDay, DayCorrection, Notice

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

NOW = datetime.datetime(2026, 11, 23, 1, 0, tzinfo=datetime.UTC)
day = datetime.date.fromisoformat
TEXT = services.NoticeText(
    "国办发明电〔2026〕9号", "国务院办公厅关于2027年部分节假日安排的通知", day("2026-11-20"), 2027
)
OFF = rules.read_days("2026年12月31日至2027年1月2日；2月5日至11日；5月1日至5日；10月1日至7日", 2027)
NAMED = rules.NamedDays(OFF, rules.read_days("1月3日、2月13日、10月9日", 2027))


@pytest.fixture
def administrator(db):
    return make.person("chen", name="陈静", is_superuser=True)


def refused(call):
    with pytest.raises(services.Refused) as caught:
        call()
    return caught.value.message_dict


def announce(text=TEXT, named=NAMED, **changes):
    return services.announce_year(text, named, now=NOW, **changes)


def kind_of(date):
    found = services.calendar(day(date), day(date)).day(day(date))
    return found.kind, found.counts, found.source


def workdays(first, last):
    out = StringIO()
    call_command("workdays", first, last, stdout=out)
    return out.getvalue().splitlines()


# --- what the site begins with ------------------------------------------------------------------


def test_a_new_site_knows_the_years_from_2019_to_2026():
    assert services.years() == dict.fromkeys(range(2019, 2027), False)
    assert CalendarDay.objects.count() == 8 * 365 + 2
    assert not Entry.objects.exists()


def test_the_days_are_those_of_chinesecalendar():
    known = services.calendar(day("2019-01-01")).days
    off = {date for date, found in known.items() if found.kind == DayKind.HOLIDAY}
    worked = {date for date, found in known.items() if found.kind == DayKind.MAKE_UP}
    assert off == {date for date in constants.holidays if date.year >= 2019}
    assert worked == {date for date in constants.workdays if date.year >= 2019}
    assert all(found.source for date, found in known.items() if date in off | worked)


@pytest.mark.parametrize(
    ("date", "kind", "source"),
    [
        ("2019-05-02", "holiday", "国办发明电〔2019〕3号"),
        ("2019-05-05", "make-up", "国办发明电〔2019〕3号"),
        ("2019-10-12", "make-up", "国办发明电〔2018〕15号"),
        ("2020-01-30", "holiday", "国办发明电〔2019〕16号"),
        ("2020-01-31", "holiday", "国办发明电〔2020〕1号"),
        ("2020-02-03", "working", ""),
        ("2022-12-31", "holiday", "国办发明电〔2022〕16号"),
        ("2025-10-08", "holiday", "国办发明电〔2024〕12号"),
    ],
)
def test_each_day_names_the_notice_that_made_it_so(date, kind, source):
    assert kind_of(date)[0::2] == (kind, source)


def test_seeding_again_changes_nothing():
    services.seed()
    assert Notice.objects.count() == len(announced.NOTICES)


def test_a_calendar_takes_three_queries(django_assert_num_queries):
    with django_assert_num_queries(3):
        services.calendar(day("2024-01-01"), day("2026-12-31"))


# --- the command --------------------------------------------------------------------------------


def test_the_command_prints_both_ends_and_who_says_so():
    assert workdays("2024-09-28", "2024-10-01") == [
        "date,kind,source",
        "2024-09-28,weekend,",
        "2024-09-29,make-up,国办发明电〔2023〕7号",
        "2024-09-30,working,",
        "2024-10-01,holiday,国办发明电〔2023〕7号",
    ]


@pytest.mark.parametrize(
    ("first", "last", "year"),
    [
        ("2026-12-30", "2027-01-01", "2027"),
        ("2018-12-31", "2019-01-01", "2018"),
        ("2030-01-01", "2030-01-01", "2030"),
    ],
)
def test_the_command_prints_nothing_if_a_day_is_unannounced(first, last, year):
    out = StringIO()
    with pytest.raises(CommandError, match=year) as caught:
        call_command("workdays", first, last, stdout=out)
    assert out.getvalue() == ""
    assert caught.value.returncode == 1


# --- a new year ---------------------------------------------------------------------------------


def test_an_announced_year_is_known_to_its_last_day(administrator):
    outcome = announce(user=administrator)
    assert kind_of("2027-02-05") == ("holiday", False, TEXT.number)
    assert kind_of("2027-02-13") == ("make-up", True, TEXT.number)
    assert kind_of("2027-12-31") == ("working", True, "")
    assert len(outcome.days) == 366
    [entry] = Entry.objects.filter(action="workdays.announced")
    assert entry.actor_name == "陈静"
    assert "2027-02-05" in entry.data["holidays"]


def test_a_notice_names_days_of_the_december_before():
    assert kind_of("2026-12-31") == ("working", True, "")
    announce()
    assert kind_of("2026-12-31") == ("holiday", False, TEXT.number)
    assert CalendarDay.objects.get(date="2026-12-31").kind == "working"
    assert workdays("2026-12-31", "2027-01-01")[1:] == [
        f"2026-12-31,holiday,{TEXT.number}",
        f"2027-01-01,holiday,{TEXT.number}",
    ]


def changed(**fields):
    values = {name: getattr(TEXT, name) for name in TEXT.__slots__}
    return services.NoticeText(**(values | fields))


@pytest.mark.parametrize(
    ("text", "named", "field"),
    [
        (changed(number=" "), NAMED, "number"),
        (changed(number="国办发明电〔2025〕7号"), NAMED, "number"),
        (changed(title=""), NAMED, "title"),
        (changed(issued_on=day("2026-11-24")), NAMED, "issued_on"),
        (changed(year=2026), NAMED, "year"),
        (changed(year=1990), NAMED, "year"),
        (TEXT, rules.NamedDays(OFF[3:], []), "holidays"),
        (TEXT, rules.NamedDays([], []), "holidays"),
        (TEXT, rules.NamedDays([*OFF, day("2028-01-01")], []), "holidays"),
        (TEXT, rules.NamedDays(OFF, [day("2027-02-12")]), "make_ups"),
        (TEXT, rules.NamedDays(OFF, [day("2027-01-02")]), "make_ups"),
        (TEXT, rules.NamedDays(OFF, [day("2026-11-01")]), "make_ups"),
        (changed(year=2028), rules.NamedDays([day("2027-12-31")], []), "holidays"),
    ],
    ids=[
        "no number",
        "a number that stands",
        "no title",
        "of tomorrow",
        "a year that stands",
        "a year long ago",
        "without New Year",
        "without any day",
        "a day of the year after",
        "a make-up day on a Friday",
        "a make-up day that is off",
        "a make-up day of the November before",
        "a December that is not announced",
    ],
)
def test_a_notice_that_cannot_be_is_refused_beside_its_field(text, named, field):
    assert field in refused(lambda: announce(text, named))
    assert services.years().keys() == set(range(2019, 2027))
    assert not DayCorrection.objects.exists()


def test_those_who_listen_hear_of_it_and_what_they_say_is_given(listening):
    outcome = announce()
    [change] = listening
    assert day("2027-07-01") in change.days
    assert outcome.touched[0].label == "《排水管理办法》"


def test_a_listener_that_fails_undoes_the_change():
    def broken(change):
        raise RuntimeError

    services.on_change(broken)
    try:
        with pytest.raises(RuntimeError):
            announce()
    finally:
        services._listeners.remove(broken)
    assert 2027 not in services.years()


# --- corrections --------------------------------------------------------------------------------


def correct(*dates, kind=DayKind.HOLIDAY, reason="防汛停工", **changes):
    changes = {"notice": Notice.objects.get(number="国办发明电〔2025〕7号"), **changes}
    return services.correct_days(
        [day(date) for date in dates], kind, reason=reason, now=NOW, **changes
    )


def test_a_correction_is_a_dated_row_and_an_entry(administrator, listening):
    correct("2026-12-01", "2026-12-02", user=administrator)
    assert kind_of("2026-12-01")[:2] == ("holiday", False)
    assert CalendarDay.objects.get(date="2026-12-01").kind == "working"
    assert DayCorrection.objects.filter(recorded_at=NOW, recorded_by=administrator).count() == 2
    [entry] = Entry.objects.filter(action="workdays.corrected")
    assert entry.data["days"] == ["2026-12-01", "2026-12-02"]
    assert listening[0].days == {day("2026-12-01"), day("2026-12-02")}


def test_the_newest_correction_says_what_a_day_is_and_none_gives_it_back_to_a_count():
    correct("2026-12-01")
    correct("2026-12-01", kind=DayKind.WORKING, notice=None)
    assert kind_of("2026-12-01") == ("working", False, "")


def test_a_correction_may_bring_the_notice_that_changed_the_days():
    extra = changed(number="国办发明电〔2026〕1号", year=2026, issued_on=day("2026-11-20"))
    correct("2026-12-05", kind=DayKind.MAKE_UP, notice=extra)
    assert kind_of("2026-12-05") == ("make-up", False, "国办发明电〔2026〕1号")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"notice": None}, "notice"),
        ({"kind": DayKind.MAKE_UP}, "kind"),
        ({"kind": DayKind.WEEKEND}, "kind"),
        ({"kind": DayKind.WORKING, "notice": None}, "days"),
        ({"notice": TEXT}, "number"),
        ({"notice": changed(year=2026, number="")}, "number"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_beside_its_field(changes, field):
    assert field in refused(lambda: correct("2026-12-01", **changes))
    assert not DayCorrection.objects.exists()


def test_a_day_of_an_unannounced_year_cannot_be_corrected():
    assert "2027" in refused(lambda: correct("2027-12-01"))["days"][0]


def test_no_day_at_all_is_refused():
    assert "days" in refused(correct)


# --- samples ------------------------------------------------------------------------------------


def test_the_demo_city_gets_a_sample_where_there_is_no_notice():
    demo.extend_calendar(now=NOW)
    assert services.years() == dict.fromkeys(range(2019, 2027), False) | {2027: True}
    calendar = services.calendar(day("2026-12-01"))
    assert calendar.sample_years == {2027}
    assert "样本" in kind_of("2027-10-01")[2]
    demo.extend_calendar(now=NOW)
    assert Notice.objects.filter(is_sample=True).count() == 1


@pytest.mark.parametrize("year", [2027, 2032, 2040])
def test_a_sample_has_every_day_of_its_year(year):
    services.announce_sample_year(year, now=NOW)
    days = CalendarDay.objects.filter(date__year=year)
    assert days.count() == (datetime.date(year + 1, 1, 1) - datetime.date(year, 1, 1)).days


def test_the_notice_takes_the_place_of_a_sample_and_never_shortens_a_count():
    demo.extend_calendar(now=NOW)
    sampled = services.calendar(day("2027-01-01"))
    announce()
    calendar = services.calendar(day("2026-12-01"))
    assert not calendar.sample_years
    assert workdays("2027-10-01", "2027-10-01")[1].endswith(TEXT.number)
    for date, found in calendar.days.items():
        wanted = NAMED.kind(date)
        assert found.kind == wanted or date.year == 2026, date
        assert not found.counts or date.year == 2026 or sampled.days[date].counts
        assert "样本" not in found.source


def test_a_count_on_a_sample_is_told_from_one_on_a_notice():
    demo.extend_calendar(now=NOW)
    assert services.sample_years(counted_at=NOW) == {2027: True}
    come_out = NOW + datetime.timedelta(days=1)
    services.announce_year(TEXT, NAMED, now=come_out)
    assert services.sample_years(counted_at=NOW) == {2027: False}
    assert services.sample_years(counted_at=come_out) == {}
