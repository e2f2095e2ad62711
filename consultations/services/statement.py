"""The statement: written from the opinions, passed by three people, disclosed with the policy."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from consultations import answers, outcome, rules
from consultations.enums import CommentState, StatementKind, Step
from consultations.models import (
    Announcement,
    Comment,
    Disclosure,
    OpinionComment,
    SignedAnswer,
    SignedOpinion,
    SignedStatement,
    StatementDraft,
    StatementStep,
    Withdrawal,
)
from consultations.services.effects import show_again, tell_authors, tell_followers
from consultations.services.opinions import begin, lost_comments, opinion_lacks, text_changes
from guards import services as guards
from ledger import services as ledger
from organisations import services as organisations
from organisations.models import Role
from organisations.services import Refused

CHUNK = 2000


@dataclass(frozen=True)
class Lack:
    """Something that a statement still lacks: where it is to be mended, and in words.

    place: ``consultation``, ``register``, ``comments``, ``opinion``, ``statement``; key: of the
    opinion.
    """

    place: str
    words: str
    key: int | None = None


@dataclass(frozen=True)
class Content:
    """All that a statement will say, and therefore what three people pass."""

    kind: str
    round: int
    words: str
    corrects: str
    correction_reason: str
    totals: dict[str, Any]
    concentration: dict[str, int]
    final_text: str
    opinions: list[dict[str, Any]]
    answers: list[tuple[int, int]]

    @property
    def digest(self) -> str:
        return rules.digest(asdict(self))


# --- what it says -------------------------------------------------------------------------------


def draft_of(announcement: Announcement) -> StatementDraft:
    """Give the words of the statement being written; a new one for a withdrawn draft closes."""
    known = StatementDraft.objects.filter(announcement=announcement).first()
    kind = StatementKind.CLOSING if _is_withdrawn(announcement) else StatementKind.ADOPTION
    return known or StatementDraft(announcement=announcement, kind=kind)


def write(
    announcement: Announcement,
    *,
    kind: str,
    words: str,
    correction_reason: str = "",
    user: Any,
    now: datetime.datetime,
) -> StatementDraft:
    """Keep the words of a statement; whoever has passed another text has passed nothing now."""
    with transaction.atomic():
        begin(announcement, user)
        draft = draft_of(announcement)
        draft.kind, draft.words = kind, words.strip()
        draft.correction_reason = correction_reason.strip()
        draft.save()
        data = {"kind": kind, "words": draft.words}
        ledger.record("statement.written", announcement, actor=user, now=now, data=data)
    return draft


def content(announcement: Announcement) -> Content:
    """Put together what the statement would say now; opinions that nobody holds are left out."""
    draft, final = draft_of(announcement), outcome.final_text(announcement)
    closing = draft.kind == StatementKind.CLOSING
    before = _corrected(announcement)
    rule = answers.concentration()
    opinions = [] if closing else [w for w in answers.weighed(announcement) if w.tally.comments]
    changes = None if closing else text_changes(announcement)
    return Content(
        kind=draft.kind,
        round=announcement.periods.latest("seq").round,
        words=draft.words,
        corrects=str(before.pk) if before else "",
        correction_reason=draft.correction_reason if before else "",
        totals=totals(announcement),
        concentration={"people": rule.people, "percent": rule.percent},
        final_text=final.text if final and not closing else "",
        opinions=[_opinion(one, changes) for one in opinions],
        answers=[] if closing else _answers(announcement),
    )


def _opinion(one: answers.Weighed, changes: rules.TextChanges | None) -> dict[str, Any]:
    opinion, tally = one.opinion, one.tally
    return {
        "number": opinion.number,
        "text": opinion.text,
        "people": tally.people,
        "comments": tally.comments,
        "arguments": tally.arguments,
        "concentrated": one.concentrated,
        "disposition": opinion.disposition,
        "reason": opinion.reason,
        "changed_clauses": [
            {"anchor": anchor, "number": changes.label(anchor)}
            for anchor in opinion.changed_clauses
            if changes and changes.exists(anchor)
        ],
        "removed_clauses": [
            {"anchor": anchor, "number": changes.removed_label(anchor)}
            for anchor in opinion.removed_clauses
            if changes and anchor in changes.removed
        ],
    }


def _answers(announcement: Announcement) -> list[tuple[int, int]]:
    """Each comment with the number of an opinion that answers it."""
    mappings = OpinionComment.objects.filter(
        opinion__announcement=announcement, comment__withdrawal__isnull=True
    )
    return list(
        mappings.order_by("comment", "opinion__number").values_list("comment", "opinion__number")
    )


def totals(announcement: Announcement) -> dict[str, Any]:
    """Count what came in, altogether and by round: received = published + withheld + withdrawn
    + pending, with the channels and the reasons for withholding."""
    comments: Any = Comment.objects.filter(announcement=announcement)
    rows = (
        comments.with_state()
        .order_by()
        .values_list("round", "state", "withheld_for", "channel", "clause_lineage")
        .annotate(n=Count("pk"), people=Sum("people"))
    )
    found: dict[str, Any] = {"all": _Totals()}
    for round_, state, reason, channel, lineage, n, people in rows:
        for key in ("all", str(round_)):
            found.setdefault(key, _Totals()).add(state, reason, channel, lineage, n, people)
    every: dict[str, Any] = found.pop("all").as_json()
    return every | {"rounds": {key: found[key].as_json() for key in sorted(found)}}


class _Totals:
    def __init__(self) -> None:
        self.states: Counter[str] = Counter()
        self.channels: Counter[str] = Counter()
        self.clauses: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.people = 0

    def add(
        self, state: str, reason: str, channel: str, lineage: int | None, n: int, people: int
    ) -> None:
        self.states[state] += n
        self.channels[channel] += n
        self.clauses[str(lineage or 0)] += n
        self.people += 0 if state == CommentState.WITHDRAWN else people
        if state == CommentState.WITHHELD:
            self.reasons[reason] += n

    def as_json(self) -> dict[str, Any]:
        return {
            "received": sum(self.states.values()),
            "people": self.people,
            **{state: self.states[state] for state in CommentState.values},
            "by_channel": dict(sorted(self.channels.items())),
            "by_lineage": dict(sorted(self.clauses.items())),
            "withheld_by_reason": dict(sorted(self.reasons.items())),
        }


# --- what it lacks ------------------------------------------------------------------------------


def lacks(announcement: Announcement, now: datetime.datetime) -> list[Lack]:
    """Name everything that stands between a consultation and its signed statement (rule 11)."""
    draft = draft_of(announcement)
    found = _lacks_of_words(announcement, draft, now)
    pending = totals(announcement)[CommentState.PENDING.value]
    if pending:
        words = _("%(count)d comments wait for publication or withholding.") % {"count": pending}
        found.append(Lack("register", words))
    if draft.kind == StatementKind.CLOSING:
        return found
    unmapped = answers.unmapped(announcement).count()
    if unmapped:
        words = _("%(count)d comments have no opinion that answers them.") % {"count": unmapped}
        found.append(Lack("comments", words))
    changes = text_changes(announcement)
    for one in answers.weighed(announcement):
        opinion = one.opinion
        if not one.tally.comments:
            words = _("Nobody holds it: remove it or merge it.")
            found.append(Lack("opinion", f"{opinion.code}: {words}", opinion.pk))
            continue
        found += [
            Lack("opinion", f"{opinion.code}: {words}", opinion.pk)
            for words in opinion_lacks(opinion, one.concentrated, changes)
        ]
    return found


def _lacks_of_words(
    announcement: Announcement, draft: StatementDraft, now: datetime.datetime
) -> list[Lack]:
    found = []
    withdrawn = _is_withdrawn(announcement)
    period = announcement.periods.latest("seq")
    if period.closes_at > now and not withdrawn:
        found.append(Lack("consultation", _("The period has not closed yet.")))
    if withdrawn and draft.kind == StatementKind.ADOPTION:
        found.append(Lack("statement", _("The draft was withdrawn: it needs a closing statement.")))
    if draft.kind == StatementKind.CLOSING and not draft.words:
        found.append(Lack("statement", _("Say why the draft was abandoned.")))
    before = _corrected(announcement)
    if draft.kind == StatementKind.ADOPTION and outcome.final_text(announcement) is None:
        words = _("No document names this consultation yet; the statement is about its text.")
        found.append(Lack("statement", words))
    if (
        draft.kind == StatementKind.CLOSING
        and before
        and _is_public(before, StatementKind.ADOPTION)
    ):
        found.append(Lack("statement", _("Its document is released: it was not abandoned.")))
    if before and not draft.correction_reason:
        found.append(Lack("statement", _("Say why the signed statement is corrected.")))
    return found


@dataclass(frozen=True)
class Flag:
    """Something that the legal reviewer should look at before passing a statement."""

    opinion: str
    words: str
    key: int


def flags(announcement: Announcement) -> list[Flag]:
    """Name reasons that say little or stand under too many opinions, and concentrated opinions
    that a drafter took comments out of."""
    standing = [one.opinion for one in answers.weighed(announcement)]
    lost = lost_comments(opinion.pk for opinion in standing)
    worn = rules.worn_reasons({opinion.pk: opinion.reason for opinion in standing})
    found = []
    for opinion in standing:
        if rules.is_short(opinion.reason):
            found.append(Flag(opinion.code, _("The reason is very short."), opinion.pk))
        if opinion.pk in worn:
            found.append(
                Flag(opinion.code, _("More than three opinions have this reason."), opinion.pk)
            )
        if opinion.pk in lost:
            words = _("%(count)d comments were taken out while many people asked for it.")
            found.append(Flag(opinion.code, words % {"count": lost[opinion.pk]}, opinion.pk))
    return found


# --- three people -------------------------------------------------------------------------------


def last_step(announcement: Announcement) -> StatementStep | None:
    """Give the newest step since the last signature; ``None`` at the drafter's desk."""
    signed = announcement.statements.order_by("-seq").first()
    steps = announcement.statement_steps.order_by("-pk")
    return steps.filter(pk__gt=signed.approval_id).first() if signed else steps.first()


