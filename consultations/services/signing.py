"""Three people pass a statement, and the third one signs; it appears with the policy."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from consultations import rules
from consultations.enums import CommentState, StatementKind, Step
from consultations.models import (
    Announcement,
    Disclosure,
    SignedAnswer,
    SignedOpinion,
    SignedStatement,
    StatementDraft,
    StatementStep,
)
from consultations.services.effects import show_again, tell_authors, tell_followers
from consultations.services.opinions import begin
from consultations.services.statement import (
    Content,
    content,
    corrected,
    is_public,
    is_withdrawn,
    lacks,
    totals,
)
from guards import services as guards
from ledger import services as ledger
from organisations import services as organisations
from organisations.models import Role
from organisations.services import Refused

CHUNK = 2000


# --- who may do what ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """Where a statement stands, seen by one person.

    steps: those since the last signature, the newest first. digest: of what it would say now.
    """

    steps: Sequence[StatementStep]
    digest: str
    user: int
    roles: Collection[str]

    @property
    def last(self) -> StatementStep | None:
        """The newest step; ``None`` at the drafter's desk."""
        return self.steps[0] if self.steps else None

    @property
    def is_changed(self) -> bool:
        """Whether something else was passed than what it would say now."""
        at_desk = self.last is None or self.last.step == Step.RETURNED
        return not at_desk and self.steps[0].digest != self.digest

    @property
    def since_submission(self) -> list[StatementStep]:
        """The steps from the newest submission on, the newest first."""
        found = []
        for step in self.steps:
            found.append(step)
            if step.step == Step.SUBMITTED:
                break
        return found

    @property
    def actions(self) -> set[str]:
        """What the person may do now: submit, return, approve, sign; its lacks apart."""
        found = set()
        for action, refuse in _REFUSALS.items():
            with suppress(Refused):
                refuse(self)
                found.add(action)
        return found


def standing(announcement: Announcement, said: Content, user: Any) -> Standing:
    """Give where the statement stands that would say this now."""
    owner = organisations.owner_of(announcement.page)
    steps = announcement.statement_steps.select_related("taken_by").order_by("-pk")
    signed = announcement.statements.order_by("-seq").first()
    return Standing(
        steps=list(steps.filter(pk__gt=signed.approval_id) if signed else steps),
        digest=said.digest,
        user=user.pk,
        roles=set(Role) if user.is_superuser else organisations.roles_of(user, owner),
    )


def _refuse_to_submit(at: Standing) -> None:
    _refuse_without_role(at, Role.DRAFTER)
    if at.last and at.last.step != Step.RETURNED and not at.is_changed:
        raise Refused(_("The statement is not at this step."))


def _refuse_to_return(at: Standing) -> None:
    if at.last is None or at.last.step == Step.RETURNED:
        raise Refused(_("The statement is at the drafter's desk."))
    submitted = at.last.step == Step.SUBMITTED
    _refuse_without_role(at, Role.REVIEWER if submitted else Role.PUBLISHER)


def _refuse_to_approve(at: Standing) -> None:
    _refuse_without_role(at, Role.REVIEWER)
    _refuse_unless_passed(at, Step.SUBMITTED)


def _refuse_to_sign(at: Standing) -> None:
    _refuse_without_role(at, Role.PUBLISHER)
    _refuse_unless_passed(at, Step.APPROVED)


_REFUSALS: Mapping[str, Callable[[Standing], None]] = {
    "submit": _refuse_to_submit,
    "return": _refuse_to_return,
    "approve": _refuse_to_approve,
    "sign": _refuse_to_sign,
}


def _refuse_without_role(at: Standing, role: Role) -> None:
    if role not in at.roles:
        raise Refused(_("This step needs the role “%(role)s”.") % {"role": role.label})


def _refuse_unless_passed(at: Standing, step: Step) -> None:
    """Refuse if the step before was another, passed another text, or was this person's own."""
    if at.last is None or at.last.step != step:
        raise Refused(_("The statement is not at this step."))
    if at.is_changed:
        raise Refused(_("Something was changed since; the drafter has to submit it again."))
    if at.user in {step.taken_by_id for step in at.since_submission}:
        raise Refused(_("Draft, legal review and signature need three different people."))


# --- three people -------------------------------------------------------------------------------


