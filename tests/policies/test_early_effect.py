"""Rule 12: what binds businesses or is made as rules waits thirty days, or says why not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from consultations import services as consultations
from consultations.enums import ExemptionGround
from policies.enums import EarlyEffect, Kind
from policies.services import Refused
from tests import answering, clock
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

ISSUED = answering.day("2026-01-08")


@pytest.fixture
def bureau():
    return make.team("LC-BG")


def exempted(bureau):
    """No consultation stands in the way of the date."""
    return consultations.exempt(
        bureau.organisation,
        ground=ExemptionGround.EMERGENCY,
        matter="防汛",
        reason="汛情紧急",
        public_statement="防汛应急，未征求意见。",
        requested_by=bureau.drafter,
        approved_by=bureau.reviewer,
        now=timezone.now(),
    )


WAITS = [
    {"kind": Kind.RULES},
    {"kind": Kind.ADMINISTRATIVE_REGULATION},
    {"kind": Kind.NOTICE, "business_related": True},
]
DOES_NOT = [{"kind": Kind.NOTICE}, {"kind": Kind.DECISION}, {"kind": Kind.LOCAL_REGULATION}]


@pytest.mark.parametrize("facts", WAITS)
@pytest.mark.parametrize(
    ("days", "ground", "reason", "released"),
    [
        (0, "", "", False),
        (29, "", "", False),
        (30, "", "", True),
        (31, "", "", True),
        (0, EarlyEffect.SECURITY, "涉及国家安全。", True),
        (0, EarlyEffect.MONETARY, "涉及货币政策。", True),
        (29, EarlyEffect.EXECUTION, "不立即施行将有碍施行。", True),
        (0, EarlyEffect.EXECUTION, " ", False),
        (0, "", "只写了理由。", False),
    ],
)
def test_it_waits_thirty_days_or_states_its_exception(
    bureau, facts, days, ground, reason, released
):
    page = make.policy(
        bureau,
        issued_on=ISSUED,
        effective_on=ISSUED + timedelta(days=days),
        early_effect=ground,
        early_effect_reason=reason,
        exemption=exempted(bureau),
        **facts,
    )
    if released:
        assert make.review(page, bureau).is_released
        return
    with pytest.raises(Refused):
        make.review(page, bureau)
    assert not type(page).objects.public().exists()


@pytest.mark.parametrize("facts", DOES_NOT)
def test_other_documents_take_effect_on_the_day(bureau, facts):
    fields = {"exemption": exempted(bureau)} | facts
    page = make.policy(bureau, issued_on=ISSUED, effective_on=ISSUED, **fields)
    assert make.review(page, bureau).is_released


def test_the_page_says_why_it_could_not_wait(client, bureau):
    page = make.policy(
        bureau,
        issued_on=ISSUED,
        effective_on=ISSUED,
        early_effect=EarlyEffect.EXECUTION,
        early_effect_reason="汛期已到，晚一天都会有人受困。",
        business_related=True,
        exemption=exempted(bureau),
    )
    page = make.review(page, bureau)
    assert "晚一天都会有人受困" in client.get(page.release.get_absolute_url()).content.decode()


def test_a_correction_does_not_bring_the_effect_forward(bureau):
    late = ISSUED + timedelta(days=30)
    page = make.policy(
        bureau,
        issued_on=ISSUED,
        effective_on=late,
        exemption=exempted(bureau),
        kind=Kind.RULES,
    )
    page = make.review(page, bureau)
    draft = page.get_latest_revision_as_object()
    draft.effective_on, draft.correction_reason = ISSUED, "日期有误"
    with pytest.raises(Refused):
        make.review(draft, bureau)
    assert type(page).objects.get(pk=page.pk).effective_on == late


@pytest.mark.parametrize(("issued", "released"), [("2026-02-27", False), ("2026-03-11", True)])
def test_nothing_is_issued_while_the_public_is_asked(bureau, issued, released):
    announcement = answering.asked(bureau)
    with clock.standing_at(clock.at("2026-03-11")):
        page = answering.policy(bureau, announcement, issued_on=answering.day(issued))
        answering.answered(announcement, bureau)
        if released:
            assert make.review(page, bureau).is_released
            return
        with pytest.raises(Refused):
            make.review(page, bureau)
