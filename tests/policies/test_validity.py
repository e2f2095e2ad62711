"""Validity is one meaning in Python, queryset and intervals."""

import datetime
from datetime import date

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.models import Page

from policies import rules
from policies.enums import EffectKind, ImportedStatus, TextState, Validity
from policies.models import Effect, EffectReversal, ImportRecord, PolicyPage
from policies.rules import EffectFact, ValidityFacts
from tests import factories as make

DAY_ZERO = date(2024, 1, 1)
NOW = datetime.datetime(2024, 1, 1, 4, tzinfo=datetime.UTC)


def day(n: int) -> date:
    return DAY_ZERO + datetime.timedelta(days=n)


TABLE = [
    ("no dates and no import", ValidityFacts(), 0, Validity.UNVERIFIED),
    ("the eve of its effective date", ValidityFacts(effective_on=day(10)), 9, Validity.NOT_YET),
    ("its effective date", ValidityFacts(effective_on=day(10)), 10, Validity.IN_FORCE),
    ("its last day", ValidityFacts(day(0), day(10)), 10, Validity.IN_FORCE),
    ("the day after its last day", ValidityFacts(day(0), day(10)), 11, Validity.EXPIRED),
    (
        "extended in time",
        ValidityFacts(day(0), day(10), effects=(EffectFact(EffectKind.EXTENDS, day(8), day(20)),)),
        15,
        Validity.IN_FORCE,
    ),
    (
        "past its extension",
        ValidityFacts(day(0), day(10), effects=(EffectFact(EffectKind.EXTENDS, day(8), day(20)),)),
        21,
        Validity.EXPIRED,
    ),
    (
        "the eve of its repeal",
        ValidityFacts(day(0), effects=(EffectFact(EffectKind.REPEALS, day(10)),)),
        9,
        Validity.IN_FORCE,
    ),
    (
        "the day of its repeal",
        ValidityFacts(day(0), effects=(EffectFact(EffectKind.REPEALS, day(10)),)),
        10,
        Validity.REPEALED,
    ),
    (
        "replaced",
        ValidityFacts(day(0), effects=(EffectFact(EffectKind.REPLACES, day(3)),)),
        3,
        Validity.REPEALED,
    ),
    (
        "partly repealed",
        ValidityFacts(
            day(0), effects=(EffectFact(EffectKind.PARTLY_REPEALS, day(3), None, ("art-9",)),)
        ),
        4,
        Validity.PARTLY,
    ),
    (
        "suspended",
        ValidityFacts(day(0), effects=(EffectFact(EffectKind.SUSPENDS, day(3), day(5)),)),
        5,
        Validity.SUSPENDED,
    ),
    (
        "after its suspension",
        ValidityFacts(day(0), effects=(EffectFact(EffectKind.SUSPENDS, day(3), day(5)),)),
        6,
        Validity.IN_FORCE,
    ),
    (
        "amended",
        ValidityFacts(day(0), effects=(EffectFact(EffectKind.AMENDS, day(3)),)),
        4,
        Validity.IN_FORCE,
    ),
    (
        "imported as in force",
        ValidityFacts(imported_as=ImportedStatus.IN_FORCE),
        0,
        Validity.IN_FORCE,
    ),
    (
        "imported as lapsed",
        ValidityFacts(imported_as=ImportedStatus.EXPIRED),
        0,
        Validity.EXPIRED,
    ),
    (
        "imported as amended",
        ValidityFacts(imported_as=ImportedStatus.AMENDED),
        0,
        Validity.IN_FORCE,
    ),
    (
        "imported without a status",
        ValidityFacts(imported_as=ImportedStatus.UNKNOWN),
        0,
        Validity.UNVERIFIED,
    ),
]


