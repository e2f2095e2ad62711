"""The statement: what it would say, written from the opinions, and what it still lacks."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from consultations import answers, outcome, register, rules
from consultations.enums import CommentState, GroupState, StatementKind
from consultations.models import (
    Announcement,
    Disclosure,
    GroupMember,
    OpinionComment,
    SignedStatement,
    StatementDraft,
    Withdrawal,
)
from consultations.services.opinions import (
    agreements,
    begin,
    lost_comments,
    opinion_lacks,
    text_changes,
)
from ledger import services as ledger

OPINION_SAYS = (
    "number",
    "text",
    "people",
    "comments",
    "arguments",
    "concentrated",
    "disposition",
    "reason",
    "changed_clauses",
    "removed_clauses",
)


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
    answers: list[dict[str, Any]]

    @property
    def digest(self) -> str:
        return rules.digest(asdict(self))


# --- what it says -------------------------------------------------------------------------------


def draft_of(announcement: Announcement) -> StatementDraft:
    """Give the words of the statement being written; a new one for a withdrawn draft closes."""
    known = StatementDraft.objects.filter(announcement=announcement).first()
    kind = StatementKind.CLOSING if is_withdrawn(announcement) else StatementKind.ADOPTION
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
    before = corrected(announcement)
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


def signed_content(statement: SignedStatement) -> Content:
    """Put together what a signed statement says by its rows, to be compared with its digest."""
    opinions = statement.opinions.order_by("number")
    rows = statement.answers.order_by("comment", "opinion__number")
    return Content(
        kind=statement.kind,
        round=statement.round,
        words=statement.words,
        corrects=str(statement.corrects_id or ""),
        correction_reason=statement.correction_reason,
        totals=statement.totals,
        concentration=statement.concentration,
        final_text=statement.final_text,
        opinions=list(opinions.values(*OPINION_SAYS)),
        answers=[
            _answer(*row)
            for row in rows.values_list("comment", "opinion__number", "passage", "argument")
        ],
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


def _answers(announcement: Announcement) -> list[dict[str, Any]]:
    """Each comment with the number of an opinion that answers it."""
    grouped = dict(
        GroupMember.objects.filter(
            group__announcement=announcement, group__state=GroupState.CONFIRMED
        ).values_list("comment", "group")
    )
    mappings = OpinionComment.objects.filter(
        opinion__announcement=announcement, comment__withdrawal__isnull=True
    )
    return [
        _answer(comment, number, passage, grouped.get(comment))
        for comment, number, passage in mappings.order_by("comment", "opinion__number").values_list(
            "comment", "opinion__number", "passage"
        )
    ]


def _answer(comment: int, number: int, passage: str, argument: int | None) -> dict[str, Any]:
    return {"comment": comment, "number": number, "passage": passage, "argument": argument}


def totals(announcement: Announcement) -> dict[str, Any]:
    """Count what came in, altogether and by round: received = published + withheld + withdrawn
    + pending, with the channels and the reasons for withholding."""
    cells = register.cells(announcement)
    rounds = sorted({cell.round for cell in cells})
    return _counted(cells) | {
        "rounds": {
            str(round_): _counted([cell for cell in cells if cell.round == round_])
            for round_ in rounds
        }
    }


def _counted(cells: Sequence[register.Cell]) -> dict[str, Any]:
    numbers = register.numbers(cells)
    return {
        "received": numbers.total,
        "people": sum(cell.people for cell in cells if cell.state != CommentState.WITHDRAWN),
        **{state: numbers.state[state] for state in CommentState.values},
        "by_channel": dict(sorted(numbers.channel.items())),
        "by_lineage": {str(key): n for key, n in sorted(numbers.clause.items())},
        "withheld_by_reason": dict(sorted(numbers.reason.items())),
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
    withdrawn = is_withdrawn(announcement)
    period = announcement.periods.latest("seq")
    if period.closes_at > now and not withdrawn:
        found.append(Lack("consultation", _("The period has not closed yet.")))
    if withdrawn and draft.kind == StatementKind.ADOPTION:
        found.append(Lack("statement", _("The draft was withdrawn: it needs a closing statement.")))
    if draft.kind == StatementKind.CLOSING and not draft.words:
        found.append(Lack("statement", _("Say why the draft was abandoned.")))
    before = corrected(announcement)
    if draft.kind == StatementKind.ADOPTION and outcome.final_text(announcement) is None:
        words = _("No document names this consultation yet; the statement is about its text.")
        found.append(Lack("statement", words))
    if draft.kind == StatementKind.CLOSING and before and is_public(before, StatementKind.ADOPTION):
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
    that comments were taken out of, or that are none any more by somebody's agreement."""
    standing = [one.opinion for one in answers.weighed(announcement)]
    lost = lost_comments(opinion.pk for opinion in standing)
    agreed = agreements(opinion.pk for opinion in standing)
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
        if opinion.pk in agreed and not opinion.kept_concentrated:
            words = _("It came out of a concentrated opinion; %(name)s agreed that it is none.")
            found.append(Flag(opinion.code, words % {"name": agreed[opinion.pk]}, opinion.pk))
    return found


# --- where it stands ----------------------------------------------------------------------------


def is_withdrawn(announcement: Announcement) -> bool:
    """Tell whether the draft was abandoned before anything was issued."""
    return Withdrawal.objects.filter(announcement=announcement).exists()


def is_public(statement: SignedStatement, kind: StatementKind) -> bool:
    """Tell whether a signed statement is of a kind, and may be shown to anybody."""
    return statement.kind == kind and Disclosure.objects.filter(statement=statement).exists()


def corrected(announcement: Announcement) -> SignedStatement | None:
    """The signed statement of the newest round, which a further one would correct."""
    newest = announcement.statements.order_by("-seq").first()
    round_ = announcement.periods.latest("seq").round
    return newest if newest is not None and newest.round == round_ else None
