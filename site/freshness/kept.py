"""What was read from the database, kept in this process until the content changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar
from weakref import WeakSet

from django.db import connection

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

_all: WeakSet[Kept[object, object]] = WeakSet()


class Kept(Generic[Key, Value]):
    """Values by key. Requests share them, so nobody may change one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: tuple[int, dict[Key, Value]] = (-1, {})
        _all.add(self)  # type: ignore[arg-type]

    def get(
        self,
        version: int,
        keys: Sequence[Key],
        read: Callable[[list[Key]], Mapping[Key, Value]],
    ) -> dict[Key, Value]:
        """Give the values of ``keys``; ``read`` is asked for those that are not kept.

        version: the content's, read before; a value may be newer than it, never older.
        """
        if connection.in_atomic_block:
            # What it sees may be rolled back, and the version given out once more.
            return dict(read(list(keys)))
        kept_version, values = self._values
        if kept_version != version or len(values) > self._most:
            values = {}
            self._values = (version, values)
        missing = [key for key in keys if key not in values]
        if missing:
            values |= read(missing)
        return {key: values[key] for key in keys if key in values}

    def forget(self) -> None:
        self._values = (-1, {})


def forget_everything() -> None:
    """Keep nothing, for tests that put another database in the place of the one before."""
    for kept in list(_all):
        kept.forget()
