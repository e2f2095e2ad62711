"""Policy, statement, interpretation and languages appear together: at once, or not at all."""

from threading import Event

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from wagtail.models import Page

from consultations import services as consultations
from consultations.enums import Change
from consultations.models import Announcement, ConsultationPage, Disclosure
from freshness import services as freshness
from ledger.models import Entry
from outbox import services as outbox
from outbox.models import Message
from policies import services
from policies.models import (
    IndexCounter,
    InterpretationPage,
    InterpretationRelease,
    Obligation,
    PolicyPage,
    Release,
)
from policies.services import Refused
from tests import answering, clock
from tests import factories as make
from tests.concurrency import at_once
from tests.dying import all_or_nothing

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def ready(*, signed=True):
    """A document whose publisher may release it, with its team and its consultation."""
    bureau = make.team("LC-BG")
    announcement = answering.asked(bureau)
    with clock.standing_at(clock.at(answering.CLOSED)):
        words = {"headline_en": "Measures for e-bikes", "translation_ready_en": True}
        page = answering.policy(bureau, announcement, **words)
        make.interpretation(bureau, page)
        if signed:
            answering.answered(announcement, bureau)
        make.submit(page, bureau.drafter)
        make.decide(page, bureau.reviewer)
    return page, bureau, announcement


def everything(page):
    """All that the release of an answered document changes."""
    return {
        "releases": Release.objects.count(),
        "disclosures": Disclosure.objects.count(),
        "interpretations": InterpretationRelease.objects.count(),
        "counters": list(IndexCounter.objects.values_list("organisation_code", "year", "last")),
        "obligations": Obligation.objects.count(),
        "ledger": list(Entry.objects.values_list("action", flat=True)),
        "outbox": list(Message.objects.values_list("topic", "payload")),
        "version": freshness.current(),
        "pages": list(
            Page.objects.descendant_of(page, inclusive=True).values_list(
                "pk", "live", "live_revision", "latest_revision", "first_published_at", "title"
            )
        ),
        "languages": list(PolicyPage.objects.values_list("headline_en", "translation_ready_en")),
        "public": [model.objects.public().count() for model in (PolicyPage, InterpretationPage)],
        "answered": list(
            ConsultationPage.objects.public()
            .with_status(timezone.now())
            .values_list("status_now", flat=True)
        ),
        "steps": list(
            PolicyPage.objects.get(pk=page.pk).workflow_states.values_list(
                "status", "task_states__status"
            )
        ),
    }


def test_whoever_dies_between_two_statements_leaves_all_or_nothing():
    page, bureau, _announcement = ready()
    with clock.standing_at(clock.at("2026-03-11")):
        count = all_or_nothing(
            lambda: make.decide(page, bureau.publisher), lambda: everything(page)
        )
        assert count > 30
        before = everything(page)
        assert (before["releases"], before["disclosures"]) == (0, 0)
        make.decide(page, bureau.publisher)
        after = everything(page)
    assert (after["releases"], after["disclosures"], after["interpretations"]) == (1, 1, 1)
    assert after["public"] == [1, 1]
    assert after["answered"] == ["answered"]
    told = {topic for topic, _payload in after["outbox"]} - {
        topic for topic, _payload in before["outbox"]
    }
    assert "consultations.tell_authors" in told


def test_so_does_who_dies_while_signing():
    _page, bureau, announcement = ready(signed=False)
    with clock.standing_at(clock.at(answering.CLOSED)):
        answering.read_all(announcement, bureau.drafter)
        answering.opinion(announcement, announcement.comments.all(), bureau.drafter)
        now = timezone.now()
        consultations.submit_statement(announcement, user=bureau.drafter, now=now)
        consultations.approve_statement(announcement, user=bureau.reviewer, now=now)
        count = all_or_nothing(
            lambda: consultations.sign_statement(announcement, user=bureau.publisher, now=now),
            lambda: (
                announcement.statements.count(),
                [list(one.opinions.values()) for one in announcement.statements.all()],
                [one.answers.count() for one in announcement.statements.all()],
                Entry.objects.count(),
                Message.objects.count(),
            ),
        )
    assert count > 3


# --- two connections at the same moment ---------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(2))
def test_an_obligation_and_a_release_at_the_same_moment_cannot_both_commit(_round):
    bureau = make.team("LC-BG")
    announcement = answering.asked(bureau)
    with clock.standing_at(clock.at(answering.CLOSED)):
        page = make.policy(bureau)
        make.submit(page, bureau.drafter)
        make.decide(page, bureau.reviewer)

        def release():
            make.decide(page, bureau.publisher)

        def obligation():
            services.oblige(
                PolicyPage.objects.get(pk=page.pk),
                reason="征求意见",
                announcement=Announcement.objects.get(pk=announcement.pk),
                user=bureau.reviewer,
                now=timezone.now(),
            )

        outcomes = at_once(release, obligation)
    assert [isinstance(outcome, Refused) for outcome in outcomes].count(True) == 1
    assert Release.objects.count() + Obligation.objects.count() == 1


def while_another_commits(first, then):
    """Begins ``then`` while ``first`` has written and not committed; gives what became of it."""
    written, begun = Event(), Event()

    def holds():
        with transaction.atomic():
            first()
            written.set()
            assert begun.wait(30)
            if connection.vendor == "postgresql":
                wait_until_somebody_waits()

    def follows():
        assert written.wait(30)
        begun.set()
        return then()

    return at_once(holds, follows)[1]


def wait_until_somebody_waits():
    for _attempt in range(20_000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
    pytest.fail("nobody waits")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["letter", "round", "withdrawal"])
@pytest.mark.parametrize("by_sql", [False, True])
def test_a_release_waits_for_what_would_have_closed_the_gate(what, by_sql):
    page, bureau, announcement = ready()
    with clock.standing_at(clock.at("2026-03-11")):
        statement = announcement.statements.get()
        if by_sql:
            PolicyPage.objects.filter(pk=page.pk).update(consultation=announcement.page)
        happenings = {
            "letter": lambda: answering.letter(announcement, bureau.drafter),
            "round": lambda: make.change(
                announcement, bureau, Change.ROUND, draft=make.DRAFT + "\n第七条 由市局解释。"
            ),
            "withdrawal": lambda: consultations.withdraw(
                announcement, reason="上位法修改", user=bureau.publisher, now=timezone.now()
            ),
        }

        def insert():
            with transaction.atomic():
                Release.objects.create(
                    page_id=page.pk,
                    organisation_code="LC-BG",
                    year=2026,
                    serial=1,
                    released_at=timezone.now(),
                    basis="consulted",
                    kind=page.kind,
                    business_related=page.business_related,
                    disclosure_id=statement.pk,
                )
                Disclosure.objects.create(statement=statement, disclosed_at=timezone.now())

        outcome = while_another_commits(
            happenings[what], insert if by_sql else lambda: make.decide(page, bureau.publisher)
        )
    assert isinstance(outcome, IntegrityError if by_sql else Refused), outcome
    assert not Release.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_publishers_at_the_same_moment_release_it_once_and_tell_once():
    page, bureau, _announcement = ready()
    with clock.standing_at(clock.at("2026-03-11")):
        at_once(*[lambda: make.decide(page, bureau.publisher)] * 2)
        outbox.drain(timezone.now())
    assert Release.objects.count() == Disclosure.objects.count() == 1
    assert Message.objects.filter(topic="consultations.tell_authors").count() == 1
