import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from outbox import services, tasks
from outbox.models import Message

from .conftest import NOW

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

SECOND = timedelta(seconds=1)


def letters(*numbers, topic="letter"):
    return services.enqueue_many(topic, [{"n": n} for n in numbers], now=NOW)


def test_an_effect_is_written_down_and_not_yet_brought_about(post):
    message = services.enqueue("letter", {"n": 1, "due": NOW}, now=NOW)
    message.refresh_from_db()
    assert message.payload == {"n": 1, "due": "2026-11-02T01:00:00Z"}
    assert (message.created_at, message.delivered_at, message.attempts) == (NOW, None, 0)
    assert post.calls == []


@pytest.mark.django_db(transaction=True)
def test_an_effect_belongs_into_a_transaction(post):
    with pytest.raises(TransactionManagementError, match="letter"):
        services.enqueue("letter", {"n": 1}, now=NOW)
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_effect_vanishes_with_its_cause(post):
    def fail():
        with transaction.atomic():
            letters(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not Message.objects.exists()


def test_many_effects_wake_the_consumer_once(post, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        letters(*range(40))
    assert len(callbacks) == 1


def test_a_broker_that_is_down_does_not_fail_the_request(
    post, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    def refuse(**options):
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.deliver, "apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        letters(1)
    assert "could not wake its consumer" in caplog.text
    assert services.deliver(NOW) == 1


def test_what_is_due_is_delivered_once_and_in_order(post):
    letters(1, 2, 3)
    assert services.deliver(NOW - SECOND) == 0
    assert services.deliver(NOW, limit=2) == 2
    assert services.deliver(NOW) == 1
    assert services.deliver(NOW) == 0
    assert post.calls == [[1], [2], [3]]
    assert Message.objects.filter(delivered_at=NOW).count() == 3


def test_a_batch_handler_gets_many_at_a_time_between_other_topics(post):
    letters(1)
    letters(2, 3, topic="parcel")
    letters(4)
    letters(5, topic="parcel")
    services.deliver(NOW)
    assert post.calls == [[1], [2, 3, 5], [4]]


def test_four_thousand_policies_are_indexed_in_eight_calls(post):
    letters(*range(4_000), topic="parcel")
    assert services.drain(NOW) == 4_000
    assert [len(call) for call in post.calls] == [500] * 8


def test_a_poison_message_holds_up_no_other(post):
    post.poison = {1}
    first, *_ = letters(1, 2, 3)
    assert services.drain(NOW) == 2
    first.refresh_from_db()
    assert post.calls == [[2], [3]]
    assert (first.attempts, first.available_at) == (1, NOW + 2 * SECOND)
    assert first.last_error == "ConnectionError: cannot deliver [1]"


def test_the_pause_grows_until_the_message_is_delivered(post):
    post.poison = {1}
    [message] = letters(1)
    now = NOW
    for pause in (2, 4, 8):
        services.deliver(now)
        message.refresh_from_db()
        assert message.available_at == now + pause * SECOND
        now = message.available_at
    post.poison = set()
    assert services.deliver(now - SECOND) == 0
    assert services.deliver(now) == 1
    message.refresh_from_db()
    assert (message.last_error, message.delivered_at, message.attempts) == ("", now, 4)


def test_a_poison_message_in_a_batch_is_at_last_alone(post):
    post.poison = {70}
    letters(*range(100), topic="parcel")
    now = NOW
    for _ in range(4):
        services.drain(now)
        now += timedelta(hours=1)
    assert sorted(n for call in post.calls for n in call) == [n for n in range(100) if n != 70]
    assert Message.objects.undelivered().get().payload == {"n": 70}


def test_new_messages_do_not_share_a_batch_with_a_poisonous_one(post):
    post.poison = {1}
    letters(1, topic="parcel")
    services.deliver(NOW)
    letters(2, 3, topic="parcel")
    services.deliver(NOW + 2 * SECOND)
    assert post.calls == [[2, 3]]


def test_a_topic_without_a_handler_waits_for_one():
    services_message = letters(1, topic="nobody")[0]
    assert services.deliver(NOW) == 0
    services_message.refresh_from_db()
    assert services_message.last_error.startswith("NoHandlerError")


def test_messages_of_a_consumer_that_died_are_due_again(post):
    letters(1)
    [message] = services._claim(NOW, 10)
    assert services.deliver(NOW) == 0
    assert services.deliver(NOW + services.LEASE) == 1
    message.refresh_from_db()
    assert message.attempts == 2


def test_a_consumer_that_outlived_its_lease_settles_nothing(post):
    letters(1)
    late = services._claim(NOW, 10)
    again = services._claim(NOW + services.LEASE, 10)
    assert services._hand_over(late, NOW) == 0
    assert services._hand_over(again, NOW + services.LEASE) == 1
    assert post.calls == [[1], [1]]


@pytest.mark.django_db(transaction=True)
def test_consumers_at_once_share_the_work_and_deliver_each_message_once(post):
    def work():
        try:
            services.drain(NOW)
        except Exception as error:  # noqa: BLE001 - reported by the assertion below
            failures.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        letters(*range(60))
        letters(*range(100, 700), topic="parcel")
    failures: list[Exception] = []
    consumers = [threading.Thread(target=work) for _ in range(4)]
    for consumer in consumers:
        consumer.start()
    for consumer in consumers:
        consumer.join()
    assert failures == []
    delivered = [n for call in post.calls for n in call]
    assert sorted(delivered) == [*range(60), *range(100, 700)]


def test_the_backlog_tells_what_waits_what_fails_and_since_when(post):
    assert services.backlog(NOW) == services.Backlog(0, 0, timedelta(0))
    post.poison = {2}
    letters(1, 2)
    services.deliver(NOW)
    services.enqueue("letter", {"n": 3}, now=NOW + SECOND)
    assert services.backlog(NOW + 5 * SECOND) == services.Backlog(2, 1, 4 * SECOND)


def test_delivered_messages_are_removed_after_a_while(post):
    letters(1)
    services.deliver(NOW)
    letters(2)
    assert services.prune(NOW + services.KEPT) == 0
    assert services.prune(NOW + services.KEPT + SECOND) == 1
    assert Message.objects.get().payload == {"n": 2}


@pytest.mark.parametrize("topic", ["letter", "parcel"])
def test_an_empty_outbox_costs_one_query(post, topic, django_assert_num_queries):
    letters(1, 2, topic=topic)
    services.deliver(NOW)
    with django_assert_num_queries(1):
        services.deliver(NOW)


def test_the_search_for_what_is_due_reads_the_small_index_only():
    first, *_ = letters(*range(500))
    Message.objects.filter(pk__gt=first.pk).update(delivered_at=NOW)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE outbox_message")
    assert "outbox_message_undelivered" in Message.objects.due(NOW)[:1].explain()
