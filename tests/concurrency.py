"""Several people who do something at the same moment, each with a database connection of their own.

Only for tests with `django_db(transaction=True)`: what another test transaction holds, they
cannot see.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """Starts all actions together; gives what each returned, or the exception that it raised."""
    start = Barrier(len(actions), timeout=30)

    def run(action: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return action()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))
