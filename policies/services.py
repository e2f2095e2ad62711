"""The only writers of released facts.

Every function takes the moment ``now`` (aware) from its caller, works in one transaction and
raises ``Refused`` with a message for the editor when a rule forbids what was asked; then
nothing has changed. Times are stored in UTC; days are Shanghai days.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision, WorkflowState

from freshness import services as freshness
from ledger import services as ledger
from organisations import services as organisations
from organisations.models import Organisation
from organisations.models import owner_of as organisation_of
from organisations.services import Refused as Refused
from outbox import services as outbox
from policies import rules
from policies.enums import Basis
from policies.models import (
    Correction,
    Effect,
    EffectReversal,
    IndexCounter,
    InterpretationPage,
    InterpretationRelease,
    InterpretationWaiver,
    Obligation,
    ObligationLifting,
    PolicyPage,
    Reinstatement,
    Release,
    Withdrawal,
)


def owner_of(page: Page) -> Organisation:
    """Give the organisation in whose subtree the page stands."""
    organisation = organisation_of(page)
    if organisation is None:
        raise Refused(_("It stands below no organisation."))
    return organisation


# --- completeness -------------------------------------------------------------------------------


def missing(page: PolicyPage | InterpretationPage) -> dict[str, str]:
    """Name what a document still lacks for its release, by field, in the active language.

    The catalogue demands index number, name, abstract and date of creation (条例 art. 12); the
    rest is what a reader needs to rely on the text.
    """
    if isinstance(page, InterpretationPage):
        required = ("headline_zh_hans", "kind", "speaker", "signed_on", "body")
        found = {}
    else:
        required = (
            "headline_zh_hans", "abstract_zh_hans", "kind", "disclosure", "adopted_on",
            "issued_on", "effective_on", "subject", "body",
        )  # fmt: skip
        found = _missing_of_policy(page)
    blank = _("This is missing; a document cannot be released without it.")
    return {name: blank for name in required if _is_blank(page, name)} | found


def _is_blank(page: Page, name: str) -> bool:
    value = getattr(page, name)
    if name == "body":
        return rules.is_blank([block["value"] for block in value.get_prep_value()])
    return rules.is_blank(value)


def _missing_of_policy(page: PolicyPage) -> dict[str, str]:
    found = {}
    if page.disclosure and not rules.may_be_released(page.disclosure):
        found["disclosure"] = _("Only documents for proactive disclosure can be released.")
    if not page.issuers.all():
        found["issuers"] = _("Name at least one issuing authority.")
    if not page.is_released and not drafted_interpretations(page):
        if rules.is_blank(page.no_interpretation_reason):
            found["no_interpretation_reason"] = _(
                "Add an interpretation, or say why there is none yet."
            )
        if page.interpretation_due_on is None:
            found["interpretation_due_on"] = _("Say by when the interpretation will follow.")
    return found


def refuse_if_incomplete(page: PolicyPage | InterpretationPage) -> None:
    """Raise ``Refused`` that names every missing element by its label."""
    lacking = missing(page)
    if lacking:
        raise Refused([f"{label(page, name)}: {words}" for name, words in lacking.items()])


def label(page: Page, name: str) -> str:
    """Give the name of a field as the editor's form shows it."""
    field = page._meta.get_field(name)
    label = getattr(field, "verbose_name", None) or field.related_model._meta.verbose_name
    return str(label)


def changed_fields(old: Revision, new: Revision) -> list[str]:
    """Name the fields that differ between two drafts of one document, by their labels."""
    page = new.as_object()
    form_fields = page.get_edit_handler().get_form_class()
    names = [*form_fields.base_fields, *form_fields.formsets]
    return [
        label(page, name)
        for name in names
        if old.content.get(name) != new.content.get(name) and name != "comments"
    ]


def drafted_interpretations(page: PolicyPage) -> list[InterpretationPage]:
    """Give the unreleased interpretations below a policy, each as its newest draft."""
    if page.pk is None:
        return []
    children = InterpretationPage.objects.child_of(page).filter(release__isnull=True)
    return [child.get_latest_revision_as_object() for child in children]


# --- release ------------------------------------------------------------------------------------


