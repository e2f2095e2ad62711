"""What a document still lacks for its release, by field."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from consultations import rules as consulting
from consultations.models import Period
from organisations.services import Refused, label
from policies import rules
from policies.enums import Basis
from policies.models import InterpretationPage, PolicyPage
from policies.owed import may_name
from policies.services.corrections import lacks_reason

PARTS = ("numbers", "issuers", "popular_names", "attachments", "relations", "proposed_effects")
"""What a policy document has several of."""


def missing(page: PolicyPage | InterpretationPage) -> dict[str, str]:
    """Name what a document still lacks for its release, by field, in the active language.

    The catalogue demands index number, name, abstract and date of creation (条例 art. 12); the
    rest is what a reader needs to rely on the text.
    """
    if isinstance(page, InterpretationPage):
        required: tuple[str, ...] = ("headline_zh_hans", "kind", "speaker", "signed_on")
        found: dict[str, str] = {}
    else:
        required = (
            "headline_zh_hans",
            "abstract_zh_hans",
            "kind",
            "disclosure",
            "adopted_on",
            "issued_on",
            "effective_on",
            "subject",
        )
        found = _missing_of_policy(page)
    if page.is_released and not found and lacks_reason(page):
        found["correction_reason"] = _(
            "The released text changes: say why, in the reason for the correction."
        )
    blank = _("This is missing; a document cannot be released without it.")
    found |= {name: blank for name in required if rules.is_blank(getattr(page, name))}
    if rules.is_blank(page.words):
        found["body"] = blank
    elif not _is_clean(page.body):
        found["body"] = _("A picture, a video, a question or a table in it is incomplete.")
    return found


def _is_clean(body: Any) -> bool:
    """Tell whether every block is complete; a draft is saved without asking."""
    try:
        body.stream_block.clean(body)
    except ValidationError:
        return False
    return True


def _missing_of_policy(page: PolicyPage) -> dict[str, str]:
    found = {}
    if page.disclosure and not rules.may_be_released(page.disclosure):
        found["disclosure"] = _("Only documents for proactive disclosure can be released.")
    for name in PARTS:
        if any(_is_incomplete(part) for part in getattr(page, name).all()):
            found[name] = _("An entry is incomplete.")
    if not page.issuers.all():
        found["issuers"] = _("Name at least one issuing authority.")
    if not page.is_released and not drafted_interpretations(page):
        if rules.is_blank(page.no_interpretation_reason):
            found["no_interpretation_reason"] = _(
                "Add an interpretation, or say why there is none yet."
            )
        if page.interpretation_due_on is None:
            found["interpretation_due_on"] = _("Say by when the interpretation will follow.")
    if not page.is_released:
        found |= _missing_of_consulting(page)
    if not page.is_released or page.release.basis != Basis.IMPORTED:
        found |= _missing_of_effect(page)
    return found


def _missing_of_consulting(page: PolicyPage) -> dict[str, str]:
    """What decides whether the public has to be asked."""
    found = {}
    if page.business_related is None:
        found["business_related"] = _("Answer yes or no: it decides on consulting the public.")
    if page.consultation_id and page.exemption_id:
        found["exemption"] = _("The public was consulted: an exemption is for where it was not.")
    if page.consultation_id and not may_name(page):
        found["consultation"] = _("Another organisation asks the public about its own document.")
    return found


def _missing_of_effect(page: PolicyPage) -> dict[str, str]:
    """From when on a document may apply (rule 12); none is issued while the public is asked."""
    found = {}
    closed = None if page.is_released else _closed_on(page)
    if page.issued_on and closed and page.issued_on <= closed:
        found["issued_on"] = _("The public was asked until %(day)s: it was issued after that.") % {
            "day": closed.isoformat()
        }
    if page.early_effect and not page.early_effect_reason.strip():
        found["early_effect_reason"] = _("Say why it cannot wait; the document's page shows it.")
    if page.issued_on and page.effective_on and not page.early_effect:
        earliest = rules.earliest_effect(page.issued_on)
        related = bool(page.business_related)
        if page.effective_on < earliest and rules.has_to_wait(page.kind, business_related=related):
            found["effective_on"] = _(
                "It may take effect from %(day)s on, 30 days after it was issued, or it states "
                "why it cannot wait."
            ) % {"day": earliest.isoformat()}
    return found


def _closed_on(page: PolicyPage) -> datetime.date | None:
    """The last day of the newest round of the consultation that a document names."""
    periods = Period.objects.filter(announcement__page=page.consultation_id)
    newest = periods.order_by("-seq").first() if page.consultation_id else None
    return consulting.last_day(newest.closes_at) if newest else None


def _is_incomplete(part: Any) -> bool:
    try:
        part.clean_fields(exclude=["page"])
    except ValidationError:
        return True
    return False


def refuse_if_incomplete(page: PolicyPage | InterpretationPage) -> None:
    """Raise ``Refused`` that names every missing element by its label."""
    lacking = missing(page)
    if lacking:
        raise Refused([f"{label(page, name)}: {words}" for name, words in lacking.items()])


def drafted_interpretations(page: PolicyPage) -> list[InterpretationPage]:
    """Give the unreleased interpretations below a policy, each as its newest draft."""
    if page.pk is None:
        return []
    children = InterpretationPage.objects.child_of(page).filter(release__isnull=True)
    return [child.get_latest_revision_as_object() for child in children]
