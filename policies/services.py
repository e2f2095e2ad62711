"""The only writers of released facts.

Every function takes the moment ``now`` (aware) from its caller, works in one transaction and
raises ``Refused`` with a message for the editor when a rule forbids what was asked; then
nothing has changed. Times are stored in UTC; days are Shanghai days.
"""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision, TaskState, WorkflowState

from freshness import services as freshness
from guards import services as guards
from ledger import services as ledger
from legaltext.parser import parse
from multilingual.languages import SOURCE
from organisations import services as organisations
from organisations.models import Organisation
from organisations.models import owner_of as organisation_of
from organisations.services import Refused as Refused
from outbox import mail
from outbox import services as outbox
from policies import rules
from policies.enums import Basis, EffectKind
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
    ProposedEffect,
    Reinstatement,
    Release,
    Withdrawal,
)

PARTS = ("numbers", "issuers", "popular_names", "attachments", "relations", "proposed_effects")
"""What a policy document has several of."""


def lock_releases() -> None:
    """Wait until no other transaction releases or corrects; call it at a transaction's start.

    Two documents released at the same moment could otherwise repeal each other in a circle,
    or wait for each other's rows for ever.
    """
    guards.lock("policies.releases")


logger = logging.getLogger(__name__)


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
    if page.is_released and not found and _lacks_reason(page):
        found["correction_reason"] = _(
            "The released text changes: say why, in the reason for the correction."
        )
    return found


def _lacks_reason(draft: PolicyPage) -> bool:
    """Tell whether a draft changes the released text without a reason of its own."""
    live = PolicyPage.objects.get(pk=draft.pk)
    return not _new_reason(live, draft) and released_facts(live) != released_facts(draft)


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


def label(page: Page, name: str) -> str:
    """Give the name of a field as the editor's form shows it."""
    field = page._meta.get_field(name)
    label = getattr(field, "verbose_name", None) or field.related_model._meta.verbose_name
    return str(label).removesuffix(f" [{SOURCE}]")


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
        lock_releases()
        locked = type(page).objects.select_for_update(of=("self",), no_key=True).get(pk=page.pk)
        draft = revision.as_object()
        approvals = _approvals(locked, revision)
        if locked.live_revision_id and revision.pk <= locked.live_revision_id:
            raise Refused(_("A newer version is live. Revert to this one as a new draft."))
        refuse_if_incomplete(draft)
        if draft.go_live_at and draft.go_live_at > now:
            locked.publish_unguarded(revision, user)
            ledger.record(
                "document.scheduled",
                locked,
                actor=user,
                now=now,
                data={"go_live_at": draft.go_live_at.isoformat()},
            )
            return
        if isinstance(locked, PolicyPage):
            _publish_policy(locked, draft, revision, approvals, user=user, now=now)
        else:
            _publish_interpretation(locked, revision, user=user, now=now)
        freshness.bump()


def _approvals(page: Page, revision: Revision) -> list[TaskState]:
    """Give the approvals, oldest first, by which different people passed exactly this revision."""
    state = (
        WorkflowState.objects.for_instance(page)
        .filter(status=WorkflowState.STATUS_APPROVED, current_task_state__revision=revision)
        .order_by("-pk")
        .first()
    )
    if state is None:
        raise Refused(_("It goes public through its workflow: draft, legal review, publication."))
    organisations.refuse_unless_passed_by_different_people(state, revision)
    approvals = list(
        TaskState.objects.filter(
            workflow_state=state, revision=revision, status=TaskState.STATUS_APPROVED
        ).order_by("started_at")
    )
    if revision.created_at > approvals[0].started_at:
        raise Refused(_("It was changed after the review had begun."))
    return approvals


def _publish_policy(
    page: PolicyPage,
    draft: PolicyPage,
    revision: Revision,
    approvals: list[TaskState],
    *,
    user: Any,
    now: datetime.datetime,
) -> None:
    release = Release.objects.filter(page=page).first()
    reason = _new_reason(page, draft)
    if release is None:
        release = _insert_release(page, basis=Basis.NOT_REQUIRED, day=rules.local_day(now), now=now)
        page.publish_unguarded(revision, user)
        _release_interpretations(page, draft, release, approvals, user=user, now=now)
        action = "policy.released"
    else:
        _keep_corrected_text(release, page, draft, reason=reason, now=now)
        page.publish_unguarded(revision, user)
        action = "policy.corrected"
    touched = _settle_effects(draft, reason=reason, now=now)
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
    serial = take_serials({(code, day.year): 1})[code, day.year]
    try:
        with transaction.atomic():
            return Release.objects.create(
                page=page,
                organisation_code=code,
                year=day.year,
                serial=serial,
                released_at=now,
                basis=basis,
            )
    except IntegrityError as error:
        if "release_owes_an_answer" in str(error):
            raise Refused(_("This document still owes an answer to the public.")) from error
        raise