@pytest.mark.parametrize(("case", "facts", "on", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_validity_on_a_day(case: str, facts: ValidityFacts, on: int, expected: Validity) -> None:
    assert rules.validity(facts, day(on)) == expected


def test_a_future_repeal_changes_the_status_at_its_midnight_in_shanghai() -> None:
    facts = ValidityFacts(day(0), effects=(EffectFact(EffectKind.REPEALS, date(2024, 3, 1)),))
    before = datetime.datetime(2024, 2, 29, 15, 59, 59, tzinfo=datetime.UTC)
    after = datetime.datetime(2024, 2, 29, 16, 0, 0, tzinfo=datetime.UTC)
    assert rules.validity(facts, rules.local_day(before)) == Validity.IN_FORCE
    assert rules.validity(facts, rules.local_day(after)) == Validity.REPEALED


def test_an_amendment_is_outstanding_until_the_text_is_consolidated() -> None:
    facts = ValidityFacts(day(0), effects=(EffectFact(EffectKind.AMENDS, day(5)),))
    assert rules.text_state(facts, None, day(4)) == TextState.AS_ISSUED
    assert rules.text_state(facts, None, day(5)) == TextState.CHANGES_OUTSTANDING
    assert rules.text_state(facts, day(4), day(5)) == TextState.CHANGES_OUTSTANDING
    assert rules.text_state(facts, day(5), day(5)) == TextState.CONSOLIDATED


days = st.integers(0, 30).map(day)
maybe_day = st.none() | days


@st.composite
def effect_facts(draw: st.DrawFn) -> EffectFact:
    begins = draw(days)
    length = draw(st.none() | st.integers(0, 10))
    return EffectFact(
        kind=draw(st.sampled_from(EffectKind)),
        effective_on=begins,
        until_on=None if length is None else begins + datetime.timedelta(days=length),
    )


facts = st.builds(
    ValidityFacts,
    effective_on=maybe_day,
    expires_on=maybe_day,
    imported_as=st.none() | st.sampled_from(ImportedStatus),
    effects=st.lists(effect_facts(), max_size=5).map(tuple),
)


@given(facts=facts)
def test_the_intervals_cover_all_days_once_and_say_what_the_rule_says(facts: ValidityFacts) -> None:
    found = rules.intervals(facts)
    assert found[0].from_day is None
    assert found[-1].until_day is None
    for on in (day(n) for n in range(-2, 60)):
        holding = [
            i
            for i in found
            if (i.from_day is None or i.from_day <= on)
            and (i.until_day is None or on <= i.until_day)
        ]
        assert [i.status for i in holding] == [rules.validity(facts, on)]


@pytest.mark.django_db
@pytest.mark.postgres
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(facts=facts, reversed_one=st.booleans(), probe=st.integers(-1, 45))
def test_the_queryset_says_what_the_rule_says(
    facts: ValidityFacts, reversed_one: bool, probe: int, pages: tuple[PolicyPage, PolicyPage]
) -> None:
    source, target = pages
    PolicyPage.objects.filter(pk=target.pk).update(
        effective_on=facts.effective_on, expires_on=facts.expires_on
    )
    with transaction.atomic():
        if facts.imported_as is not None:
            ImportRecord.objects.create(
                page=target, source_id="x", status=facts.imported_as, imported_at=NOW
            )
        for fact in facts.effects:
            Effect.objects.create(
                source=source,
                target=target,
                kind=fact.kind,
                effective_on=fact.effective_on,
                until_on=fact.until_on,
                recorded_at=NOW,
            )
        if reversed_one:
            mistake = Effect.objects.create(
                source=source,
                target=target,
                kind=EffectKind.REPEALS,
                effective_on=day(0),
                recorded_at=NOW,
            )
            EffectReversal.objects.create(effect=mistake, reversed_at=NOW, reason="录入错误")
        on = day(probe)
        page = PolicyPage.objects.with_validity(on).get(pk=target.pk)
        assert page.validity_on_day == rules.validity(facts, on)
        assert rules.validity(page.validity_facts(), on) == page.validity_on_day
        transaction.set_rollback(True)


@pytest.fixture
def pages(db: None) -> tuple[PolicyPage, PolicyPage]:
    make.ground()
    root = Page.get_first_root_node()
    source = PolicyPage(title="甲", headline_zh_hans="甲")
    target = PolicyPage(title="乙", headline_zh_hans="乙")
    root.add_child(instance=source)
    root.add_child(instance=target)
    return source, target
