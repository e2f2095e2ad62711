"""From what a reader typed to a plan that any engine can run.

The weights were found by measuring (`bench/relevance.py`), not by thinking.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from legaltext import document_numbers

from search import analysis, fields, titles, vocabulary
from search.engine import Bool, Boost, Constant, Node, Phrase, Plan, Term

LONGEST: Final = 300
_STRICT: Final = 0.6
_LOOSE: Final = 0.3

_TITLE, _BODY = 1.0, 0.5
_EXACT, _NUMBER = 200.0, 400.0
_PHRASE_PER_PAIR, _LONGEST_PHRASE = 10.0, 20
_ALIAS = 60.0
_SOUNDS = 12.0
_IN_FORCE = 0.3
_NEAR, _LONGEST_TITLE = 0.7, 80
_ASKED = 0.2
_SAME_END = 20.0
_NAME_IN_BODY = 0.2
_TOPIC, _REGION = 8.0, 15.0
_LAW, _RULE = 18.0, 3.0

_LEX = re.compile(
    r'(?P<minus>(?:(?<=\s)|(?<=^))-(?=\S))|"(?P<plain>[^"]*)"|“(?P<curly>[^”]*)”|「(?P<corner>[^」]*)」'
    r"|(?P<word>[^\s\"“”「」]+)"
)
_PROSE = re.compile(r"[,;:。]")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A word or a quoted phrase, as typed."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What has to hold together: words, any of which may be missing, phrases, and exclusions."""

    words: tuple[str, ...]
    phrases: tuple[str, ...]
    excluded: tuple[Leaf, ...]


def parse(query: str) -> list[list[Part]]:
    """Alternatives (OR) of parts that all hold (AND). Broken syntax is read as plain words."""
    groups: list[list[list[tuple[bool, Leaf]]]] = [[[]]]
    negate = False
    for match in _LEX.finditer(analysis.clean(query)[:LONGEST]):
        quoted = match["plain"] or match["curly"] or match["corner"]
        word = match["word"]
        if match["minus"] or word == "NOT":
            negate = True
        elif word == "OR":
            groups.append([[]])
        elif word == "AND":
            groups[-1].append([])
        elif quoted or word:
            groups[-1][-1].append((negate, Leaf(quoted or word, bool(quoted))))
            negate = False
    parsed = [[_part(leaves) for leaves in group if leaves] for group in groups]
    return [group for group in parsed if group]


def _part(leaves: Sequence[tuple[bool, Leaf]]) -> Part:
    kept = [leaf for negated, leaf in leaves if not negated]
    return Part(
        words=tuple(leaf.text for leaf in kept if not leaf.quoted),
        phrases=tuple(leaf.text for leaf in kept if leaf.quoted),
        excluded=tuple(leaf for negated, leaf in leaves if negated),
    )


def plan(query: str, *, day: int, language: str = "zh-hans") -> Plan:
    """The plan for a query typed in any script; an empty one finds everything.

    `day` (ordinal) decides what is in force and ranks a little higher.
    """
    groups = parse(query)
    if not groups:
        return Plan(None if not query.strip() else Bool(must_not=(Bool(),)))
    bonus = Constant(_any_term("validity", fields.day_marks(day, "in_force")), _IN_FORCE)
    strict = _alternatives(groups, language, _STRICT)
    loose = _alternatives(groups, language, _LOOSE)
    return Plan(
        strict=Bool(must=(strict,), should=(bonus,)),
        loose=Bool(must=(loose,), should=(bonus,)),
    )


def _alternatives(groups: list[list[Part]], language: str, share: float) -> Node:
    ways = tuple(
        Bool(must=tuple(_part_node(part, language, share) for part in group)) for group in groups
    )
    return ways[0] if len(ways) == 1 else Bool(should=ways)


