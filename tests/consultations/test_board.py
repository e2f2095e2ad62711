"""What each authority asked and how it answered, for everybody."""

import csv
import datetime

import pytest
from django.utils import timezone

from consultations import board, services
from consultations.enums import Disposition, Procedure, StatementKind
from tests import answering, clock
from tests import factories as make
from workdays import services as workdays
from workdays.enums import DayKind

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

DUE = datetime.timedelta(days=60)


@pytest.fixture
def bureau():
    return make.team("LC-BG", name="澜川市办公厅")


@pytest.fixture
def answered(bureau):
    """Three comments, two of them answered by a statement that appeared on 10 March 2026."""
    with clock.standing_at(clock.at(answering.OPENS, "10:00")):
        announcement = make.announce(bureau)
    with clock.standing_at(clock.at("2026-03-04")):
        comments = [answering.comment(announcement, f"第四条应当写明门厅。{n}") for n in range(3)]
        services.take_back(comments[2], now=timezone.now())
    with clock.standing_at(clock.at(answering.CLOSED)):
        page = answering.policy(bureau, announcement)
        answering.read_all(announcement, bureau.drafter)
        answering.opinion(announcement, comments[:2], bureau.drafter)
        answering.sign(announcement, bureau)
        make.review(page, bureau)
    return announcement


def read(day, **asked):
    return board.read(clock.at(day), due=DUE, **asked)


def test_an_answered_consultation_counts_with_its_days_and_comments(answered):
    found = read("2026-03-11")
    [row] = found.rows
    numbers = row.numbers
    assert row.authority.code == "LC-BG"
    assert (numbers.opened, numbers.comments, numbers.to_answer, numbers.answered) == (1, 3, 2, 2)
    # Monday to Monday: the opening day does not count, five working days are the minimum.
    assert (numbers.given, numbers.required) == ([7], [7])
    assert numbers.waits == [1]
    assert (numbers.overdue, found.overdue) == (0, [])
    assert found.city == numbers


def test_an_answer_that_is_signed_but_not_public_is_none(bureau):
    with clock.standing_at(clock.at(answering.OPENS, "10:00")):
        announcement = make.announce(bureau)
    with clock.standing_at(clock.at("2026-03-04")):
        comment = answering.comment(announcement)
    with clock.standing_at(clock.at(answering.CLOSED)):
        answering.policy(bureau, announcement)
        answering.read_all(announcement, bureau.drafter)
        answering.opinion(announcement, [comment], bureau.drafter)
        answering.sign(announcement, bureau)
    assert read("2026-03-11").city.answered == 0
    assert read("2026-03-11").city.waits == []
    [late] = read("2026-05-20").overdue
    assert late.page.announcement == announcement


@pytest.mark.parametrize(
    ("day", "days"), [("2026-05-08", None), ("2026-05-09", 1), ("2026-05-18", 10)]
)
def test_a_statement_is_overdue_from_the_sixty_first_day_after_the_close_on(bureau, day, days):
    with clock.standing_at(clock.at(answering.OPENS, "10:00")):
        make.announce(bureau)
    assert [late.days for late in read(day).overdue] == ([] if days is None else [days])


def test_a_withdrawn_draft_is_owed_a_closing_statement_at_once(bureau):
    with clock.standing_at(clock.at(answering.OPENS, "10:00")):
        announcement = make.announce(bureau)
    with clock.standing_at(clock.at("2026-03-05")) as now:
        answering.comment(announcement)
        services.withdraw(announcement, reason="另行起草", user=bureau.publisher, now=now)
    [late] = read("2026-03-05").overdue
    assert (late.withdrawn, late.due_on, late.days) == (True, answering.day("2026-03-05"), 0)
    with clock.standing_at(clock.at("2026-03-08")) as now:
        answering.read_all(announcement, bureau.drafter)
        services.write(
            announcement,
            kind=StatementKind.CLOSING,
            words="另行起草，不再制定本办法。",
            user=bureau.drafter,
            now=now,
        )
        answering.sign(announcement, bureau)
    found = read("2026-03-08")
    assert found.overdue == []
    assert found.city.waits == [3]
    assert found.city.given == []
    assert found.city.answered == 1


def test_a_historic_one_owes_nothing(bureau):
    services.import_historic(
        services.Historic(
            source_id="old-1",
            organisation="LC-BG",
            title="旧办法（征求意见稿）",
            draft=make.DRAFT,
            procedure=Procedure.NORMATIVE_DOCUMENT,
            business_related=False,
            opens_at=clock.at("2025-01-06", "09:00"),
            closes_on=answering.day("2025-01-20"),
        ),
        now=clock.at("2026-03-01"),
    )
    found = read("2026-03-11")
    assert (found.rows, found.overdue, found.years) == ([], [], [])