def submit_statement(announcement: Announcement, *, user: Any, now: datetime.datetime) -> None:
    """The drafter holds the statement to be complete. Raises ``Refused`` with what it lacks."""
    with transaction.atomic():
        begin(announcement, user)
        _refuse_without_role(announcement, user, Role.DRAFTER)
        _refuse_if_lacking(announcement, now)
        digest, before = content(announcement).digest, last_step(announcement)
        if before is not None and before.step != Step.RETURNED and before.digest == digest:
            raise Refused(_("The statement is not at this step."))
        _step(announcement, Step.SUBMITTED, digest, user=user, now=now)


def return_statement(
    announcement: Announcement, *, note: str, user: Any, now: datetime.datetime
) -> None:
    """Reviewer or publisher give the statement back to the drafter, and say why."""
    with transaction.atomic():
        begin(announcement, user)
        if not note.strip():
            raise Refused(_("Say what has to change."))
        before = last_step(announcement)
        if before is None or before.step == Step.RETURNED:
            raise Refused(_("The statement is at the drafter's desk."))
        role = Role.REVIEWER if before.step == Step.SUBMITTED else Role.PUBLISHER
        _refuse_without_role(announcement, user, role)
        _step(announcement, Step.RETURNED, before.digest, note=note.strip(), user=user, now=now)