def _part_node(part: Part, language: str, share: float) -> Node:
    must: list[Node] = [_contains(phrase, language) for phrase in part.phrases]
    should: list[Node] = []
    if part.words:
        words = Words(part.words, language)
        must.append(Bool(should=tuple(words.alternatives(share))))
        should = list(words.bonuses())
    return Bool(
        must=tuple(must),
        should=tuple(should),
        must_not=tuple(_contains(leaf.text, language) for leaf in part.excluded),
    )


def _contains(text: str, language: str) -> Node:
    """What has this text, word for word, in its title, an alias or its body."""
    normalised = analysis.normalise(text)
    tokens = tuple(analysis.tokens(normalised))
    if not tokens:
        return Bool()
    if len(normalised) == 1:
        return Term("title_chars", tokens[0])
    inside: list[Node] = [Phrase(name, tokens) for name in ("title", "alias", "body")]
    inside += [
        Phrase(f"text_{other}", tuple(stems))
        for other in _languages(normalised, language)
        if (stems := analysis.tokens_in(text, other))
    ]
    return Bool(should=tuple(inside))


def _languages(normalised: str, language: str) -> list[str]:
    """The languages other than Chinese a text may be in, by its script and the page's language."""
    found = []
    if re.search(r"[a-zß-ɏ]", normalised):
        found += ["en", "de", "fr", "es"]
    if re.search(r"[\u0400-\u04ff]", normalised):
        found.append("ru")
    if re.search(r"[\u0600-\u06ff]", normalised):
        found.append("ar")
    if re.search(r"[\uac00-\ud7af]", normalised):
        found.append("ko")
    if language == "ja" or re.search(r"[\u3040-\u30ff]", normalised):
        found.append("ja")
    return found


class Words:
    """The words of one part: which documents they find, and what lifts one above another."""

    def __init__(self, words: Sequence[str], language: str) -> None:
        self.text = " ".join(words)
        self.language = language
        self.normalised = analysis.normalise(self.text)
        self.bare = titles.bare(self.normalised)
        self.asks = vocabulary.is_question(self.normalised)
        self.prose = bool(_PROSE.search(self.normalised))
        typed = [analysis.normalise(word) for word in words]
        self.leaves = [piece for leaf in typed for piece in vocabulary.content(leaf)] if self.asks else typed
        self.others = [
            other
            for leaf in self.leaves
            for other in vocabulary.variants(leaf)
        ]
        self.alone = len(typed) == 1

    def alternatives(self, share: float) -> Iterator[Node]:
        """The ways to be found; `share` of the tokens must be there."""
        wordings = [self.leaves]
        for place in range(3):
            other = [(vocabulary.variants(leaf) or [leaf]) for leaf in self.leaves]
            wording = [ways[min(place, len(ways) - 1)] for ways in other]
            if wording not in wordings:
                wordings.append(wording)
        for place, wording in enumerate(wordings):
            bag = _bag(" ".join(wording))
            if bag:
                node = Bool(
                    should=tuple(_in_title_or_body(token) for token in bag),
                    minimum=math.ceil(share * len(bag)),
                )
                yield node if not place else Boost(node, 0.9)
            elif self.bare and not place:
                yield _any_term("title_chars", analysis.characters(self.normalised))
        yield from (
            Constant(Term("numbers", key), _NUMBER) for key in document_numbers.keys(self.text)
        )
        for other in _languages(self.normalised, self.language):
            stems = list(dict.fromkeys(analysis.tokens_in(self.text, other)))
            if stems:
                yield Bool(
                    should=tuple(
                        Bool(should=(Boost(Term(f"title_{other}", stem), 2.0), Term(f"text_{other}", stem)))
                        for stem in stems
                    ),
                    minimum=math.ceil(share * len(stems)),
                )
        if self.alone:
            for bare in dict.fromkeys([self.bare, *map(titles.bare, self.others)]):
                yield from _abbreviation(bare)
            yield from _alike(self.bare)

    def bonuses(self) -> Iterator[Node]:
        """What ranks a match higher."""
        if self.bare:
            yield Constant(Term("exact", self.bare), _EXACT)
        name = self.alone and titles.is_name(self.bare)
        if name:
            yield Constant(Term("marks", f"{self.bare[-1]}$"), _SAME_END)
        for leaf in [self.normalised] * self.asks + self.leaves:
            yield from _phrase_bonus(leaf, _ASKED if self.asks else 1.0, name)
        for leaf in self.others:
            yield from _phrase_bonus(leaf, 0.9 * (_ASKED if self.asks else 1.0), name)
        if not self.asks and not self.prose:
            for token in analysis.neighbours(self.bare[:_LONGEST_TITLE], reach=2):
                yield Boost(Term("near", token), _NEAR)
        spans = {
            leaf[start : start + length]
            for leaf in [*self.leaves, *self.others]
            for length in range(2, 9)
            for start in range(len(leaf) - length + 1)
        }
        spans = sorted(span for span in spans if analysis.is_cjk(span))[:200]
        yield from (Constant(Term("marks", f"region:{span}"), _REGION) for span in spans if len(span) <= 4)
        if self.asks or not (name or self.prose) and 5 <= len(self.bare) <= 16:
            for span in spans:
                yield Constant(Term("marks", f"topic:{span}"), _TOPIC * len(span))
            yield Constant(Term("marks", "is:law"), _LAW)
            yield Constant(Term("marks", "is:rule"), _RULE)


