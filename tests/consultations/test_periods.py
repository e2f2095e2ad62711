import datetime

import pytest

from consultations import services
from consultations.enums import Cause, Change, Status
from consultations.models import ConsultationPage
from ledger.models import Entry
from organisations.services import Refused
from outbox import services as outbox
from tests import factories
from tests.clock import at, standing_at
from tests.consultations.conftest import FRIDAY
from workdays import services as workdays
from workdays.enums import DayKind
from workdays.rules import YearNotAnnounced

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.postgres,
    pytest.mark.usefixtures("announced_once"),
]

LATER = datetime.date(2026, 3, 6)


def test_an_extension_keeps_the_old_date_and_its_reason(announcement, team):
    with standing_at(at("2026-02-20")) as now:
        services.extend(
            announcement, closes_on=LATER, reason="应企业要求", user=team.publisher, now=now
        )
    first, second = announcement.periods.all()
    assert (first.closes_on, second.closes_on) == (datetime.date(2026, 2, 27), LATER)
    assert (second.cause, second.reason) == (Cause.EXTENSION, "应企业要求")
    assert second.opens_at == first.opens_at
    assert Entry.objects.filter(action="consultation.extended").exists()


@pytest.mark.parametrize(
    ("moment", "closes_on", "reason"),
    [
        (FRIDAY, datetime.date(2026, 2, 27), "同一天"),
        (FRIDAY, datetime.date(2026, 2, 26), "更早"),
        (FRIDAY, LATER, "  "),
        (at("2026-02-28", "00:00"), LATER, "已经截止"),
    ],
)
def test_an_extension_is_only_later_only_before_the_close_and_with_a_reason(
    announcement, team, moment, closes_on, reason
):
    with standing_at(moment) as now, pytest.raises(Refused):
        services.extend(
            announcement, closes_on=closes_on, reason=reason, user=team.publisher, now=now
        )
    assert announcement.periods.count() == 1


@pytest.mark.parametrize("closes_on", [datetime.date(2031, 6, 1), datetime.date.max])
def test_an_extension_into_a_year_without_a_notice_is_refused_with_words(
    announcement, team, closes_on
):
    with standing_at(FRIDAY) as now, pytest.raises(YearNotAnnounced):
        services.extend(
            announcement, closes_on=closes_on, reason="太远", user=team.publisher, now=now
        )
    assert announcement.periods.count() == 1


def test_a_publisher_opens_the_editor_of_an_announced_consultation(client, announcement, team):
    client.force_login(team.publisher)
    edit = client.get(f"/admin/pages/{announcement.page_id}/edit/")
    assert edit.status_code == 200


def test_a_withdrawn_draft_stays_with_its_reason(announcement, team):
    with standing_at(at("2026-02-20")) as now:
        services.withdraw(announcement, reason="需要重新论证", user=team.publisher, now=now)
        with pytest.raises(Refused):
            services.extend(
                announcement, closes_on=LATER, reason="不行", user=team.publisher, now=now
            )
    page = ConsultationPage.objects.public().with_status(at("2026-02-21")).get()
    assert page.status_now == Status.WITHDRAWN
    assert page.announcement.withdrawal.reason == "需要重新论证"


def test_a_change_in_substance_starts_again_and_closes_no_earlier(announcement, team):
    with standing_at(at("2026-02-25", "15:00")):
        draft = factories.DRAFT.replace("明码标价", "政府指导价")
        factories.change(announcement, team, Change.SUBSTANCE, draft=draft)
    first, second = announcement.periods.all()
    assert second.cause == Cause.RESTART
    assert second.opens_at == at("2026-02-25", "15:00")
    assert second.closes_at > first.closes_at
    # Saturday, 28 February, is a make-up day.
    assert second.closes_on == datetime.date(2026, 3, 3)


def test_a_clerical_correction_is_a_version_and_no_new_period(announcement, team):
    with standing_at(at("2026-02-25", "15:00")):
        draft = factories.DRAFT.replace("明码标价", "明码标价。")
        factories.change(announcement, team, Change.CLERICAL, draft=draft)
    assert announcement.periods.count() == 1
    assert [version.change for version in announcement.versions.all()] == ["", Change.CLERICAL]


