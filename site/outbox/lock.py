"""With the embedded search index, one process at a time consumes: the index has one writer.

With a broker and a search cluster, several consumers share the work and every one of them may.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

_one_thread = threading.RLock()
_descriptor: int | None = None


@contextmanager
def consuming(*, keep: bool = False) -> Iterator[bool]:
    """Tells the block whether this process may consume, and lets one thread of it in at a time.

    keep: hold the lock until the process ends, as the server's worker does. Never waits for
    another process.
    """
    if settings.ELASTICSEARCH_URL and not settings.EMBEDDED_QUEUE:
        yield True
        return
    with _one_thread:
        held_before = _descriptor is not None
        ours = held_before or _take()
        if ours and not held_before:
            _take_over()
        try:
            yield ours
        finally:
            if ours and not held_before and not keep:
                release()


def _take_over() -> None:
    """Whoever consumed before is gone: what it had claimed need not wait for its lease to end."""
    from outbox.services import release_claims

    release_claims()


def _take() -> bool:
    global _descriptor  # noqa: PLW0603 - the lock is one per process
    path = settings.VAR / "outbox.lock"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _descriptor = descriptor
    return True


def release() -> None:
    """Gives up a lock that was kept; without one, nothing happens."""
    global _descriptor  # noqa: PLW0603 - the lock is one per process
    if _descriptor is not None:
        os.close(_descriptor)
        _descriptor = None
