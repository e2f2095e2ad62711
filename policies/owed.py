"""What a document owes the public, and by what an editor may meet it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from wagtail.models import Page

from consultations.models import ConsultationPage, Exemption
from organisations.models import owner_of
from policies.models import Obligation, PolicyPage, Release


def obligations_of(page: PolicyPage) -> QuerySet[Obligation]:
    """Give the obligations of a document and of what it was copied from or to, lifted or not."""
    return (
        Obligation.objects.filter(Q(page=page) | Q(origin=page.origin))
        .select_related("announcement__page", "lifting")
        .order_by("pk")
    )


def nameable_consultations() -> Any:
    """Give the consultations that a document may name: those that were announced."""
    return ConsultationPage.objects.filter(announcement__isnull=False)


def usable_exemptions(page: PolicyPage, parent: Page | None) -> QuerySet[Exemption]:
    """Give the exemptions of a document's organisation on which no other was released.

    parent: below which a new document is written.
    """
    home = page if page.pk else parent
    used = Release.objects.filter(exemption__isnull=False).exclude(page=page.pk)
    found: QuerySet[Exemption] = Exemption.objects.filter(
        organisation=owner_of(home) if home else None
    )
    return found.exclude(pk__in=used.values("exemption"))
