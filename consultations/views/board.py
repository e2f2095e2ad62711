"""The public board: what each authority asked, and how it answered; as a page and as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consultations import board as boards
from consultations.board import Board, Numbers
from consultations.presenters import words
from consultations.rules import local_day
from consultations.views.frame import LIVE, page_language, show
from openapi import downloads

WIDTH, HEIGHT = 1000, 20
COLUMNS = (
    "authority",
    "name",
    "opened",
    "rounds",
    "days_given_median",
    "days_given",
    "days_required_median",
    "days_required",
    "comments",
    "comments_to_answer",
    "comments_answered",
    "answered_percent",
    "days_to_answer_median",
    "overdue",
    "closing_too_early",
)


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Each authority's numbers, what is overdue, and what each number means."""
    year = _year(request)
    found, language = _read(year), page_language()
    context: dict[str, Any] = {
        "trail": [
            {"name": _("Consultations"), "url": reverse("consultations:list")},
            {"name": _("The board")},
        ],
        "year": year,
        "board": found,
        "rows": [(words.organisation(row.authority, language), row.numbers) for row in found.rows],
        "bars": bars(found, language, is_rtl=get_language_bidi()),
        "overdue": [
            (words.title(item.page, language), words.organisation(item.authority, language), item)
            for item in found.overdue
        ],
        "too_early": [
            (words.title(item.page, language), words.organisation(item.authority, language), item)
            for item in found.too_early
        ],
        "due_days": settings.ANSWER_DUE.days,
        "file": reverse("consultations:board_csv") + (f"?year={year}" if year else ""),
    }
    return show(request, "board.html", context)


@require_safe
def board_csv(request: HttpRequest) -> HttpResponseBase:
    """The same numbers as a file; the last line, without a code, is the whole city."""
    found, language, today = _read(_year(request)), page_language(), local_day(timezone.now())
    rows = [
        _line(row.authority.code, row.authority.name_on(today, language), row.numbers)
        for row in found.rows
    ]
    response = downloads.as_csv(
        "board.csv", COLUMNS, [*rows, _line("", _("The whole city"), found.city)]
    )
    response["Cache-Control"] = LIVE
    return response


def _year(request: HttpRequest) -> int | None:
    """The year asked for; what is no year asks for all."""
    given = request.GET.get("year", "")
    return int(given) if len(given) == 4 and given.isascii() and given.isdigit() else None


def _read(year: int | None) -> Board:
    return boards.read(timezone.now(), due=settings.ANSWER_DUE, year=year)


def _line(code: str, name: str, numbers: Numbers) -> dict[str, Any]:
    percent = numbers.answered_percent
    return {
        "authority": code,
        "name": name,
        "opened": numbers.opened,
        "rounds": len(numbers.given),
        "days_given_median": numbers.given_median,
        "days_given": numbers.given_sum,
        "days_required_median": numbers.required_median,
        "days_required": numbers.required_sum,
        "comments": numbers.comments,
        "comments_to_answer": numbers.to_answer,
        "comments_answered": numbers.answered,
        "answered_percent": None if percent is None else round(percent, 1),
        "days_to_answer_median": numbers.days_to_answer,
        "overdue": numbers.overdue,
        "closing_too_early": numbers.too_early,
    }


# --- the chart ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """The days that an authority gave, as a bar, with a stroke at the days that were required.

    x, width, mark: in thousandths of the longest; in Arabic everything begins at the right.
    """

    name: SafeString
    numbers: Numbers
    x: int
    width: int
    mark: int


def bars(found: Board, language: str, *, is_rtl: bool) -> Sequence[Bar]:
    """Give a bar for each authority that has opened a round."""
    drawn = [row for row in found.rows if row.numbers.given]
    medians = [(row.numbers.given_median or 0, row.numbers.required_median or 0) for row in drawn]
    longest = max((max(pair) for pair in medians), default=0) or 1
    shown = []
    for row, pair in zip(drawn, medians, strict=True):
        given, required = (round(WIDTH * days / longest) for days in pair)
        shown.append(
            Bar(
                name=words.organisation(row.authority, language),
                numbers=row.numbers,
                x=WIDTH - given if is_rtl else 0,
                width=given,
                mark=WIDTH - required if is_rtl else required,
            )
        )
    return shown