def test_a_close_that_the_calendar_made_too_early_stands_there_with_its_lawful_day(client, bureau):
    with clock.standing_at(clock.at("2026-02-13", "10:00")):
        make.announce(bureau, title="一个太早截止的办法（征求意见稿）")
    with clock.standing_at(clock.at("2026-02-16", "10:00")) as now:
        workdays.correct_days(
            [answering.day("2026-02-25")],
            DayKind.HOLIDAY,
            reason="临时放假一天",
            notice=workdays.NoticeText("国办发明电〔2026〕1号", "临时放假", now.date(), 2026),
            now=now,
        )
        page = client.get("/consultations/board/").content.decode()
    [early] = read("2026-02-16").too_early
    assert (early.closes_on, early.lawful) == (
        answering.day("2026-02-27"),
        answering.day("2026-02-28"),
    )
    section = page[page.index('id="too-early"') :]
    assert "一个太早截止的办法" in section
    assert "2026-02-28" in section


def test_the_year_is_that_of_the_first_opening(answered):
    assert read("2026-03-11").years == [2026]
    assert read("2026-03-11", year=2026).city.opened == 1
    assert read("2026-03-11", year=2025).rows == []


def test_page_and_file_say_the_same(client, answered):
    with clock.standing_at(clock.at("2026-03-11")):
        page = client.get("/consultations/board/?year=2026")
        english = client.get("/en/consultations/board/")
        file = client.get("/consultations/board.csv?year=2026")
    shown = page.content.decode()
    assert page["Cache-Control"] == "no-cache"
    assert 'href="/consultations/board.csv?year=2026"' in shown
    assert "<svg" in shown
    assert "100 %" in shown
    assert "What each number is" in english.content.decode()
    text = b"".join(file.streaming_content).decode().removeprefix("\ufeff")
    [row, city] = csv.DictReader(text.splitlines())
    assert (row["authority"], row["name"], row["opened"], row["comments"]) == (
        "LC-BG",
        "澜川市办公厅",
        "1",
        "3",
    )
    assert (row["answered_percent"], row["days_given_median"]) == ("100.0", "7.0")
    assert city["authority"] == ""


@pytest.mark.parametrize("year", ["0", "abcd", "99999999999999999999", "２０２６", "\x00"])
def test_what_is_no_year_asks_for_all(client, answered, year):
    with clock.standing_at(clock.at("2026-03-11")):
        page = client.get("/consultations/board/", {"year": year})
    assert "澜川市办公厅" in page.content.decode()


def test_more_consultations_ask_no_more_queries(client, bureau, django_assert_max_num_queries):
    with clock.standing_at(clock.at(answering.OPENS, "10:00")):
        make.announce(bureau)
    late = clock.at("2026-06-01")
    with clock.standing_at(late), django_assert_max_num_queries(100) as few:
        client.get("/consultations/board/")
    for number in range(4):
        team = make.team(f"LC-B{number}")
        with clock.standing_at(clock.at(answering.OPENS, "10:00")):
            make.announce(team)
            make.announce(team)
    with clock.standing_at(late), django_assert_max_num_queries(100) as many:
        client.get("/consultations/board/")
    assert len(many) <= len(few)


def test_a_reader_finds_the_board_from_the_list_and_the_footer(client, bureau):
    assert client.get("/consultations/").content.decode().count('href="/consultations/board/"') == 2
    assert 'href="/consultations/board/"' in client.get("/sitemap/").content.decode()


def test_an_opinion_that_was_not_adopted_is_an_answer_too(bureau):
    with clock.standing_at(clock.at(answering.OPENS, "10:00")):
        announcement = make.announce(bureau)
    with clock.standing_at(clock.at("2026-03-04")):
        comment = answering.comment(announcement)
    with clock.standing_at(clock.at(answering.CLOSED)):
        page = answering.policy(bureau, announcement)
        answering.read_all(announcement, bureau.drafter)
        answering.opinion(
            announcement,
            [comment],
            bureau.drafter,
            disposition=Disposition.NOT_ADOPTED,
            reason="本办法已经要求集中停放，门厅由消防技术标准规定。",
        )
        answering.sign(announcement, bureau)
        make.review(page, bureau)
    assert read("2026-03-11").city.answered_percent == 100
