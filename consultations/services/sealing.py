"""The roots over all comments: a public number that pins every comment that came in."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from consultations.models import (
    Announcement,
    Comment,
    CommentText,
    MerkleLeaf,
    MerkleRoot,
    Period,
)
from consultations.services.effects import show_again
from guards import services as guards
from ledger import merkle
from ledger import services as ledger


def seal_due(now: datetime.datetime) -> list[MerkleRoot]:
    """Seal every round that has closed, and what came in by post since the last seal.

    Runs again and again: what has no seal yet gets one, so nothing is missed. A root waits a
    moment after the close (``SEAL_AFTER``) and for transactions under way.
    """
    roots = []
    for announcement, round_ in _closed_rounds(now - settings.SEAL_AFTER):
        root = seal(announcement, round_, now=now)
        if root is not None:
            roots.append(root)
    return roots


def _closed_rounds(before: datetime.datetime) -> list[tuple[Announcement, int]]:
    rounds = (
        Period.objects.values("announcement", "round")
        .annotate(closes=Max("closes_at"))
        .filter(closes__lte=before, announcement__historic=False)
        .values_list("announcement", "round")
        .order_by("announcement", "round")
    )
    announcements = Announcement.objects.in_bulk({pk for pk, _round in rounds})
    return [(announcements[pk], round_) for pk, round_ in rounds]


def seal(announcement: Announcement, round_: int, *, now: datetime.datetime) -> MerkleRoot | None:
    """Write the next root of a round that has closed; ``None`` if nothing is unsealed.

    The first one is written without any comment too: then it says that none came in.
    """
    unsealed = Comment.objects.filter(announcement=announcement, round=round_, leaf__isnull=True)
    sealed = MerkleRoot.objects.filter(announcement=announcement, round=round_)
    if sealed.exists() and not unsealed.exists():
        return None
    with transaction.atomic():
        guards.lock("consultations.intake", announcement.pk)
        comments = list(unsealed.order_by("received_at", "pk"))
        texts = _newest_texts(comments)
        batch = (sealed.aggregate(last=Max("batch"))["last"] or 0) + 1
        if batch > 1 and not comments:
            return None
        root = MerkleRoot.objects.create(
            announcement=announcement,
            round=round_,
            batch=batch,
            root=merkle.root([texts[comment.pk].commitment for comment in comments]),
            leaves=len(comments),
            sealed_at=now,
        )
        MerkleLeaf.objects.bulk_create(
            MerkleLeaf(root=root, position=position, comment=comment, text=texts[comment.pk])
            for position, comment in enumerate(comments)
        )
        ledger.record(
            "consultation.sealed",
            announcement,
            now=now,
            data={"round": round_, "batch": batch, "root": root.root, "leaves": root.leaves},
        )
        show_again(announcement)
    return root


def _newest_texts(comments: list[Comment]) -> dict[int, CommentText]:
    texts = CommentText.objects.filter(comment__in=comments).order_by("seq")
    return {text.comment_id: text for text in texts}


def proof(comment: Comment) -> merkle.Proof | None:
    """Give the way from a comment to its public root; ``None`` before the seal."""
    leaf = MerkleLeaf.objects.filter(comment=comment).select_related("root").first()
    if leaf is None:
        return None
    return merkle.proof(commitments(leaf.root), leaf.position)


def commitments(root: MerkleRoot) -> list[str]:
    """Give the leaves of a root in their order."""
    leaves = root.tree_leaves.order_by("position")
    return list(leaves.values_list("text__commitment", flat=True))
