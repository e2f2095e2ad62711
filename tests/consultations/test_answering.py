"""From comments to opinions, to a statement that three people sign, to the policy."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from consultations import services
from consultations.enums import Disposition, Status
from consultations.models import ConsultationPage, Disclosure, SignedStatement
from policies.models import PolicyPage, Release
from tests import answering, clock
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def bureau():
    return make.team("LC-BG")


@pytest.fixture
def asked(bureau):
    """An open consultation with three comments, and their people."""
    with clock.standing_at(clock.at(answering.OPENS)):
        announcement = make.announce(bureau)
    with clock.standing_at(clock.at("2026-03-04")):
        for text in ("第四条应当写明门厅。", "通道里也不能充电。", "充电服务费太高。"):
            answering.comment(announcement, text)
    return announcement


@pytest.fixture
def closed(asked):
    with clock.standing_at(clock.at(answering.CLOSED)):
        yield asked


def answer(announcement, bureau):
    answering.read_all(announcement, bureau.drafter)
    first, second, third = announcement.comments.order_by("pk")
    answering.opinion(announcement, [first, second], bureau.drafter)
    answering.opinion(
        announcement,
        [third],
        bureau.drafter,
        text="降低充电服务费。",
        disposition=Disposition.NOT_ADOPTED,
        reason="充电服务费由市场形成，本办法只要求明码标价。",
    )


def test_policy_statement_and_answers_appear_together(closed, bureau):
    page = answering.policy(bureau, closed)
    answer(closed, bureau)
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    with answering.refused("not signed"):
        make.decide(page, bureau.publisher)
    assert not Release.objects.exists()
    statement = answering.sign(closed, bureau)
    assert not Disclosure.objects.exists()
    make.decide(page, bureau.publisher)
    release = Release.objects.get()
    assert (release.basis, release.statement) == ("consulted", statement)
    assert Disclosure.objects.get().statement == statement
    assert PolicyPage.objects.public().get() == page
    shown = ConsultationPage.objects.public().with_status(timezone.now()).get()
    assert shown.status_now == Status.ANSWERED
    with pytest.raises(services.Refused, match="已经公开"):
        services.withdraw(closed, reason="不再需要", user=bureau.publisher, now=timezone.now())


def test_the_database_counts_for_itself(closed, bureau):
    answering.policy(bureau, closed)
    answer(closed, bureau)
    statement = answering.sign(closed, bureau)
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        SignedStatement.objects.filter(pk=statement.pk).update(words="Anders")
