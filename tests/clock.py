"""A moment for a test: Python's clock and the database's stand at it together."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import time_machine

from guards.services import clock_stands_at

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: str, time: str = "09:00") -> datetime.datetime:
    """A moment in Shanghai: ``at("2026-09-25", "17:00")``."""
    return datetime.datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=SHANGHAI)


@contextmanager
def standing_at(moment: datetime.datetime) -> Iterator[datetime.datetime]:
    """Inside, it is that moment for the site and for its database."""
    with time_machine.travel(moment, tick=False), clock_stands_at(moment):
        yield moment
