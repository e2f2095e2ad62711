"""What becomes of what came in: opinions, reasons, the clauses they changed. Pure.

Numbers are people and comments; texts are Chinese legal texts as issued.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from consultations.enums import Disposition
from legaltext.parser import parse
from legaltext.redline import ClauseChange, redline
from legaltext.tree import LegalText, Node, squeeze

SHORTEST_REASON = 20
"""A reason with fewer characters is flagged to the reviewer."""

MOST_USES_OF_A_REASON = 3
"""A reason that more opinions share is flagged to the reviewer."""

_GAP = re.compile(r"〔(?!\d{4}〕)")  # 京公开办发〔2020〕4号 has none

_NO_CLAUSE = ("pre-", "toc", "end-")

_CHANGES_THE_TEXT = frozenset({Disposition.ADOPTED, Disposition.PARTLY_ADOPTED})
_NEEDS_A_REASON = frozenset({Disposition.PARTLY_ADOPTED, Disposition.NOT_ADOPTED})


@dataclass(frozen=True)
class Concentration:
    """When an opinion is concentrated (集中): so many people, or so many percent of all people."""

    people: int
    percent: int

    def holds(self, people: int, total: int) -> bool:
        """Tell whether ``people`` of ``total`` who commented, over all channels, are enough."""
        return people > 0 and (people >= self.people or people * 100 >= self.percent * total)


DEFAULT_CONCENTRATION = Concentration(people=10, percent=5)


def needs_reason(disposition: str, *, concentrated: bool) -> bool:
    """Tell whether the public must be told why (京公开办发〔2020〕4号)."""
    return concentrated and disposition in _NEEDS_A_REASON


def needs_clause(disposition: str) -> bool:
    """Tell whether an opinion has to name what it changed in the final text."""
    return disposition in _CHANGES_THE_TEXT


def is_short(reason: str) -> bool:
    """Tell whether a reason that was given says too little, spaces not counted."""
    return 0 < len(squeeze(reason)) < SHORTEST_REASON


def worn_reasons(reasons: Mapping[int, str]) -> set[int]:
    """Give the opinions, by key, whose reason stands under too many of them.

    As in ``is_unadapted``, a full stop more or less makes no other reason: letters and digits do.
    """
    plain = {key: bare for key, reason in reasons.items() if (bare := _letters(reason))}
    uses = Counter(plain.values())
    return {key for key, reason in plain.items() if uses[reason] > MOST_USES_OF_A_REASON}


def is_unadapted(reason: str, phrases: Iterable[str]) -> bool:
    """Tell whether a reason is a reusable phrase as it stands, or still has its gap 〔…〕."""
    plain = _letters(reason)
    as_it_stands = bool(plain) and plain in {_letters(phrase) for phrase in phrases}
    return bool(_GAP.search(reason)) or as_it_stands


def _letters(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text) if char.isalnum())


def opinion_code(number: int) -> str:
    """Write the number under which an opinion is cited: YJ-014."""
    return f"YJ-{number:03d}"


def digest(content: Any) -> str:
    """Give the SHA-256 of what is passed and signed, in one fixed form of JSON."""
    plain = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


@dataclass(frozen=True)
class TextChanges:
    """What changed from the draft on which the public was asked to the final text."""

    draft: str
    final: str

    @cached_property
    def clauses(self) -> list[ClauseChange]:
        """Every clause of both texts, in the order of the final one.

        Letterhead, contents list and signature are none: they always differ, and say nothing.
        """
        return [
            change
            for change in redline(self._draft, self._final)
            if not (change.new_anchor or change.old_anchor or "").startswith(_NO_CLAUSE)
        ]

    @cached_property
    def _draft(self) -> LegalText:
        return parse(self.draft)

    @cached_property
    def _final(self) -> LegalText:
        return parse(self.final)

    @cached_property
    def changed(self) -> list[str]:
        """The anchors, in the final text, of the clauses that are new or read differently."""
        return [
            change.new_anchor
            for change in self.clauses
            if change.new_anchor and _reads_differently(change)
        ]

    @cached_property
    def removed(self) -> list[str]:
        """The anchors, in the draft, of the clauses that the final text no longer has."""
        return [
            change.old_anchor
            for change in self.clauses
            if change.old_anchor and change.new_anchor is None
        ]

    def exists(self, anchor: str) -> bool:
        """Tell whether the final text has a clause with this anchor."""
        return anchor in self._places

    def differs(self, anchor: str) -> bool:
        """Tell whether a clause of the final text reads otherwise than the draft.

        Blanks, and the width of a comma, are nothing to read. A paragraph or item counts by
        itself: it differs unless the draft's article has its words.
        """
        found = self._places.get(anchor)
        if found is None:
            return False
        top, node = found
        change = next((each for each in self.clauses if each.new_anchor == top.anchor), None)
        if change is None or not _reads_differently(change):
            return False
        return node is top or _read(node.full_text) not in _read(_old(change))

    def top(self, anchor: str) -> str:
        """Give the clause of ``clauses`` that a clause of the final text stands in, or itself."""
        found = self._places.get(anchor)
        return found[0].anchor if found else anchor

    def parts(self, anchor: str) -> list[str]:
        """The anchors of the paragraphs and items of a changed clause that differ by themselves."""
        return [
            own
            for own, (top, _node) in self._places.items()
            if top.anchor == anchor != own and self.differs(own)
        ]

    def unexplained(self, changed: Iterable[str], removed: Iterable[str]) -> list[ClauseChange]:
        """The clauses that changed or went although none of the cited anchors explains it.

        changed: anchors in the final text, a paragraph explains its article; removed: in the draft.
        """
        tops = {self._places[anchor][0].anchor for anchor in changed if anchor in self._places}
        gone = set(removed)
        return [
            change
            for change in self.clauses
            if (change.new_anchor and _reads_differently(change) and change.new_anchor not in tops)
            or (change.new_anchor is None and change.old_anchor not in gone)
        ]

    def label(self, anchor: str) -> str:
        """Give how a clause of the final text is cited, 第五条第二款."""
        return self._final.label(anchor)

    def removed_label(self, anchor: str) -> str:
        """Give how a clause of the draft that is gone was cited."""
        return self._draft.label(anchor)

    @cached_property
    def _places(self) -> dict[str, tuple[Node, Node]]:
        """Each clause by its anchor, with the one of the redline that it stands in."""
        tops = {change.new_anchor for change in self.clauses}
        places: dict[str, tuple[Node, Node]] = {}

        def walk(node: Node, top: Node | None) -> None:
            top = node if node.anchor in tops else top
            if top is not None:
                places[node.anchor] = (top, node)
            for child in node.children:
                walk(child, top)

        for node in self._final.nodes:
            walk(node, None)
        return places


def _reads_differently(change: ClauseChange) -> bool:
    new = "".join(part.text for part in change.segments if part.op != "delete")
    return _read(_old(change)) != _read(new)


def _old(change: ClauseChange) -> str:
    return "".join(part.text for part in change.segments if part.op != "insert")


def _read(text: str) -> str:
    """Give the words and marks of a text, whatever blanks and widths they are written with."""
    return squeeze(unicodedata.normalize("NFKC", text))