@pytest.mark.parametrize(
    "draft",
    [
        "第一条 本办法暂不实施。",
        factories.DRAFT + "\n第七条 附则。",
        factories.DRAFT.replace("2027年", "2026年"),
    ],
)
def test_a_change_in_substance_is_not_passed_off_as_a_clerical_one(announcement, team, draft):
    with standing_at(at("2026-02-25", "15:00")) as now:
        with pytest.raises(Refused):
            factories.change(announcement, team, Change.CLERICAL, draft=draft)
        page = announcement.page.get_latest_revision_as_object()
        [(field, words)] = services.missing(page, now).items()
    assert field == "change"
    assert "第" in words
    assert announcement.versions.count() == 1


def test_small_corrections_do_not_add_up_to_a_change_in_substance(announcement, team):
    with standing_at(at("2026-02-25", "15:00")):
        once = factories.DRAFT.replace("明码", "名码")
        factories.change(announcement, team, Change.CLERICAL, draft=once)
        twice = once.replace("名码", "名录")
        with pytest.raises(Refused):
            factories.change(announcement, team, Change.CLERICAL, draft=twice)
    assert announcement.versions.count() == 2


def test_after_the_close_the_draft_is_not_even_corrected_but_its_contact_is(announcement, team):
    with standing_at(at("2026-03-02", "15:00")):
        typed = factories.DRAFT.replace("\n", "\r\n")
        factories.change(announcement, team, Change.CLERICAL, draft=typed, contact_person="法规处")
        with pytest.raises(Refused):
            factories.change(
                announcement, team, Change.CLERICAL, draft=factories.DRAFT.replace("。", "", 1)
            )
    assert announcement.versions.count() == 1


def test_a_changed_text_needs_to_say_what_it_is(announcement, team):
    with standing_at(at("2026-02-25", "15:00")), pytest.raises(Refused):
        factories.change(announcement, team, "", draft=factories.DRAFT + "\n第七条 附则。")
    assert announcement.versions.count() == 1


def test_a_clause_keeps_its_lineage_through_a_renumbering(announcement, team):
    with standing_at(at("2026-02-25", "15:00")):
        draft = factories.DRAFT.replace("第五条 ", "第五条 充电设施应当定期检修。\n第六条 ")
        draft = draft.replace("第六条 本办法", "第七条 本办法")
        factories.change(announcement, team, Change.SUBSTANCE, draft=draft)
    old, new = (
        {clause.text: clause.lineage for clause in version.clauses.all()}
        for version in announcement.versions.all()
    )
    price = "充电服务费实行明码标价。"
    assert old[price] == new[price]
    assert new["充电设施应当定期检修。"] not in old.values()
    assert old["本办法自2027年1月1日起施行。"] == new["本办法自2027年1月1日起施行。"]


def test_a_removed_clause_does_not_pass_its_lineage_on(announcement, team):
    last = "\n第六条 本办法自2027年1月1日起施行。"
    shorter = factories.DRAFT.replace(last, "")
    assert shorter != factories.DRAFT
    with standing_at(at("2026-02-25", "15:00")):
        factories.change(announcement, team, Change.SUBSTANCE, draft=shorter)
        other = f"{shorter}\n第六条 违反规定停放的，由消防救援机构责令改正。"
        factories.change(announcement, team, Change.SUBSTANCE, draft=other)
    first, _second, third = (
        {clause.anchor: clause.lineage for clause in version.clauses.all()}
        for version in announcement.versions.all()
    )
    assert third["art-5"] == first["art-5"]
    assert third["art-6"] not in first.values()


def test_a_new_round_does_not_begin_before_the_close(announcement, team):
    with standing_at(at("2026-02-25", "15:00")), pytest.raises(Refused):
        factories.change(announcement, team, Change.ROUND)


def test_a_new_round_gets_a_full_period_after_the_close(announcement, team):
    with standing_at(at("2026-03-02", "15:00")):
        factories.change(announcement, team, Change.ROUND, closes_on=None)
    second = announcement.periods.latest("seq")
    assert (second.round, second.cause) == (2, Cause.ROUND)
    assert second.closes_on == datetime.date(2026, 3, 9)


