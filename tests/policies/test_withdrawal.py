"""A withdrawn document keeps its address and shows a notice; it can come back."""

import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from freshness import services as freshness
from ledger.models import Entry
from outbox.models import Message
from policies import services
from policies.models import InterpretationPage, PolicyPage, Reinstatement, Withdrawal
from policies.services import Refused
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime.datetime(2026, 3, 2, 4, tzinfo=datetime.UTC)


@pytest.fixture
def bureau():
    return make.team("LC-BG")


@pytest.fixture
def page(bureau):
    return make.release_policy(bureau, title="澜川市停车收费办法")


def withdraw(page, by, *, reason="收费标准计算有误", still_proactive=True):
    return services.withdraw(
        page.release, reason=reason, still_proactive=still_proactive, user=by, now=NOW
    )


def reinstate(page, by, *, reason="已经更正"):
    services.reinstate(page.release, reason=reason, user=by, now=NOW)


def test_a_withdrawn_policy_is_in_no_list(bureau, page):
    withdraw(page, bureau.publisher)
    assert not PolicyPage.objects.public().exists()


def test_a_withdrawn_policy_answers_410_with_its_title_and_the_reason(client, bureau, page):
    withdraw(page, bureau.publisher)
    answer = client.get(page.release.get_absolute_url())
    words = answer.content.decode()
    assert answer.status_code == 410
    assert "noindex" in words
    assert "澜川市停车收费办法" in words
    assert "收费标准计算有误" in words
    assert "保障公民的知情权" not in words


def test_its_title_is_hidden_if_it_may_no_longer_be_disclosed(client, bureau, page):
    withdraw(page, bureau.publisher, still_proactive=False)
    answer = client.get(page.release.get_absolute_url())
    assert answer.status_code == 410
    assert "停车收费" not in answer.content.decode()


def test_its_interpretations_are_hidden_too(client, bureau, page):
    explanation = make.review(make.interpretation(bureau, page), bureau)
    withdraw(page, bureau.publisher)
    assert not InterpretationPage.objects.public().exists()
    answer = client.get(explanation.release.get_absolute_url())
    assert answer.status_code == 410
    assert explanation.headline_zh_hans not in answer.content.decode()


def test_a_reinstated_policy_is_back_at_its_address_under_its_number(client, bureau, page):
    number = page.release.index_number
    withdraw(page, bureau.publisher)
    reinstate(page, bureau.publisher)
    assert list(PolicyPage.objects.public()) == [page]
    answer = client.get(page.release.get_absolute_url())
    assert answer.status_code == 200
    assert number in answer.content.decode()


def test_it_can_be_withdrawn_again(bureau, page):
    withdraw(page, bureau.publisher)
    reinstate(page, bureau.publisher)
    assert withdraw(page, bureau.publisher).seq == 2
    assert not PolicyPage.objects.public().exists()


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_both_need_a_reason(bureau, page, reason):
    with pytest.raises(Refused):
        withdraw(page, bureau.publisher, reason=reason)
    withdraw(page, bureau.publisher)
    with pytest.raises(Refused):
        reinstate(page, bureau.publisher, reason=reason)
    assert Withdrawal.objects.count() == 1
    assert not Reinstatement.objects.exists()


def test_neither_can_be_done_twice(bureau, page):
    with pytest.raises(Refused):
        reinstate(page, bureau.publisher)
    withdraw(page, bureau.publisher)
    with pytest.raises(Refused):
        withdraw(page, bureau.publisher)
    reinstate(page, bureau.publisher)
    with pytest.raises(Refused):
        reinstate(page, bureau.publisher)


def test_both_are_in_the_ledger_reach_the_index_and_make_cached_pages_stale(bureau, page):
    Message.objects.all().delete()
    for step, action in ((withdraw, "policy.withdrawn"), (reinstate, "policy.reinstated")):
        before = freshness.current()
        step(page, bureau.publisher)
        entry = Entry.objects.get(action=action)
        assert entry.actor_id == bureau.publisher.pk
        assert entry.data["index_number"] == page.release.index_number
        assert freshness.current() > before
    sent = [m.payload for m in Message.objects.all() if m.payload["type"] == "policy"]
    assert sent == [{"type": "policy", "ids": [page.pk]}] * 2


def test_a_correction_of_a_withdrawn_policy_does_not_bring_it_back(bureau, page):
    withdraw(page, bureau.publisher)
    make.correct(page, bureau, headline_zh_hans="更正后的标题")
    assert not PolicyPage.objects.public().exists()


def test_no_sql_changes_or_removes_a_withdrawal_or_a_reinstatement(bureau, page):
    withdraw(page, bureau.publisher)
    reinstate(page, bureau.publisher)
    for table in ("policies_withdrawal", "policies_reinstatement"):
        for statement in (f"UPDATE {table} SET reason = 'x'", f"DELETE FROM {table}"):
            with (
                pytest.raises(IntegrityError),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
