"""Officers read what came in and publish or withhold it, with a reason from a fixed list."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from consultations.enums import CommentState, Verdict, Withheld
from consultations.models import Comment, CommentReading, Moderation
from consultations.services.effects import show_again
from guards import services as guards
from ledger import services as ledger
from organisations.services import Refused


def mark_read(comments: Iterable[Comment], *, user: Any, now: datetime.datetime) -> int:
    """Note that an officer has read these comments; those already read stay as they are."""
    with transaction.atomic():
        unread = Comment.objects.filter(
            pk__in=[comment.pk for comment in comments], reading__isnull=True
        )
        readings = [CommentReading(comment=c, read_at=now, read_by=user) for c in unread]
        CommentReading.objects.bulk_create(readings, ignore_conflicts=True)
    return len(readings)


def moderate(
    comments: Iterable[Comment],
    verdict: Verdict,
    *,
    reason: str = "",
    user: Any,
    now: datetime.datetime,
) -> int:
    """Publish the newest text of these comments, or withhold it; give how many were decided.

    Raises ``Refused``, and then nothing is decided, for one without its author's consent, for a
    withdrawn one, and for withholding without a reason of the list.
    """
    comments = list(comments)
    kept_reason = reason if verdict == Verdict.WITHHOLD else ""
    with transaction.atomic():
        # The ledger tells of two decisions on one comment in the order of the register.
        for pk in sorted({comment.announcement_id for comment in comments}):
            guards.lock("consultations.moderation", pk)
        chosen: list[Any] = list(
            Comment.objects.with_state()
            .filter(pk__in=[comment.pk for comment in comments])
            .select_related("announcement")
        )
        if verdict == Verdict.WITHHOLD and reason not in set(Withheld) - {Withheld.NO_CONSENT}:
            raise Refused(_("Choose the reason for withholding it."))
        for comment in chosen:
            _refuse_undecidable(comment)
            Moderation.objects.create(
                text_id=comment.newest_text_id,
                verdict=verdict,
                reason=kept_reason,
                decided_at=now,
                decided_by=user,
            )
            ledger.record(
                "comment.published" if verdict == Verdict.PUBLISH else "comment.withheld",
                comment,
                actor=user,
                now=now,
                data={"text": comment.newest_text_id, "reason": kept_reason},
            )
        for announcement in {comment.announcement for comment in chosen}:
            show_again(announcement)
    mark_read(chosen, user=user, now=now)
    return len(chosen)


def _refuse_undecidable(comment: Any) -> None:
    if comment.state == CommentState.WITHDRAWN:
        raise Refused(_("A withdrawn comment is neither published nor withheld."))
    if not comment.consents:
        raise Refused(_("Its author did not agree to publication."))
