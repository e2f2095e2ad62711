"""Who brings a topic's messages about. Apps register their handlers in `ready()`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar, overload

from django.core.exceptions import ImproperlyConfigured

Payload = dict[str, Any]
Handler = Callable[[Payload, datetime], None]
BatchHandler = Callable[[list[Payload], datetime], None]
One = TypeVar("One", bound=Handler)
Many = TypeVar("Many", bound=BatchHandler)


class NoHandlerError(LookupError):
    """Nobody registered for the topic."""


@dataclass(frozen=True)
class Topic:
    name: str
    deliver: BatchHandler
    batch: bool
    handler: Callable[..., None]


_topics: dict[str, Topic] = {}


@overload
def handler(topic: str, *, batch: Literal[False] = False) -> Callable[[One], One]: ...
@overload
def handler(topic: str, *, batch: Literal[True]) -> Callable[[Many], Many]: ...
def handler(topic: str, *, batch: bool = False) -> Callable[[Any], Any]:
    """Registers a function for a topic: `fn(payload, now)`, or with `batch` `fn(payloads, now)`.

    The function must be idempotent, for a message may come twice: it reads the state as it is now
    and makes the world fit. It raises if it could not; then the message, or the whole batch, is
    tried again later. It runs outside a transaction.
    Raises ImproperlyConfigured if the topic has another handler.
    """

    def register(function: Any) -> Any:
        known = _topics.get(topic)
        if known and known.handler is not function:
            raise ImproperlyConfigured(f"The outbox topic {topic} has two handlers.")

        def one_by_one(payloads: list[Payload], now: datetime) -> None:
            for payload in payloads:
                function(payload, now)

        _topics[topic] = Topic(topic, function if batch else one_by_one, batch, function)
        return function

    return register


def unregister(topic: str) -> None:
    """Forgets the topic's handler."""
    _topics.pop(topic, None)


def takes_batches(topic: str) -> bool:
    """Whether messages of the topic are delivered many at a time."""
    return topic in _topics and _topics[topic].batch


def call(topic: str, payloads: list[Payload], now: datetime) -> None:
    """Hands `payloads` to the handler. Raises NoHandlerError, or what the handler raises."""
    if topic not in _topics:
        raise NoHandlerError(f"No handler is registered for {topic}.")
    _topics[topic].deliver(payloads, now)