def submit_statement(announcement: Announcement, *, user: Any, now: datetime.datetime) -> None:
    """The drafter holds the statement to be complete. Raises ``Refused`` with what it lacks."""
    with transaction.atomic():
        begin(announcement, user)
        at = standing(announcement, content(announcement), user)
        _refuse_to_submit(at)
        _refuse_if_lacking(announcement, now)
        _step(announcement, Step.SUBMITTED, at.digest, user=user, now=now)


def return_statement(
    announcement: Announcement, *, note: str, user: Any, now: datetime.datetime
) -> None:
    """Reviewer or publisher give the statement back to the drafter, and say why."""
    with transaction.atomic():
        begin(announcement, user)
        if not note.strip():
            raise Refused(_("Say what has to change."))
        at = standing(announcement, content(announcement), user)
        _refuse_to_return(at)
        digest = at.steps[0].digest
        _step(announcement, Step.RETURNED, digest, note=note.strip(), user=user, now=now)


def approve_statement(announcement: Announcement, *, user: Any, now: datetime.datetime) -> None:
    """The legal reviewer, who is not the drafter, passes exactly what was submitted."""
    with transaction.atomic():
        begin(announcement, user)
        at = standing(announcement, content(announcement), user)
        _refuse_to_approve(at)
        _refuse_if_lacking(announcement, now)
        _step(announcement, Step.APPROVED, at.digest, user=user, now=now)


def sign_statement(
    announcement: Announcement, *, user: Any, now: datetime.datetime
) -> SignedStatement:
    """The publisher, a third person, signs what the legal reviewer passed.

    An adoption statement appears with its policy; a closing statement, and the correction of one
    that is public already, at once. Raises ``Refused`` if anything has changed since, and with
    what is missing.
    """
    with transaction.atomic():
        begin(announcement, user)
        guards.lock("consultations.intake", announcement.pk)
        said = content(announcement)
        at = standing(announcement, said, user)
        _refuse_to_sign(at)
        _refuse_if_lacking(announcement, now)
        before = corrected(announcement)
        approved, submitted = at.since_submission
        statement = _sign(announcement, said, before, submitted, approved, user=user, now=now)
        StatementDraft.objects.filter(announcement=announcement).update(correction_reason="")
        public = before is not None and is_public(before, StatementKind.ADOPTION)
        if statement.kind == StatementKind.CLOSING or public:
            disclose(statement, user=user, now=now)
    return statement


def _sign(
    announcement: Announcement,
    said: Content,
    before: SignedStatement | None,
    submitted: StatementStep,
    approved: StatementStep,
    *,
    user: Any,
    now: datetime.datetime,
) -> SignedStatement:
    last = announcement.statements.order_by("-seq").first()
    statement = SignedStatement(
        id=uuid4(),
        announcement=announcement,
        seq=last.seq + 1 if last else 1,
        round=said.round,
        kind=said.kind,
        corrects=before,
        correction_reason=said.correction_reason,
        words=said.words,
        received=said.totals["received"],
        published=said.totals[CommentState.PUBLISHED.value],
        withheld=said.totals[CommentState.WITHHELD.value],
        withdrawn=said.totals[CommentState.WITHDRAWN.value],
        unanswered=0,
        opinions_count=len(said.opinions),
        answers_count=len(said.answers),
        totals=said.totals,
        concentration=said.concentration,
        final_text=said.final_text,
        digest=said.digest,
        approval=approved,
        drafted_by=submitted.taken_by,
        reviewed_by=approved.taken_by,
        signed_by=user,
        signed_at=now,
    )
    opinions = SignedOpinion.objects.bulk_create(
        SignedOpinion(statement=statement, **opinion) for opinion in said.opinions
    )
    by_number = {opinion.number: opinion for opinion in opinions}
    SignedAnswer.objects.bulk_create(
        (
            SignedAnswer(
                statement=statement,
                opinion=by_number[answer["number"]],
                comment_id=answer["comment"],
                passage=answer["passage"],
                argument=answer["argument"],
            )
            for answer in said.answers
        ),
        batch_size=CHUNK,
    )
    try:
        statement.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(
            _("Something came in or changed at this moment. Look again at what is missing.")
        ) from error
    data = {"statement": str(statement.pk), "kind": said.kind, "digest": said.digest}
    ledger.record("statement.signed", announcement, actor=user, now=now, data=data)
    return statement


