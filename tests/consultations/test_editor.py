"""The editor's desk: the form, what it refuses, the split, the proposal, and previews."""

import pytest
from django.urls import reverse

from consultations import services
from consultations.enums import Procedure
from multilingual.languages import CODES
from tests import factories
from tests.clock import at, standing_at
from tests.consultations.conftest import FRIDAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_second_factor(settings):
    settings.REQUIRE_SECOND_FACTOR = False


@pytest.fixture
def drafter(client, team):
    client.force_login(team.drafter)
    return client


def test_the_form_of_a_new_consultation_opens(drafter, team):
    address = reverse(
        "wagtailadmin_pages:add", args=["consultations", "consultationpage", team.page.pk]
    )
    response = drafter.get(address)
    assert response.status_code == 200
    assert 'data-proposal-url="/admin/consultations/propose/"' in response.content.decode()


@pytest.mark.parametrize("language", CODES)
def test_a_draft_is_previewed_in_each_language(drafter, team, language):
    page = factories.consultation(team)
    address = reverse("wagtailadmin_pages:view_draft", args=[page.pk])
    response = drafter.get(address, {"mode": language})
    assert response.status_code == 200
    assert "禁止在楼道内停放" in response.content.decode()


def test_counts_stand_at_their_clause_in_the_preview_of_a_changed_draft(drafter, announcement):
    page = announcement.page.get_latest_revision_as_object()
    sent = services.Submission(text="建议细化。", clause="art-4")
    services.submit(announcement, sent, now=at("2026-02-20"))
    page.draft = page.draft.replace("第五条 ", "第六条 ").replace("第六条 本", "第七条 本")
    page.draft = page.draft.replace("第四条 ", "第四条 充电设施应当定期检修。\n第五条 ")
    page.save_revision()
    with standing_at(at("2026-02-20")):
        address = reverse("wagtailadmin_pages:view_draft", args=[page.pk])
        context = drafter.get(address, {"mode": "zh-hans"}).context
    received = {
        block.title: block.asked.received for block in context["law"] if block.kind == "article"
    }
    assert received["第四条"] == 0
    assert received["第五条"] == 1
    assert sum(received.values()) == 1
    assert context["gone"] == []


def test_the_proposal_names_the_earliest_close_and_its_law(drafter):
    with standing_at(FRIDAY):
        response = drafter.post(
            reverse("consultations_admin:propose"),
            {"procedure": Procedure.NORMATIVE_DOCUMENT, "business_related": "True"},
        )
    words = response.content.decode()
    assert "2026-03-16" in words
    assert "优化营商环境条例" in words


def test_an_empty_last_day_gets_the_close_that_was_proposed(drafter, team):
    with standing_at(at("2026-09-17", "09:00")):
        opens_at = at("2026-09-18", "09:00")
        response = drafter.post(
            reverse("consultations_admin:propose"),
            {
                "procedure": Procedure.NORMATIVE_DOCUMENT,
                "business_related": "False",
                "opens_at": "2026-09-18 09:00",
            },
        )
        announcement = factories.announce(team, opens_at=opens_at)
    closes_on = announcement.periods.get().closes_on.isoformat()
    assert f'data-proposed="{closes_on}"' in response.content.decode()


def test_a_change_in_substance_is_proposed_the_close_that_it_gets(drafter, announcement, team):
    with standing_at(at("2026-02-25", "15:00")):
        edit = drafter.get(f"/admin/pages/{announcement.page_id}/edit/").content.decode()
        address = f"{reverse('consultations_admin:propose')}?page={announcement.page_id}"
        assert f'data-proposal-url="{address}"' in edit
        typed = {
            "procedure": Procedure.NORMATIVE_DOCUMENT,
            "business_related": "False",
            "opens_at": "2026-02-13 10:01",
            "change": "substance",
        }
        words = drafter.post(address, typed).content.decode()
        draft = factories.DRAFT.replace("明码标价", "政府指导价")
        factories.change(announcement, team, "substance", draft=draft)
    assert announcement.periods.latest("seq").closes_on.isoformat() == "2026-03-03"
    assert 'data-proposed="2026-03-03"' in words


def test_the_proposal_says_when_a_year_has_no_notice(drafter):
    response = drafter.post(
        reverse("consultations_admin:propose"),
        {"procedure": Procedure.OTHER, "opens_at": "2031-03-03 09:00"},
    )
    assert "2031" in response.content.decode()


def test_the_split_is_shown_as_it_is_typed(drafter):
    response = drafter.post(reverse("consultations_admin:split"), {"draft": factories.DRAFT})
    assert "第三条第二款第二项" in response.content.decode()


def test_strangers_are_told_nothing(client, announcement):
    for name in ("split", "propose"):
        client.force_login(factories.person())
        assert client.post(reverse(f"consultations_admin:{name}")).status_code in {302, 403}
    other = factories.team()
    client.force_login(other.publisher)
    for name in ("extend", "withdraw", "after_outage", "follow_calendar"):
        address = reverse(f"consultations_admin:{name}", args=[announcement.page_id])
        assert client.get(address).status_code in {302, 403, 404}


def test_a_publisher_extends_and_a_drafter_does_not(client, announcement, team):
    address = reverse("consultations_admin:extend", args=[announcement.page_id])
    typed = {"closes_on": "2026-03-06", "reason": "应企业要求"}
    with standing_at(at("2026-02-20")):
        client.force_login(team.drafter)
        assert client.post(address, typed).status_code in {302, 403}
        assert announcement.periods.count() == 1
        client.force_login(team.publisher)
        early = client.post(address, typed | {"closes_on": "2026-02-26"})
        assert "2026-02-27" in early.content.decode()
        assert client.post(address, typed).status_code == 302
    assert announcement.periods.count() == 2
