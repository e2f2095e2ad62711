"""Legal text as HTML: sections with anchors, a contents list, marks on what no longer applies.

Written by hand and not by templates: a law of 100,000 characters has thousands of provisions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from django.utils.safestring import SafeString, mark_safe

from legaltext.tree import HEADINGS, Entry, Kind, LegalText, Node

LETTER_DAY = re.compile(r"[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日")
BARE = re.compile(r"[^。：；，！？]{2,60}")
LONG = 60
"""From this many articles on, those off screen are laid out only when they come near."""


@dataclass(frozen=True)
class Mark:
    """A note on one provision: ``dead`` if it no longer applies, else it was amended."""

    html: str
    dead: bool


@dataclass(frozen=True)
class Insertion:
    """A table or picture that stands after the first ``offset`` visible characters of the text."""

    offset: int
    html: str


@dataclass
class _Writer:
    marks: Mapping[str, Mark]
    insertions: Sequence[Insertion]
    link_title: str
    out: list[str] = field(default_factory=list)
    seen: int = 0
    inserted: int = 0

    def own(self, *parts: str) -> None:
        """Count a node's own words, which says where insertions stand."""
        if self.insertions:
            self.seen += sum(visible(part) for part in parts)

    def due(self) -> Iterator[str]:
        while (
            self.inserted < len(self.insertions)
            and self.insertions[self.inserted].offset <= self.seen
        ):
            yield self.insertions[self.inserted].html
            self.inserted += 1

    def flush(self) -> None:
        self.out.extend(self.due())


def visible(text: str) -> int:
    """How many characters of a text are not white space."""
    return len("".join(text.split()))


def law_html(
    text: LegalText,
    marks: Mapping[str, Mark],
    insertions: Sequence[Insertion],
    link_title: str,
) -> SafeString:
    """The text as HTML. ``marks`` hang on anchors; ``insertions`` come in the order of the text.

    ``link_title`` names the link that each article has on its own number.
    """
    writer = _Writer(marks, insertions, escape(link_title))
    writer.flush()
    for node, style in zip(text.preamble, _letter(text.preamble), strict=True):
        _line(writer, node, style)
    for node in text.body:
        _node(writer, node, 2)
    for node in text.closing:
        _line(writer, node, "gk-closing")
    for node in text.annexes:
        _node(writer, node, 2)
    writer.seen = max((i.offset for i in insertions), default=0)
    writer.flush()
    return mark_safe("".join(writer.out))  # noqa: S308


def _letter(lines: Sequence[Node]) -> list[str]:
    """The style of each line before the articles: a covering letter, its signature, a title.

    The signature is the day and the lines without a stop before it; the title, if one is
    repeated, is the last line after it.
    """
    styles = ["gk-pre"] * len(lines)
    bare = [BARE.fullmatch(f"{line.label}{line.heading}{line.text}") is not None for line in lines]
    signed = next((n for n, line in enumerate(lines) if LETTER_DAY.fullmatch(line.text)), None)
    if signed is None or not signed:
        return styles
    first = signed
    while first and bare[first - 1]:
        first -= 1
    styles[first : signed + 1] = ["gk-pre gk-closing"] * (signed + 1 - first)
    if len(lines) - signed == 2 and bare[-1]:
        styles[-1] = "gk-pre gk-title"
    return styles


def _node(w: _Writer, node: Node, level: int) -> None:
    match node.kind:
        case Kind.ARTICLE:
            _article(w, node, level)
        case Kind.POINT if node.heading:
            _heading(w, node, level, "gk-point")
        case kind if kind in HEADINGS:
            _heading(w, node, level, "gk-cap")
        case Kind.CONTENTS:
            _contents_lines(w, node)
        case Kind.ITEM | Kind.SUBITEM:
            _list(w, (node,))
        case _:
            _line(w, node)


def _children(w: _Writer, nodes: Sequence[Node], level: int) -> None:
    items: list[Node] = []
    for node in nodes:
        if node.kind in (Kind.ITEM, Kind.SUBITEM):
            items.append(node)
            continue
        if items:
            _list(w, items)
            items = []
        _node(w, node, level)
    if items:
        _list(w, items)


