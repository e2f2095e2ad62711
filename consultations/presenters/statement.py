"""A statement as its readers see it: numbers that add up, opinions, and the redline."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from consultations import rules
from consultations.enums import Cause, ChannelKind, CommentState, Disposition, Withheld
from consultations.models import Period, SignedOpinion, SignedStatement
from consultations.outcome import FinalText
from consultations.presenters.draft import marked_changes
from legaltext.redline import ClauseChange

BADGES = {
    Disposition.ADOPTED: "gk-go gk-b-full",
    Disposition.PARTLY_ADOPTED: "gk-care gk-b-half",
    Disposition.NOT_ADOPTED: "gk-stop gk-b-none",
    Disposition.ALREADY_COVERED: "gk-still gk-b-shut",
    Disposition.OUT_OF_SCOPE: "gk-still gk-b-ring",
}
BARS = {
    Disposition.ADOPTED: "f-1",
    Disposition.PARTLY_ADOPTED: "#hatch",
    Disposition.NOT_ADOPTED: "f-3",
    Disposition.ALREADY_COVERED: "#dots",
    Disposition.OUT_OF_SCOPE: "#cross",
}
STATES = {
    CommentState.PUBLISHED: "f-1",
    CommentState.WITHHELD: "#hatch",
    CommentState.WITHDRAWN: "#dots",
}
NARROW = 6.0
"""A piece of a bar below so many percent has no room for its number."""


def disposition_badge(disposition: str) -> SafeString:
    """A decision as shape, word and colour."""
    known = Disposition(disposition)
    return format_html('<span class="gk-badge {}">{}</span>', BADGES[known], known.label)


# --- numbers ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """A piece of a bar, in percent of its length; ``x`` is mirrored where one reads leftwards.

    style: a class of the theme, or ``#`` and a pattern; the number stands on white in a pattern.
    """

    label: str
    n: int
    x: str
    width: str
    middle: str
    style: str
    has_room: bool

    @property
    def is_pattern(self) -> bool:
        return self.style.startswith("#")


def bar(counts: Sequence[tuple[str, int, str]], *, rtl: bool) -> list[Piece]:
    """Draw counts (label, number, style) as pieces of one bar."""
    total = sum(n for _label, n, _style in counts)
    pieces, before = [], 0.0
    for label, n, style in counts:
        if not n:
            continue
        width = 100 * n / total
        x = 100 - before - width if rtl else before
        room = width >= NARROW
        places = (f"{x:.3f}%", f"{width:.3f}%", f"{x + width / 2:.3f}%")
        pieces.append(Piece(label, n, *places, style, room))
        before += width
    return pieces


def shares(counts: Sequence[int]) -> list[str]:
    """Give each number's share in percent; rounded so that they add up to 100.0."""
    total = sum(counts)
    if not total:
        return ["0.0" for _count in counts]
    tenths = [1000 * n // total for n in counts]
    by_rest = sorted(range(len(counts)), key=lambda i: -(1000 * counts[i] % total))
    for i in by_rest[: 1000 - sum(tenths)]:
        tenths[i] += 1
    return [f"{n / 10:.1f}" for n in tenths]


def meaning(disposition: str) -> str:
    """What a decision says of the text."""
    return {
        Disposition.ADOPTED: _("The text was changed as asked."),
        Disposition.PARTLY_ADOPTED: _("Part of it was changed, or in another way."),
        Disposition.NOT_ADOPTED: _("The text was not changed; the reason stands with it."),
        Disposition.ALREADY_COVERED: _("The draft or a higher law says so already."),
        Disposition.OUT_OF_SCOPE: _("It is not about this document."),
    }[Disposition(disposition)]


@dataclass(frozen=True)
class Row:
    """A line of the table of decisions."""

    value: str
    label: str
    style: str
    opinions: int
    share: str
    comments: int
    meaning: str
    address: str

    @property
    def is_pattern(self) -> bool:
        return self.style.startswith("#")


@dataclass(frozen=True)
class Numbers:
    """What came in and what became of it. rows: by decision, those without opinions left out."""

    received: list[tuple[str, int]]
    received_bar: list[Piece]
    rows: list[Row]
    opinions_bar: list[Piece]
    mappings: int
    people: int
    rounds: list[dict[str, Any]]
    channels: list[tuple[str, int]]
    withheld: list[tuple[str, int]]


def numbers(
    statement: SignedStatement,
    opinions: Sequence[SignedOpinion],
    periods: Sequence[Period],
    address: Callable[..., str],
    *,
    withdrawn_at: datetime.datetime | None,
    rtl: bool,
) -> Numbers:
    """Put the numbers of a statement together; ``address`` gives the page under a filter."""
    totals = statement.totals
    labels = {
        CommentState.PUBLISHED: pgettext("comments", "published"),
        CommentState.WITHHELD: pgettext("comments", "not published"),
        CommentState.WITHDRAWN: _("withdrawn by their authors"),
    }
    received = [(label, totals[state.value], STATES[state]) for state, label in labels.items()]
    decided = {
        value: [opinion for opinion in opinions if opinion.disposition == value]
        for value in Disposition
    }
    used = [value for value in Disposition if decided[value]]
    percent = shares([len(decided[value]) for value in used])
    rows = [
        Row(
            value=value.value,
            label=str(value.label),
            style=BARS[value],
            opinions=len(decided[value]),
            share=share,
            comments=sum(opinion.comments for opinion in decided[value]),
            meaning=meaning(value),
            address=address(disposition=value.value),
        )
        for value, share in zip(used, percent, strict=True)
    ]
    return Numbers(
        received=[(label, n) for label, n, _style in received],
        received_bar=bar(received, rtl=rtl),
        rows=rows,
        opinions_bar=bar([(row.label, row.opinions, row.style) for row in rows], rtl=rtl),
        mappings=sum(row.comments for row in rows),
        people=totals["people"],
        rounds=rounds(statement, periods, withdrawn_at),
        channels=_named(ChannelKind, totals["by_channel"]),
        withheld=_named(Withheld, totals["withheld_by_reason"]),
    )


def rounds(
    statement: SignedStatement, periods: Sequence[Period], withdrawn_at: datetime.datetime | None
) -> list[dict[str, Any]]:
    """Give the dates and the totals of each round that a statement stands for.

    A round that a withdrawal cut off ended with it (``is_cut``); one that it forestalled is none.
    """
    known: Mapping[str, Any] = statement.totals["rounds"]
    found = []
    for round_ in range(1, statement.round + 1):
        own = [period for period in periods if period.round == round_]
        begins = [period for period in own if period.cause != Cause.RESTART] or own
        if not begins or (withdrawn_at and withdrawn_at <= begins[-1].opens_at):
            continue
        is_cut = withdrawn_at is not None and withdrawn_at < own[-1].closes_at
        ended = withdrawn_at if withdrawn_at and is_cut else own[-1].closes_at
        sums = known.get(str(round_), {})
        found.append(
            {
                "round": round_,
                "opens_at": begins[-1].opens_at,
                "ended_at": ended,
                "is_cut": is_cut,
                "days": _days(begins[-1].opens_at, ended),
                **{key: sums.get(key, 0) for key in ("received", *CommentState.values)},
                "channels": _named(ChannelKind, sums.get("by_channel", {})),
            }
        )
    return found


def _days(opens_at: datetime.datetime, ended: datetime.datetime) -> int:
    """How many days it was open after the opening day, which does not count."""
    return (rules.last_day(ended) - rules.local_day(opens_at)).days


def _named(choices: Any, counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(str(each.label), counts[each.value]) for each in choices if counts.get(each.value)]


# --- opinions and clauses -----------------------------------------------------------------------


@dataclass(frozen=True)
class Cited:
    """A clause that an opinion changed. in_policy, in_redline: empty where there is none."""

    label: str
    in_policy: str
    in_redline: str
    removed: bool = False


@dataclass(frozen=True)
class OpinionLine:
    opinion: SignedOpinion
    badge: SafeString
    clauses: list[Cited]


@dataclass(frozen=True)
class ChangedClause:
    """A clause that reads otherwise than in the draft, with the opinions that changed it."""

    key: str
    label: str
    word: str
    html: SafeString
    before: str
    after: str
    new_label: str
    in_policy: str
    opinions: list[OpinionLine]


@dataclass(frozen=True)
class Redline:
    """The changed clauses, those of them that no opinion explains, and how many stayed."""

    clauses: list[ChangedClause]
    unexplained: list[ChangedClause]
    same: int


@lru_cache(maxsize=16)
def changes(draft: str, final: str) -> rules.TextChanges:
    """What changed between two texts, kept: many readers ask for the same ones."""
    return rules.TextChanges(draft, final)


def opinion_lines(
    opinions: Iterable[SignedOpinion], found: rules.TextChanges | None, policy: FinalText | None
) -> list[OpinionLine]:
    """Give opinions with links to the clauses they changed, in the policy and in the redline."""
    return [
        OpinionLine(
            opinion, disposition_badge(opinion.disposition), cited_clauses(opinion, found, policy)
        )
        for opinion in opinions
    ]


def cited_clauses(
    opinion: SignedOpinion, found: rules.TextChanges | None, policy: FinalText | None
) -> list[Cited]:
    """Give the clauses that an opinion changed, and those that it removed."""
    changed = [
        Cited(
            clause["number"],
            f"{policy.url}#{clause['anchor']}" if policy else "",
            f"#c-{found.top(clause['anchor'])}" if found else "",
        )
        for clause in opinion.changed_clauses
    ]
    removed = [
        Cited(clause["number"], "", f"#r-{clause['anchor']}" if found else "", removed=True)
        for clause in opinion.removed_clauses
    ]
    return changed + removed


def redline(
    found: rules.TextChanges, lines: Sequence[OpinionLine], policy: FinalText | None
) -> Redline:
    """Give the clauses that read otherwise than in the draft, with their opinions beside them."""
    by_clause: dict[str, list[OpinionLine]] = {}
    for line in lines:
        for place in dict.fromkeys(clause.in_redline for clause in line.clauses):
            by_clause.setdefault(place.removeprefix("#"), []).append(line)
    wanted = {"c-" + anchor for anchor in found.changed} | {"r-" + a for a in found.removed}
    changed = [
        _changed(change, by_clause, policy) for change in found.clauses if _key(change) in wanted
    ]
    return Redline(
        clauses=changed,
        unexplained=[clause for clause in changed if not clause.opinions],
        same=len(found.clauses) - len(changed),
    )


def _key(change: ClauseChange) -> str:
    return f"c-{change.new_anchor}" if change.new_anchor else f"r-{change.old_anchor}"


def _changed(
    change: ClauseChange, by_clause: Mapping[str, list[OpinionLine]], policy: FinalText | None
) -> ChangedClause:
    word = {"added": _("new"), "removed": _("removed"), "moved": _("moved and changed")}
    label = change.new_label or change.old_label or _("(without a number)")
    if change.renumbered:
        label = f"{change.old_label} → {change.new_label}"
    return ChangedClause(
        key=_key(change),
        label=label,
        word=word.get(change.kind, _("changed")),
        html=marked_changes(change),
        before="".join(piece.text for piece in change.segments if piece.op != "insert"),
        after="".join(piece.text for piece in change.segments if piece.op != "delete"),
        new_label=change.new_label or label,
        in_policy=f"{policy.url}#{change.new_anchor}" if policy and change.new_anchor else "",
        opinions=by_clause.get(_key(change), []),
    )


def address(slug: str, seq: int | None = None) -> str:
    """The address of a consultation's newest statement, or of that with number ``seq``."""
    if seq is None:
        return reverse("consultations:statement", args=[slug])
    return reverse("consultations:statement_version", args=[slug, seq])
