"""The gate: a document appears with the answers that it owes, or not at all (rule 10)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from consultations import services as consultations
from consultations.models import Announcement, Exemption, SignedStatement
from consultations.reading import consultation_on
from multilingual.languages import SOURCE
from organisations.services import Refused, owner_of
from policies import rules
from policies.enums import Basis
from policies.models import Obligation, PolicyPage, Release
from policies.owed import nameable_consultations
from policies.services.obligations import oblige


@dataclass(frozen=True)
class Passed:
    """On what a document may be released, with the statement or exemption that it needs."""

    basis: Basis
    statement: SignedStatement | None = None
    exemption: Exemption | None = None


def note_owed(page: PolicyPage, draft: PolicyPage, *, user: Any, now: datetime.datetime) -> None:
    """Record what a document owes by what its draft says; called when it is submitted, and again
    before its release. What is recorded already, or was lifted as a mistake, is not again.

    A consultation that is not announced yet is one still to be held.
    """
    announcement = named(draft)
    if page.is_released or not (draft.consultation_id or must_consult(draft)):
        return
    known = Obligation.objects.filter(page=page, announcement=announcement)
    if known.exists() or Obligation.objects.open_for(page).filter(announcement=announcement):
        return
    reason = (
        _("It names a consultation.")
        if draft.consultation_id
        else _("Its draft has to be consulted on.")
    )
    oblige(page, reason=reason, announcement=announcement, user=user, now=now)


def must_consult(draft: PolicyPage) -> bool:
    """Tell whether the law wants the public to be asked about a document."""
    return rules.must_consult(draft.kind, business_related=bool(draft.business_related))


def named(draft: PolicyPage) -> Announcement | None:
    """Give the consultation that a draft names, once it is announced."""
    return getattr(draft.consultation, "announcement", None) if draft.consultation_id else None


def pass_gate(page: PolicyPage, draft: PolicyPage, *, now: datetime.datetime) -> Passed:
    """Give the basis on which a document may appear. Raises ``Refused`` that names what it owes.

    The database asks the same (``release_rules``); this says it in words.
    """
    announcement = named(draft)
    if draft.consultation_id and announcement is None:
        raise Refused(_("The consultation that it names was not announced."))
    _refuse_what_others_owe(page, announcement)
    if announcement is not None:
        statement = consultations.statement_for_release(announcement, draft.text, now)
        return Passed(Basis.CONSULTED, statement=statement)
    _refuse_unnamed(draft)
    if draft.exemption is not None:
        return Passed(Basis.EXEMPT, exemption=_usable(page, draft.exemption))
    if must_consult(draft) or Obligation.objects.open_for(page).exists():
        raise Refused(
            _(
                "The public has to be consulted on this document: name the consultation on its "
                "draft, or the exemption that was recorded."
            )
        )
    return Passed(Basis.NOT_REQUIRED)


def refuse_other_basis(release: Release, page: PolicyPage, draft: PolicyPage) -> None:
    """Raise ``Refused`` for a correction that makes another document of a released one: such that
    it would have had to pass the gate again."""
    if draft.consultation_id != page.consultation_id or draft.exemption_id != page.exemption_id:
        raise Refused(_("Consultation and exemption are those of the release; they stay."))
    if release.basis == Basis.IMPORTED and draft.headline_in(SOURCE) != page.headline_in(SOURCE):
        _refuse_unnamed(draft)
    free = release.basis == Basis.NOT_REQUIRED or (
        release.basis == Basis.IMPORTED and page.kind != "" and not must_consult(page)
    )
    if free and must_consult(draft):
        raise Refused(
            _(
                "As a document of this kind it would have to be put before the public: release a "
                "new one."
            )
        )


def _refuse_what_others_owe(page: PolicyPage, announcement: Announcement | None) -> None:
    """What was recorded stands, whatever a later draft names."""
    for obligation in Obligation.objects.open_for(page):
        owed = obligation.announcement
        if owed is not None and owed != announcement:
            raise Refused(
                _("It owes the answer to the consultation “%(title)s”.")
                % {"title": owed.versions.latest("seq").headline}
            )


def _refuse_unnamed(draft: PolicyPage) -> None:
    """A document that the public was asked about under its title cannot keep silent about it."""
    asked = consultation_on(draft.headline_in(SOURCE) or draft.title)
    if asked is None or asked.page not in nameable_consultations(draft):
        return
    if not SignedStatement.objects.public().filter(announcement=asked).exists():
        raise Refused(_("The public is asked about this document: name the consultation on it."))


def _usable(page: PolicyPage, exemption: Exemption) -> Exemption:
    if exemption.organisation != owner_of(page):
        raise Refused(_("The exemption was recorded for another organisation."))
    if Release.objects.filter(exemption=exemption).exists():
        raise Refused(_("Another document was released on this exemption."))
    return exemption
