"""With the embedded queue and index there is one server for a var folder, and this lock says so."""

import fcntl
from typing import IO

from django.conf import settings


class ServerRunsError(Exception):
    """Another server uses the same data."""


_held: IO[str] | None = None


def hold_server_lock() -> None:
    """Takes the lock until the process and its children end.

    Raises `ServerRunsError` where another process holds it.
    """
    global _held  # noqa: PLW0603 - the open file is the lock
    lock = (settings.VAR / "server.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        message = (
            f"A server already uses {settings.VAR}: stop it, or set GONGKAI_VAR to another folder."
        )
        raise ServerRunsError(message) from error
    _held = lock
