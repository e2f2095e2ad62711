"""What a released document does to another: both change at once, and by dates alone."""

import datetime
from datetime import date

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from outbox.models import Message
from policies import rules, search
from policies.enums import EffectKind, TextState, Validity
from policies.models import Effect, EffectReversal, PolicyPage, ProposedEffect, Release
from policies.services import Refused
from tests import factories as make
from tests.concurrency import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

MARCH = date(2026, 3, 1)
BEFORE_MIDNIGHT = datetime.datetime(2026, 2, 28, 15, 59, 59, tzinfo=datetime.UTC)
MIDNIGHT = datetime.datetime(2026, 2, 28, 16, 0, 0, tzinfo=datetime.UTC)
FEBRUARY = datetime.datetime(2026, 2, 10, 4, tzinfo=datetime.UTC)


@pytest.fixture
def bureau():
    return make.team("LC-BG")


@pytest.fixture
def old(bureau):
    return make.release_policy(bureau, title="澜川市旧停车办法")


def proposal(target, kind=EffectKind.REPEALS, effective_on=MARCH, **facts):
    return ProposedEffect(kind=kind, target=target, effective_on=effective_on, **facts)


def release_with(bureau, *proposals, title="澜川市新停车办法"):
    return make.release_policy(bureau, title=title, proposed_effects=list(proposals))


def fresh(page):
    return PolicyPage.objects.get(pk=page.pk)


def validity_on(page, day):
    """The validity of a page on a day, after making sure that every way of asking agrees."""
    found = fresh(page)
    said = rules.validity(found.validity_facts(), day)
    assert PolicyPage.objects.with_validity(day).get(pk=page.pk).validity_on_day == said
    intervals = next(search.policy_documents([found])).intervals
    on = day.toordinal()
    holding = [i for i in intervals if i.start <= on and (i.until is None or on < i.until)]
    assert [i.status for i in holding] == [said]
    in_force = PolicyPage.objects.in_force(day).filter(pk=page.pk).exists()
    assert in_force == (said in (Validity.IN_FORCE, Validity.PARTLY))
    return said


# --- kinds of effect ----------------------------------------------------------------------------


KINDS = [
    (EffectKind.REPEALS, {}, Validity.REPEALED, Validity.REPEALED),
    (EffectKind.REPLACES, {}, Validity.REPEALED, Validity.REPEALED),
    (EffectKind.PARTLY_REPEALS, {"provisions": ["art-2"]}, Validity.PARTLY, Validity.PARTLY),
    (
        EffectKind.SUSPENDS,
        {"until_on": date(2026, 3, 31)},
        Validity.SUSPENDED,
        Validity.IN_FORCE,
    ),
    (EffectKind.SUSPENDS, {}, Validity.SUSPENDED, Validity.SUSPENDED),
    (EffectKind.AMENDS, {"provisions": ["art-1"]}, Validity.IN_FORCE, Validity.IN_FORCE),
    (EffectKind.CORRECTS, {}, Validity.IN_FORCE, Validity.IN_FORCE),
]


@pytest.mark.parametrize(("kind", "facts", "then", "later"), KINDS)
def test_an_effect_changes_the_validity_on_its_day(bureau, old, kind, facts, then, later):
    release_with(bureau, proposal(old, kind, **facts))
    assert validity_on(old, date(2026, 2, 28)) == Validity.IN_FORCE
    assert validity_on(old, MARCH) == then
    assert validity_on(old, date(2026, 4, 1)) == later


def test_an_extension_moves_the_last_day(bureau):
    old = make.release_policy(bureau, expires_on=date(2026, 3, 31))
    release_with(bureau, proposal(old, EffectKind.EXTENDS, until_on=date(2027, 3, 31)))
    assert validity_on(old, date(2027, 3, 31)) == Validity.IN_FORCE
    assert validity_on(old, date(2027, 4, 1)) == Validity.EXPIRED


def test_an_amendment_that_is_not_worked_in_is_outstanding(bureau, old):
    release_with(bureau, proposal(old, EffectKind.AMENDS))
    facts = fresh(old).validity_facts()
    assert rules.text_state(facts, None, date(2026, 2, 28)) == TextState.AS_ISSUED
    assert rules.text_state(facts, None, MARCH) == TextState.CHANGES_OUTSTANDING


