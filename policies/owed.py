"""What a document owes the public, and by what an editor may meet it."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Length, Substr
from wagtail.models import Page

from consultations.models import ConsultationPage, Exemption
from organisations import services as organisations
from organisations.models import OrganisationPage, owner_of
from policies.models import Obligation, PolicyPage, Release


def obligations_of(page: PolicyPage) -> QuerySet[Obligation]:
    """Give the obligations of a document and of what it was copied from or to, lifted or not."""
    return (
        Obligation.objects.filter(Q(page=page) | Q(origin=page.origin))
        .select_related("announcement__page", "lifting")
        .order_by("pk")
    )


def nameable_consultations(page: PolicyPage, parent: Page | None = None) -> Any:
    """Give the announced consultations that a document may name.

    parent: below which a new document is written.
    """
    return _consultations_of(page, parent).filter(announcement__isnull=False)


def may_name(page: PolicyPage) -> bool:
    """Tell whether a document may name the consultation that it names."""
    found = _consultations_of(page, page.get_parent())
    return bool(found.filter(pk=page.consultation_id).exists())


def _consultations_of(page: PolicyPage, parent: Page | None) -> Any:
    """Those of a document's organisation, and of all below it, since a government issues what its
    departments put before the public."""
    home = page if page.pk else parent
    owner = owner_of(home) if home else None
    if owner is None:
        return ConsultationPage.objects.none()
    below = organisations.with_all_below(owner)
    own = OrganisationPage.objects.filter(organisation__in=below).values("path")
    asking = Q(authorities__organisation__in=below) | Exists(
        own.filter(path=Substr(OuterRef("path"), 1, Length("path")))
    )
    return ConsultationPage.objects.filter(asking).distinct()


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
