"""What a single line of a legal text begins with: a heading, an article, an annex, a marker."""

from __future__ import annotations

import re
from typing import NamedTuple

from legaltext.numerals import NUMERALS, to_int
from legaltext.tree import ZERO_WIDTH, Kind, squeeze

# A dash in place of 一 is a scanning error that issued texts contain (第三十－条).
# Lengths are bounded: any text must parse, and no law has an article 10**12.
_DIGIT = "".join(char for char in NUMERALS if char not in "万萬亿億")
_NUM = rf"[{_DIGIT}](?:\s*[{_DIGIT}－—]){{0,11}}"
_SIMPLE = rf"[{_DIGIT}]{{1,12}}"
_ARTICLE = re.compile(rf"第\s*({_NUM})\s*条(?:\s*之\s*({_SIMPLE}))?")
_STRUCTURE = re.compile(rf"第\s*({_NUM})\s*(分\s*编|编|章|节)")
_ANNEX = re.compile(
    rf"附\s*(?:件|表|录|图)?\s*([{_DIGIT}]{{1,3}}|[（(][{_DIGIT}]{{1,3}}[）)])?(?:\s*[:：]|(?=\s)|$)"
)
INLINE_ARTICLE = re.compile(rf"第({_SIMPLE})条(?:之{_SIMPLE})?")
INLINE_HEADING = re.compile(
    rf"(?<=[。；！？”）\s])(?=第{_SIMPLE}[编章节]\s+[^，。；]{{1,40}}?\s第{_SIMPLE}[章节条]\s)"
)
HEADING_THEN = re.compile(rf"第{_SIMPLE}[编章节]\s[^，。；]{{0,40}}?\s(?=第{_SIMPLE}[章节条]\s)")

_STRUCTURE_KINDS = {
    "编": Kind.PART,
    "分编": Kind.SUBPART,
    "章": Kind.CHAPTER,
    "节": Kind.SECTION,
}
_UNNUMBERED = frozenset({"序言", "前言", "总则", "分则", "附则"})
# After these a number is a citation within a sentence ("第九十九条规定：").
_CITES = frozenset("的规、和或及至到中之第款项所；，。：,;:)）》”")
SENTENCE_END = tuple("。；：！？，、”;:")

_CHINESE = "[一二三四五六七八九十百]{1,5}"
_ASCII = "[0-9０-９]{1,3}"
_MARKERS = (
    ("一、", re.compile(rf"({_CHINESE})\s*[、．.]")),
    ("（一）", re.compile(rf"[（(]\s*({_CHINESE})\s*[）)]")),
    ("1.", re.compile(rf"({_ASCII})\s*[.．、](?![0-9０-９])")),
    ("（1）", re.compile(rf"[（(]\s*({_ASCII})\s*[）)]")),
    ("①", re.compile("([①-⑳])")),
)
_OUTLINE = re.compile(
    r"(?:(\d{1,2}(?:\.\d{1,2}){0,4})\.)?(\d{1,2})(?:\s+|(?<=\.\d)|(?<=\.\d\d))(?=[^\d\s.])"
)


class Line(NamedTuple):
    """A line and what it starts with; `kind` None is running text, list markers included.

    `apart` says that a blank or a bracket parts the number from what follows, and `raw` is the
    line as it stood.
    """

    raw: str
    kind: Kind | None = None
    number: int | None = None
    inserted: int = 0
    label: str = ""
    text: str = ""
    apart: bool = True


class Marker(NamedTuple):
    """The （一） that a line starts with; equal styles stand on one level of a list."""

    style: str
    number: int
    label: str
    text: str


_BLANK = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000" + ZERO_WIDTH
)


def clean(line: str) -> str:
    """The line without blanks at its ends."""
    return line.strip(_BLANK)


def is_title(line: str, limit: int) -> bool:
    """Whether a line may be a title: at most `limit` characters, and no end of a sentence."""
    return 0 < len(line) <= limit and not line.endswith(SENTENCE_END)


def read(line: str) -> Line:
    """What a clean line starts with, judged by itself alone."""
    if line[0] == "第":
        return _read_numbered(line)
    if line[0] == "附" and len(line) <= 80 and not line.endswith(("。", "；")):
        found = _ANNEX.match(line)
        if found and squeeze(line) != "附则":
            number = to_int(found[1].strip("（）()")) if found[1] else None
            rest = clean(line[found.end() :])
            return Line(line, Kind.ANNEX, number, 0, clean(found.group()), rest)
    if len(line) <= 12 and squeeze(line) in _UNNUMBERED:
        return Line(line, Kind.CHAPTER, None, 0, "", line)
    return Line(line)


def _read_numbered(line: str) -> Line:
    found = _ARTICLE.match(line)
    if found:
        rest = line[found.end() :]
        inserted = to_int(found[2]) if found[2] else 0
        apart = not rest or rest[0].isspace() or rest[0] in "（(【《" + ZERO_WIDTH
        text = clean(rest)
        return Line(line, Kind.ARTICLE, _number(found[1]), inserted, found.group(), text, apart)
    found = _STRUCTURE.match(line)
    if found and len(line) <= 60:
        rest = line[found.end() :]
        heading = clean(rest)
        if not heading.endswith(("。", "；", "：")) and not (rest and rest[0] in _CITES):
            kind = _STRUCTURE_KINDS[squeeze(found[2])]
            return Line(line, kind, _number(found[1]), 0, found.group(), heading)
    return Line(line)


def _number(numeral: str) -> int:
    return to_int(numeral.replace("－", "一").replace("—", "一"))


def cites(line: Line) -> bool:
    """Whether an article's number at the start of a line reads on as a sentence."""
    return not line.apart and line.text[0] in _CITES


def marker(line: str, outline: bool = False) -> Marker | None:
    """The list marker that a line starts with; `outline` also reads 1, 1.1 and 1.1.1."""
    if line[0] not in "一二三四五六七八九十百（(①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳" and not line[0].isdecimal():
        return None
    for style, pattern in _MARKERS:
        found = pattern.match(line)
        if found:
            number = ord(found[1]) - ord("①") + 1 if style == "①" else to_int(found[1])
            return Marker(style, number, found.group(), clean(line[found.end() :]))
    found = _OUTLINE.match(line) if outline else None
    if found:
        depth = found[1].count(".") + 2 if found[1] else 1
        text = clean(line[found.end() :])
        return Marker(f"outline {depth}", int(found[2]), clean(found.group()), text)
    return None


_OUTLINED = re.compile(r"\d{1,2}\.\d{1,2}[\s.]")


def is_outlined(lines: list[str]) -> bool:
    """Whether the lines number their headings 1.1, 1.2 …"""
    return sum(bool(_OUTLINED.match(line)) for line in lines) >= 2
