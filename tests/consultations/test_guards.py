"""Nobody shortens a period, by any route: the database itself counts the five working days."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from consultations import services
from consultations.enums import Cause, Change, Procedure
from consultations.models import (
    Announcement,
    Clause,
    Comment,
    CommentText,
    DraftVersion,
    HistoricRecord,
    Period,
    Withdrawal,
)
from guards.services import violation
from tests import factories
from tests.clock import at, standing_at
from tests.consultations.conftest import FRIDAY

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

LAWFUL = at("2026-02-28", "00:00")


def refusal(call):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        call()
    return violation(caught.value)


def run(sql, params=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def utc(moment):
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S") + (
        "+00" if connection.vendor == "postgresql" else ""
    )


@pytest.fixture
def bare(team):
    """Announced, as far as the database knows, and still without a period."""
    page = factories.consultation(team)
    return Announcement.objects.create(
        page=page,
        slug="bare",
        announced_at=FRIDAY,
        procedure=page.procedure,
        business_related=False,
    )


def period(announcement, **fields):
    values = {
        "announcement": announcement,
        "seq": 1,
        "round": 1,
        "cause": Cause.ANNOUNCEMENT,
        "opens_at": at("2026-02-13", "10:01"),
        "closes_at": LAWFUL,
        "minimum_closes_at": at("2026-02-14", "00:00"),
        "minimums": [],
        "recorded_at": FRIDAY,
    } | fields
    return Period(**values)


# The worked table of the rules: opening, and the last day of five working days.
WORKED = [
    ("2024-09-30", "09:00", "2024-10-12"),
    ("2024-10-01", "09:00", "2024-10-12"),
    ("2024-09-29", "17:00", "2024-10-11"),
    ("2024-10-12", "09:00", "2024-10-18"),
    ("2024-09-06", "17:00", "2024-09-13"),
    ("2024-09-02", "09:00", "2024-09-09"),
    ("2024-02-08", "09:00", "2024-02-21"),
    ("2025-01-27", "09:00", "2025-02-10"),
    ("2026-02-13", "09:00", "2026-02-27"),
    ("2026-03-02", "00:00", "2026-03-09"),
    ("2026-03-02", "23:59", "2026-03-09"),
]


@pytest.mark.parametrize(("day", "time", "last"), WORKED)
def test_the_database_counts_as_the_worked_table_does(bare, day, time, last):
    opens = at(day, time)
    closes = at(last, "00:00") + datetime.timedelta(days=1)
    early = closes - datetime.timedelta(days=1)
    with standing_at(opens):
        assert (
            refusal(period(bare, opens_at=opens, closes_at=early, minimum_closes_at=early).save)
            == "period_floor"
        )
        period(bare, opens_at=opens, closes_at=closes, minimum_closes_at=closes).save()


EARLY = at("2026-02-27", "00:00")


INSERT = (
    "INSERT INTO consultations_period (announcement_id, seq, round, cause, opens_at, closes_at, "
    "minimum_closes_at, minimums, shortening, shortening_reason, reason, recorded_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, '[]', '', '', %s, %s)"
)


def insert(p):
    moments = map(utc, (p.opens_at, p.closes_at, p.minimum_closes_at))
    facts = (p.announcement_id, p.seq, p.round, str(p.cause))
    run(INSERT, [*facts, *moments, p.reason, utc(FRIDAY)])


WRITES = [
    lambda p: p.save(),
    lambda p: Period.objects.bulk_create([p]),
    lambda p: Period.objects.bulk_create([p], ignore_conflicts=True),
    insert,
]
WRITTEN_BY = ["save", "bulk_create", "ignoring conflicts", "raw SQL"]


@pytest.mark.parametrize("write", WRITES, ids=WRITTEN_BY)
def test_an_early_close_does_not_get_in(bare, write):
    with standing_at(FRIDAY):
        assert refusal(lambda: write(period(bare, closes_at=EARLY))) == "period_floor"
    assert not Period.objects.exists()


def replace(announcement):
    columns = "id, announcement_id, seq, round, cause, opens_at, minimum_closes_at, minimums, "
    columns += "shortening, shortening_reason, reason, recorded_at"
    if connection.vendor == "postgresql":
        return run(
            f"INSERT INTO consultations_period ({columns}, closes_at) SELECT {columns}, %s "
            "FROM consultations_period WHERE true ON CONFLICT (id) DO UPDATE "
            "SET closes_at = EXCLUDED.closes_at",
            [utc(EARLY)],
        )
    return run(
        f"INSERT OR REPLACE INTO consultations_period ({columns}, closes_at) "
        f"SELECT {columns}, %s FROM consultations_period",
        [utc(EARLY)],
    )


def shorten(announcement):
    row = announcement.periods.get()
    row.closes_at = EARLY
    return row


@pytest.mark.parametrize(
    "change",
    [
        lambda a: shorten(a).save(),
        lambda a: Period.objects.bulk_update([shorten(a)], ["closes_at"]),
        lambda a: a.periods.update(closes_at=EARLY),
        lambda a: a.periods.update(opens_at=at("2026-02-10")),
        lambda a: a.periods.update(minimum_closes_at=EARLY),
        lambda a: a.periods.update(minimums=[]),
        lambda a: a.periods.get().delete(),
        lambda a: run("UPDATE consultations_period SET closes_at = %s", [utc(EARLY)]),
        lambda a: run("DELETE FROM consultations_period"),
        replace,
        lambda a: Announcement.objects.update(historic=True),
        lambda a: Announcement.objects.update(business_related=True),
    ],
)
def test_what_was_announced_stays(announcement, change):
    before = announcement.periods.values().get()
    with standing_at(FRIDAY):
        assert refusal(lambda: change(announcement))
    assert announcement.periods.values().get() == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cause": Cause.EXTENSION, "closes_at": EARLY}, "period_shortened"),
        ({"cause": Cause.EXTENSION, "closes_at": LAWFUL}, "period_shortened"),
        ({"cause": Cause.EXTENSION, "opens_at": at("2026-02-14")}, "period_opening_moved"),
        (
            {"cause": Cause.EXTENSION, "minimum_closes_at": at("2026-02-20", "00:00")},
            "period_minimum_lowered",
        ),
        (
            {"cause": Cause.RESTART, "opens_at": at("2026-02-14"), "closes_at": EARLY},
            "period_shortened",
        ),
        ({"cause": Cause.ROUND, "round": 2}, "period_round_overlaps"),
        ({"cause": Cause.ANNOUNCEMENT}, "period_sequence"),
        ({"cause": Cause.EXTENSION, "seq": 3}, "period_sequence"),
        ({"cause": Cause.EXTENSION, "round": 2}, "period_sequence"),
        ({"cause": Cause.EXTENSION, "closes_at": at("2026-03-05", "12:00")}, "period_time"),
        ({"cause": "correction", "closes_at": EARLY}, "period_cause"),
        ({"cause": ""}, "period_cause"),
        (
            {"cause": Cause.CALENDAR, "minimum_closes_at": at("2026-02-13", "00:00")},
            "period_minimum_lowered",
        ),
        (
            {"cause": Cause.RESTART, "minimum_closes_at": at("2026-02-13", "00:00")},
            "period_minimum_lowered",
        ),
        (
            {"cause": Cause.OUTAGE, "minimum_closes_at": at("2026-02-13", "00:00")},
            "period_minimum_lowered",
        ),
        ({"cause": Cause.RESTART, "opens_at": at("2026-02-14")}, "period_opening_moved"),
        ({"cause": Cause.OUTAGE, "opens_at": at("2026-02-14")}, "period_opening_moved"),
    ],
)
@pytest.mark.parametrize("write", WRITES, ids=WRITTEN_BY)
def test_a_later_row_makes_nothing_shorter(announcement, write, change, reason):
    row = announcement.periods.get()
    values = {
        "seq": 2,
        "opens_at": row.opens_at,
        "closes_at": at("2026-03-10", "00:00"),
        "minimum_closes_at": row.minimum_closes_at,
        "reason": "因故调整",
    } | change
    with standing_at(FRIDAY):
        assert refusal(lambda: write(period(announcement, **values))) == reason
    assert announcement.periods.get() == row


RUNNING = at("2026-02-20", "10:00")


@pytest.mark.parametrize("cause", [Cause.RESTART, Cause.OUTAGE])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"opens_at": at("2026-02-20", "10:02")}, None),
        ({"opens_at": at("2026-02-20", "09:58")}, None),
        ({"opens_at": at("2026-02-20", "10:03")}, "period_opening_moved"),
        ({"opens_at": at("2027-03-01"), "closes_at": at("2027-04-01", "00:00")}, "moved"),
        ({"opens_at": at("2026-02-20", "09:57")}, "period_back_dated"),
        ({"opens_at": None}, "period_back_dated"),
        ({"closes_at": LAWFUL}, "period_floor"),
        ({"closes_at": EARLY}, "period_shortened"),
        ({"minimum_closes_at": at("2026-02-27", "00:00")}, "period_minimum_lowered"),
    ],
)
def test_what_begins_anew_in_a_running_period_opens_at_once(announcement, cause, change, reason):
    row = announcement.periods.get()
    values = {
        "seq": 2,
        "cause": cause,
        "opens_at": RUNNING,
        "closes_at": at("2026-03-10", "00:00"),
        "minimum_closes_at": row.minimum_closes_at,
        "reason": "因故调整",
    } | change
    values["opens_at"] = values["opens_at"] or row.opens_at
    with standing_at(RUNNING):
        begun_anew = period(announcement, **values)
        if reason is None:
            begun_anew.save()
        else:
            assert reason in refusal(begun_anew.save)


def test_a_round_that_is_to_come_does_not_switch_off_a_running_period(announcement):
    with standing_at(RUNNING):
        to_come = period(
            announcement,
            seq=2,
            round=2,
            cause=Cause.ROUND,
            opens_at=LAWFUL,
            closes_at=at("2026-03-10", "00:00"),
            reason="再问一次",
        )
        assert refusal(to_come.save) == "period_round_overlaps"


def test_a_minimum_in_another_spelling_is_refused(announcement):
    """On PostgreSQL it is the same moment."""
    if connection.vendor == "postgresql":
        return
    columns = "announcement_id, round, opens_at, minimums, shortening, shortening_reason"
    with standing_at(FRIDAY):
        assert (
            refusal(
                lambda: run(
                    f"INSERT INTO consultations_period ({columns}, seq, cause, closes_at, reason, "
                    f"recorded_at, minimum_closes_at) SELECT {columns}, 2, 'extension', "
                    "'2026-03-09 16:00:00', '延长', recorded_at, '2026-03' "
                    "FROM consultations_period",
                )
            )
            == "period_time"
        )


def version(announcement, **fields):
    values = {
        "announcement": announcement,
        "seq": 2,
        "round": 1,
        "change": Change.CLERICAL,
        "headline": "电动自行车管理办法（征求意见稿）",
        "text": "第一条 改了。",
        "explanation": "",
        "reason": "订正",
        "published_at": RUNNING,
    } | fields
    return DraftVersion(**values)


@pytest.mark.parametrize("write", [lambda v: v.save(), lambda v: type(v).objects.bulk_create([v])])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"change": Change.SUBSTANCE}, "version_without_period"),
        ({"change": Change.ROUND}, "version_without_period"),
        ({"change": "correction"}, "version_change"),
        ({"seq": 3}, "version_sequence"),
        ({"round": 2}, "version_round"),
    ],
)
def test_a_new_text_comes_in_sequence_and_after_its_period(announcement, write, change, reason):
    assert refusal(lambda: write(version(announcement, **change))) == reason
    assert announcement.versions.count() == 1


def test_a_new_text_of_what_is_withdrawn_is_refused(announcement):
    Withdrawal.objects.create(announcement=announcement, withdrawn_at=RUNNING, reason="撤回")
    assert refusal(version(announcement).save) == "version_withdrawn"


def test_a_period_begun_anew_is_for_one_new_text(announcement, team):
    changed = factories.DRAFT + "\n第七条 附则。"
    with standing_at(RUNNING):
        factories.change(announcement, team, Change.SUBSTANCE, draft=changed)
        again = version(announcement, seq=3, change=Change.SUBSTANCE)
        assert refusal(again.save) == "version_without_period"


def slipped_in(clause):
    return Clause(
        version=clause.version,
        position=99,
        anchor="art-99",
        kind="article",
        depth=1,
        number="第九十九条",
        text="slipped in",
        lineage=99,
    )


@pytest.mark.parametrize(
    "write",
    [
        lambda clause: slipped_in(clause).save(),
        lambda clause: Clause.objects.bulk_create([slipped_in(clause)]),
        lambda clause: run(
            "INSERT INTO consultations_clause (version_id, position, anchor, kind, depth, number, "
            "text, lineage) VALUES (%s, 99, 'art-99', 'article', 1, '', 'slipped in', 99)",
            [clause.version_id],
        ),
    ],
    ids=["save", "bulk_create", "raw SQL"],
)
@pytest.mark.parametrize("change", ["", Change.CLERICAL, Change.SUBSTANCE])
def test_no_clause_is_slipped_into_an_announced_text(announcement, team, write, change):
    if change:
        with standing_at(RUNNING):
            changed = factories.DRAFT.replace("明码标价", "明码标价。")
            factories.change(announcement, team, change, draft=changed)
    for put_before_the_public in announcement.versions.all():
        clause = put_before_the_public.clauses.first()
        assert refusal(lambda: write(clause)) == "clause_of_an_announced_version"  # noqa: B023


def test_an_opening_in_the_past_is_refused(bare):
    with standing_at(at("2026-02-20")):
        assert refusal(period(bare).save) == "period_back_dated"


def test_a_closed_period_is_never_reopened(announcement):
    row = announcement.periods.get()
    with standing_at(LAWFUL):
        later = period(
            announcement,
            seq=2,
            cause=Cause.EXTENSION,
            opens_at=row.opens_at,
            closes_at=at("2026-03-10", "00:00"),
            minimum_closes_at=row.minimum_closes_at,
            reason="晚了",
        )
        assert refusal(later.save) == "period_reopened"


def test_a_year_that_is_not_announced_is_not_counted(bare):
    with standing_at(FRIDAY):
        far = period(bare, opens_at=at("2031-03-03"), closes_at=at("2031-06-01", "00:00"))
        assert refusal(far.save) == "period_calendar_missing"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE workdays_calendarday SET kind = 'working' WHERE date = '2026-02-18'",
        "DELETE FROM workdays_calendarday WHERE date = '2026-02-18'",
        "INSERT INTO workdays_calendarday (date, kind) VALUES ('2026-02-18', 'working')",
    ],
)
def test_the_calendar_cannot_be_changed_to_make_it_earlier(bare, change):
    assert refusal(lambda: run(change))
    with standing_at(FRIDAY):
        assert refusal(period(bare, closes_at=EARLY).save) == "period_floor"


def test_a_historic_one_is_closed_and_takes_nothing(team):
    page = factories.consultation(team)
    old = Announcement.objects.create(
        page=page,
        slug="old",
        announced_at=FRIDAY,
        procedure=page.procedure,
        business_related=False,
        historic=True,
    )
    with standing_at(FRIDAY):
        assert refusal(period(old).save) == "period_historic"
        period(
            old,
            opens_at=at("2019-05-06"),
            closes_at=at("2019-05-08", "00:00"),
            minimum_closes_at=at("2019-05-08", "00:00"),
        ).save()


def test_an_import_is_no_way_round_the_floor(team):
    facts = services.Historic(
        source_id="old-1",
        organisation=team.organisation.code,
        title="电动自行车管理办法（征求意见稿）",
        draft=factories.DRAFT,
        procedure=Procedure.NORMATIVE_DOCUMENT,
        business_related=False,
        opens_at=at("2026-02-13", "10:01"),
        closes_on=datetime.date(2026, 2, 26),
    )
    later = at("2026-03-02")
    with standing_at(FRIDAY):
        with pytest.raises(ValidationError):
            services.import_historic(facts, now=FRIDAY)
        # Whatever time a caller says it is, the database's own clock decides.
        assert refusal(lambda: services.import_historic(facts, now=later)) == "period_historic"
    assert not Announcement.objects.exists()
    with standing_at(later):
        old = services.import_historic(facts, now=later)
        for moment in (at("2026-02-14"), later):
            assert refusal(comment(old, moment).save) == "comment_outside_period"
        posted = comment(old, later, channel="post", postmarked_on=datetime.date(2026, 2, 14))
        assert refusal(posted.save) == "comment_outside_period"
        longer = {"seq": 2, "closes_at": at("2026-04-01", "00:00"), "reason": "补"}
        again = period(old, cause=Cause.EXTENSION, **longer)
        assert refusal(again.save) == "period_historic"
        anew = period(old, cause=Cause.ROUND, round=2, opens_at=at("2026-03-03"), **longer)
        assert refusal(anew.save) == "period_historic"
        assert refusal(lambda: Announcement.objects.update(historic=False))
        assert refusal(lambda: HistoricRecord.objects.update(short=False))


def comment(announcement, received_at, **fields):
    values = {
        "announcement": announcement,
        "round": 1,
        "draft_version": announcement.versions.get(),
        "channel": "web",
        "language": "zh-hans",
        "received_at": received_at,
        "receipt_digest": str(received_at),
        "salt": "s",
    } | fields
    return Comment(**values)


@pytest.mark.parametrize(
    ("moment", "gets_in"),
    [
        (at("2026-02-13", "10:00:59"), False),
        (at("2026-02-13", "10:01"), True),
        (at("2026-02-27", "23:59:59.999"), True),
        (at("2026-02-28", "00:00"), False),
    ],
)
def test_a_comment_gets_in_during_the_period_only(announcement, moment, gets_in):
    if gets_in:
        comment(announcement, moment).save()
    else:
        assert refusal(comment(announcement, moment).save) == "comment_outside_period"


def test_a_letter_counts_by_its_postmark(announcement):
    late = at("2026-03-03")
    posted = {"channel": "post", "postmarked_on": datetime.date(2026, 2, 27)}
    comment(announcement, late, **posted).save()
    posted["postmarked_on"] = datetime.date(2026, 2, 28)
    outside = comment(announcement, late, receipt_digest="x", **posted)
    assert refusal(outside.save) == "comment_outside_period"


@pytest.mark.parametrize(
    "change",
    [
        lambda: CommentText.objects.update(text="别的话"),
        lambda: CommentText.objects.all().delete(),
        lambda: Comment.objects.update(channel="post"),
        lambda: run("DELETE FROM consultations_commenttext"),
        lambda: run("UPDATE consultations_comment SET round = 2"),
    ],
)
def test_what_came_in_stays(announcement, change):
    row = comment(announcement, at("2026-02-14"))
    row.save()
    CommentText.objects.create(
        comment=row,
        seq=1,
        text="建议增设充电桩。",
        consent_publish=True,
        written_at=row.received_at,
        commitment="0" * 64,
    )
    assert refusal(change)
    assert CommentText.objects.get().text == "建议增设充电桩。"