def test_a_partial_repeal_marks_its_provisions(bureau, old):
    release_with(bureau, proposal(old, EffectKind.PARTLY_REPEALS, provisions=["art-2", "art-3"]))
    facts = fresh(old).validity_facts()
    assert rules.repealed_provisions(facts, date(2026, 2, 28)) == frozenset()
    assert rules.repealed_provisions(facts, MARCH) == {"art-2", "art-3"}


# --- at midnight, without a task ----------------------------------------------------------------


def test_a_repeal_shows_at_its_midnight_in_shanghai(client, bureau):
    with time_machine.travel(FEBRUARY, tick=False):
        old = make.release_policy(bureau, title="澜川市旧停车办法")
        release_with(bureau, proposal(old))
    address = old.release.get_absolute_url()
    number = old.release.index_number
    for moment, is_repealed in ((BEFORE_MIDNIGHT, False), (MIDNIGHT, True)):
        with time_machine.travel(moment, tick=False):
            assert ("gk-b-none" in client.get(address).content.decode()) == is_repealed
            answer = client.get(f"/api/v1/policies/{number}")
            assert answer.json()["validity"] == ("repealed" if is_repealed else "in_force")


def test_both_documents_link_to_each_other(client, bureau, old):
    new = release_with(bureau, proposal(old))
    assert (
        new.release.get_absolute_url()
        in client.get(old.release.get_absolute_url()).content.decode()
    )
    assert (
        old.release.get_absolute_url()
        in client.get(new.release.get_absolute_url()).content.decode()
    )


def test_both_documents_reach_the_index(bureau, old):
    Message.objects.all().delete()
    new = release_with(bureau, proposal(old))
    assert Message.objects.get(payload__type="policy").payload["ids"] == [old.pk, new.pk]


# --- what is refused ----------------------------------------------------------------------------


MEANINGLESS = [
    ("an extension without an end", {"kind": EffectKind.EXTENDS}),
    (
        "a suspension that ends before it begins",
        {"kind": EffectKind.SUSPENDS, "until_on": date(2026, 2, 1)},
    ),
    ("a partial repeal of nothing", {"kind": EffectKind.PARTLY_REPEALS}),
    ("an unknown provision", {"kind": EffectKind.PARTLY_REPEALS, "provisions": ["art-99"]}),
    ("provisions that are no list", {"kind": EffectKind.PARTLY_REPEALS, "provisions": "art-2"}),
    ("no kind", {"kind": ""}),
    ("no day", {"effective_on": None}),
]


@pytest.mark.parametrize(
    "facts", [f for _, f in MEANINGLESS], ids=[name for name, _ in MEANINGLESS]
)
def test_a_meaningless_effect_refuses_the_release(bureau, old, facts):
    page = make.policy(bureau)
    draft = page.get_latest_revision_as_object()
    draft.proposed_effects = [proposal(old, **facts)]
    draft.save_revision(user=bureau.drafter, clean=False)
    with pytest.raises(Refused) as refusal:
        make.review(page, bureau)
    if facts.get("provisions") == ["art-99"]:
        assert "art-99" in str(refusal.value)
        assert old.headline_zh_hans in str(refusal.value)
    assert not Effect.objects.exists()
    assert Release.objects.get().page == old


def test_an_effect_on_an_unreleased_document_is_refused(bureau):
    draft = make.policy(bureau)
    with pytest.raises(Refused):
        release_with(bureau, proposal(draft))
    assert not Release.objects.exists()


def test_a_refused_effect_leaves_both_documents_as_they_were(bureau, old):
    draft = make.policy(bureau)
    with pytest.raises(Refused):
        release_with(bureau, proposal(old), proposal(draft))
    assert not Effect.objects.exists()
    assert validity_on(old, MARCH) == Validity.IN_FORCE


def test_a_document_cannot_act_on_itself(bureau, old):
    draft = old.get_latest_revision_as_object()
    draft.proposed_effects = [proposal(old)]
    draft.save_revision(user=bureau.drafter)
    with pytest.raises((Refused, IntegrityError)), transaction.atomic():
        make.review(old, bureau)
    with pytest.raises(IntegrityError, match="effect_not_on_itself"), transaction.atomic():
        Effect.objects.create(
            source=old, target=old, kind="repeals", effective_on=MARCH, recorded_at=FEBRUARY
        )