def _heading(w: _Writer, node: Node, level: int, style: str) -> None:
    tag = f"h{min(level, 6)}"
    w.out.append(f'<{tag} class="{style}" id="{node.anchor}">{escape(node.title)}</{tag}>')
    w.own(node.label, node.heading)
    mark = w.marks.get(node.anchor)
    if mark:
        w.out.append(mark.html)
        if mark.dead:
            w.out.append('<div class="gk-dead">')
    if node.text:
        w.out.append(f"<p>{escape(node.text)}</p>")
        w.own(node.text)
    w.flush()
    _children(w, node.children, level + 1)
    if mark and mark.dead:
        w.out.append("</div>")


def _article(w: _Writer, node: Node, level: int) -> None:
    tag = f"h{min(level, 6)}"
    mark = w.marks.get(node.anchor)
    dead = " gk-art-dead" if mark and mark.dead else ""
    anchor = node.anchor
    w.out.append(
        f'<section class="gk-art{dead}" id="{anchor}" aria-labelledby="{anchor}-h">'
        f'<{tag} id="{anchor}-h"><a href="#{anchor}" title="{w.link_title}">'
        f"{escape(node.label)}</a></{tag}><div>"
    )
    w.own(node.label)
    if mark:
        w.out.append(mark.html)
    if node.heading:
        w.out.append(f"<p><b>{escape(node.heading)}</b></p>")
        w.own(node.heading)
    if node.text:
        w.out.append(f"<p>{escape(node.text)}</p>")
        w.own(node.text)
    w.flush()
    _children(w, node.children, level + 1)
    w.out.append("</div></section>")


def _line(w: _Writer, node: Node, style: str = "") -> None:
    if node.kind is Kind.CONTENTS:
        _contents_lines(w, node)
        return
    mark = w.marks.get(node.anchor)
    if mark:
        w.out.append('<div class="gk-dead">' if mark.dead else "<div>")
        w.out.append(mark.html)
    attribute = f' class="{style}"' if style else ""
    words = f"{node.label}{node.heading}{node.text}"
    w.out.append(f'<p{attribute} id="{node.anchor}">{escape(words)}</p>')
    w.own(words)
    w.flush()
    _children(w, node.children, 6)
    if mark:
        w.out.append("</div>")


def _list(w: _Writer, items: Sequence[Node]) -> None:
    w.out.append("<ol>")
    for node in items:
        mark = w.marks.get(node.anchor)
        dead = ' class="gk-dead"' if mark and mark.dead else ""
        w.out.append(f'<li id="{node.anchor}"{dead}>')
        if mark:
            w.out.append(mark.html)
        words = f"{node.label}{node.heading}{node.text}"
        w.out.append(escape(words))
        w.own(words)
        w.flush()
        _children(w, node.children, 6)
        w.out.append("</li>")
    w.out.append("</ol>")


def _contents_lines(w: _Writer, node: Node) -> None:
    lines = list(node.lines())
    w.own(*lines)
    if lines:
        rest = "<br>".join(escape(line) for line in lines[1:])
        w.out.append(
            f'<details id="{node.anchor}" class="gk-hei gk-s"><summary>{escape(lines[0])}</summary>'
            f"<p>{rest}</p></details>"
        )
    w.flush()


def contents_html(
    entries: Sequence[Entry], marks: Mapping[str, Mark], words: Mapping[str, str]
) -> SafeString:
    """The contents list. ``words`` holds ``dead`` and ``amended``, put behind a marked entry."""
    out: list[str] = []
    _entries(out, entries, marks, words)
    return mark_safe("".join(out))  # noqa: S308


def _entries(
    out: list[str], entries: Sequence[Entry], marks: Mapping[str, Mark], words: Mapping[str, str]
) -> None:
    bare = all(entry.kind is Kind.ARTICLE and " " not in entry.title for entry in entries)
    out.append('<ol class="gk-toc-n">' if bare else "<ol>")
    for entry in entries:
        mark = marks.get(entry.anchor)
        note = ""
        if mark:
            word = escape(words["dead" if mark.dead else "amended"])
            note = f' <span class="gk-hei">{word}</span>'
        link = f'<a href="#{entry.anchor}">{escape(entry.title)}{note}</a>'
        out.append("<li>" + (f"<b>{link}</b>" if entry.kind in HEADINGS else link))
        if entry.children:
            _entries(out, entry.children, marks, words)
        out.append("</li>")
    out.append("</ol>")
