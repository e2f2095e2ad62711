"""What follows from a change, after its commit: fresh pages, the index, and letters."""

from __future__ import annotations

import datetime

from consultations.models import Announcement, SignedStatement
from freshness import services as freshness
from outbox import services as outbox

TELL = "consultations.tell"
TELL_AUTHORS = "consultations.tell_authors"


def show_again(announcement: Announcement) -> None:
    """Make cached pages stale and index the consultation anew."""
    freshness.bump()
    outbox.enqueue("search.index", {"type": "consultation", "ids": [announcement.page_id]})


def tell_followers(announcement: Announcement, event: str, *, now: datetime.datetime) -> None:
    """Write to everybody who follows the consultation what happened to it."""
    outbox.enqueue(TELL, {"announcement": announcement.pk, "event": event}, now=now)


def tell_authors(statement: SignedStatement, *, now: datetime.datetime) -> None:
    """Write to everybody who left an address what became of their comment."""
    outbox.enqueue(TELL_AUTHORS, {"statement": str(statement.pk)}, now=now)
