"""A consultation on the way to its answer: comments, opinions, a signed statement, a policy.

Each function goes by the services of the site. Call them with the clock standing where the
consultation is (``tests.clock``).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from consultations import services
from consultations.enums import ChannelKind, CommentState, Disposition, StatementKind, Verdict
from consultations.models import Announcement, Comment, Opinion, SignedStatement
from organisations.services import Refused
from tests import clock
from tests import factories as make

OPENS, CLOSED = "2026-03-02", "2026-03-10"
"""Announced on the first (a Monday, with five working days), closed on the second."""

FINAL = make.DRAFT.replace("为其充电。", "为其充电，门厅、通道同样禁止。")
"""The draft of the factories with a new fourth article."""


def comment(announcement: Announcement, text: str = "第四条应当写明门厅。", **sent: Any) -> Comment:
    """A comment by the web form, at the clock's time."""
    submission = services.Submission(text=text, **({"consent_publish": True} | sent))
    return services.submit(announcement, submission, now=timezone.now()).comment


def read_all(announcement: Announcement, by: Any) -> None:
    """Publishes everything that waits."""
    waiting: Any = Comment.objects.filter(announcement=announcement)
    pending = waiting.with_state().filter(state=CommentState.PENDING)
    services.moderate(pending, Verdict.PUBLISH, user=by, now=timezone.now())


def opinion(
    announcement: Announcement,
    comments: Sequence[Comment],
    by: Any,
    *,
    text: str = "写明门厅和通道。",
    disposition: Disposition = Disposition.ADOPTED,
    **decision: Any,
) -> Opinion:
    """An opinion with its comments and its decision."""
    now = timezone.now()
    made = services.add_opinion(announcement, text, comments=comments, user=by, now=now)
    values: dict[str, Any] = {"reason": "门厅和通道起火同样危险，已在第四条写明。"}
    if disposition in {Disposition.ADOPTED, Disposition.PARTLY_ADOPTED}:
        values["changed_clauses"] = ["art-4"]
    services.decide(made, disposition, user=by, now=now, **(values | decision))
    return made


def policy(of: make.Team, announcement: Announcement, **fields: Any) -> Any:
    """The draft of the policy that names the consultation, with the final text."""
    values: dict[str, Any] = {
        "body": [("text", FINAL)],
        "consultation": announcement.page,
        "issued_on": day("2026-03-31"),
    } | fields
    return make.policy(of, "澜川市电动自行车停放和充电管理办法", **values)


def sign(announcement: Announcement, of: make.Team) -> SignedStatement:
    """Takes a complete statement through its three people."""
    now = timezone.now()
    services.submit_statement(announcement, user=of.drafter, now=now)
    services.approve_statement(announcement, user=of.reviewer, now=now)
    return services.sign_statement(announcement, user=of.publisher, now=now)


def day(value: str) -> datetime.date:
    return datetime.date.fromisoformat(value)


def asked(of: make.Team, *texts: str, **fields: Any) -> Announcement:
    """Announced at ``OPENS``, with a comment for each text; it closes before ``CLOSED``."""
    with clock.standing_at(clock.at(OPENS)):
        announcement = make.announce(of, **fields)
    with clock.standing_at(clock.at("2026-03-04")):
        for text in texts or ("第四条应当写明门厅。", "通道里也不能充电。"):
            comment(announcement, text)
    return announcement


def answered(announcement: Announcement, of: make.Team, **decision: Any) -> SignedStatement:
    """Publishes all comments, answers them by one opinion and takes the statement to the end."""
    read_all(announcement, of.drafter)
    standing = list(announcement.comments.filter(mappings__isnull=True).order_by("pk"))
    if standing:
        opinion(announcement, standing, of.drafter, **decision)
    return sign(announcement, of)


def letter(announcement: Announcement, by: Any, text: str = "来信：应写明门厅。") -> Comment:
    """A letter that was posted in time, entered at the clock's time."""
    off_line = services.OffLine(ChannelKind.POST, day("2026-03-05"), by)
    sent = services.Submission(text=text, consent_publish=True)
    return services.submit(announcement, sent, off_line=off_line, now=timezone.now()).comment


def rewrite(announcement: Announcement, of: make.Team, **words: Any) -> None:
    """Writes the words of a statement, as the drafter."""
    values = {"kind": StatementKind.ADOPTION, "words": ""} | words
    services.write(announcement, user=of.drafter, now=timezone.now(), **values)


@contextmanager
def refused(words: str) -> Iterator[None]:
    """What is done inside is refused, with these words of the English interface."""
    with override("en"), pytest.raises(Refused, match=words):
        yield
