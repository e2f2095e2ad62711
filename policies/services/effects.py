"""What released documents do to each other."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils.translation import gettext as _

from legaltext.parser import parse
from organisations.services import Refused
from policies import rules
from policies.enums import EffectKind
from policies.models import Effect, EffectReversal, PolicyPage, ProposedEffect, Release


def settle_effects(draft: PolicyPage, *, reason: str, now: datetime.datetime) -> list[int]:
    """Make the proposed effects of a released document real; give the documents they touch."""
    wanted = {_effect_key(effect): effect for effect in draft.proposed_effects.all()}
    standing = {
        _effect_key(effect): effect
        for effect in Effect.objects.filter(source_id=draft.pk, reversal__isnull=True)
    }
    touched = []
    for key in standing.keys() - wanted.keys():
        if not reason:
            raise Refused(_("An effect is taken back: say why, in the reason for the correction."))
        EffectReversal.objects.create(effect=standing[key], reversed_at=now, reason=reason)
        touched.append(standing[key].target_id)
    for key in wanted.keys() - standing.keys():
        proposal = wanted[key]
        refuse_bad_effect(draft.pk, proposal)
        _refuse_unknown_provisions(proposal)
        Effect.objects.create(
            source_id=draft.pk,
            target=proposal.target,
            kind=proposal.kind,
            provisions=proposal.provisions,
            effective_on=proposal.effective_on,
            until_on=proposal.until_on,
            applied=proposal.applied,
            recorded_at=now,
        )
        touched.append(proposal.target_id)
    return touched


def _effect_key(effect: Any) -> tuple[Any, ...]:
    return (
        effect.target_id,
        effect.kind,
        tuple(effect.provisions),
        effect.effective_on,
        effect.until_on,
        effect.applied,
    )


def refuse_bad_effect(source_id: int, effect: ProposedEffect) -> None:
    """Refuse an effect on itself, on an unreleased document, in a circle, or without its days
    or provisions. Call it after ``lock_releases``."""
    target = effect.target
    title = {"title": target.headline_zh_hans}
    if source_id == target.pk:
        raise Refused(_("A document cannot act on itself."))
    if not Release.objects.filter(page=target).exists():
        raise Refused(_("“%(title)s” has not been released; nothing can act on it yet.") % title)
    if effect.kind == EffectKind.EXTENDS and effect.until_on is None:
        raise Refused(_("Say until when “%(title)s” is extended.") % title)
    if effect.until_on is not None and effect.until_on < effect.effective_on:
        raise Refused(_("The effect on “%(title)s” ends before it begins.") % title)
    if effect.kind == EffectKind.PARTLY_REPEALS and not effect.provisions:
        raise Refused(_("Name the provisions of “%(title)s” that are repealed.") % title)
    edges = Effect.objects.filter(reversal__isnull=True).values_list("source_id", "target_id")
    if rules.reaches(edges, target.pk, source_id):
        raise Refused(
            _("“%(title)s” already acts on this document, so this one cannot act on it.") % title
        )


def _refuse_unknown_provisions(effect: ProposedEffect) -> None:
    if not effect.provisions:
        return
    known = parse(effect.target.text).anchors()
    unknown = [str(anchor) for anchor in effect.provisions if anchor not in known]
    if unknown:
        raise Refused(
            _("“%(title)s” has no provision %(anchors)s.")
            % {"title": effect.target.headline_zh_hans, "anchors": ", ".join(unknown)}
        )
