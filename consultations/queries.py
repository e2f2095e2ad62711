"""The rules that a list needs as part of its query; their meaning is that of ``rules``."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Case, CharField, F, Q, Value, When

from consultations.enums import CommentState, StatementKind, Status, Verdict, Withheld
from consultations.rules import CLOSING_SOON


def status_expression(now: datetime.datetime) -> Any:
    """Compute ``rules.status`` in the database, over ``with_period()``."""
    answered, abandoned = StatementKind.ADOPTION.value, StatementKind.CLOSING.value
    return Case(
        When(disclosed=abandoned, then=Value(Status.ABANDONED.value)),
        When(is_withdrawn=True, then=Value(Status.WITHDRAWN.value)),
        When(disclosed=answered, then=Value(Status.ANSWERED.value)),
        When(opens__gt=now, then=Value(Status.SCHEDULED.value)),
        When(closes__lte=now, then=Value(Status.CLOSED.value)),
        When(
            Q(closes__lte=now + CLOSING_SOON) & Q(closes__gt=F("opens")),
            then=Value(Status.CLOSING_SOON.value),
        ),
        default=Value(Status.OPEN.value),
        output_field=CharField(),
    )


def comment_state() -> Any:
    """Say in which of the four states a comment is, over ``newest_text_id`` and its like."""
    return Case(
        When(withdrawal__isnull=False, then=Value(CommentState.WITHDRAWN.value)),
        When(consents=False, then=Value(CommentState.WITHHELD.value)),
        When(verdict=Verdict.PUBLISH.value, then=Value(CommentState.PUBLISHED.value)),
        When(verdict=Verdict.WITHHOLD.value, then=Value(CommentState.WITHHELD.value)),
        default=Value(CommentState.PENDING.value),
        output_field=CharField(),
    )


def withheld_reason() -> Any:
    """Say why a withheld comment is not shown."""
    return Case(
        When(consents=False, then=Value(Withheld.NO_CONSENT.value)),
        default=F("verdict_reason"),
        output_field=CharField(),
    )
