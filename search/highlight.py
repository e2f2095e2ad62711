"""Marks what matched in the original text, and says why a result is there when nothing shows."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

from django.utils.safestring import SafeString, mark_safe

from legaltext import document_numbers
from legaltext.simplified import to_simplified
from search import analysis, planner, titles, vocabulary
from search.engine import Hit

LENGTH: Final = 120
_LEAD: Final = 24
_MOST_PLACES: Final = 30
_BREAKS = re.compile(r"[。；！？\n]")
_WORD = re.compile(r"[^\W_]+")

Span = tuple[int, int]
Code = Literal["number", "alias", "script", "abbreviation", "wording", "similar"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a hit is there. `text` is what matched: the alias, the number, the other wording."""

    code: Code
    text: str = ""


class Highlighter:
    """Highlights for one query, in a page of one language."""

    def __init__(self, query: str, language: str = "zh-hans") -> None:
        self.query = analysis.clean(query)[: planner.LONGEST]
        self.language = language
        leaves = list(_positive_leaves(self.query))
        self.leaves = [leaf for leaf in (analysis.fold(leaf).strip() for leaf in leaves) if leaf]
        self.others = [other for leaf in self.leaves for other in vocabulary.variants(leaf)]
        self.tokens = _tokens(self.leaves + self.others)
        self._found: tuple[str, list[Span]] = ("", [])
        self.stems = {
            other: set(analysis.stems(" ".join(leaves), other)) for other in analysis.STEMMED
        }
        self.number = _number_pattern(document_numbers.keys(self.query))
        self.numbers = set(document_numbers.keys(self.query))

    def title(self, text: str, language: str = "zh-hans") -> SafeString:
        """A title in its language as HTML, matches marked."""
        return _marked(text, self._spans(text, language))

    def snippet(self, hit: Hit) -> SafeString:
        """The passage that shows best why the hit matches, as escaped HTML with `<mark>` only.

        From the summary in the page's language if it matches there, else from the Chinese text.
        """
        summary = hit.stored.summaries.get(self.language, "")
        if self.language != "zh-hans" and summary:
            spans = self._spans(summary, self.language)
            if spans:
                return _passage(summary, spans)
        folded = hit.text if hit.folded is None else hit.folded
        spans = self._chinese(folded)
        if not spans and summary and self.language != "zh-hans":
            return _passage(summary, [])
        return _passage(hit.text, spans)

    def reason(self, hit: Hit) -> Reason | None:
        """Why the hit is there, if the marks in its title and text do not say it."""
        stored = hit.stored
        for number in stored.numbers:
            if self.numbers & set(document_numbers.keys(number)):
                return None if number in self.query else Reason("number", number)
        title = analysis.normalise(stored.titles.get("zh-hans", ""))
        for alias in stored.aliases:
            known = analysis.fold(alias)
            if any(leaf in known and leaf not in title for leaf in self.leaves):
                return Reason("alias", alias)
        if to_simplified(self.query) != self.query:
            return Reason("script", to_simplified(self.query))
        if any(leaf in title for leaf in self.leaves) or self._in_language(hit):
            return None
        folded = hit.text if hit.folded is None else hit.folded
        if any(leaf in folded for leaf in self.leaves):
            return None
        for other in self.others:
            if other in title or other in folded:
                return Reason("wording", other)
        typed = titles.bare(" ".join(self.leaves))
        if len(self.leaves) == 1 and _is_subsequence(typed, titles.bare(title)):
            return Reason("abbreviation", stored.titles.get("zh-hans", ""))
        return None if self._chinese(folded) or self._chinese(title) else Reason("similar")

    def _in_language(self, hit: Hit) -> bool:
        texts = [*hit.stored.titles.items(), *hit.stored.summaries.items()]
        return any(self._spans(text, code) for code, text in texts if code != "zh-hans")

    def _spans(self, text: str, language: str) -> list[Span]:
        if language not in analysis.STEMMED:
            return self._chinese(analysis.fold(text))
        wanted = self.stems[language]
        return [
            match.span()
            for match in _WORD.finditer(text)
            if not wanted.isdisjoint(analysis.stems(match[0], language))
        ]

    def _chinese(self, folded: str) -> list[Span]:
        """The places of whole leaves, and where there is none, of their tokens."""
        # The reason asks again about the text that the snippet has just been taken from.
        if self._found[0] is not folded:
            self._found = (folded, self._search(folded))
        return self._found[1]

    def _search(self, folded: str) -> list[Span]:
        if self.number:
            return _merged(match.span() for match in self.number.finditer(folded))
        whole = list(_places(folded, [leaf for leaf in self.leaves if len(leaf) > 1]))
        if whole and len(self.leaves) == 1:
            return _merged(whole)
        return _merged([*whole, *_places(folded, self.tokens)])


