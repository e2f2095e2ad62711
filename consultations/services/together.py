"""What several threads want at the same moment is done for all of them in one go.

A commit waits for the disk, and one commit takes as long for eight rows as for one. While a thread
is at it, those that come meanwhile wait; the first of them then does what all of them want.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST = 50


class _Ticket(Generic[Item, Result]):
    def __init__(self, item: Item) -> None:
        self.item = item
        self.result: list[Result] = []
        self.error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return bool(self.result) or self.error is not None


class Together(Generic[Item, Result]):
    """Hands items to ``act`` as they come: one alone, or those of several threads at once.

    act: does all of it or nothing, and gives a result an item. What fails together is tried one
    by one, so nobody suffers from the fault of another.
    """

    def __init__(self, act: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._act = act
        self._waiting: deque[_Ticket[Item, Result]] = deque()
        self._turn = threading.Lock()

    def do(self, item: Item) -> Result:
        """Give the result for an item once it is there; raise what ``act`` raised for it."""
        mine: _Ticket[Item, Result] = _Ticket(item)
        self._waiting.append(mine)
        with self._turn:
            while not mine.is_done:
                self._serve([self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))])
        if mine.error is not None:
            raise mine.error
        return mine.result[0]

    def _serve(self, tickets: list[_Ticket[Item, Result]]) -> None:
        try:
            results = self._act([ticket.item for ticket in tickets])
        except BaseException as error:
            if len(tickets) == 1:
                tickets[0].error = error
            elif isinstance(error, Exception):
                for ticket in tickets:
                    self._serve([ticket])
            else:
                # This thread is being stopped: nobody may wait for it for ever.
                for ticket in tickets:
                    ticket.error = RuntimeError("The thread that wrote this down was stopped.")
                raise
        else:
            for ticket, result in zip(tickets, results, strict=True):
                ticket.result.append(result)
