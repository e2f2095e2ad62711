import pytest

from consultations import rules, services
from consultations.enums import Status
from consultations.models import Announcement, ConsultationPage
from organisations.services import Refused
from tests import factories
from tests.clock import at, standing_at

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def team():
    return factories.team()


def status_at(announcement, moment):
    return ConsultationPage.objects.with_status(moment).get(pk=announcement.page_id).status_now


def test_three_people_announce_and_it_closes_as_early_as_the_law_allows(team):
    with standing_at(at("2026-09-25", "17:00")):
        announcement = factories.announce(team)
        [period] = announcement.periods.all()
    # National Day is 1 to 7 October 2026; make-up days are 20 September and 10 October.
    assert period.opens_at == at("2026-09-25", "17:01")
    assert period.closes_at == period.minimum_closes_at
    assert [clause.number for clause in announcement.versions.get().clauses.all()][:3] == [
        "第一章 总则",
        "第一条",
        "第二条",
    ]


def test_it_is_open_from_its_minute_until_24_hours_of_its_last_day(team):
    with standing_at(at("2026-03-02", "10:00")):
        announcement = factories.announce(team, opens_at=at("2026-03-03", "09:00"))
    assert announcement.periods.get().closes_at == at("2026-03-11", "00:00")
    for moment, status in [
        (at("2026-03-03", "08:59"), Status.SCHEDULED),
        (at("2026-03-03", "09:00"), Status.OPEN),
        (at("2026-03-07", "23:59"), Status.OPEN),
        (at("2026-03-08", "00:00"), Status.CLOSING_SOON),
        (at("2026-03-10", "23:59"), Status.CLOSING_SOON),
        (at("2026-03-11", "00:00"), Status.CLOSED),
    ]:
        assert status_at(announcement, moment) == status, moment


def test_a_close_before_the_minimum_is_refused_beside_its_field(team):
    with standing_at(at("2026-03-02", "10:00")) as now:
        page = factories.consultation(team, closes_on=at("2026-03-06").date())
        [(field, words)] = services.missing(page, now).items()
        assert field == "closes_on"
        assert "2026-03-09" in words
        with pytest.raises(Refused):
            factories.review(page, team)
    assert not Announcement.objects.exists()


# --- what a clerical correction can be ----------------------------------------------------------

LIFTS = """第一章 总则
第一条 公示期内有业主提出书面异议的，街道办事处应当自收到异议之日起五个工作日内组积协商；\
协商不成的，可以委托人民调解组织调解。
第二条 每台补贴不超过二十四万元，但是不得超过造价的50％。
第三条 申请人应当提交下列材料：
（一）业主的表决结果；
（二）费用的分摊协议。
第四条 市住房城乡建设部门负责本市的统筹协调工作。
第五条 区住房城乡建设部门负责本区的组织实施工作。
第六条 业主委员会给予协助。
第七条 本办法自2027年1月1日起施行。"""


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("组积", "组织"),
        ("。", "；"),
        ("第一条 ", "第一条　"),
        ("总则", "总 则"),
        ("表决结果", "表决决果"),
        ("协商不成的，可以委托", "协商不成的，可以请托"),
    ],
)
def test_a_slip_of_the_pen_is_corrected_as_one(was, becomes):
    new = LIFTS.replace(was, becomes, 1)
    assert new != LIFTS
    assert rules.beyond_clerical(LIFTS, new) == []


@pytest.mark.parametrize(
    ("was", "becomes", "named"),
    [
        ("五个工作日", "十个工作日", "第一条"),
        ("五个工作日", "五日", "第一条"),
        ("应当自", "可以自", "第一条"),
        ("可以委托", "委托", "第一条"),
        ("二十四万元", "二十四元", "第二条"),
        ("二十四万元", "二十四万", "第二条"),
        ("不得超过", "得超过", "第二条"),
        ("50％", "５0％", "第二条"),
        ("50％", "50‰", "第二条"),
        ("2027年1月1日", "2026年1月1日", "第七条"),
        ("1月1日", "1月11日", "第七条"),
        ("业主委员会给予协助", "社区居民予以配合", "第六条"),
        ("自收到异议之日起", "自收到异议之日起由业主委员会牵头另行", "第一条"),
        ("总则", "总则和附则", "第一章 总则和附则"),
        ("业主委员会给予", "业主给予", "第六条"),
        ("\n第六条 业主委员会给予协助。", "", "第六条"),
        ("（二）费用的分摊协议。", "（二）费用的分摊协议；\n（三）设计图。", "第三条第三项"),
        ("第六条", "第六条之一", "第六条"),
    ],
)
def test_what_is_no_slip_of_the_pen_is_named(was, becomes, named):
    new = LIFTS.replace(was, becomes, 1)
    assert new != LIFTS
    beyond = rules.beyond_clerical(LIFTS, new)
    assert named in beyond


def test_clauses_that_change_places_and_slips_everywhere_are_no_correction():
    city, district = LIFTS.splitlines()[-4:-2]
    swapped = LIFTS.replace(city[4:], "#").replace(district[4:], city[4:])
    swapped = swapped.replace("#", district[4:])
    assert rules.beyond_clerical(LIFTS, swapped) == ["第四条", "第五条"]
    assert rules.beyond_clerical(LIFTS, LIFTS.replace("。", ""))
    assert rules.beyond_clerical(LIFTS, "第一条 废止。")
    assert rules.beyond_clerical("", "") == []
