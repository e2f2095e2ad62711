"""From comments to opinions, to a statement that three people sign, to the policy."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from consultations import services
from consultations.enums import Disposition, Status, Verdict, Withheld
from consultations.models import ConsultationPage, Disclosure, SignedStatement
from guards import services as guards
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
    assert (release.basis, release.disclosure.statement) == ("consulted", statement)
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


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE consultations_signedopinion SET reason = 'anders'", "not as it was signed"),
        ("UPDATE consultations_signedopinion SET people = people + 9", "not as it was signed"),
        ("UPDATE consultations_signedanswer SET passage = 'anders'", "not as it was signed"),
        ("UPDATE consultations_signedstatement SET words = 'anders'", "not as it was signed"),
        ("UPDATE consultations_signedstatement SET digest = 'anders'", "not as it was signed"),
        ("DELETE FROM consultations_disclosure", "public in the ledger only"),
    ],
)
def test_a_signed_statement_that_was_changed_behind_the_guards_is_noticed(
    closed, bureau, sql, words
):
    page = answering.policy(bureau, closed)
    answer(closed, bureau)
    answering.sign(closed, bureau)
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    make.decide(page, bureau.publisher)
    assert list(services.problems()) == []
    with transaction.atomic():
        guards.remove(connection)
        with connection.cursor() as cursor:
            cursor.execute(sql)
        (problem,) = services.problems()
        transaction.set_rollback(True)
    assert words in problem


def test_what_happened_since_the_signature_is_said_and_stops_the_release(closed, bureau):
    page = answering.policy(bureau, closed)
    answer(closed, bureau)
    statement = answering.sign(closed, bureau)
    assert services.outdated_by(statement, services.totals(closed)) == ""
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    hidden = closed.comments.order_by("pk")[:1]
    verdict = {"reason": Withheld.ABUSIVE, "user": bureau.drafter, "now": timezone.now()}
    services.moderate(list(hidden), Verdict.WITHHOLD, **verdict)
    outdated = services.outdated_by(statement, services.totals(closed))
    assert outdated
    with answering.refused("after the signature"):
        make.decide(page, bureau.publisher)
    answering.letter(closed, bureau.drafter)
    assert services.outdated_by(statement, services.totals(closed)) not in {"", outdated}
    assert not Release.objects.exists()
