"""The tree of a legal text, and its anchors.

Anchors are HTML ids, unique in a document and derived from the numbers the document itself uses,
so that a partial repeal, a comment or a link can cite a provision for good:

=========================  ==================================================================
``part-2``                 第二编
``subpart-1``              第一分编 (inside a part: ``part-3-subpart-1``)
``ch-3``                   第三章 (inside a part, where chapters restart: ``part-2-ch-3``)
``sec-3-2``                第三章第二节 (inside a part: ``part-2-sec-3-2``; no chapter: ``sec-2``)
``ch-u1``                  the first unnumbered heading (序言, 总则, 附则)
``art-12``                 第十二条, whatever chapter it stands in
``art-12-1``               第十二条之一
``art-12-p2``              第十二条第二款; the first line of an article is its ``p1``
``art-12-p2-i3``           第十二条第二款第三项
``art-12-p2-i3-s1``        第一目 of it; deeper levels add another ``-sN``
``pt-1``, ``pt-1-2``       一、 and （二） below it, in documents that have no articles
``pt-1-p1``                the first further paragraph below 一、
``para-1``                 a paragraph of a document that has neither articles nor points
``ch-3-p1``                a paragraph that stands directly below a heading
``pre-1``                  a line before the first provision (title, adoption); ``toc`` is 目录
``end-1``                  a line after the last provision (signature, date)
``annex-1``                the first annex; what is inside has it in front: ``annex-1-art-3``
=========================  ==================================================================

Where a document uses a number twice, the second gets ``-dup2``, the third ``-dup3``
(``art-12-dup2``, and below it ``art-12-dup2-p1``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from legaltext.numerals import to_chinese

# Left over from web pages, and blank to a reader.
ZERO_WIDTH = "\u200b\ufeff"


def squeeze(text: str) -> str:
    """The text without any blank character."""
    return "".join(text.split()).translate(dict.fromkeys(map(ord, ZERO_WIDTH)))


class Kind(StrEnum):
    """What a node is. `POINT` is a 一、 or （一） of a document without articles."""

    PART = "part"
    SUBPART = "subpart"
    CHAPTER = "chapter"
    SECTION = "section"
    ARTICLE = "article"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    SUBITEM = "subitem"
    POINT = "point"
    PREAMBLE = "preamble"
    CONTENTS = "contents"
    CLOSING = "closing"
    ANNEX = "annex"


HEADINGS = frozenset({Kind.PART, Kind.SUBPART, Kind.CHAPTER, Kind.SECTION, Kind.ANNEX})


@dataclass(frozen=True, slots=True)
class Node:
    """One provision, heading or line, with what stands below it.

    `label` and `heading` are as written (第 十 条, 总 则); `number` is the label's number, and
    `inserted` the number behind 之 (第十二条之一: 12 and 1). `text` is the node's own text only.
    An article's text is in its paragraphs; `full_text` joins it.
    """

    kind: Kind
    number: int | None
    label: str
    heading: str
    text: str
    anchor: str
    children: tuple[Node, ...] = ()
    inserted: int = 0

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in the order of the document."""
        yield self
        for child in self.children:
            yield from child.walk()

    def lines(self) -> Iterator[str]:
        """Every label, heading and text from here down, in order: nothing of the source is lost."""
        for node in self.walk():
            yield from (part for part in (node.label, node.heading, node.text) if part)

    @property
    def full_text(self) -> str:
        """The text from here down, a line for each provision, labels of the lower ones included."""
        lines = [self.heading, self.text]
        lines += [child.label + child.full_text for child in self.children]
        return "\n".join(line for line in lines if line)

    @property
    def title(self) -> str:
        """Label and heading as one line: 第一章 总则."""
        return " ".join(part for part in (self.label, self.heading) if part)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the contents list: a heading with its lower headings and articles."""

    kind: Kind
    anchor: str
    title: str
    children: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class LegalText:
    """A parsed document: what precedes the provisions, these, what follows, and the annexes."""

    preamble: tuple[Node, ...]
    body: tuple[Node, ...]
    closing: tuple[Node, ...]
    annexes: tuple[Node, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The top nodes, in the order of the document."""
        return self.preamble + self.body + self.closing + self.annexes

    def walk(self) -> Iterator[Node]:
        """Every node, in the order of the document."""
        for node in self.nodes:
            yield from node.walk()

    def lines(self) -> Iterator[str]:
        """Everything that was written, in order; only whitespace between the pieces is gone."""
        for node in self.nodes:
            yield from node.lines()

    def articles(self) -> tuple[Node, ...]:
        """All articles in order, those of annexed documents included."""
        return tuple(node for node in self.walk() if node.kind is Kind.ARTICLE)

    def anchors(self) -> dict[str, Node]:
        """Every anchor of the document with its node, in order."""
        return dict(self._by_anchor)

    def label(self, anchor: str) -> str:
        """How a provision is cited: `art-12-p2` is 第十二条第二款. Raises KeyError if unknown.

        The only paragraph of an article is not named, as in legal usage: 第十二条第三项.
        """
        return self._labels[anchor]

    def contents(self) -> tuple[Entry, ...]:
        """The contents list: headings, articles and top points, nested."""
        return _entries(self.nodes)

    @cached_property
    def _by_anchor(self) -> dict[str, Node]:
        return {node.anchor: node for node in self.walk()}

    @cached_property
    def _labels(self) -> dict[str, str]:
        labels: dict[str, str] = {}
        for node in self.nodes:
            _cite(node, "", "", "第{}段", labels)
        return labels


_LISTED = frozenset({*HEADINGS, Kind.ARTICLE})


def _entries(nodes: tuple[Node, ...]) -> tuple[Entry, ...]:
    return tuple(
        Entry(node.kind, node.anchor, node.title, _entries(node.children))
        for node in nodes
        if node.kind in _LISTED or (node.kind is Kind.POINT and node.heading)
    )


_COUNTED = {
    Kind.ITEM: "第{}项",
    Kind.SUBITEM: "第{}目",
    Kind.PREAMBLE: "正文前第{}段",
    Kind.CLOSING: "正文后第{}段",
}


def _cite(node: Node, scope: str, above: str, paragraph: str, labels: dict[str, str]) -> None:
    """Note the citations of a node and all below it.

    `scope` is the annex it stands in, `above` the citation of its parent, and `paragraph` the form
    in which its parent's paragraphs are cited.
    """
    written = squeeze(node.label).rstrip("、．.：:")
    number = to_chinese(node.number) if node.number is not None else ""
    name = above + (written or squeeze(node.heading))
    if node.kind is Kind.CONTENTS:
        name = above + (written or "目录")
    elif node.kind is Kind.ANNEX:
        name = scope = written or f"附件{number}"
    elif node.kind is Kind.ARTICLE or node.kind is Kind.PART:
        # Article numbers run through the document: no chapter belongs in their citation.
        name = scope + written
    elif node.kind is Kind.PARAGRAPH:
        name = above + paragraph.format(number)
    elif node.kind in _COUNTED:
        name = above + _COUNTED[node.kind].format(number)
    elif node.kind is Kind.POINT and (above == scope or "." in written):
        # 1.2.1 names the points above it already.
        name = f"{scope} {written}".strip()
    labels[node.anchor] = name
    if node.kind is not Kind.ARTICLE:
        paragraph = "第{}段"
    else:
        paragraph = "" if len(node.children) == 1 else "第{}款"
    for child in node.children:
        _cite(child, scope, name, paragraph, labels)
