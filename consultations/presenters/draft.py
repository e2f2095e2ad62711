"""A draft as its readers see it: provisions with a link to comment on each, and redlines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from consultations import rules
from consultations.models import Clause
from legaltext.parser import parse
from legaltext.redline import ClauseChange, redline
from legaltext.tree import HEADINGS, Kind, LegalText, Node


@dataclass(frozen=True)
class Asked:
    """A clause on which one may comment, and how many comments it has."""

    anchor: str
    number: str
    received: int
    published: int


@dataclass(frozen=True)
class Line:
    """A provision with its own words. asked: None where there are no comments."""

    anchor: str
    label: str
    text: str
    depth: int
    asked: Asked | None


@dataclass(frozen=True)
class Block:
    """A heading, an article with all its lines, or a line outside articles."""

    kind: str
    anchor: str
    title: str
    lines: Sequence[Line]
    asked: Asked | None


@lru_cache(maxsize=64)
def tree(text: str) -> LegalText:
    """The tree of a draft, kept: many readers ask for the same one."""
    return parse(text)


def blocks(
    text: str,
    clauses: Sequence[Clause],
    received: Mapping[int | None, int],
    published: Mapping[int | None, int],
) -> list[Block]:
    """The draft in the order of its text. received, published: comments by lineage."""
    known = {
        clause.anchor: Asked(
            clause.anchor,
            clause.number,
            received.get(clause.lineage, 0),
            published.get(clause.lineage, 0),
        )
        for clause in clauses
        if takes_comments(clause)
    }
    return [block for node in tree(text).nodes for block in _blocks(node, known)]


def _blocks(node: Node, known: Mapping[str, Asked]) -> Iterator[Block]:
    if node.kind in HEADINGS:
        yield Block("heading", node.anchor, node.title, (), None)
        for child in node.children:
            yield from _blocks(child, known)
    elif node.kind is Kind.ARTICLE:
        lines = [line for child in node.children for line in _lines(child, 0, known)]
        title = " ".join(part for part in (node.label, node.heading) if part)
        yield Block("article", node.anchor, title, lines, known.get(node.anchor))
    elif node.kind is not Kind.CONTENTS:
        yield Block("line", node.anchor, "", list(_lines(node, 0, known)), None)


def _lines(node: Node, depth: int, known: Mapping[str, Asked]) -> Iterator[Line]:
    text = " ".join(part for part in (node.heading, node.text) if part)
    yield Line(node.anchor, node.label, text, depth, known.get(node.anchor))
    for child in node.children:
        yield from _lines(child, depth + 1, known)


def takes_comments(clause: Clause) -> bool:
    """Headings only arrange; the public comments on provisions."""
    return rules.takes_comments(clause.kind)


@dataclass(frozen=True)
class Difference:
    """A provision of a redline: what happened to it in a word, and its marked text."""

    kind: str
    word: str
    label: str
    html: SafeString


def differences(old: str, new: str) -> list[Difference]:
    """What changed between two texts, provision by provision; those that stayed are left out."""
    words = {
        "changed": _("changed"),
        "added": _("added"),
        "removed": _("removed"),
        "moved": _("moved"),
        "renumbered": _("renumbered"),
    }
    found = []
    for change in _redline(old, new):
        kind = "renumbered" if change.kind == "same" and change.renumbered else change.kind
        if kind != "same":
            found.append(Difference(kind, words[kind], _label(change), marked_changes(change)))
    return found


@lru_cache(maxsize=16)
def _redline(old: str, new: str) -> list[ClauseChange]:
    return redline(tree(old), tree(new))


def _label(change: ClauseChange) -> str:
    if change.renumbered:
        return f"{change.old_label} → {change.new_label}"
    return change.new_label or change.old_label or ""


def marked_changes(change: ClauseChange) -> SafeString:
    """Struck and new words in boxes with a word in them, so that colour is not the only sign."""
    pieces = []
    for segment in change.segments:
        text = escape(segment.text).replace("\n", "<br>")
        if segment.op == "insert":
            text = f"<ins><i>增</i>{text}</ins>"
        elif segment.op == "delete":
            text = f"<del><i>删</i>{text}</del>"
        pieces.append(text)
    return mark_safe("".join(pieces))  # noqa: S308