def publish(
    page: PolicyPage | InterpretationPage, revision: Revision, *, user: Any, now: datetime.datetime
) -> None:
    """Publish a revision that three people have passed: its first release, or a correction.

    A revision with a later ``go_live_at`` is only scheduled. Raises ``Refused`` if the revision
    was not passed, is not newer than what is live, is incomplete, or breaks a rule of effects.
    """
    with transaction.atomic():
        locked = type(page).objects.select_for_update(of=("self",)).get(pk=page.pk)
        draft = revision.as_object()
        review = _passed_review(locked, revision)
        if locked.live_revision_id and revision.pk <= locked.live_revision_id:
            raise Refused(_("A newer version is live. Revert to this one as a new draft."))
        refuse_if_incomplete(draft)
        if draft.go_live_at and draft.go_live_at > now:
            locked.publish_unguarded(revision, user)
            ledger.record(
                "document.scheduled", locked, actor=user, now=now,
                data={"go_live_at": draft.go_live_at.isoformat()},
            )  # fmt: skip
            return
        if isinstance(locked, PolicyPage):
            _publish_policy(locked, draft, revision, review, user=user, now=now)
        else:
            _publish_interpretation(locked, revision, user=user, now=now)
        freshness.bump()


def _passed_review(page: Page, revision: Revision) -> WorkflowState:
    """Give the finished workflow in which three different people passed exactly this revision."""
    state = (
        WorkflowState.objects.for_instance(page)
        .filter(status=WorkflowState.STATUS_APPROVED, current_task_state__revision=revision)
        .order_by("-pk")
        .first()
    )
    if state is None:
        raise Refused(
            _("It goes public through its workflow: draft, legal review, publication.")
        )
    organisations.refuse_unless_passed_by_different_people(state, revision)
    return state


def _publish_policy(
    page: PolicyPage,
    draft: PolicyPage,
    revision: Revision,
    review: WorkflowState,
    *,
    user: Any,
    now: datetime.datetime,
) -> None:
    release = Release.objects.filter(page=page).first()
    if release is None:
        release = _insert_release(page, basis=Basis.NOT_REQUIRED, day=rules.local_day(now), now=now)
        page.publish_unguarded(revision, user)
        _release_interpretations(page, draft, release, review, user=user, now=now)
        action = "policy.released"
    else:
        _keep_corrected_text(release, page, draft, now=now)
        page.publish_unguarded(revision, user)
        action = "policy.corrected"
    touched = _settle_effects(draft, now=now)
    ledger.record(action, page, actor=user, now=now, data={"index_number": release.index_number})
    reindex([page.pk, *touched])


def _insert_release(
    page: PolicyPage,
    *,
    basis: Basis,
    day: datetime.date,
    now: datetime.datetime,
    organisation_code: str | None = None,
) -> Release:
    """Give the document the next index number of its organisation and year.

    The counter's row stays locked until the commit, and a rollback gives the number back: so
    the numbers have no gap and no double, however many releases run at once.
    """
    code = organisation_code or owner_of(page).code
    serial = take_serials(code, day.year, 1)
    try:
        with transaction.atomic():
            return Release.objects.create(
                page=page, organisation_code=code, year=day.year, serial=serial,
                released_at=now, basis=basis,
            )  # fmt: skip
    except IntegrityError as error:
        if "release_owes_an_answer" in str(error):
            raise Refused(_("This document still owes an answer to the public.")) from error
        raise


def take_serials(code: str, year: int, count: int) -> int:
    """Reserve ``count`` serials of an organisation's year; give the first of them."""
    IndexCounter.objects.get_or_create(organisation_code=code, year=year)
    row = IndexCounter.objects.filter(organisation_code=code, year=year)
    row.update(last=F("last") + count)
    return row.values_list("last", flat=True).get() - count + 1


def _release_interpretations(
    page: PolicyPage,
    draft: PolicyPage,
    release: Release,
    review: WorkflowState,
    *,
    user: Any,
    now: datetime.datetime,
) -> None:
    interpretations = drafted_interpretations(page)
    if not interpretations:
        InterpretationWaiver.objects.create(
            release=release,
            reason=draft.no_interpretation_reason,
            due_on=draft.interpretation_due_on,
        )
    for interpretation in interpretations:
        refuse_if_incomplete(interpretation)
        revision = interpretation.get_latest_revision()
        if revision.created_at > _began(review):
            raise Refused(_("An interpretation was changed after the review had begun."))
        _insert_interpretation_release(interpretation, release, revision, user=user, now=now)