def _refuse_if_lacking(announcement: Announcement, now: datetime.datetime) -> None:
    found = lacks(announcement, now)
    if found:
        raise Refused([lack.words for lack in found])


def _step(
    announcement: Announcement,
    step: Step,
    digest: str,
    *,
    note: str = "",
    user: Any,
    now: datetime.datetime,
) -> None:
    StatementStep.objects.create(
        announcement=announcement, step=step, digest=digest, note=note, taken_by=user, taken_at=now
    )
    data: Mapping[str, Any] = {"digest": digest, "note": note}
    ledger.record(f"statement.{step}", announcement, actor=user, now=now, data=data)


# --- it appears ---------------------------------------------------------------------------------


def disclose(statement: SignedStatement, *, user: Any, now: datetime.datetime) -> None:
    """Make a signed statement public, in the transaction of the policy's release if it has one.

    Its followers are told once, after the commit, and so is each author: by a correction only
    those whose comments came in after the statement that it corrects.
    """
    with transaction.atomic():
        if Disclosure.objects.filter(statement=statement).exists():
            return
        announcement = statement.announcement
        told = Disclosure.objects.filter(
            statement__announcement=announcement,
            statement__round=statement.round,
            statement__kind=statement.kind,
        ).exists()
        Disclosure.objects.create(statement=statement, disclosed_at=now)
        data = {"statement": str(statement.pk)}
        ledger.record("statement.disclosed", announcement, actor=user, now=now, data=data)
        tell_authors(statement, now=now)
        if not told:
            tell_followers(announcement, statement.kind, now=now)
        show_again(announcement)


def outdated_by(statement: SignedStatement, counted: Mapping[str, Any]) -> str:
    """Say what happened to the comments since a statement was signed; empty if nothing did.

    counted: the consultation's ``totals`` of now.
    """
    if counted["received"] != statement.received:
        return _("A comment came in after the statement was signed: correct the statement.")
    if any(counted[state] != getattr(statement, state) for state in ("published", "withheld")):
        return _("Comments were published or withheld after the signature: correct the statement.")
    return ""


def refuse_to_take_back(announcement: Announcement, text: str) -> None:
    """Raise ``Refused`` if a corrected text of the policy no longer has what its public statement
    says was changed as people asked for it."""
    statement = SignedStatement.objects.public().filter(announcement=announcement).last()
    if statement is None:
        return
    changes = rules.TextChanges(announcement.versions.latest("seq").text, text)
    lost = [
        f"{opinion.code}: {clause['number']}"
        for opinion in statement.opinions.order_by("number")
        for clause, stands in [
            *((clause, changes.differs(clause["anchor"])) for clause in opinion.changed_clauses),
            *((clause, clause["anchor"] in changes.removed) for clause in opinion.removed_clauses),
        ]
        if not stands
    ]
    if lost:
        raise Refused(
            [_("The public statement says that this was changed; it has to stay so."), *lost]
        )


def statement_for_release(
    announcement: Announcement, text: str, now: datetime.datetime
) -> SignedStatement:
    """Give the statement with which a policy of this final text may appear (rule 10).

    Raises ``Refused`` that names what is missing: the newest round has to be closed, its
    statement signed, nothing come in since, and the text be the one whose clauses it cites. Until
    the commit no letter comes in and no new round begins.
    """
    guards.lock("consultations.announcement", announcement.page_id)
    guards.lock("consultations.intake", announcement.pk)
    if announcement.historic:
        raise Refused(_("This consultation took place elsewhere: its document is imported."))
    if is_withdrawn(announcement):
        raise Refused(_("The draft of this consultation was withdrawn."))
    period = announcement.periods.latest("seq")
    statement = announcement.statements.order_by("-seq").first()
    if period.closes_at > now:
        raise Refused(_("The consultation has not closed yet."))
    if statement is None or statement.round != period.round:
        raise Refused(
            [
                _("The adoption statement is not signed yet."),
                *(lack.words for lack in lacks(announcement, now)),
            ]
        )
    if statement.kind != StatementKind.ADOPTION:
        raise Refused(_("The draft of this consultation was abandoned."))
    outdated = outdated_by(statement, totals(announcement))
    if outdated:
        raise Refused(outdated)
    if statement.final_text != text:
        raise Refused(
            _("The text has changed since the statement was signed: correct the statement.")
        )
    return statement
