"""What a document owes to the public before it can be released."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from consultations.models import Announcement
from ledger import services as ledger
from organisations import services as organisations
from organisations.models import Role
from organisations.services import Refused
from policies.models import Obligation, ObligationLifting, PolicyPage, Release
from policies.services.locks import lock_releases


def oblige(
    page: PolicyPage,
    *,
    reason: str,
    announcement: Announcement | None = None,
    user: Any,
    now: datetime.datetime,
) -> Obligation:
    """Record that the document owes an answer to the public before it can be released.

    announcement: the consultation that wants it; without one, one is still to be held.
    """
    if not reason.strip():
        raise Refused(_("Say why it owes an answer."))
    with transaction.atomic():
        lock_releases()
        if Release.objects.filter(page=page).exists():
            raise Refused(_("This document is already released."))
        obligation: Obligation = Obligation.objects.create(
            page=page,
            origin=page.origin,
            announcement=announcement,
            reason=reason,
            arose_at=now,
        )
        data = {"reason": reason, "consultation": announcement.slug if announcement else ""}
        ledger.record("obligation.arose", page, actor=user, now=now, data=data)
    return obligation


def lift_obligation(
    obligation: Obligation, *, reason: str, user: Any, now: datetime.datetime
) -> None:
    """Lift an obligation that had been recorded by mistake; ``user``, who reviews for the
    organisation, answers for it."""
    if not reason.strip():
        raise Refused(_("Say why the obligation is lifted."))
    roles = organisations.roles_of(user, organisations.owner_of(obligation.page))
    if not user.is_superuser and Role.REVIEWER not in roles:
        raise Refused(_("Only the legal reviewer lifts an obligation."))
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