def test_a_circle_is_refused_however_long(bureau):
    first = make.release_policy(bureau)
    second = release_with(bureau, proposal(first))
    third = release_with(bureau, proposal(second))
    with pytest.raises(Refused):
        make.correct(first, bureau, proposed_effects=[proposal(third)])
    assert Effect.objects.count() == 2


def test_two_documents_may_act_on_one_and_one_on_two(bureau, old):
    other = make.release_policy(bureau)
    release_with(bureau, proposal(old), proposal(other, EffectKind.AMENDS))
    release_with(bureau, proposal(old, EffectKind.AMENDS))
    assert Effect.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_corrections_at_the_same_moment_cannot_close_a_circle():
    bureau = make.team("LC-BG")
    pages = [make.release_policy(bureau) for _ in range(4)]
    a, b, c, d = pages
    make.correct(b, bureau, proposed_effects=[proposal(c)])
    make.correct(d, bureau, proposed_effects=[proposal(a)])
    for source, target in ((a, b), (c, d)):
        draft = source.get_latest_revision_as_object()
        draft.proposed_effects = [proposal(target)]
        draft.save_revision(user=bureau.drafter)
        make.submit(source, bureau.drafter)
        make.decide(source, bureau.reviewer)
    outcomes = at_once(
        lambda: make.decide(a, bureau.publisher), lambda: make.decide(c, bureau.publisher)
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Refused"]
    assert Effect.objects.count() == 3


# --- an effect that was a mistake ---------------------------------------------------------------


def test_a_correction_takes_an_effect_back_with_its_reason(bureau, old):
    new = release_with(bureau, proposal(old))
    make.correct(new, bureau, proposed_effects=[], correction_reason="误列了旧办法")
    assert EffectReversal.objects.get().reason == "误列了旧办法"
    assert validity_on(old, MARCH) == Validity.IN_FORCE
    assert Effect.objects.count() == 1


def test_taking_an_effect_back_needs_a_reason(bureau, old):
    new = release_with(bureau, proposal(old))
    with pytest.raises(Refused):
        make.correct(new, bureau, proposed_effects=[], correction_reason=" ")
    assert validity_on(old, MARCH) == Validity.REPEALED


def test_the_reason_of_an_earlier_correction_does_not_do(bureau, old):
    new = release_with(bureau, proposal(old))
    new = make.correct(new, bureau, headline_zh_hans="新标题", correction_reason="错字")
    with pytest.raises(Refused):
        make.correct(new, bureau, proposed_effects=[], correction_reason="错字")


def test_a_correction_that_leaves_an_effect_alone_does_not_repeat_it(bureau, old):
    new = release_with(bureau, proposal(old))
    make.correct(new, bureau, headline_zh_hans="新标题")
    assert Effect.objects.count() == 1
    assert not EffectReversal.objects.exists()


def test_a_day_that_was_wrong_is_put_right(bureau, old):
    new = release_with(bureau, proposal(old))
    make.correct(new, bureau, proposed_effects=[proposal(old, effective_on=date(2026, 4, 1))])
    assert validity_on(old, date(2026, 3, 31)) == Validity.IN_FORCE
    assert validity_on(old, date(2026, 4, 1)) == Validity.REPEALED


def test_what_was_repealed_by_mistake_may_repeal_in_its_turn(bureau, old):
    new = release_with(bureau, proposal(old))
    make.correct(new, bureau, proposed_effects=[])
    make.correct(old, bureau, proposed_effects=[proposal(new)])
    assert validity_on(new, MARCH) == Validity.REPEALED


def test_no_sql_changes_or_removes_an_effect_or_its_reversal(bureau, old):
    new = release_with(bureau, proposal(old))
    make.correct(new, bureau, proposed_effects=[])
    for table, column in (("policies_effect", "kind"), ("policies_effectreversal", "reason")):
        for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
            with (
                pytest.raises(IntegrityError),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


# --- the first and the last of all days ---------------------------------------------------------


def test_dates_at_the_ends_of_the_calendar_have_intervals_too(bureau):
    page = make.release_policy(bureau, effective_on=date.min, expires_on=date.max)
    assert [i.status for i in rules.intervals(page.validity_facts())] == [Validity.IN_FORCE]
    assert validity_on(page, date.max) == Validity.IN_FORCE
