"""The numbers that Word counts by itself, computed as it shows them (ECMA-376, 17.9).

A paragraph names a list and a level in it, or its style does; the list says how the number of each
level looks (``第%1条``) and when it starts again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from legaltext.numerals import to_chinese

DEEPEST_STYLE = 20
"""So many styles may stand on one another; a damaged file may have them in a ring."""
_PLACE = re.compile("%([1-9])")
_SAME_TO = 99
"""Up to here the ways of counting in Chinese and Japanese agree."""
_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)
_MOST_ROMAN, _MOST_LETTERS, _MOST_CIRCLED = 3999, 26 * 10, 20
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")
_STEMS = "甲乙丙丁戊己庚辛壬癸"


class Uncountable(Exception):
    """The paragraph has a number in Word, and it cannot be told here which."""


@dataclass(frozen=True)
class _Level:
    """A level of a list. restart: the level, from 1, whose use restarts it; ``None``: any above."""

    start: int
    format: str
    text: str
    suffix: str
    restart: int | None
    decimal_only: bool
    style: str


@dataclass(frozen=True)
class _List:
    """What a paragraph names by its ``numId``. Lists with one pattern go on counting together."""

    pattern: str
    levels: dict[int, _Level]
    begins_anew: frozenset[int]


class Numbering:
    """Counts through a document: ask it for each paragraph once, in the order of the text.

    Raises ``ValueError`` for a file whose lists are damaged.
    """

    def __init__(self, document: Document) -> None:
        self._patterns: dict[str, Any] = {}
        self._nums: dict[str, Any] = {}
        self._linked: dict[str, str] = {}
        self._lists: dict[str, _List | None] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()
        root = _root(document)
        if root is None:
            return
        self._patterns = {
            found.get(qn("w:abstractNumId")): found for found in root.findall(qn("w:abstractNum"))
        }
        self._nums = {found.get(qn("w:numId")): found for found in root.findall(qn("w:num"))}
        for style in document.styles.element.findall(qn("w:style")):
            if style.get(qn("w:type")) == "numbering":
                number = _value(style, "w:pPr", "w:numPr", "w:numId")
                self._linked[style.get(qn("w:styleId"))] = number or ""

    def label(self, paragraph: Paragraph) -> str:
        """Give what Word shows before a paragraph, with a blank after it if it has one there.

        Empty for a paragraph without a number, or with a bullet. Raises ``Uncountable``; the
        count goes on all the same.
        """
        number, depth, style = _named(paragraph)
        known = self._list(number) if number else None
        if known is None:
            return ""
        if depth is None:
            depth = next(
                (at for at, lvl in known.levels.items() if style and lvl.style == style), 0
            )
        level = known.levels.get(depth)
        if level is None:
            return ""
        counts = self._advance(number, known, depth)
        if level.format == "bullet":
            return ""
        label = _PLACE.sub(
            lambda place: _shown(int(place[1]) - 1, known, level, counts), level.text
        )
        return label + ("" if level.suffix == "nothing" or not label else " ")

    def _advance(self, number: str, known: _List, depth: int) -> dict[int, int]:
        counts = self._counts.setdefault(known.pattern, {})
        if depth in known.begins_anew and (number, depth) not in self._begun:
            counts.pop(depth, None)
        self._begun.add((number, depth))
        counts[depth] = counts[depth] + 1 if depth in counts else known.levels[depth].start
        for below, level in known.levels.items():
            restarts = level.restart is None or depth < level.restart
            if below > depth and restarts:
                counts.pop(below, None)
        return counts

    def _list(self, number: str) -> _List | None:
        if number not in self._lists:
            self._lists[number] = self._read(number)
        return self._lists[number]

    def _read(self, number: str) -> _List | None:
        num = self._nums.get(number)
        pattern = _value(num, "w:abstractNumId")
        link = _value(self._patterns.get(pattern or ""), "w:numStyleLink")
        if link:
            pattern = _value(self._nums.get(self._linked.get(link, "")), "w:abstractNumId")
        found = self._patterns.get(pattern or "")
        if num is None or found is None:
            return None
        levels = dict(_levels(found))
        anew = set()
        for override in num.findall(qn("w:lvlOverride")):
            depth = int(override.get(qn("w:ilvl")))
            own = override.find(qn("w:lvl"))
            if own is not None:
                levels[depth] = _level(own)
            start = _value(override, "w:startOverride")
            if start is not None and depth in levels:
                levels[depth] = _starting(levels[depth], int(start))
                anew.add(depth)
        return _List(pattern or "", levels, frozenset(anew))


def _root(document: Document) -> Any:
    try:
        part: Any = document.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING)
    except KeyError:
        return None
    return part.element


def _named(paragraph: Paragraph) -> tuple[str, int | None, str]:
    """Give list, level, and the style that names the list if the paragraph itself does not.

    No list is the empty text; a level may be missing.
    """
    own = paragraph._p.pPr
    number, depth = _list_of(own)
    if number is not None:
        return ("" if number == "0" else number), depth or 0, ""
    style: Any = paragraph.style
    for _above in range(DEEPEST_STYLE):
        if style is None:
            break
        number, level = _list_of(style.element.find(qn("w:pPr")))
        depth = level if depth is None else depth
        if number is not None:
            return ("" if number == "0" else number), depth, style.style_id
        style = style.base_style
    return "", None, ""


def _list_of(properties: Any) -> tuple[str | None, int | None]:
    depth = _value(properties, "w:numPr", "w:ilvl")
    return _value(properties, "w:numPr", "w:numId"), int(depth) if depth else None


def _levels(pattern: Any) -> Iterator[tuple[int, _Level]]:
    for found in pattern.findall(qn("w:lvl")):
        yield int(found.get(qn("w:ilvl"))), _level(found)


def _level(found: Any) -> _Level:
    restart = _value(found, "w:lvlRestart")
    # A format of later versions of Word stands inside an element that older ones pass over.
    is_newer = any(child.tag.endswith("}AlternateContent") for child in found)
    legal = found.find(qn("w:isLgl"))
    return _Level(
        start=int(_value(found, "w:start") or 0),
        format=_value(found, "w:numFmt") or ("unknown" if is_newer else "decimal"),
        text=_value(found, "w:lvlText") or "",
        suffix=_value(found, "w:suff") or "tab",
        restart=int(restart) if restart is not None else None,
        decimal_only=legal is not None and legal.get(qn("w:val")) not in {"0", "false", "off"},
        style=_value(found, "w:pStyle") or "",
    )


def _starting(level: _Level, start: int) -> _Level:
    return _Level(**(vars(level) | {"start": start}))


def _value(element: Any, *path: str) -> str | None:
    """The ``w:val`` of the element at a path; ``None`` where there is none."""
    for name in path:
        element = element.find(qn(name)) if element is not None else None
    found: str | None = element.get(qn("w:val")) if element is not None else None
    return found


# --- how a number looks ---------------------------------------------------------------------------


def _shown(depth: int, known: _List, shown_in: _Level, counts: dict[int, int]) -> str:
    level = known.levels.get(depth)
    if level is None or level.format == "none":
        return ""
    if depth not in counts:
        # Programs differ about a level below one that was not used yet.
        raise Uncountable
    written = _WAYS.get("decimal" if shown_in.decimal_only else level.format)
    if written is None:
        raise Uncountable
    return written(counts[depth])


def _chinese(most: int) -> Callable[[int], str]:
    def write(number: int) -> str:
        if not 0 <= number <= most:
            raise Uncountable
        return to_chinese(number)

    return write


def _roman(number: int) -> str:
    if not 1 <= number <= _MOST_ROMAN:
        raise Uncountable
    written = ""
    for value, letters in _ROMAN:
        times, number = divmod(number, value)
        written += letters * times
    return written


def _letters(number: int) -> str:
    """Word counts y, z, aa, bb."""
    if not 1 <= number <= _MOST_LETTERS:
        raise Uncountable
    times, letter = divmod(number - 1, 26)
    return "abcdefghijklmnopqrstuvwxyz"[letter] * (times + 1)


def _circled(number: int) -> str:
    if not 1 <= number <= _MOST_CIRCLED:
        raise Uncountable
    return chr(ord("①") + number - 1)


def _stem(number: int) -> str:
    if not 1 <= number <= len(_STEMS):
        raise Uncountable
    return _STEMS[number - 1]


_WAYS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalHalfWidth": str,
    "decimalZero": lambda number: f"{number:02}",
    "decimalFullWidth": lambda number: str(number).translate(_FULL_WIDTH),
    "decimalFullWidth2": lambda number: str(number).translate(_FULL_WIDTH),
    "chineseCountingThousand": _chinese(9999),
    "chineseCounting": _chinese(_SAME_TO),
    "japaneseCounting": _chinese(_SAME_TO),
    "taiwaneseCounting": _chinese(_SAME_TO),
    "taiwaneseCountingThousand": _chinese(_SAME_TO),
    "ideographDigital": lambda number: str(number).translate(_DIGITS),
    "japaneseDigitalTenThousand": lambda number: str(number).translate(_DIGITS),
    "ideographTraditional": _stem,
    "upperRoman": lambda number: _roman(number).upper(),
    "lowerRoman": _roman,
    "upperLetter": lambda number: _letters(number).upper(),
    "lowerLetter": _letters,
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
}