def approve_statement(announcement: Announcement, *, user: Any, now: datetime.datetime) -> None:
    """The legal reviewer, who is not the drafter, passes exactly what was submitted."""
    with transaction.atomic():
        begin(announcement, user)
        _refuse_without_role(announcement, user, Role.REVIEWER)
        digest = content(announcement).digest
        before = _refuse_unless(announcement, Step.SUBMITTED, digest)
        _refuse_same_person(user, before.taken_by_id)
        _refuse_if_lacking(announcement, now)
        _step(announcement, Step.APPROVED, digest, user=user, now=now)


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
        _refuse_without_role(announcement, user, Role.PUBLISHER)
        said = content(announcement)
        approved = _refuse_unless(announcement, Step.APPROVED, said.digest)
        submitted = announcement.statement_steps.filter(
            step=Step.SUBMITTED, digest=said.digest, pk__lt=approved.pk
        ).latest("pk")
        _refuse_same_person(user, approved.taken_by_id, submitted.taken_by_id)
        _refuse_if_lacking(announcement, now)
        before = _corrected(announcement)
        statement = _sign(announcement, said, before, submitted, approved, user=user, now=now)
        StatementDraft.objects.filter(announcement=announcement).update(correction_reason="")
        public = before is not None and _is_public(before, StatementKind.ADOPTION)
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
            SignedAnswer(statement=statement, opinion=by_number[number], comment_id=comment)
            for comment, number in said.answers
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
    if _is_withdrawn(announcement):
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
    if statement.received != Comment.objects.filter(announcement=announcement).count():
        raise Refused(_("A comment came in after the statement was signed: correct the statement."))
    counted = totals(announcement)
    if any(counted[state] != getattr(statement, state) for state in ("published", "withheld")):
        raise Refused(_("Something was changed since; the drafter has to submit it again."))
    if statement.final_text != text:
        raise Refused(
            _("The text has changed since the statement was signed: correct the statement.")
        )
    return statement


# --- what all of them do ------------------------------------------------------------------------


def _is_withdrawn(announcement: Announcement) -> bool:
    return Withdrawal.objects.filter(announcement=announcement).exists()


def _is_public(statement: SignedStatement, kind: StatementKind) -> bool:
    return statement.kind == kind and Disclosure.objects.filter(statement=statement).exists()


def _corrected(announcement: Announcement) -> SignedStatement | None:
    """The signed statement of the newest round, which a further one would correct."""
    newest = announcement.statements.order_by("-seq").first()
    round_ = announcement.periods.latest("seq").round
    return newest if newest is not None and newest.round == round_ else None


def _refuse_if_lacking(announcement: Announcement, now: datetime.datetime) -> None:
    found = lacks(announcement, now)
    if found:
        raise Refused([lack.words for lack in found])


def _refuse_without_role(announcement: Announcement, user: Any, role: Role) -> None:
    owner = organisations.owner_of(announcement.page)
    if not user.is_superuser and role not in organisations.roles_of(user, owner):
        raise Refused(_("This step needs the role “%(role)s”.") % {"role": role.label})


def _refuse_same_person(user: Any, *others: int | None) -> None:
    if user.pk in others:
        raise Refused(_("Draft, legal review and signature need three different people."))


def _refuse_unless(announcement: Announcement, step: Step, digest: str) -> StatementStep:
    before = last_step(announcement)
    if before is None or before.step != step:
        raise Refused(_("The statement is not at this step."))
    if before.digest != digest:
        raise Refused(_("Something was changed since; the drafter has to submit it again."))
    return before


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
