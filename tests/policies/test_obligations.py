"""A document that owes the public an answer cannot be released, whoever asks."""

import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from ledger.models import Entry
from policies import services
from policies.models import Obligation, ObligationLifting, PolicyPage, Release
from policies.services import Refused
from tests import factories as make
from tests.concurrency import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime.datetime(2026, 3, 2, 4, tzinfo=datetime.UTC)
DIRECTLY = {
    "organisation_code": "LC-BG",
    "year": 2026,
    "serial": 1,
    "released_at": NOW,
    "basis": "not_required",
    "kind": "notice",
    "business_related": False,
}


@pytest.fixture
def bureau():
    return make.team("LC-BG")


@pytest.fixture
def draft(bureau):
    page = make.policy(bureau)
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    return page


def oblige(page, by, reason="征求意见尚未答复"):
    return services.oblige(page, reason=reason, user=by, now=NOW)


def test_an_open_obligation_refuses_the_release(bureau, draft):
    oblige(draft, bureau.manager)
    with pytest.raises(Refused):
        make.decide(draft, bureau.publisher)
    assert not Release.objects.exists()
    assert not PolicyPage.objects.get(pk=draft.pk).live


def test_an_open_obligation_refuses_a_release_by_sql_too(bureau, draft):
    oblige(draft, bureau.manager)
    with pytest.raises(IntegrityError, match="release_owes_an_answer"), transaction.atomic():
        Release.objects.create(page=draft, **DIRECTLY)
    with pytest.raises(IntegrityError, match="release_owes_an_answer"), transaction.atomic():
        Release.objects.bulk_create([Release(page=draft, **DIRECTLY)])


def test_it_is_lifted_by_a_row_of_its_own(bureau, draft):
    obligation = oblige(draft, bureau.manager)
    services.lift_obligation(obligation, reason="登记有误", user=bureau.reviewer, now=NOW)
    make.decide(draft, bureau.publisher)
    assert Release.objects.get().serial == 1
    lifting = ObligationLifting.objects.get()
    assert (lifting.approver, lifting.reason) == (bureau.reviewer.get_username(), "登记有误")
    actions = set(Entry.objects.values_list("action", flat=True))
    assert {"obligation.arose", "obligation.lifted"} <= actions


def test_one_of_two_obligations_is_enough_to_refuse(bureau, draft):
    first = oblige(draft, bureau.manager)
    oblige(draft, bureau.manager, "重新征求意见")
    services.lift_obligation(first, reason="登记有误", user=bureau.reviewer, now=NOW)
    with pytest.raises(Refused):
        make.decide(draft, bureau.publisher)


@pytest.mark.parametrize("reason", ["", "  "])
def test_obligation_and_lifting_need_a_reason(bureau, draft, reason):
    with pytest.raises(Refused):
        oblige(draft, bureau.manager, reason)
    obligation = oblige(draft, bureau.manager)
    with pytest.raises(Refused):
        services.lift_obligation(obligation, reason=reason, user=bureau.reviewer, now=NOW)


def test_an_obligation_is_lifted_once(bureau, draft):
    obligation = oblige(draft, bureau.manager)
    services.lift_obligation(obligation, reason="登记有误", user=bureau.reviewer, now=NOW)
    with pytest.raises(Refused):
        services.lift_obligation(obligation, reason="登记有误", user=bureau.reviewer, now=NOW)


def test_no_obligation_arises_after_the_release(bureau, draft):
    make.decide(draft, bureau.publisher)
    with pytest.raises(Refused):
        oblige(draft, bureau.manager)
    with pytest.raises(IntegrityError, match="obligation_after_release"), transaction.atomic():
        Obligation.objects.create(page=draft, reason="补登", arose_at=NOW)


def test_no_sql_changes_or_removes_an_obligation_or_its_lifting(bureau, draft):
    obligation = oblige(draft, bureau.manager)
    services.lift_obligation(obligation, reason="登记有误", user=bureau.reviewer, now=NOW)
    for table in ("policies_obligation", "policies_obligationlifting"):
        for statement in (f"UPDATE {table} SET reason = 'x'", f"DELETE FROM {table}"):
            with (
                pytest.raises(IntegrityError),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_obligation_and_release_at_the_same_moment_cannot_both_commit(_round):
    draft = make.policy(make.team("LC-BG"))

    def release():
        with transaction.atomic():
            Release.objects.create(page_id=draft.pk, **DIRECTLY)

    def obligation():
        with transaction.atomic():
            Obligation.objects.create(page_id=draft.pk, reason="征求意见", arose_at=NOW)

    outcomes = at_once(release, obligation)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IntegrityError", "NoneType"]
    assert Release.objects.count() + Obligation.objects.count() == 1
