"""Chinese legal text to a tree of 编章节条款项.

`parse` works in linear time, in four steps: lines are read by themselves (`lines.py`); the
contents list 目录 is set apart; a walk in document order accepts the articles, finds those run
together on one line, and refuses citations at the start of a line; then headings are nested and
each article's lines become paragraphs and items. The anchors are explained in `tree.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from legaltext.lines import (
    HEADING_THEN,
    INLINE_ARTICLE,
    INLINE_HEADING,
    Line,
    Marker,
    cites,
    clean,
    is_outlined,
    is_title,
    marker,
    read,
)
from legaltext.numerals import to_int
from legaltext.tree import Kind, LegalText, Node, squeeze

_LEVELS = {Kind.PART: 0, Kind.SUBPART: 1, Kind.CHAPTER: 2, Kind.SECTION: 3, Kind.ARTICLE: 4}
_STRUCTURE = frozenset({Kind.PART, Kind.SUBPART, Kind.CHAPTER, Kind.SECTION})
_ANCHORS = {
    Kind.PART: "{prefix}part-{number}",
    Kind.SUBPART: "{prefix}subpart-{number}",
    Kind.CHAPTER: "{prefix}ch-{number}",
    Kind.SECTION: "{prefix}sec-{chapter}{number}",
    Kind.PARAGRAPH: "para-{number}",
    Kind.ITEM: "{above}-i{number}",
    Kind.SUBITEM: "{above}-s{number}",
    Kind.POINT: "pt-{number}",
    Kind.PREAMBLE: "pre-{number}",
    Kind.CONTENTS: "toc",
    Kind.CLOSING: "end-{number}",
    Kind.ANNEX: "annex-{number}",
}
_PAGE_NUMBER = re.compile(r"[.…·]*[0-9]*$")
_BRACKETED = re.compile(r"[（(【][^（）()【】]{1,20}[）)】](?=\s*\S)")
_DOCUMENT_NAME = re.compile(
    r"(?:法|条例|办法|规定|规则|细则|决定|章程|方案|意见|解释|规程|准则|标准|制度|公约|协定|议定书)"
    r"(?:[（(].{1,20}[）)])?$"
)


@dataclass(slots=True)
class _Draft:
    """A node being built: its lines are made into children when all of them are known."""

    kind: Kind
    number: int | None = None
    inserted: int = 0
    label: str = ""
    heading: str = ""
    text: str = ""
    lines: list[str] = field(default_factory=list)
    children: list[_Draft] = field(default_factory=list)


def parse(text: str) -> LegalText:
    """The tree of a legal text, as issued: any text parses, and none of it is lost."""
    lines = [read(piece) for piece in _pieces(text)]
    start, end = _contents_list(lines)
    contents = [line.raw for line in lines[start:end]]
    # A contents list stands in the preamble; what precedes it is kept apart to keep the order.
    before, lines = lines[:start], lines[end:]
    body, *annexes = _split_annexes(_accept_articles(lines))

    preamble = [_Draft(Kind.PREAMBLE, text=line.raw) for line in before]
    if contents:
        heading = contents.pop(0) if squeeze(contents[0])[:2] == "目录" else ""
        preamble.append(_Draft(Kind.CONTENTS, heading=heading, text="\n".join(contents)))
    root = _nest(body, Kind.PREAMBLE)
    closing = _take_closing(root)
    if root.children:
        preamble += [_Draft(Kind.PREAMBLE, text=line) for line in root.lines]
        provisions = root.children
        for child in provisions:
            _fill(child)
    else:
        _fill_points(root)
        first = next((i for i, child in enumerate(root.children) if child.kind is Kind.POINT), 0)
        for child in root.children[:first]:
            child.kind = Kind.PREAMBLE
        preamble += root.children[:first]
        provisions = root.children[first:]
    for number, draft in enumerate(preamble, 1):
        draft.number = number
    freeze = _Anchors().freeze
    return LegalText(
        preamble=freeze(preamble),
        body=freeze(provisions),
        closing=freeze([_Draft(Kind.CLOSING, n, text=line) for n, line in enumerate(closing, 1)]),
        annexes=freeze([_annex(number, lines) for number, lines in enumerate(annexes, 1)]),
    )


def _pieces(text: str) -> Iterator[str]:
    """The non-blank lines, with headings that stand inside a line split off."""
    for raw in text.splitlines():
        line = clean(raw)
        if not line:
            continue
        for piece in INLINE_HEADING.split(line) if "章" in line or "节" in line else [line]:
            rest = piece
            while rest[:1] == "第" and (found := HEADING_THEN.match(rest)):
                yield clean(found.group())
                rest = rest[found.end() :]
            if clean(rest):
                yield clean(rest)


def _contents_list(lines: list[Line]) -> tuple[int, int]:
    """Where the contents list 目录 starts and ends; an empty range if there is none."""
    first = next((i for i, line in enumerate(lines) if _starts_contents(line)), len(lines))
    if any(line.kind is Kind.ARTICLE and not cites(line) for line in lines[:first]):
        return 0, 0
    titled = first < len(lines) and _is_contents_title(lines[first])
    entries = first + titled
    if entries >= len(lines):
        return 0, 0
    key = _entry_key(lines[entries])
    end = entries + 1
    headings = 0
    while end < len(lines) and _is_entry(lines[end], titled):
        if _entry_key(lines[end]) == key:
            return first, end
        headings += lines[end].kind in _STRUCTURE
        end += 1
    # Without a second copy of its first entry, only a long run of headings is a contents list.
    while end > entries and lines[end - 1].kind not in _STRUCTURE:
        end -= 1
    return (first, end) if headings >= 3 else (0, 0)


def _is_contents_title(line: Line) -> bool:
    return line.raw[0] == "目" and squeeze(line.raw).rstrip(":：") == "目录"


def _starts_contents(line: Line) -> bool:
    return line.kind in _STRUCTURE or _is_contents_title(line)


def _entry_key(line: Line) -> str:
    return _PAGE_NUMBER.sub("", squeeze(line.raw))


def _is_entry(line: Line, titled: bool) -> bool:
    return line.kind in _STRUCTURE or (titled and is_title(line.raw, 40))


def _accept_articles(lines: list[Line]) -> list[Line]:
    """The lines with articles decided: citations become text, run-together articles are split."""
    upcoming: list[int | None] = []
    following: int | None = None
    for line in reversed(lines):
        upcoming.append(following)
        if line.kind is Kind.ARTICLE and not cites(line):
            following = line.number
    upcoming.reverse()

    accepted: list[Line] = []
    last = inserted = quotes = 0
    for line, following in zip(lines, upcoming, strict=True):
        rest = line
        if line.kind is Kind.ARTICLE:
            number = line.number or 0
            follows = (number, line.inserted) in {(last + 1, 0), (last, inserted + 1)}
            in_place = follows or following == number + 1
            if (follows or quotes <= 0) if line.apart else (in_place and not cites(line)):
                last, inserted, quotes = number, line.inserted, 0
            else:
                rest = Line(line.raw)
        while (at := _run_together(rest, last + 1, following)) is not None:
            source = rest.text if rest.kind else rest.raw
            head, tail = clean(source[:at]), source[at:]
            accepted.append(rest._replace(text=head) if rest.kind else Line(head))
            rest = read(tail)
            last, inserted, quotes = last + 1, rest.inserted, 0
        accepted.append(rest)
        quotes += rest.raw.count("“") - rest.raw.count("”")
    return accepted


def _run_together(line: Line, expected: int, following: int | None) -> int | None:
    """Where, inside a line, the article stands that is due next and starts no line of its own."""
    if following == expected or line.kind not in {None, Kind.ARTICLE}:
        return None
    text = line.text if line.kind else line.raw
    for found in INLINE_ARTICLE.finditer(text):
        if not found.start() or to_int(found[1]) != expected:
            continue
        before = text[: found.start()].rstrip()[-1:]
        spaced = text[found.end() : found.end() + 1].isspace()
        ends = before in "。！？”）" and before != ""
        if ends and (spaced or (following or 0) > expected):
            return found.start()
        if spaced and text[found.start() - 1].isspace():
            return found.start()
    return None


def _split_annexes(lines: list[Line]) -> list[list[Line]]:
    """The body and each annex; an annex starts with its heading line, if it has one."""
    upcoming: list[int] = []
    following = 0
    for line in reversed(lines):
        upcoming.append(following)
        if line.kind is Kind.ARTICLE:
            following = line.number or 0
    upcoming.reverse()

    segments: list[list[Line]] = [[]]
    last = points = 0
    for line, following in zip(lines, upcoming, strict=True):
        current = segments[-1]
        if line.kind is Kind.ANNEX:
            continues = following == last + 1 and (last or points < 2)
            if not continues and current:
                segments.append([line])
                last = points = 0
                continue
        elif line.kind is Kind.ARTICLE:
            if line.number == 1 and last > 1 and (at := _title_above(current)) is not None:
                segments.append([_titled(current[at]), *current[at + 1 :]])
                del current[at:]
                current = segments[-1]
            last = line.number or 0
        elif line.kind is None and not last:
            found = marker(line.raw)
            points += found is not None and found.style == "一、"
        current.append(line)
    return segments


def _title_above(lines: list[Line]) -> int | None:
    """Where the title of an attached document starts, just above its first article.

    Only the name of a kind of document (…办法, …条例) is taken for a title: anything looser would
    tear the last lines off an article.
    """
    for back in range(1, min(8, len(lines)) + 1):
        line = lines[-back]
        if line.kind is Kind.ARTICLE:
            return None
        if line.kind is None and is_title(line.raw, 50) and _DOCUMENT_NAME.search(line.raw):
            return len(lines) - back
    return None


def _titled(line: Line) -> Line:
    return Line(line.raw, Kind.ANNEX, None, 0, "", line.raw)


def _nest(lines: list[Line], kind: Kind) -> _Draft:
    """Headings and articles below each other; text goes to the lines of what it stands under."""
    root = _Draft(kind)
    stack: list[tuple[int, _Draft]] = [(-1, root)]
    parts = any(line.kind is Kind.PART for line in lines)
    for line in lines:
        if line.kind is None or line.kind is Kind.ANNEX:
            stack[-1][1].lines.append(line.raw)
            continue
        level = _LEVELS[line.kind]
        if parts and line.kind is Kind.CHAPTER and line.number is None:
            level = 0
        while stack[-1][0] >= level:
            stack.pop()
        draft = _Draft(line.kind, line.number, line.inserted, line.label)
        if line.kind is Kind.ARTICLE:
            draft.lines = [line.text] if line.text else []
        else:
            draft.heading = line.text
        stack[-1][1].children.append(draft)
        stack.append((level, draft))
    return root


def _take_closing(root: _Draft) -> list[str]:
    """Take the signature and date off the last article of the body."""
    last = root
    while last.children:
        last = last.children[-1]
    if last.kind is not Kind.ARTICLE:
        return []
    keep = len(last.lines)
    while keep > 1 and is_title(last.lines[keep - 1], 30) and not marker(last.lines[keep - 1]):
        keep -= 1
    closing = last.lines[keep:]
    del last.lines[keep:]
    return closing


def _annex(number: int, lines: list[Line]) -> _Draft:
    head, *rest = lines
    draft = _nest(rest, Kind.ANNEX)
    draft.number, draft.label, draft.heading = number, head.label, head.text
    if not head.text and draft.lines and _is_heading(draft.lines[0], 50):
        draft.heading = draft.lines.pop(0)
    children, draft.children = draft.children, []
    _fill_points(draft)
    for child in children:
        _fill(child)
    draft.children += children
    return draft


def _fill(draft: _Draft) -> None:
    """Make the lines of a heading or article into paragraphs, and all below it likewise."""
    if draft.kind is Kind.ARTICLE:
        _fill_article(draft)
        return
    if draft.lines and is_title(draft.lines[0], 30):
        if not draft.heading:
            draft.heading = draft.lines.pop(0)
        elif len(draft.lines) == 1 and draft.children and len(draft.heading) >= 15:
            # The source broke a long heading over two lines.
            draft.heading += draft.lines.pop()
    children, draft.children = draft.children, []
    _fill_points(draft)
    for child in children:
        _fill(child)
    draft.children += children


def _fill_article(draft: _Draft) -> None:
    lines = draft.lines
    if lines:
        bracketed = _BRACKETED.match(lines[0])
        if bracketed and not marker(lines[0]):
            draft.heading = bracketed.group()
            lines[0] = clean(lines[0][bracketed.end() :])
        elif len(lines) > 1 and _is_heading(lines[0], 15):
            draft.heading = lines.pop(0)
    markers = [marker(line) for line in lines]
    coming = _next_markers(markers)
    open_items: list[tuple[Marker, _Draft]] = []
    paragraph: _Draft | None = None
    for line, found, following in zip(lines, markers, coming, strict=True):
        if found:
            if paragraph is None:
                paragraph = _Draft(Kind.PARAGRAPH, 1)
                draft.children.append(paragraph)
            _close(open_items, found.style)
            kind = Kind.SUBITEM if open_items else Kind.ITEM
            item = _Draft(kind, found.number, 0, found.label, text=found.text)
            (open_items[-1][1] if open_items else paragraph).children.append(item)
            open_items.append((found, item))
        elif open_items and following and _continues(open_items, following):
            # A list that goes on below: the line belongs to the item, not to a new paragraph.
            item = open_items[-1][1]
            item.text = f"{item.text}\n{line}" if item.text else line
        else:
            open_items.clear()
            paragraph = _Draft(Kind.PARAGRAPH, len(draft.children) + 1, text=line)
            draft.children.append(paragraph)


def _is_heading(line: str, limit: int) -> bool:
    return is_title(line, limit) and not re.search("[，。；：]", line) and not marker(line)


def _next_markers(markers: list[Marker | None]) -> list[Marker | None]:
    coming: list[Marker | None] = []
    following: Marker | None = None
    for found in reversed(markers):
        coming.append(following)
        following = found or following
    return coming[::-1]


def _continues(open_items: list[tuple[Marker, _Draft]], following: Marker) -> bool:
    return any(
        item.style == following.style and item.number + 1 == following.number
        for item, _ in open_items
    )


def _close(open_items: list[tuple[Marker, _Draft]], style: str) -> None:
    """Close the open items down to the one of this style, if there is one."""
    for depth, (item, _) in enumerate(open_items):
        if item.style == style:
            del open_items[depth:]
            return


def _fill_points(draft: _Draft) -> None:
    """Make lines that stand under no article into points (一、, （一）, 1.) and paragraphs."""
    outline = is_outlined(draft.lines)
    open_points: list[tuple[Marker, _Draft]] = []
    for line in draft.lines:
        above = open_points[-1][1] if open_points else draft
        found = marker(line, outline)
        if found:
            _close(open_points, found.style)
            above = open_points[-1][1] if open_points else draft
            point = _Draft(Kind.POINT, found.number, 0, found.label)
            if is_title(found.text, 40) and not re.search("[，。；：]", found.text):
                point.heading = found.text
            else:
                point.text = found.text
            above.children.append(point)
            open_points.append((found, point))
        else:
            above.children.append(_Draft(Kind.PARAGRAPH, len(above.children) + 1, text=line))
    draft.lines = []


class _Anchors:
    """Gives each node its anchor, unique in the document."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}
        self._unnumbered: dict[str, int] = {}

    def freeze(self, drafts: list[_Draft]) -> tuple[Node, ...]:
        return tuple(self._freeze(draft, None, "", "", "") for draft in drafts)

    def _freeze(
        self, draft: _Draft, parent: _Draft | None, above: str, prefix: str, chapter: str
    ) -> Node:
        """`above` is the parent's anchor, `prefix` that of the annex or part, with a hyphen."""
        anchor = self._unique(self._base(draft, parent, above, prefix, chapter))
        if draft.kind is Kind.ANNEX or draft.kind is Kind.PART:
            prefix, chapter = f"{anchor}-", ""
        elif draft.kind is Kind.CHAPTER:
            chapter = anchor.removeprefix(f"{prefix}ch-") + "-"
        children = tuple(
            self._freeze(child, draft, anchor, prefix, chapter) for child in draft.children
        )
        return Node(
            draft.kind,
            draft.number,
            draft.label,
            draft.heading,
            draft.text,
            anchor,
            children,
            draft.inserted,
        )

    def _base(
        self, draft: _Draft, parent: _Draft | None, above: str, prefix: str, chapter: str
    ) -> str:
        number = draft.number
        if draft.kind is Kind.ARTICLE:
            # Articles run through the parts of a law, so only an annex is in their anchor.
            scope = prefix[: prefix.index("part-")] if "part-" in prefix else prefix
            return f"{scope}art-{number}" + (f"-{draft.inserted}" if draft.inserted else "")
        if draft.kind is Kind.POINT and parent is not None:
            return f"{above}-{number}" if parent.kind is Kind.POINT else f"{above}-pt-{number}"
        if draft.kind is Kind.PARAGRAPH and parent is not None:
            return f"{above}-p{number}"
        if draft.kind is Kind.CHAPTER and number is None:
            count = self._unnumbered[prefix] = self._unnumbered.get(prefix, 0) + 1
            return f"{prefix}ch-u{count}"
        form = _ANCHORS[draft.kind]
        return form.format(above=above, prefix=prefix, chapter=chapter, number=number)

    def _unique(self, base: str) -> str:
        count = self._used[base] = self._used.get(base, 0) + 1
        return base if count == 1 else f"{base}-dup{count}"
