"""Writes effects down, and brings them about after the commit.

A message is lost by nothing but the loss of the database: the wake-up after a commit is a
courtesy, and a sweep every second or two finds whatever was not announced.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import F, Max, Min
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from outbox import registry
from outbox.lock import consuming
from outbox.models import Message
from outbox.registry import Payload
from outbox.rules import group_size, pause_after

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)  # after which a consumer that took messages is taken for dead
LONGEST_RUN = 60.0  # seconds of one `deliver`; far below LEASE, which counts from its `now`
KEPT = timedelta(days=7)
POLL = 0.1  # seconds


@dataclass(frozen=True)
class Backlog:
    """What is not delivered yet.

    waiting: all of it; failing: that part of it that failed at least once.
    oldest: how long the oldest of those has waited that never failed. A consumer that has stopped
    makes it grow; a message that always fails does not.
    """

    waiting: int
    failing: int
    oldest: timedelta


def enqueue(topic: str, payload: Payload, *, now: datetime | None = None) -> Message:
    """Writes down one effect, which takes place after the surrounding transaction commits.

    payload: JSON, with ids rather than contents; dates and times are allowed.
    now: aware; the clock's time if left out.
    Raises TransactionManagementError outside a transaction: there the effect and its cause could
    part.
    """
    return enqueue_many(topic, [payload], now=now)[0]


def enqueue_many(
    topic: str, payloads: Iterable[Payload], *, now: datetime | None = None
) -> list[Message]:
    """As `enqueue`, for many effects of one topic in one go."""
    if not connection.in_atomic_block:
        raise TransactionManagementError(f"{topic}: an effect belongs into its cause's transaction")
    now = now or timezone.now()
    messages = Message.objects.bulk_create(
        [
            Message(topic=topic, payload=payload, created_at=now, available_at=now)
            for payload in payloads
        ],
        batch_size=500,
    )
    transaction.on_commit(_wake_the_consumer, robust=True)
    return messages


def _wake_the_consumer() -> None:
    from outbox.tasks import deliver as task

    try:
        task.apply_async(retry=False)
    except Exception:  # noqa: BLE001 - whatever the broker does, the request has succeeded
        logger.warning("The outbox could not wake its consumer; the next sweep delivers.")


def deliver(now: datetime, limit: int = 1_000) -> int:
    """Delivers what is due at `now` (aware), oldest first; returns how many were delivered.

    Takes at most `limit` messages and stops after a minute. What fails rests for a while and holds
    up nothing else. Several consumers may run at once; each message goes to one of them.
    """
    stop = time.monotonic() + LONGEST_RUN
    delivered = taken = 0
    while taken < limit and time.monotonic() < stop:
        messages = _claim(now, limit - taken)
        if not messages:
            break
        taken += len(messages)
        delivered += _hand_over(messages, now)
    return delivered


def release_claims() -> int:
    """Makes due what a consumer had claimed that is certainly dead; returns how much that was.

    Only for who holds the right to consume alone (`outbox.lock`).
    """
    claimed = Message.objects.undelivered().filter(claim__isnull=False)
    if not claimed.exists():
        return 0  # on SQLite an update would keep writers waiting for nothing
    return claimed.update(claim=None, available_at=F("created_at"))


def drain(now: datetime) -> int:
    """Delivers all that is due at `now`, however long it takes; returns how many."""
    delivered = 0
    while Message.objects.due(now).exists():
        delivered += deliver(now)
    return delivered


def _claim(now: datetime, at_most: int) -> list[Message]:
    """Takes the oldest due message, with others like it if its handler takes batches.

    The lease is `available_at` itself: should this consumer die, the messages are due again when
    it has passed. The attempt counts from here, so that one that kills its consumer counts too.
    """
    if not Message.objects.due(now).exists():
        return []  # on SQLite the transaction below would keep writers waiting for nothing
    claim = uuid4()
    with transaction.atomic():
        due = Message.objects.due(now)
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        first = due.first()
        if first is None:
            return []
        group = [first.pk]
        if registry.takes_batches(first.topic):
            alike = due.filter(topic=first.topic, attempts=first.attempts)
            size = min(at_most, group_size(first.attempts))
            group = [message.pk for message in alike.only("pk")[:size]]
        Message.objects.due(now).filter(pk__in=group).update(
            claim=claim, attempts=first.attempts + 1, available_at=now + LEASE
        )
    return list(Message.objects.undelivered().filter(claim=claim, pk__in=group).order_by("pk"))


def _hand_over(messages: list[Message], now: datetime) -> int:
    topic, attempts = messages[0].topic, messages[0].attempts
    # A consumer that outlived its lease must not settle what another one has claimed since.
    ours = Message.objects.undelivered().filter(
        claim=messages[0].claim, pk__in=[message.pk for message in messages]
    )
    try:
        registry.call(topic, [message.payload for message in messages], now)
    except Exception as error:  # noqa: BLE001 - one message's fault must not stop the others
        logger.warning(
            "Outbox: %s failed, attempt %s of message %s: %r",
            topic,
            attempts,
            messages[0].pk,
            error,
        )
        ours.update(
            claim=None,
            available_at=now + pause_after(attempts),
            last_error=f"{type(error).__name__}: {error}"[:2_000],
        )
        return 0
    return ours.update(claim=None, delivered_at=now, last_error="")


def wait_or_drain(timeout: float, *, clock: Callable[[], datetime] = timezone.now) -> bool:
    """For commands: sees to it that what is in the outbox now takes effect.

    Delivers here if this process may consume; if a running server holds that right, waits for it,
    at most `timeout` seconds. Returns whether all was delivered; what failed is left to the server.
    """
    last = Message.objects.undelivered().aggregate(last=Max("pk"))["last"]
    before = Message.objects.undelivered().filter(pk__lte=last or 0)
    stop = time.monotonic() + timeout
    while before.filter(last_error="").exists():
        with consuming() as ours:
            if ours:
                drain(clock())
        if ours or time.monotonic() >= stop:
            break
        time.sleep(POLL)
    return not before.exists()


def backlog(now: datetime) -> Backlog:
    """What waits in the outbox at `now` (aware)."""
    undelivered = Message.objects.undelivered()
    oldest = undelivered.filter(last_error="").aggregate(oldest=Min("created_at"))["oldest"]
    return Backlog(
        waiting=undelivered.count(),
        failing=undelivered.failing().count(),
        oldest=max(now - oldest, timedelta(0)) if oldest else timedelta(0),
    )


def prune(now: datetime, *, kept: timedelta = KEPT) -> int:
    """Removes messages delivered more than `kept` before `now` (aware); returns how many."""
    removed, _by_model = Message.objects.filter(delivered_at__lt=now - kept).delete()
    return removed
