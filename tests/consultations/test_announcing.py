import pytest

from consultations import services
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