def _positive_leaves(query: str) -> Iterator[str]:
    for group in planner.parse(query):
        for part in group:
            yield from part.phrases
            for word in part.words:
                normalised = analysis.fold(word)
                asks = vocabulary.is_question(normalised)
                yield from vocabulary.content(normalised) if asks else [word]


def _number_pattern(keys: Iterable[str]) -> re.Pattern[str] | None:
    """Finds a document number in a text, whatever its brackets."""
    ways = []
    for key in keys:
        sender, *digits = key.removeprefix("令|").split("|")
        sender += "令" * key.startswith("令|")
        ways.append(r"\D{0,4}".join([re.escape(sender), *digits]) + r"(?!\d)号?")
    return re.compile("|".join(ways)) if ways else None


def _tokens(leaves: Iterable[str]) -> list[str]:
    found = dict.fromkeys(token for leaf in leaves for token in analysis.tokens(leaf))
    several = [token for token in found if len(token) > 1 or not analysis.is_cjk(token)]
    return several or list(found)


def _places(folded: str, wanted: Iterable[str]) -> Iterator[Span]:
    for token in wanted:
        anywhere, length = analysis.is_cjk(token), len(token)
        place = folded.find(token)
        for _ in range(_MOST_PLACES):
            if place < 0:
                break
            if anywhere or _is_word(folded, place, place + length):
                yield place, place + length
            place = folded.find(token, place + 1)


def _is_word(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (_latin(before) or _latin(after))


def _latin(char: str) -> bool:
    return char.isalnum() and not analysis.is_cjk(char)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _passage(text: str, spans: list[Span]) -> SafeString:
    start = _best_start(spans)
    if start <= _LEAD or len(text) <= LENGTH:
        start = 0
    else:
        # A passage begins with its sentence where that is near, else with an ellipsis.
        before = [match.end() for match in _BREAKS.finditer(text, max(0, start - _LEAD), start)]
        start = before[0] if before else start - _LEAD // 2
    end = min(len(text), start + LENGTH)
    inside = [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]
    html = _marked(text[start:end], [(a - start, b - start) for a, b in inside])
    return mark_safe(("…" if start else "") + html.strip() + ("…" if end < len(text) else ""))  # noqa: S308


def _best_start(spans: list[Span]) -> int:
    """Where a window of LENGTH holds the most marked characters, long marks before short ones."""
    best, best_weight, last = 0, 0, 0
    weight = 0
    for first, (start, end) in enumerate(spans):
        while last < len(spans) and spans[last][1] - start <= LENGTH - _LEAD:
            weight += (spans[last][1] - spans[last][0]) ** 2
            last += 1
        if weight > best_weight:
            best, best_weight = start, weight
        if last > first:
            weight -= (end - start) ** 2
        else:
            last = first + 1
    return best


def _marked(text: str, spans: list[Span]) -> SafeString:
    pieces, place = [], 0
    for start, end in spans:
        pieces += [escape(text[place:start]), "<mark>", escape(text[start:end]), "</mark>"]
        place = end
    return mark_safe("".join([*pieces, escape(text[place:])]))  # noqa: S308 - every piece is escaped


def _is_subsequence(short: str, long: str) -> bool:
    rest = iter(long)
    return bool(short) and all(char in rest for char in short)
