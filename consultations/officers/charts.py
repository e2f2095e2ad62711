"""Numbers of the register as bars and columns, drawn by the server; each has its table."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from consultations.enums import ChannelKind, CommentState, Withheld
from consultations.officers.forms import STATES, clause_label
from consultations.register import WHOLE, KnownClause, Numbers
from multilingual.languages import LANGUAGES

MOST_DAYS = 400
HEIGHT = 60


@dataclass(frozen=True)
class Bar:
    """A line of a chart: what, how many, and its length in percent of the longest.

    parameters: the filter that shows these comments.
    """

    label: str
    n: int
    length: int
    name: str
    value: Any


@dataclass(frozen=True)
class Chart:
    title: str
    bars: list[Bar]


@dataclass(frozen=True)
class DayColumn:
    """A day of the chart by day: its place and height in the drawing."""

    date: datetime.date
    n: int
    x: int
    y: int
    height: int


def charts(sums: Numbers, clauses: Mapping[int, KnownClause]) -> list[Chart]:
    """Give the numbers by state, reason, channel, language and clause."""
    places = {lineage: place for place, lineage in enumerate(clauses)}
    names = {lineage: clause_label(known) for lineage, known in clauses.items()}
    names[WHOLE] = _("The whole draft")
    languages = dict(LANGUAGES)
    by_clause = sorted(sums.clause, key=lambda lineage: places.get(lineage, -1))
    found = [
        _chart(
            _("By state"),
            "state",
            sums.state,
            CommentState.values,
            lambda value: str(STATES[value]),
        ),
        _chart(_("Not published, by reason"), "", sums.reason, Withheld.values, _label(Withheld)),
        _chart(_("By channel"), "channel", sums.channel, ChannelKind.values, _label(ChannelKind)),
        _chart(
            _("By language"),
            "language",
            sums.language,
            [code for code, _name in sums.language.most_common()],
            lambda code: languages.get(code, code),
        ),
        _chart(_("By clause"), "clause", sums.clause, by_clause, lambda key: names.get(key, "")),
    ]
    return [chart for chart in found if chart.bars]


def _label(choices: Any) -> Callable[[Any], str]:
    return lambda value: str(choices(value).label)


def _chart(
    title: str,
    name: str,
    counts: Mapping[Any, int],
    order: Iterable[Any],
    label: Callable[[Any], str],
) -> Chart:
    most = max(counts.values(), default=0)
    bars = [
        Bar(label(value), counts[value], max(1, round(100 * counts[value] / most)), name, value)
        for value in order
        if counts.get(value)
    ]
    return Chart(title, bars)


def by_day(days: Mapping[datetime.date, int]) -> list[DayColumn]:
    """Give a column for each day from the first to the last, empty days too.

    Where that would be more than ``MOST_DAYS`` there are only those on which something came.
    """
    if not days:
        return []
    first, last = min(days), max(days)
    span = (last - first).days + 1
    dates = (
        [first + datetime.timedelta(days=n) for n in range(span)]
        if span <= MOST_DAYS
        else sorted(days)
    )
    most = max(days.values())
    columns = []
    for place, date in enumerate(dates):
        n = days.get(date, 0)
        height = max(1, round(HEIGHT * n / most)) if n else 0
        columns.append(DayColumn(date, n, place * 10, HEIGHT - height, height))
    return columns
