"""Is every consultation, and each comment, what the ledger was told? For ``verify_ledger``."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from consultations.enums import Verdict
from consultations.models import (
    Comment,
    CommentWithdrawal,
    Disclosure,
    MerkleRoot,
    Moderation,
    SignedStatement,
)
from consultations.services import vouching
from consultations.services.intake import commitment
from consultations.services.sealing import commitments
from consultations.services.statement import signed_content
from ledger import merkle
from ledger import services as ledger
from ledger.models import Entry

_VERDICTS = {"comment.published": Verdict.PUBLISH, "comment.withheld": Verdict.WITHHOLD}

_Place = tuple[int, int | None]
"""A comment and one of its texts; no text: the comment as a whole."""


def problems() -> Iterator[str]:
    """Find every comment that is not what it was when it came in, was decided on or sealed,
    every statement that is not what was signed, and what ``vouching`` finds.

    Each text is committed to anew and compared with the ledger's entry of its day, and so is each
    withdrawal and decision on publication; each root and each statement's digest is computed
    anew. Registered with ``manage.py verify_ledger``.
    """
    yield from vouching.problems()
    yield from _texts()
    yield from _fates()
    yield from _roots()
    yield from _statements()


def _texts() -> Iterator[str]:
    recorded = _recorded()
    for comment in Comment.objects.prefetch_related("texts", "attachments").iterator(500):
        for text in comment.texts.all():
            found = commitment(
                comment,
                text.seq,
                text.text,
                text.represents,
                consent_publish=text.consent_publish,
                files=[file.sha256 for file in comment.attachments.all()],
            )
            noted = recorded.pop((comment.pk, text.seq), None)
            if not found == noted == text.commitment:
                yield f"comment {comment.pk}, text {text.seq}: not as it was received"
    for pk, seq in recorded:
        yield f"comment {pk}, text {seq}: the ledger knows it, the register does not"


def _recorded() -> dict[tuple[int, int], str]:
    """Give the commitment of each text that the ledger knows, by comment and sequence."""
    entries = ledger.entries("comment.received", "comment.amended")
    return {
        (int(entry.subject_id), entry.data.get("seq", 1)): entry.data["commitment"]
        for entry in entries
    }


def _fates() -> Iterator[str]:
    """Compare withdrawals and decisions, each with its moment, in the order they were made.

    What is withheld because its author did not agree has no decision of anybody: the consent is
    part of the text's commitment.
    """
    told = _told()
    for place, rows in groupby(_kept(), key=itemgetter(0)):
        kept, noted = [fate for _place, fate in rows], told.pop(place, [])
        if kept != noted:
            yield _difference(place, kept, noted)
    for place, noted in told.items():
        yield _difference(place, [], noted)


def _difference(place: _Place, kept: list[str], noted: list[str]) -> str:
    return (
        f"comment {place[0]}: {', '.join(kept) or 'nothing'} in the register, "
        f"{', '.join(noted) or 'nothing'} in the ledger"
    )


def _kept() -> Iterator[tuple[_Place, str]]:
    """Give what became of the comments by the register, place by place."""
    withdrawals = CommentWithdrawal.objects.values_list("comment_id", "withdrawn_at")
    for comment, at in withdrawals.iterator():
        yield (comment, None), _withdrawn(at)
    decisions = Moderation.objects.order_by("text", "pk").values_list(
        "text__comment_id", "text_id", "verdict", "reason", "decided_by_id", "decided_at"
    )
    for comment, text, verdict, reason, by, at in decisions.iterator():
        yield (comment, text), _decided(verdict, reason, by, at)


def _told() -> dict[_Place, list[str]]:
    """Give what became of the comments by the ledger."""
    told: dict[_Place, list[str]] = defaultdict(list)
    for entry in ledger.entries("comment.withdrawn", *_VERDICTS):
        told[int(entry.subject_id), entry.data.get("text")].append(_fate(entry))
    return told


def _fate(entry: Entry) -> str:
    verdict = _VERDICTS.get(entry.action)
    if verdict is None:
        return _withdrawn(entry.at)
    # Entries of earlier versions carry a reason that was chosen but does not count.
    reason = entry.data["reason"] if verdict == Verdict.WITHHOLD else ""
    return _decided(verdict, reason, entry.actor_id, entry.at)


def _withdrawn(at: datetime.datetime) -> str:
    return f"withdrawn at {at.isoformat()}"


def _decided(verdict: str, reason: str, by: int | None, at: datetime.datetime) -> str:
    what = f"{verdict} ({reason})" if reason else str(verdict)
    return f"{what} by user {by} at {at.isoformat()}"


def _roots() -> Iterator[str]:
    sealed = _sealed()
    for root in MerkleRoot.objects.all():
        leaves = commitments(root)
        if len(leaves) != root.leaves or merkle.root(leaves) != root.root:
            yield f"root {root.root[:16]} of {root.announcement}: its comments have another root"
        if sealed.pop((root.announcement_id, root.round, root.batch), None) != root.root:
            yield f"root {root.root[:16]} of {root.announcement}: the ledger knows another one"
    for pk, round_, batch in sealed:
        yield f"root {batch} of round {round_} of consultation {pk}: only the ledger knows it"


def _sealed() -> dict[tuple[int, int, int], str]:
    """Give each root that the ledger knows, by announcement, round and batch."""
    return {
        (int(entry.subject_id), entry.data["round"], entry.data["batch"]): entry.data["root"]
        for entry in ledger.entries("consultation.sealed")
    }


def _statements() -> Iterator[str]:
    entries = ledger.entries("statement.signed")
    signed = {entry.data["statement"]: entry.data["digest"] for entry in entries}
    for statement in SignedStatement.objects.iterator():
        digest = signed_content(statement).digest
        if not digest == signed.pop(str(statement.pk), None) == statement.digest:
            yield f"statement {statement.pk}: not as it was signed"
    for pk in signed:
        yield f"statement {pk}: only the ledger knows it"
    told = {entry.data["statement"] for entry in ledger.entries("statement.disclosed")}
    kept = {str(pk) for pk in Disclosure.objects.values_list("statement", flat=True)}
    for pk in sorted(told ^ kept):
        yield f"statement {pk}: public in the {'ledger' if pk in told else 'register'} only"