def take_serials(wanted: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    """Reserve serials: how many of each organisation's year; give the first of each."""
    codes, years = {code for code, _year in wanted}, {year for _code, year in wanted}
    IndexCounter.objects.bulk_create(
        [IndexCounter(organisation_code=code, year=year) for code, year in sorted(wanted)],
        ignore_conflicts=True,
    )
    rows = {
        (row.organisation_code, row.year): row
        for row in IndexCounter.objects.select_for_update()
        .filter(organisation_code__in=codes, year__in=years)
        .order_by("pk")
    }
    first = {key: rows[key].last + 1 for key in wanted}
    for key, count in wanted.items():
        rows[key].last += count
    IndexCounter.objects.bulk_update([rows[key] for key in wanted], ["last"])
    return first


def _release_interpretations(
    page: PolicyPage,
    draft: PolicyPage,
    release: Release,
    approvals: list[TaskState],
    *,
    user: Any,
    now: datetime.datetime,
) -> None:
    interpretations = drafted_interpretations(page)
    if not interpretations:
        assert draft.interpretation_due_on is not None  # or `refuse_if_incomplete` had refused
        InterpretationWaiver.objects.create(
            release=release,
            reason=draft.no_interpretation_reason.strip(),
            due_on=draft.interpretation_due_on,
        )
    approvers = {approval.finished_by_id for approval in approvals}
    for interpretation in interpretations:
        refuse_if_incomplete(interpretation)
        revision = interpretation.get_latest_revision()
        if revision is None or revision.created_at > approvals[0].started_at:
            raise Refused(_("An interpretation was changed after the review had begun."))
        if revision.user_id in approvers:
            raise Refused(_("Who wrote an interpretation cannot approve its release."))
        _insert_interpretation_release(interpretation, release, revision, user=user, now=now)


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


# --- the schedule -------------------------------------------------------------------------------


def publish_scheduled(now: datetime.datetime) -> int:
    """Publish every passed revision whose time has come; give how many went public.

    One transaction a page. What is refused keeps its schedule and stops nothing else; its editors
    are told once. Nothing expires here: what was released stays.
    """
    due = Revision.objects.filter(approved_go_live_at__lte=now)
    return sum(
        _publish_due(key, now) for key in due.order_by("approved_go_live_at").values_list("pk")
    )


def _publish_due(key: tuple[int], now: datetime.datetime) -> bool:
    try:
        with transaction.atomic():
            revision = (
                Revision.objects.select_for_update()
                .filter(pk=key[0], approved_go_live_at__lte=now)
                .first()
            )
            if revision is None:
                return False
            page = revision.content_object.specific
            if isinstance(page, PolicyPage | InterpretationPage):
                publish(page, revision, user=None, now=now)
            else:
                revision.publish()
        return True
    except Refused as refusal:
        _tell_once(key[0], " ".join(refusal.messages), now)
    except Exception as error:
        logger.exception("The scheduled revision %s could not be published", key[0])
        _tell_once(key[0], str(error), now)
    return False


def _tell_once(revision_id: int, reason: str, now: datetime.datetime) -> None:
    """Mail those who passed the revision that it was refused at its time."""
    revision = Revision.objects.get(pk=revision_id)
    page = revision.content_object.specific
    action = "document.schedule_refused"
    with transaction.atomic():
        Page.objects.select_for_update().get(pk=page.pk)
        if ledger.recorded(action, page, revision=revision_id):
            return
        ledger.record(action, page, now=now, data={"revision": revision_id, "reason": reason})
        people = TaskState.objects.filter(revision=revision).values_list(
            "finished_by__email", "workflow_state__requested_by__email"
        )
        addresses = sorted({address for pair in people for address in pair if address})
        if addresses:
            mail.send(
                _("Not released: %(title)s") % {"title": page.title},
                _("It was due, but it was refused and keeps its schedule. Reason: %(reason)s")
                % {"reason": reason},
                addresses,
                now=now,
            )


# --- correction ---------------------------------------------------------------------------------


def released_facts(page: PolicyPage) -> dict[str, Any]:
    """Give the facts that are part of the released text, in a form that JSON can keep."""
    body = [[block["type"], block["value"]] for block in page.body.get_prep_value()]
    return {
        "headline": page.headline_zh_hans,
        "body": json.loads(json.dumps(body, cls=DjangoJSONEncoder)),
        "kind": page.kind,
        "numbers": [number.text for number in page.numbers.all()],
        "issuers": [issuer.organisation.code for issuer in page.issuers.all()],
        "attachments": [
            [item.title, item.document.get_file_hash()] for item in page.attachments.all()
        ],
        "adoption_note": page.adoption_note,
        "adopted_on": page.adopted_on and page.adopted_on.isoformat(),
        "issued_on": page.issued_on and page.issued_on.isoformat(),
        "effective_on": page.effective_on and page.effective_on.isoformat(),
        "expires_on": page.expires_on and page.expires_on.isoformat(),
    }


def _new_reason(live: PolicyPage, draft: PolicyPage) -> str:
    """Give the reason that was written for this correction; none if it is still the last one's."""
    reason = draft.correction_reason.strip()
    return "" if reason == live.correction_reason.strip() else reason


def _keep_corrected_text(
    release: Release, live: PolicyPage, draft: PolicyPage, *, reason: str, now: datetime.datetime
) -> None:
    """Keep the text that a correction (更正) replaces; its reason must be a new one."""
    old = released_facts(live)
    if old == released_facts(draft):
        return
    if not reason:
        raise Refused(_("The released text changes: say why, in the reason for the correction."))
    last = release.corrections.aggregate(last=Max("seq"))["last"] or 0
    Correction.objects.create(
        release=release,
        seq=last + 1,
        corrected_at=now,
        reason=reason,
        old_headline=old.pop("headline"),
        old_body=old.pop("body"),
        old_facts=old,
    )


# --- effects between documents --------------------------------------------------------------------


def _settle_effects(draft: PolicyPage, *, reason: str, now: datetime.datetime) -> list[int]:
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


# --- obligations ----------------------------------------------------------------------------------


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
    """Raise ``Refused``, always: an alias would be a second address of one document."""
    raise Refused(_("A document cannot have an alias; it has one permanent address."))


def reindex(page_ids: Iterable[int]) -> None:
    """Put policies on the way to the search index; call it inside the transaction."""
    outbox.enqueue("search.index", {"type": "policy", "ids": sorted(set(page_ids))})
