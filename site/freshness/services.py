"""When a cached page is stale: as soon as what the public sees has changed, and never before."""

from django.db.models import F

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


def current() -> int:
    """Give the number of the content as it is committed now."""
    return ContentVersion.objects.filter(pk=1).values_list("version", flat=True).first() or 0
