"""Publication of what three people have passed: the first release, or a correction."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from wagtail.models import Revision, TaskState

from consultations import services as consultations
from freshness import services as freshness
from ledger import services as ledger
from organisations import services as organisations
from organisations.services import Refused
from outbox import services as outbox
from policies import rules
from policies.models import (
    InterpretationPage,
    InterpretationRelease,
    InterpretationWaiver,
    PolicyPage,
    Release,
)
from policies.services.completeness import drafted_interpretations, refuse_if_incomplete
from policies.services.corrections import keep_corrected_text, new_reason
from policies.services.effects import settle_effects
from policies.services.gate import note_owed, pass_gate, refuse_other_basis
from policies.services.indexing import reindex
from policies.services.locks import lock_releases
from policies.services.numbering import insert_release


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
        approvals = organisations.approvals(locked, revision)
        if locked.live_revision_id and revision.pk <= locked.live_revision_id:
            raise Refused(_("A newer version is live. Revert to this one as a new draft."))
        refuse_if_incomplete(draft)
        if isinstance(locked, PolicyPage):
            note_owed(locked, draft, user=user, now=now)
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
            _publish_interpretation(locked, draft, revision, user=user, now=now)
        freshness.bump()


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
    reason = new_reason(page, draft)
    if release is None:
        passed = pass_gate(page, draft, now=now)
        page.publish_unguarded(revision, user)
        release = insert_release(
            page,
            day=rules.local_day(now),
            now=now,
            basis=passed.basis,
            disclosure_id=passed.statement and passed.statement.pk,
            exemption=passed.exemption,
            kind=draft.kind,
            business_related=draft.business_related,
        )
        if passed.statement is not None:
            consultations.disclose(passed.statement, user=user, now=now)
        _release_interpretations(page, draft, release, approvals, user=user, now=now)
        action = "policy.released"
    else:
        refuse_other_basis(release, page, draft)
        if release.disclosure is not None:
            consultations.refuse_to_take_back(release.disclosure.statement.announcement, draft.text)
        keep_corrected_text(page, draft, now=now)
        page.publish_unguarded(revision, user)
        action = "policy.corrected"
    touched = settle_effects(draft, reason=reason, now=now)
    ledger.record(action, page, actor=user, now=now, data={"index_number": release.index_number})
    reindex([page.pk, *touched])


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
    page: InterpretationPage,
    draft: InterpretationPage,
    revision: Revision,
    *,
    user: Any,
    now: datetime.datetime,
) -> None:
    release = Release.objects.filter(page_id=page.get_parent().pk).first()
    if release is None:
        raise Refused(_("An interpretation is released together with its policy."))
    if page.is_released:
        keep_corrected_text(page, draft, now=now)
        page.publish_unguarded(revision, user)
        ledger.record("interpretation.corrected", page, actor=user, now=now)
        outbox.enqueue("search.index", {"type": "interpretation", "ids": [page.pk]})
    else:
        _insert_interpretation_release(page, release, revision, user=user, now=now)
    reindex([release.page_id])
