"""Suggestions while typing, and what a reader may have meant.

Both ask the engine, so they are as fresh as the index, need no list in memory, and only name
what is there to be found.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from django.core.cache import cache
from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein

from legaltext import document_numbers
from search import analysis, planner, titles, vocabulary
from search.documents import registry
from search.engine import (
    Bool,
    Boost,
    Constant,
    Engine,
    Filters,
    Hit,
    Node,
    Phrase,
    Plan,
    Prefix,
    Term,
)

LONGEST: Final = 60
_NAMED: Final = ("issuer", "subject")
_NAMES_FOR: Final = 60  # seconds
_NUMBER: Final = 50.0
_CANDIDATES: Final = 12
_LONGEST_MISTAKEN: Final = 30

Type = Literal["title", "alias", "number", "issuer", "subject"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to offer. A facet's value carries its name and value to filter by; everything else is
    the text to search for. `key` is the document's, for those that name one."""

    text: str
    type: Type
    facet: tuple[str, str] | None = None
    key: str = ""


def suggest(
    engine: Engine, typed: str, *, day: int, language: str = "zh-hans", limit: int = 8
) -> list[Suggestion]:
    """What the beginning of a query may become, best first; each leads to at least one hit."""
    text = analysis.clean(typed).strip()[:LONGEST]
    wanted = analysis.fold(text)
    node = _completion(text, language)
    if not wanted or node is None:
        return []
    found: dict[str, Suggestion] = {}
    facets = list(_facet_values(engine, wanted, day, language))[: limit // 3]
    for suggestion in facets:
        found.setdefault(suggestion.text, suggestion)
    marked = Constant(Term("marks", "is:suggestable"), 0.0)
    plan = Plan(Bool(must=(node, marked)))
    for hit in engine.search(plan, Filters(), day=day, size=2 * limit).items:
        suggestion = _named(hit, text, wanted, language)
        found.setdefault(suggestion.text, suggestion)
    return list(found.values())[:limit]


def did_you_mean(engine: Engine, query: str, *, day: int) -> str | None:
    """The title, alias or issuer a mistyped query is closest to; None if it is fine or too far."""
    plain = analysis.normalise(analysis.clean(query)[: planner.LONGEST]).strip()
    typed = titles.bare(plain)
    if not 3 <= len(typed) <= _LONGEST_MISTAKEN or not analysis.is_cjk(plain):
        return None
    if vocabulary.is_question(plain):
        return None
    node = Bool(
        should=(
            Bool(should=tuple(Term("sounds", pair) for pair in analysis.sounds(typed))),
            Bool(should=tuple(Term("near", pair) for pair in analysis.neighbours(typed, 2))),
        )
    )
    hits = engine.search(Plan(node), Filters(), day=day, size=_CANDIDATES).items
    names = [name for hit in hits for name in _names(hit)] + list(_issuers(engine, day))
    best, best_score = None, 0.0
    for name in names:
        bare = titles.bare(analysis.normalise(name))
        if typed in bare:
            return None
        score = _likeness(typed, bare)
        if score > best_score:
            best, best_score = name, score
    return best


def _likeness(typed: str, bare: str) -> float:
    """How alike two names are, 0 if a reader can hardly have meant the other."""
    mistakes = DamerauLevenshtein.distance(typed, bare)
    if len(typed) == len(bare) and analysis.sounds(typed) == analysis.sounds(bare):
        return 1.0
    if mistakes > 1 + len(typed) // 6 or len(typed) < 4:
        return 0.0
    return float(fuzz.ratio(typed, bare)) / 100


def _names(hit: Hit) -> Iterator[str]:
    title = hit.stored.titles.get("zh-hans", "")
    yield title
    yield title.removeprefix("中华人民共和国")
    yield from hit.stored.aliases


def _completion(text: str, language: str) -> Node | None:
    normalised = analysis.normalise(text)
    bare = titles.bare(normalised)
    tokens = tuple(analysis.tokens(normalised))
    ways: list[Node] = []
    if len(bare) == 1:
        ways.append(Constant(Term("title_chars", bare), 1.0))
    elif tokens:
        ways += [Boost(Phrase("title", tokens), 2.0), Boost(Phrase("alias", tokens), 2.0)]
        ways += planner.abbreviation(bare, unfinished=True)
        if analysis.is_cjk(bare) and len(bare) > 2:
            ways.append(Constant(Phrase("sounds", tuple(analysis.sounds(bare))), 1.0))
    ways += [Constant(Prefix("numbers", start), _NUMBER) for start in _number_starts(text)]
    ways += _in_languages(text, normalised, language)
    if not ways:
        return None
    return Bool(
        must=(Bool(should=tuple(ways)),),
        should=(
            Constant(Term("exact", bare), 100.0),
            Constant(Term("marks", f"^{bare[:1]}"), 4.0),
            Constant(Term("marks", "is:law"), 4.0),
        ),
    )


def _number_starts(text: str) -> list[str]:
    """How the keys of the numbers begin that a text may become."""
    whole = list(document_numbers.keys(text))
    # 国发〔2020〕 is no number yet, but with a digit more it is.
    return whole or [key.rpartition("|")[0] + "|" for key in document_numbers.keys(text + "1")]


def _in_languages(text: str, normalised: str, language: str) -> Iterator[Node]:
    for other in planner.languages(normalised, language):
        words = analysis.tokens_in(text, other)
        if not words:
            continue
        *whole, last = words
        # The last word may be cut anywhere, before or behind the end of its stem.
        cut = [Prefix(f"title_{other}", last)]
        stems = [Term(f"title_{other}", last[:end]) for end in range(4, len(last))]
        must = [Term(f"title_{other}", word) for word in whole]
        yield Bool(must=(*must, Bool(should=(*cut, *stems))))


def _named(hit: Hit, text: str, wanted: str, language: str) -> Suggestion:
    stored = hit.stored
    for number in stored.numbers:
        keys = document_numbers.keys(number)
        if any(key.startswith(start) for start in _number_starts(text) for key in keys):
            return Suggestion(number, "number", key=hit.key)
    chinese = stored.titles.get("zh-hans", "")
    title = stored.titles.get(language) or chinese
    if wanted not in analysis.fold(chinese):
        for alias in stored.aliases:
            if wanted in analysis.fold(alias):
                return Suggestion(alias, "alias", key=hit.key)
    return Suggestion(title, "title", key=hit.key)


def _facet_values(engine: Engine, wanted: str, day: int, language: str) -> Iterator[Suggestion]:
    for facet, labels in _labels(engine, day, language).items():
        for value, label in labels.items():
            if wanted in analysis.fold(label):
                yield Suggestion(
                    label, "issuer" if facet == "issuer" else "subject", (facet, value)
                )


def _issuers(engine: Engine, day: int) -> Iterator[str]:
    yield from _labels(engine, day, "zh-hans")["issuer"].values()


def _labels(engine: Engine, day: int, language: str) -> Mapping[str, Mapping[str, str]]:
    """Labels of the issuers and subjects that documents have, the most frequent first."""
    key = f"search.labels.{language}.{engine.generation()}.{registry.edition()}"
    known: dict[str, dict[str, str]] | None = cache.get(key)
    if known is None:
        counts = engine.search(Plan(None), Filters(), day=day, size=1, facets=_NAMED).facets
        known = {
            name: registry.label(name, sorted(values, key=lambda v: -values[v]), language)
            for name, values in counts.items()
        }
        cache.set(key, known, _NAMES_FOR)
    return known