def test_an_announced_one_cannot_be_deleted_unpublished_or_copied_as_an_alias(announcement):
    page = announcement.page
    for act in (page.delete, page.unpublish, page.create_alias):
        with pytest.raises(Refused):
            act()
    assert ConsultationPage.objects.public().count() == 1


def test_a_notice_that_makes_a_close_too_early_names_it_and_moves_nothing(
    announcement, team, mailoutbox
):
    with standing_at(at("2026-02-16", "10:00")) as now:
        outcome = workdays.correct_days(
            [datetime.date(2026, 2, 25)],
            DayKind.HOLIDAY,
            reason="临时放假一天",
            notice=workdays.NoticeText("国办发明电〔2026〕1号", "临时放假", now.date(), 2026),
            now=now,
        )
        [touched] = outcome.touched
        assert touched.label == announcement.page.title
        assert "2026-02-28" in touched.words
        assert announcement.periods.count() == 1
        outbox.drain(now)
        assert any(team.drafter.email in mail.to for mail in mailoutbox)
        period = services.follow_calendar(announcement, user=team.publisher, now=now)
    assert period.cause == Cause.CALENDAR
    assert period.closes_on == datetime.date(2026, 2, 28)
    assert services.closing_too_early(now) == {}


def test_after_an_outage_the_period_is_counted_anew(announcement, team):
    with standing_at(at("2026-02-25", "09:00")) as now:
        period = services.begin_again_after_outage(
            announcement, reason="机房停电", user=team.publisher, now=now
        )
    assert period.opens_at == at("2026-02-25", "09:00")
    assert period.closes_on == datetime.date(2026, 3, 3)


def restart(announcement, team, now, **changes):
    draft = factories.DRAFT.replace("明码标价", f"政府指导价{now:%H%M}")
    factories.change(announcement, team, Change.SUBSTANCE, draft=draft, **changes)
    return announcement.periods.latest("seq")


def begin_again(announcement, team, now):
    return services.begin_again_after_outage(
        announcement, reason="机房停电", user=team.publisher, now=now
    )


@pytest.mark.parametrize("act", [restart, begin_again])
def test_what_is_open_stays_open_without_a_gap_when_it_is_counted_anew(announcement, team, act):
    moment = at("2026-02-25", "09:00").replace(second=42)
    sent = services.Submission(text="建议增设充电桩。")
    comment = services.submit(announcement, sent, now=at("2026-02-20")).comment
    with standing_at(moment) as now:
        period = act(announcement, team, now)
        page = ConsultationPage.objects.with_status(now).get(pk=announcement.page_id)
        assert page.status_now == Status.OPEN
        assert services.submit(announcement, sent, now=now).created
        services.amend(comment, text="改了", represents="", consent_publish=True, now=now)
        services.take_back(comment, now=now)
    assert period.opens_at == at("2026-02-25", "09:00")
    assert period.closes_on == datetime.date(2026, 3, 3)


def test_a_restart_before_the_opening_keeps_it(team):
    opens_at = at("2026-03-10", "09:00")
    with standing_at(FRIDAY):
        announcement = factories.announce(team, opens_at=opens_at)
    with standing_at(at("2026-02-25", "15:00")) as now:
        assert restart(announcement, team, now).opens_at == opens_at


@pytest.mark.parametrize("act", [restart, begin_again])
def test_what_is_counted_anew_has_no_lower_minimum(team, act):
    with standing_at(FRIDAY):
        announcement = factories.announce(team, business_related=True)
    first = announcement.periods.get()
    with standing_at(at("2026-02-25", "15:00")) as now:
        shorter = {"shortening": "public_safety", "shortening_reason": "汛期将至。"}
        second = restart(announcement, team, now, **shorter)
        third = act(announcement, team, now + datetime.timedelta(seconds=1))
    for row in (second, third):
        assert row.minimum_closes_at >= first.minimum_closes_at
        assert row.closes_at >= first.closes_at
