"""The fields of the index, the same for every engine, and how a document fills them."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from legaltext import document_numbers
from search import analysis, titles
from search.documents import FACETS, SearchDocument

# Raise it whenever a field or the analysis changes: an index of another version is not opened.
SCHEMA_VERSION: Final = 2

LANGUAGES: Final = (*analysis.STEMMED, *analysis.PAIRED)
# Tokens split on white space, with positions.
TEXTS: Final = (
    "title",
    "title_chars",
    "alias",
    "near",
    "sounds",
    "body",
    *(f"title_{language}" for language in LANGUAGES),
    *(f"text_{language}" for language in LANGUAGES),
)
# Whole values, several a document.
KEYWORDS: Final = ("key", "type", "exact", "numbers", "marks", "validity")
COUNTED: Final = tuple(name for name in FACETS if name != "validity")
# Whole numbers to filter and sort by. `order` settles ties and means nothing.
INTEGERS: Final = ("version", "issued", "newest", "effective", "order")

# Kept as it is, to be shown and highlighted; `folded` only where it differs from `text`.
KEPT: Final = ("stored", "text", "folded")

_DAY_BITS: Final = 22
_ALWAYS: Final = 1 << _DAY_BITS


@dataclass(frozen=True, slots=True)
class Stored:
    """What comes back with a hit, enough to highlight it."""

    titles: Mapping[str, str]
    summaries: Mapping[str, str]
    aliases: tuple[str, ...]
    numbers: tuple[str, ...]


def interval_marks(start: int, until: int | None, status: str) -> Iterator[str]:
    """The blocks of days, each a power of two long, that make up [start, until).

    A day lies in the interval if one of its `day_marks` is among them, so the status of any day
    is a plain term query, in every engine, for any number of intervals.
    """
    end = _ALWAYS if until is None else min(until, _ALWAYS)
    start = max(start, 0)
    while start < end:
        size = 0
        while start % (2 << size) == 0 and start + (2 << size) <= end and size < _DAY_BITS:
            size += 1
        yield f"{status}:{size}:{start >> size}"
        start += 1 << size


def day_marks(day: int, status: str) -> list[str]:
    """The marks one of which a document carries if it has that status on that day (ordinal)."""
    return [f"{status}:{size}:{day >> size}" for size in range(_DAY_BITS + 1)]


def fill(document: SearchDocument) -> dict[str, Any]:
    """The fields of a document: joined tokens for texts, lists for keywords, ints for numbers,
    and bytes for what is only kept to be shown."""
    chinese = analysis.normalise(document.titles.get("zh-hans", ""))
    aliases = [analysis.normalise(alias) for alias in document.aliases]
    names = [chinese, *aliases]
    text = text_of(document)
    folded = analysis.fold(text)
    number_keys = {key for number in document.numbers for key in document_numbers.keys(number)}
    order = zlib.crc32(document.key.encode())
    filled: dict[str, Any] = {
        "title": _join(analysis.tokens(chinese)),
        "title_chars": _join(analysis.characters(chinese)),
        "alias": " | ".join(_join(analysis.tokens(alias)) for alias in aliases),
        "near": _join(
            pair for name in names for pair in analysis.neighbours(titles.bare(name), reach=3)
        ),
        # The bar keeps a phrase from running from one name into the next.
        "sounds": " | ".join(_join(analysis.sounds(name)) for name in names),
        "body": _join(analysis.tokens(analysis.settle(folded))),
        "key": [document.key],
        "type": [document.type],
        "exact": sorted(titles.all_exact_forms(names)),
        "numbers": sorted(number_keys),
        "marks": [
            *sorted(titles.marks(chinese)),
            *["is:suggestable"] * document.suggestable,
            *["is:binding"] * bool(document.intervals),
        ],
        "validity": [
            mark
            for interval in document.intervals
            for mark in interval_marks(interval.start, interval.until, interval.status)
        ],
        "stored": _store(document).encode(),
        "text": text.encode(),
        "version": document.version,
        "order": order,
        "newest": ((document.issued or 0) << 32) + order,
        "effective": ((document.effective or 0) << 32) + order,
    }
    if folded != text:
        filled["folded"] = folded.encode()
    if document.issued is not None:
        filled["issued"] = document.issued
    for name in COUNTED:
        filled[name] = list(dict.fromkeys(document.facets.get(name, ())))
    for language in LANGUAGES:
        title = document.titles.get(language, "")
        summary = document.summaries.get(language, "")
        if title or summary:
            tokens = analysis.tokens_in(title, language)
            filled[f"title_{language}"] = _join(tokens)
            filled[f"text_{language}"] = _join(tokens + analysis.tokens_in(summary, language))
    return filled


def text_of(document: SearchDocument) -> str:
    """The Chinese text that is searched and quoted from."""
    summary = document.summaries.get("zh-hans", "")
    return f"{summary}\n{document.body}" if summary else document.body


def _store(document: SearchDocument) -> str:
    return json.dumps(
        {
            "titles": dict(document.titles),
            "summaries": dict(document.summaries),
            "aliases": document.aliases,
            "numbers": document.numbers,
        },
        ensure_ascii=False,
    )


def restore(payload: str) -> Stored:
    """What `fill` put into `stored`."""
    data = json.loads(payload)
    return Stored(
        titles=data["titles"],
        summaries=data["summaries"],
        aliases=tuple(data["aliases"]),
        numbers=tuple(data["numbers"]),
    )


def _join(tokens: Iterable[str]) -> str:
    return " ".join(tokens)
