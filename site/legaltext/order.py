"""Whether the articles of a document are numbered in unbroken order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from legaltext.tree import Kind, LegalText, Node


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the numbers do not go on: the article, the number before it, and the reason."""

    anchor: str
    before: int
    found: int
    reason: str


def breaks(tree: LegalText) -> tuple[Break, ...]:
    """All breaks in a document, in order; empty if its articles run 1, 2, 3 … throughout.

    The numbers run on across parts and chapters, and 第十二条之一 may stand between 12 and 13. Each
    annex numbers its articles for itself, from 1; a restart that is not recognisable as an attached
    document is a break, and so is a document that starts above 1.
    """
    found = list(_run(tree.body))
    for annex in tree.annexes:
        found += _run(annex.children)
    return tuple(found)


def unbroken(tree: LegalText) -> bool:
    """Whether the articles of a document run in unbroken order; true if it has none."""
    return not breaks(tree)


def _run(nodes: Iterable[Node]) -> Iterable[Break]:
    last = inserted = 0
    for node in (node for top in nodes for node in top.walk() if node.kind is Kind.ARTICLE):
        number = node.number or 0
        if (number, node.inserted) not in {(last + 1, 0), (last, inserted + 1)} or not number:
            yield Break(node.anchor, last, number, _reason(last, number))
        last, inserted = number, node.inserted


def _reason(last: int, number: int) -> str:
    if not last:
        return f"starts at {number}"
    if number == last:
        return f"repeats {number}"
    if number < last:
        return f"goes back from {last} to {number}"
    return f"jumps from {last} to {number}"
