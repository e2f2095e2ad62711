"""Taking a released document back, and showing it again."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from freshness import services as freshness
from ledger import services as ledger
from organisations.services import Refused
from outbox import services as outbox
from policies.models import Effect, Reinstatement, Release, Withdrawal
from policies.services.indexing import reindex


def withdraw(
    release: Release, *, reason: str, still_proactive: bool, user: Any, now: datetime.datetime
) -> Withdrawal:
    """Take a released document back. Its address stays and shows the notice with ``reason``;
    its title too while it is ``still_proactive``."""
    if not reason.strip():
        raise Refused(_("A withdrawal needs a reason; the public reads it."))
    with transaction.atomic():
        Release.objects.select_for_update().get(pk=release.pk)
        if release.withdrawals.open().exists():
            raise Refused(_("This document is already withdrawn."))
        last = release.withdrawals.aggregate(last=Max("seq"))["last"] or 0
        withdrawal = Withdrawal.objects.create(
            release=release,
            seq=last + 1,
            withdrawn_at=now,
            reason=reason.strip(),
            still_proactive=still_proactive,
        )
        _visibility_changed("policy.withdrawn", release, user=user, now=now, reason=reason)
    return withdrawal


def reinstate(release: Release, *, reason: str, user: Any, now: datetime.datetime) -> None:
    """Show a withdrawn document again, at the same address and with the same number."""
    if not reason.strip():
        raise Refused(_("A reinstatement needs a reason."))
    with transaction.atomic():
        Release.objects.select_for_update().get(pk=release.pk)
        withdrawal = release.withdrawals.open().first()
        if withdrawal is None:
            raise Refused(_("This document is not withdrawn."))
        Reinstatement.objects.create(
            withdrawal=withdrawal, reinstated_at=now, reason=reason.strip()
        )
        _visibility_changed("policy.reinstated", release, user=user, now=now, reason=reason)


def _visibility_changed(
    action: str, release: Release, *, user: Any, now: datetime.datetime, reason: str
) -> None:
    ledger.record(
        action,
        release.page,
        actor=user,
        now=now,
        data={"index_number": release.index_number, "reason": reason.strip()},
    )
    touched = Effect.objects.filter(source=release.page).values_list("target_id", flat=True)
    reindex([release.page_id, *touched])
    interpretations = release.interpretations.values_list("page_id", flat=True)
    outbox.enqueue("search.index", {"type": "interpretation", "ids": list(interpretations)})
    freshness.bump()
