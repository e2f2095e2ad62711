"""Letters to those who commented: what became of it, once, after the statement is public."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from consultations.enums import Disposition, StatementKind
from consultations.models import AnswerLetter, Comment, SignedAnswer, SignedOpinion, SignedStatement
from consultations.services.effects import TELL_AUTHORS
from guards import services as guards
from outbox.registry import handler
from personaldata import mail
from personaldata import services as personaldata

CHUNK = 200


@handler(TELL_AUTHORS)
def tell_authors(payload: dict[str, Any], now: datetime.datetime) -> None:
    """Write a letter for each comment whose author left an address, and note that it is answered.

    Interrupted, it goes on where it was; contact data is erased 30 days after its letter.
    """
    statement = SignedStatement.objects.select_related("announcement").get(pk=payload["statement"])
    while _tell_some(statement, now):
        pass


def _tell_some(statement: SignedStatement, now: datetime.datetime) -> int:
    with transaction.atomic():
        guards.lock("consultations.telling", statement.announcement_id)
        waiting = Comment.objects.filter(
            announcement=statement.announcement,
            withdrawal__isnull=True,
            letter__isnull=True,
            contact__isnull=False,
        )
        comments = list(waiting.select_related("contact").order_by("pk")[:CHUNK])
        said = _said(statement, comments)
        for comment in comments:
            contact = comment.contact
            assert contact is not None  # by the query
            with override(comment.language):
                subject, body = _letter(statement, said.get(comment.pk, ()))
            mail.send(contact, subject, body, now=now)
            personaldata.answer_sent(contact, now=now)
        AnswerLetter.objects.bulk_create(
            AnswerLetter(comment=comment, statement=statement, written_at=now)
            for comment in comments
        )
    return len(comments)


def _said(
    statement: SignedStatement, comments: Sequence[Comment]
) -> dict[int, list[SignedOpinion]]:
    found: dict[int, list[SignedOpinion]] = {}
    answers = SignedAnswer.objects.filter(statement=statement, comment__in=comments)
    for answer in answers.select_related("opinion"):
        found.setdefault(answer.comment_id, []).append(answer.opinion)
    return found


def _letter(statement: SignedStatement, opinions: Sequence[SignedOpinion]) -> tuple[str, str]:
    """Give subject and text in the active language."""
    title = statement.announcement.versions.latest("seq").headline
    slug = statement.announcement.slug
    address = settings.PUBLIC_URL + reverse("consultations:statement", args=[slug])
    receipts = settings.PUBLIC_URL + reverse("consultations:receipts")
    if statement.kind == StatementKind.CLOSING:
        first = _("The draft was abandoned. Why:")
        lines = [statement.words]
    else:
        first = _("Your comment was answered:")
        lines = [line for opinion in opinions for line in _lines(opinion)]
    last = _("With your receipt code you see your comment and its answer:")
    parts = [title, "", first, *lines, "", _("The whole statement:"), address, last, receipts, ""]
    return _("Your comment was answered"), "\n".join(parts)


def _lines(opinion: SignedOpinion) -> list[str]:
    found = ["", f"{opinion.code}  {opinion.text}", str(Disposition(opinion.disposition).label)]
    if opinion.reason:
        found.append(_("Reason: %(reason)s") % {"reason": opinion.reason})
    clauses = [clause["number"] for clause in opinion.changed_clauses]
    if clauses:
        found.append(_("Changed: %(clauses)s") % {"clauses": "、".join(clauses)})
    removed = [clause["number"] for clause in opinion.removed_clauses]
    if removed:
        found.append(f"{_('Removed from the draft:')} {'、'.join(removed)}")
    return found
