"""From what a reader typed to a plan that any engine can run.

The weights were found by measuring (`bench/relevance.py`), not by thinking.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
_SOUNDS = 12.0
_IN_FORCE = 0.3
_BINDING = 20.0  # what has a validity, before what explains it
_NEAR, _LONGEST_TITLE = 0.7, 80
_ASKED = 0.2
_SAME_END = 20.0
_FIRST, _LAST, _SHORT_LAW = 16.0, 8.0, 6.0
_TOPIC, _REGION = 8.0, 15.0
_MOST_PIECES, _LONGEST_PLACE = 150, 4
_MENTION, _MENTION_SHORTER_THAN = 0.2, 10
_OTHER_WORDING, _FOREIGN_TITLE = 0.9, 2.0
_LAW, _RULE = 18.0, 3.0

_LEX = re.compile(
    r'(?P<minus>(?:(?<=\s)|(?<=^))-(?=\S))|"(?P<plain>[^"]*)"|“(?P<curly>[^”]*)”|「(?P<corner>[^」]*)」'
    r"|(?P<word>[^\s\"“”「」]+)"
)
_PROSE = re.compile(r"[,;:，；：。]")


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
    """Alternatives (OR) of parts that all hold (AND). Broken syntax is read as plain words, and
    what holds no word at all, such as a lone bracket or an emoji, asks for nothing."""
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
    parsed = [[_part(leaves) for leaves in group] for group in groups]
    spoken = [[part for part in group if part != _SILENT] for group in parsed]
    return [group for group in spoken if group]


_SILENT: Final = Part((), (), ())


def _part(leaves: Sequence[tuple[bool, Leaf]]) -> Part:
    kept = [leaf for negated, leaf in leaves if not negated]
    words = tuple(leaf.text for leaf in kept if not leaf.quoted)
    return Part(
        # Brackets stay beside words: they may belong to a number.
        words=words if any(map(_says_something, words)) else (),
        phrases=tuple(leaf.text for leaf in kept if leaf.quoted and _says_something(leaf.text)),
        excluded=tuple(leaf for negated, leaf in leaves if negated and _says_something(leaf.text)),
    )


def _says_something(text: str) -> bool:
    return bool(analysis.tokens(analysis.normalise(text)))


@lru_cache(maxsize=16)  # a page asks the same of policies and of consultations
def plan(query: str, *, day: int, language: str = "zh-hans") -> Plan:
    """The plan for a query typed in any script; an empty one finds everything.

    `day` (ordinal) decides what is in force and ranks a little higher.
    """
    groups = parse(query)
    if not groups:
        return Plan(None if not query.strip() else Bool(must_not=(Bool(),)))
    bonuses = (
        Constant(_any_term("validity", fields.day_marks(day, "in_force")), _IN_FORCE),
        Constant(Term("marks", "is:binding"), _BINDING),
    )
    strict = _alternatives(groups, language, _STRICT)
    loose = _alternatives(groups, language, _LOOSE)
    return Plan(
        strict=Bool(must=(strict,), should=bonuses),
        loose=Bool(must=(loose,), should=bonuses),
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
        for other in languages(normalised, language)
        if (stems := analysis.tokens_in(text, other))
    ]
    return Bool(should=tuple(inside))


def languages(normalised: str, language: str) -> list[str]:
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
        self.normalised = analysis.normalise(self.text)
        self.bare = titles.bare(self.normalised)
        self.languages = languages(self.normalised, language)
        self.alone = len(words) == 1
        self.asks = vocabulary.is_question(self.normalised)
        self.prose = bool(_PROSE.search(self.normalised))
        self.names = self.alone and titles.is_name(self.bare)
        typed = [analysis.normalise(word) for word in words]
        if self.asks:
            typed = [piece for leaf in typed for piece in vocabulary.content(leaf)]
        self.leaves = typed
        self.wordings = vocabulary.variants(" ".join(typed))
        self.others = [
            leaf for wording in self.wordings for leaf in wording.split() if leaf not in typed
        ]

    def alternatives(self, share: float) -> Iterator[Node]:
        """The ways to be found; `share` of the tokens must be there."""
        if not self.bare:
            return
        yield _most_of(" ".join(self.leaves), share) or _any_term(
            "title_chars", analysis.characters(self.normalised)
        )
        for wording in self.wordings:
            if node := _most_of(wording, share):
                yield Boost(node, _OTHER_WORDING)
        for key in document_numbers.keys(self.text):
            yield Constant(Term("numbers", key), _NUMBER)
        for language in self.languages:
            yield from _most_stems(self.text, language, share)
        if self.alone:
            for name in dict.fromkeys([self.bare, *map(titles.bare, self.others)]):
                yield from abbreviation(name)
            yield from _alike(self.bare)

    def bonuses(self) -> Iterator[Node]:
        """What ranks a match higher."""
        yield Constant(Term("exact", self.bare), _EXACT)
        if self.names:
            yield Constant(Term("marks", f"{self.bare[-1]}$"), _SAME_END)
        factor = _ASKED if self.asks else 1.0
        for leaf in [self.normalised] * self.asks + self.leaves:
            yield from self._phrases(leaf, factor)
        for leaf in self.others:
            yield from self._phrases(leaf, factor * _OTHER_WORDING)
        if not self.asks and not self.prose:
            for token in analysis.neighbours(self.bare[:_LONGEST_TITLE], reach=2):
                yield Boost(Term("near", token), _NEAR)
        if not self.prose:
            yield from self._subject()

    def _phrases(self, leaf: str, factor: float) -> Iterator[Node]:
        tokens = analysis.tokens(leaf)
        # A bracket at the end says that the run ends there in the document too.
        tokens = tokens if not analysis.is_cjk(leaf[-1:]) else _trimmed(tokens)
        if not tokens:
            return
        weight = factor * _PHRASE_PER_PAIR * min(len(tokens), _LONGEST_PHRASE)
        # A name in a body is a mention: what is asked for bears it in its title.
        in_body = _MENTION if self.names and len(tokens) < _MENTION_SHORTER_THAN else 1.0
        yield Constant(Phrase("title", tuple(tokens)), weight)
        yield Constant(Phrase("alias", tuple(tokens)), weight)
        yield Constant(Phrase("body", tuple(tokens)), weight * in_body)

    def _subject(self) -> Iterator[Node]:
        """Titles about something, or of a place, that the words name."""
        pieces = _pieces([*self.leaves, *self.others])
        for piece in pieces:
            if len(piece) <= _LONGEST_PLACE:
                yield Constant(Term("marks", f"region:{piece}"), _REGION)
        if self.asks or (not self.names and 5 <= len(self.bare) <= 16):
            for piece in pieces:
                yield Constant(Term("marks", f"topic:{piece}"), _TOPIC * len(piece))
            yield Constant(Term("marks", "is:law"), _LAW)
            yield Constant(Term("marks", "is:rule"), _RULE)


def _most_of(text: str, share: float) -> Node | None:
    bag = list(dict.fromkeys(_trimmed(analysis.tokens(text))))
    if not bag:
        return None
    return Bool(
        should=tuple(_in_title_or_body(token) for token in bag),
        minimum=math.ceil(share * len(bag)),
    )


def _in_title_or_body(token: str) -> Node:
    return Bool(should=(Boost(Term("title", token), _TITLE), Boost(Term("body", token), _BODY)))


def _most_stems(text: str, language: str, share: float) -> Iterator[Node]:
    stems = list(dict.fromkeys(analysis.tokens_in(text, language)))
    if not stems:
        return
    yield Bool(
        should=tuple(
            Bool(
                should=(
                    Boost(Term(f"title_{language}", stem), _FOREIGN_TITLE),
                    Term(f"text_{language}", stem),
                )
            )
            for stem in stems
        ),
        minimum=math.ceil(share * len(stems)),
    )


def _trimmed(tokens: list[str]) -> list[str]:
    """Without a lone character at either end: it may be the rest of a longer run."""
    start, end = 0, len(tokens)
    while start < end and len(tokens[start]) == 1 and analysis.is_cjk(tokens[start]):
        start += 1
    while end > start and len(tokens[end - 1]) == 1 and analysis.is_cjk(tokens[end - 1]):
        end -= 1
    return tokens[start:end]


def _pieces(leaves: Sequence[str]) -> list[str]:
    """All pieces of 2 to 8 characters, at most _MOST_PIECES."""
    found = {
        leaf[start : start + length]: None
        for leaf in leaves
        if analysis.is_cjk(leaf)
        for length in range(2, 9)
        for start in range(len(leaf) - length + 1)
    }
    return list(found)[:_MOST_PIECES]


def abbreviation(bare: str, *, unfinished: bool = False) -> Iterator[Node]:
    """What may be called so for short: the characters in their order, with first or last.

    `unfinished`: more characters may follow, so only the first has to be in its place.
    """
    if not 2 <= len(bare) <= 10 or not analysis.is_cjk(bare):
        return
    pairs = tuple(Constant(Term("marks", mark), 0.0) for mark in titles.pair_marks(bare))
    first = Constant(Term("marks", f"^{bare[0]}"), _FIRST)
    last = Constant(Term("marks", f"{bare[-1]}$"), _LAST)
    ends = Bool(should=(first, last), minimum=2 if len(bare) == 2 else 1)
    lengths = tuple(
        Constant(Term("marks", f"len:{length}"), float(titles.LONGEST_CORE - length))
        for length in range(len(bare), titles.LONGEST_CORE + 1)
    )
    yield Bool(
        must=(*pairs, first if unfinished else ends),
        should=(*lengths, Constant(Term("marks", "is:law"), _SHORT_LAW)),
    )


def _alike(bare: str) -> Iterator[Node]:
    if 3 <= len(bare) <= 16 and analysis.is_cjk(bare):
        yield Constant(Phrase("sounds", tuple(analysis.sounds(bare))), _SOUNDS)


def _any_term(name: str, values: Sequence[str]) -> Node:
    return Bool(should=tuple(Term(name, value) for value in values))