def _began(review: WorkflowState) -> datetime.datetime:
    """Give the moment from which the reviewers read the version that they passed."""
    began = review.task_states.filter(revision=review.current_task_state.revision)
    first: datetime.datetime = began.order_by("started_at").values_list(
        "started_at", flat=True
    )[0]
    return first


def _insert_interpretation_release(
    page: InterpretationPage,
    release: Release,
    revision: Revision,
    *,
    user: Any,
    now: datetime.datetime,
) -> None:
    Release.objects.select_for_update().get(pk=release.pk)
    last = release.interpretations.aggregate(last=Max("serial"))["last"] or 0
    InterpretationRelease.objects.create(
        page=page, policy_release=release, serial=last + 1, released_at=now
    )
    page.publish_unguarded(revision, user)
    ledger.record("interpretation.released", page, actor=user, now=now)
    outbox.enqueue("search.index", {"type": "interpretation", "ids": [page.pk]})


def _publish_interpretation(
    page: InterpretationPage, revision: Revision, *, user: Any, now: datetime.datetime
) -> None:
    release = Release.objects.filter(page_id=page.get_parent().pk).first()
    if release is None:
        raise Refused(_("An interpretation is released together with its policy."))
    if page.is_released:
        page.publish_unguarded(revision, user)
        ledger.record("interpretation.corrected", page, actor=user, now=now)
        outbox.enqueue("search.index", {"type": "interpretation", "ids": [page.pk]})
    else:
        _insert_interpretation_release(page, release, revision, user=user, now=now)
    reindex([release.page_id])


# --- correction ---------------------------------------------------------------------------------


def released_facts(page: PolicyPage) -> dict[str, Any]:
    """Give the facts that are part of the released text, in a form that JSON can keep."""
    return {
        "headline": page.headline_zh_hans,
        "body": [[block.block_type, block.get_prep_value()["value"]] for block in page.body],
        "kind": page.kind,
        "numbers": [number.text for number in page.numbers.all()],
        "issuers": [issuer.organisation.code for issuer in page.issuers.all()],
        "adoption_note": page.adoption_note,
        "adopted_on": page.adopted_on and page.adopted_on.isoformat(),
        "issued_on": page.issued_on and page.issued_on.isoformat(),
        "effective_on": page.effective_on and page.effective_on.isoformat(),
        "expires_on": page.expires_on and page.expires_on.isoformat(),
    }


def _keep_corrected_text(
    release: Release, live: PolicyPage, draft: PolicyPage, *, now: datetime.datetime
) -> None:
    """Keep the text that a correction (更正) replaces; its reason must be a new one."""
    old = released_facts(live)
    if old == released_facts(draft):
        return
    last = release.corrections.order_by("-seq").first()
    reason = draft.correction_reason.strip()
    if not reason or (last is not None and reason == last.reason):
        raise Refused(_("The released text changes: say why, in the reason for the correction."))
    Correction.objects.create(
        release=release,
        seq=last.seq + 1 if last else 1,
        corrected_at=now,
        reason=reason,
        old_headline=old.pop("headline"),
        old_body=old.pop("body"),
        old_facts=old,
    )


# --- effects between documents --------------------------------------------------------------------


def _settle_effects(draft: PolicyPage, *, now: datetime.datetime) -> list[int]:
    """Make the proposed effects of a released document real; give the documents they touch."""
    wanted = {_effect_key(effect): effect for effect in draft.proposed_effects.all()}
    standing = {
        _effect_key(effect): effect
        for effect in Effect.objects.filter(source_id=draft.pk, reversal__isnull=True)
    }
    touched = []
    for key in standing.keys() - wanted.keys():
        reason = draft.correction_reason.strip()
        if not reason:
            raise Refused(_("An effect is taken back: say why, in the reason for the correction."))
        EffectReversal.objects.create(effect=standing[key], reversed_at=now, reason=reason)
        touched.append(standing[key].target_id)
    for key in wanted.keys() - standing.keys():
        proposal = wanted[key]
        _refuse_bad_effect(draft.pk, proposal.target)
        Effect.objects.create(
            source_id=draft.pk, target=proposal.target, kind=proposal.kind,
            provisions=proposal.provisions, effective_on=proposal.effective_on,
            until_on=proposal.until_on, applied=proposal.applied, recorded_at=now,
        )  # fmt: skip
        touched.append(proposal.target_id)
    return touched


