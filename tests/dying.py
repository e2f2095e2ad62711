"""A process that dies between two statements of SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction


class _ProcessDied(BaseException):
    pass


class _DiesAt:
    """Counts the statements that write, and ends the process in place of the nth.

    To die at a statement that only reads leaves the same as to die at the next that writes.
    """

    def __init__(self, at: int = 0) -> None:
        self.count, self.at = 0, at

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            self.count += 1
            if self.count == self.at:
                raise _ProcessDied
        return execute(sql, params, many, context)


def all_or_nothing(action: Callable[[], object], everything: Callable[[], Any]) -> int:
    """Lets the process die in place of each statement of ``action`` that writes, and asserts that
    ``everything``, which tells what it changes, is then as before or as after the whole of it.

    Gives how many statements there were; afterwards nothing has happened.
    """
    before = everything()
    whole = _DiesAt()
    with transaction.atomic():
        with connection.execute_wrapper(whole):
            action()
        after = everything()
        transaction.set_rollback(True)
    assert after != before

    for n in range(1, whole.count + 1):
        with transaction.atomic():
            expected = after  # Wagtail goes on without its own search index
            with connection.execute_wrapper(_DiesAt(n)):
                try:
                    action()
                except _ProcessDied:
                    expected = before
            assert everything() == expected, f"statement {n} of {whole.count}"
            transaction.set_rollback(True)
    return whole.count
