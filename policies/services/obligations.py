"""What a document owes to the public before it can be released."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from ledger import services as ledger
from organisations.services import Refused
from policies.models import Obligation, ObligationLifting, PolicyPage, Release
from policies.services.locks import lock_releases


def oblige(page: PolicyPage, *, reason: str, user: Any, now: datetime.datetime) -> Obligation:
    """Record that the document owes an answer to the public before it can be released."""
    if not reason.strip():
        raise Refused(_("Say why it owes an answer."))
    with transaction.atomic():
        lock_releases()
        if Release.objects.filter(page=page).exists():
            raise Refused(_("This document is already released."))
        obligation = Obligation.objects.create(page=page, reason=reason, arose_at=now)
        ledger.record("obligation.arose", page, actor=user, now=now, data={"reason": reason})
    return obligation


def lift_obligation(
    obligation: Obligation, *, reason: str, user: Any, now: datetime.datetime
) -> None:
    """Lift an obligation that had been recorded by mistake; ``user`` answers for it."""
    if not reason.strip():
        raise Refused(_("Say why the obligation is lifted."))
    with transaction.atomic():
        lock_releases()
        if ObligationLifting.objects.filter(obligation=obligation).exists():
            raise Refused(_("This obligation is already lifted."))
        ObligationLifting.objects.create(
            obligation=obligation, approver=user.get_username(), reason=reason, lifted_at=now
        )
        ledger.record(
            "obligation.lifted", obligation.page, actor=user, now=now, data={"reason": reason}
        )
