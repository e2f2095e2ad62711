"""What changed between two versions of a legal text, clause by clause.

A clause is an article with all its paragraphs and items; outside articles, each heading, point
and paragraph is one. Clauses are paired by their text, not by their number, so an article that
was only renumbered is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Indel

from legaltext.tree import Kind, LegalText

ChangeKind = Literal["same", "changed", "added", "removed", "moved"]
Op = Literal["equal", "insert", "delete"]

# Two clauses below this likeness (0 to 100, share of common characters) are different clauses.
ALIKE = 55.0
# Out of its place a clause must be liker to count as moved and not as new.
MOVED = 70.0
# From this many pairs of characters on, sentences are compared instead of characters.
_CHARACTER_PAIRS = 100_000_000
# From this many pairs of clauses on, only clauses of the same label are paired.
_CLAUSE_PAIRS = 600_000


class Segment(NamedTuple):
    """A piece of a clause: kept, new, or struck out."""

    op: Op
    text: str


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """One clause in both versions; the anchor and label of the missing side are None.

    `moved` stands at another place among its neighbours, with or without a change of its text.
    `segments` give the old text without the inserts and the new text without the deletes; labels
    are not part of them.
    """

    kind: ChangeKind
    old_anchor: str | None
    new_anchor: str | None
    old_label: str | None
    new_label: str | None
    segments: tuple[Segment, ...]

    @property
    def renumbered(self) -> bool:
        """Whether the clause is in both versions under different labels."""
        return None not in (self.old_label, self.new_label) and self.old_label != self.new_label


class _Piece(NamedTuple):
    """A stretch of a comparison: either kept, or removed and added."""

    equal: str
    removed: str = ""
    added: str = ""


class _Clause(NamedTuple):
    anchor: str
    label: str
    text: str
    heading: bool


def redline(old: LegalText, new: LegalText) -> list[ClauseChange]:
    """Every clause of both versions, in the order of the new one, removed ones where they stood."""
    olds, news = list(_clauses(old)), list(_clauses(new))
    kept = _in_order(olds, news)
    moved = _out_of_order(olds, news, kept)
    to_old = {j: i for i, j in kept + moved}
    from_old = dict(kept + moved)
    place = dict(kept)

    changes: list[ClauseChange] = []
    done = 0
    for j, clause in enumerate(news):
        i = to_old.get(j)
        if i is not None and place.get(i) == j:
            changes += [_removed(olds[k]) for k in range(done, i) if k not in from_old]
            done = i + 1
        if i is None:
            segments = _whole("insert", clause.text)
            changes.append(ClauseChange("added", None, clause.anchor, None, clause.label, segments))
            continue
        before = olds[i]
        kind: ChangeKind = "same" if before.text == clause.text else "changed"
        changes.append(
            ClauseChange(
                kind if place.get(i) == j else "moved",
                before.anchor,
                clause.anchor,
                before.label,
                clause.label,
                segments_between(before.text, clause.text),
            )
        )
    changes += [_removed(olds[k]) for k in range(done, len(olds)) if k not in from_old]
    return changes


def segments_between(old: str, new: str) -> tuple[Segment, ...]:
    """The pieces kept, struck out and inserted; slivers between two changes count as changed."""
    if old == new:
        return _whole("equal", old)
    before: Sequence[str] = old
    after: Sequence[str] = new
    if len(old) * len(new) > _CHARACTER_PAIRS:
        before, after = _sentences(old), _sentences(new)
    pieces: list[_Piece] = []
    for op in Indel.opcodes(before, after):
        removed = "".join(before[op.src_start : op.src_end])
        added = "".join(after[op.dest_start : op.dest_end])
        if op.tag == "equal":
            pieces.append(_Piece(removed))
        else:
            pieces.append(_Piece("", removed, added))
    return tuple(_segments(_without_slivers(pieces)))


def _without_slivers(pieces: list[_Piece]) -> list[_Piece]:
    """Join changes that only a scrap parts: 甲的乙 changed to 丙的丁 reads as one change."""
    merged: list[_Piece] = []
    for index, source in enumerate(pieces):
        piece = source
        inner = bool(merged) and index + 1 < len(pieces)
        if piece.equal and inner and _is_sliver(piece.equal, merged[-1], pieces[index + 1]):
            piece = _Piece("", piece.equal, piece.equal)
        if merged and not piece.equal and not merged[-1].equal:
            before = merged.pop()
            piece = _Piece("", before.removed + piece.removed, before.added + piece.added)
        merged.append(piece)
    return merged


def _is_sliver(equal: str, before: _Piece, after: _Piece) -> bool:
    smaller = min(
        max(len(before.removed), len(before.added)), max(len(after.removed), len(after.added))
    )
    return len(equal) == 1 or len(equal) <= min(3, smaller)


def _segments(pieces: list[_Piece]) -> Iterator[Segment]:
    for equal, removed, added in pieces:
        if equal:
            yield Segment("equal", equal)
        if removed:
            yield Segment("delete", removed)
        if added:
            yield Segment("insert", added)


def _whole(op: Op, text: str) -> tuple[Segment, ...]:
    return (Segment(op, text),) if text else ()


def _removed(clause: _Clause) -> ClauseChange:
    segments = _whole("delete", clause.text)
    return ClauseChange("removed", clause.anchor, None, clause.label, None, segments)


def _clauses(tree: LegalText) -> Iterator[_Clause]:
    inside = 0
    for node in tree.walk():
        if inside:
            inside -= 1
            continue
        if node.kind is Kind.CONTENTS:
            continue
        if node.kind is Kind.ARTICLE:
            text = node.full_text
            inside = sum(1 for _ in node.walk()) - 1
        else:
            text = "\n".join(part for part in (node.heading, node.text) if part)
        heading = node.kind is not Kind.ARTICLE and not node.text
        yield _Clause(node.anchor, tree.label(node.anchor), text, heading)


def _in_order(olds: list[_Clause], news: list[_Clause]) -> list[tuple[int, int]]:
    """Pairs in the order of both: equal clauses first, then the likest within each gap."""
    matcher = SequenceMatcher(
        None, [(c.heading, c.text) for c in olds], [(c.heading, c.text) for c in news], False
    )
    pairs: list[tuple[int, int]] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            pairs += zip(range(i1, i2), range(j1, j2), strict=True)
        elif tag == "replace":
            pairs += _likest(olds, news, range(i1, i2), range(j1, j2))
    return pairs


def _likest(
    olds: list[_Clause], news: list[_Clause], rows: range, columns: range
) -> list[tuple[int, int]]:
    """The pairs, in order on both sides, whose likeness sums to the most."""
    if len(rows) * len(columns) > _CLAUSE_PAIRS:
        return _same_labels(olds, news, rows, columns)
    scores = [[_likeness(olds[i], news[j]) for j in columns] for i in rows]
    best = [[0.0] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for a in range(len(rows) - 1, -1, -1):
        for b in range(len(columns) - 1, -1, -1):
            paired = scores[a][b] + best[a + 1][b + 1] if scores[a][b] else 0.0
            best[a][b] = max(best[a + 1][b], best[a][b + 1], paired)
    pairs: list[tuple[int, int]] = []
    a = b = 0
    while a < len(rows) and b < len(columns):
        if scores[a][b] and best[a][b] == scores[a][b] + best[a + 1][b + 1]:
            pairs.append((rows[a], columns[b]))
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1
    return pairs


def _same_labels(
    olds: list[_Clause], news: list[_Clause], rows: range, columns: range
) -> list[tuple[int, int]]:
    by_anchor = {news[j].anchor: j for j in columns}
    pairs: list[tuple[int, int]] = []
    for i in rows:
        j = by_anchor.get(olds[i].anchor, -1)
        if j > (pairs[-1][1] if pairs else -1) and _likeness(olds[i], news[j]):
            pairs.append((i, j))
    return pairs


def _likeness(old: _Clause, new: _Clause) -> float:
    if old.heading != new.heading:
        return 0.0
    return fuzz.ratio(old.text, new.text, score_cutoff=ALIKE)


def _out_of_order(
    olds: list[_Clause], news: list[_Clause], kept: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Pairs among what is left over: the clauses that moved to another place."""
    used_old, used_new = {i for i, _ in kept}, {j for _, j in kept}
    left = {j: news[j].text for j in range(len(news)) if j not in used_new and not news[j].heading}
    if (len(olds) - len(kept)) * len(left) > 4 * _CLAUSE_PAIRS:
        return []
    found: list[tuple[float, int, int]] = []
    for i, clause in enumerate(olds):
        if i in used_old or clause.heading or not clause.text:
            continue
        for _, score, j in process.extract(
            clause.text, left, scorer=fuzz.ratio, score_cutoff=MOVED, limit=3
        ):
            found.append((-score, i, j))
    pairs: list[tuple[int, int]] = []
    for _, i, j in sorted(found):
        if i not in used_old and j not in used_new:
            used_old.add(i)
            used_new.add(j)
            pairs.append((i, j))
    return pairs


def _sentences(text: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for index, char in enumerate(text, 1):
        if char in "。；\n":
            pieces.append(text[start:index])
            start = index
    return [*pieces, text[start:]] if start < len(text) else pieces