def _abbreviation(bare: str) -> Iterator[Node]:
    if not 2 <= len(bare) <= 10 or not analysis.is_cjk(bare):
        return
    pairs = tuple(Constant(Term("marks", mark), 0.0) for mark in titles.pair_marks(bare))
    ends = (
        Constant(Term("marks", f"^{bare[0]}"), 16.0),
        Constant(Term("marks", f"{bare[-1]}$"), 8.0),
    )
    lengths = tuple(
        Constant(Term("marks", f"len:{length}"), 16.0 - length)
        for length in range(len(bare), titles.LONGEST_CORE + 1)
    )
    yield Bool(
        must=(*pairs, Bool(should=ends, minimum=2 if len(bare) == 2 else 1)),
        should=(*lengths, Constant(Term("marks", "is:law"), 6.0)),
    )


def _alike(bare: str) -> Iterator[Node]:
    if 3 <= len(bare) <= 16 and analysis.is_cjk(bare):
        yield Constant(Phrase("sounds", tuple(analysis.sounds(bare))), _SOUNDS)


def _bag(normalised: str) -> list[str]:
    return list(dict.fromkeys(_trimmed(analysis.tokens(normalised))))


def _trimmed(tokens: list[str]) -> list[str]:
    """Without a lone character at either end: it may be the rest of a longer run."""
    start, end = 0, len(tokens)
    while start < end and len(tokens[start]) == 1 and analysis.is_cjk(tokens[start]):
        start += 1
    while end > start and len(tokens[end - 1]) == 1 and analysis.is_cjk(tokens[end - 1]):
        end -= 1
    return tokens[start:end]


def _in_title_or_body(token: str) -> Node:
    return Bool(should=(Boost(Term("title", token), _TITLE), Boost(Term("body", token), _BODY)))


def _phrase_bonus(leaf: str, factor: float, name: bool) -> Iterator[Node]:
    # A bracket or full stop at the end says that the run ends there in the document too.
    closed = not analysis.is_cjk(leaf[-1:])
    tokens = analysis.tokens(leaf)
    tokens = tokens if closed else _trimmed(tokens)
    if not tokens:
        return
    weight = factor * _PHRASE_PER_PAIR * min(len(tokens), _LONGEST_PHRASE)
    for field in ("title", "alias", "body"):
        lighter = name and field == "body" and len(tokens) < 10
        yield Constant(Phrase(field, tuple(tokens)), weight * (_NAME_IN_BODY if lighter else 1.0))


def _any_term(name: str, values: Sequence[str]) -> Node:
    return Bool(should=tuple(Term(name, value) for value in values))
