"""The public pages of consultations. They read through ``public()`` and decide nothing."""

from consultations.views.board import board, board_csv
from consultations.views.commenting import comment, comment_without_token, receipt
from consultations.views.following import follow, following
from consultations.views.lists import exemptions, listing
from consultations.views.pages import (
    attachment,
    changes,
    comments,
    consultation,
    consultation_context,
    print_sheet,
)
from consultations.views.receipts import receipts
from consultations.views.statement import statement

__all__ = [
    "attachment",
    "board",
    "board_csv",
    "changes",
    "comment",
    "comment_without_token",
    "comments",
    "consultation",
    "consultation_context",
    "exemptions",
    "follow",
    "following",
    "listing",
    "print_sheet",
    "receipt",
    "receipts",
    "statement",
]
