from datetime import UTC, datetime

import pytest

from outbox import lock, registry

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


class Post:
    """A handler that writes down what it delivers, and fails on what it is told to."""

    def __init__(self):
        self.calls = []
        self.poison = set()
        self.down = False

    def one(self, payload, now):
        self.many([payload], now)

    def many(self, payloads, now):
        numbers = [payload["n"] for payload in payloads]
        if self.down or self.poison & set(numbers):
            raise ConnectionError(f"cannot deliver {numbers}")
        self.calls.append(numbers)


@pytest.fixture
def post():
    """Handles the topics `letter`, one at a time, and `parcel`, in batches."""
    post = Post()
    registry.handler("letter")(post.one)
    registry.handler("parcel", batch=True)(post.many)
    yield post
    registry.unregister("letter")
    registry.unregister("parcel")


@pytest.fixture(autouse=True)
def _fresh_lock(settings, tmp_path):
    lock.release()
    settings.VAR = tmp_path
    yield
    lock.release()