def _effect_key(effect: Any) -> tuple[Any, ...]:
    return (
        effect.target_id, effect.kind, tuple(effect.provisions),
        effect.effective_on, effect.until_on, effect.applied,
    )  # fmt: skip


def _refuse_bad_effect(source_id: int, target: PolicyPage) -> None:
    """Refuse an effect on itself, on an unreleased document, or in a circle."""
    if source_id == target.pk:
        raise Refused(_("A document cannot act on itself."))
    if not Release.objects.filter(page=target).exists():
        raise Refused(
            _("“%(title)s” has not been released; nothing can act on it yet.")
            % {"title": target.headline_zh_hans}
        )
    # Two opposite effects released at the same moment would each miss the other.
    list(Release.objects.select_for_update().filter(page__in=[source_id, target.pk]))
    edges = Effect.objects.filter(reversal__isnull=True).values_list("source_id", "target_id")
    if rules.reaches(edges, target.pk, source_id):
        raise Refused(
            _("“%(title)s” already acts on this document, so this one cannot act on it.")
            % {"title": target.headline_zh_hans}
        )


# --- withdrawal -----------------------------------------------------------------------------------


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
            release=release, seq=last + 1, withdrawn_at=now, reason=reason.strip(),
            still_proactive=still_proactive,
        )  # fmt: skip
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
        action, release.page, actor=user, now=now,
        data={"index_number": release.index_number, "reason": reason.strip()},
    )  # fmt: skip
    touched = Effect.objects.filter(source=release.page).values_list("target_id", flat=True)
    reindex([release.page_id, *touched])
    interpretations = release.interpretations.values_list("page_id", flat=True)
    outbox.enqueue("search.index", {"type": "interpretation", "ids": list(interpretations)})
    freshness.bump()


# --- obligations ----------------------------------------------------------------------------------


def oblige(page: PolicyPage, *, reason: str, user: Any, now: datetime.datetime) -> Obligation:
    """Record that the document owes an answer to the public before it can be released."""
    with transaction.atomic():
        type(page).objects.select_for_update(of=("self",)).get(pk=page.pk)
        if Release.objects.filter(page=page).exists():
            raise Refused(_("This document is already released."))
        obligation = Obligation.objects.create(page=page, reason=reason, arose_at=now)
        ledger.record("obligation.arose", page, actor=user, now=now, data={"reason": reason})
    return obligation


def lift_obligation(
    obligation: Obligation, *, reason: str, user: Any, now: datetime.datetime
) -> None:
    """Lift an obligation that had been recorded by mistake."""
    with transaction.atomic():
        ObligationLifting.objects.create(
            obligation=obligation, approver=user.get_username(), reason=reason, lifted_at=now
        )
        ledger.record(
            "obligation.lifted", obligation.page, actor=user, now=now, data={"reason": reason}
        )


# --- refusals -------------------------------------------------------------------------------------


def refuse_if_released(page: Page) -> None:
    """Raise ``Refused`` for what would make a released document disappear, below it too."""
    pages = Page.objects.descendant_of(page, inclusive=True)
    if (
        Release.objects.filter(page__in=pages).exists()
        or InterpretationRelease.objects.filter(page__in=pages).exists()
    ):
        raise Refused(_("It is released and stays public. Withdraw it with a reason instead."))


def refuse_alias() -> None:
    raise Refused(_("A document cannot have an alias; it has one permanent address."))


def reindex(page_ids: Iterable[int]) -> None:
    """Put policies on the way to the search index; call it inside the transaction."""
    outbox.enqueue("search.index", {"type": "policy", "ids": sorted(set(page_ids))})
