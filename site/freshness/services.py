"""When a cached page is stale: as soon as what the public sees has changed, and never before."""

import datetime

from django.db import connection
from django.db.models import F
from django.http import HttpResponse

from freshness.models import ContentVersion


def bump() -> None:
    """Make every cached page stale, when the transaction around this call commits.

    The row lock puts the commits in order, so a page that was rendered before a commit can
    never be stored under the number after it. Call it last: others wait for the lock.
    """
    if not ContentVersion.objects.filter(pk=1).update(version=F("version") + 1):
        ContentVersion.objects.update_or_create(
            pk=1, defaults={"version": F("version") + 1}, create_defaults={"version": 1}
        )


def keep_until(response: HttpResponse, moment: datetime.datetime | None) -> None:
    """Let a page be kept until an aware moment at which time alone makes it stale, if any."""
    response.fresh_until = moment  # type: ignore[attr-defined]


def seconds_fresh(response: HttpResponse, most: int, now: datetime.datetime) -> int:
    """Give for how many seconds from ``now`` on a page may be kept: ``most``, or fewer."""
    until: datetime.datetime | None = getattr(response, "fresh_until", None)
    return most if until is None else max(0, min(most, int((until - now).total_seconds())))


def current() -> int:
    """Give the number of the content as it is committed now."""
    # Every page asks, and from the cache it does little else: the ORM would take most of its time.
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM freshness_contentversion WHERE id = 1")
        found = cursor.fetchone()
    return int(found[0]) if found else 0
