"""From text to tokens, once for every engine.

Engines split on white space only, so what is found depends on this module and on nothing an
engine brings along. Han, kana and hangul become overlapping pairs of characters; European
languages and Arabic become stems.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import pairwise
from operator import add
from pathlib import Path
from typing import Final

import snowballstemmer

from legaltext.simplified import TO_SIMPLIFIED

STEMMED: Final = {
    "en": "english",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "ru": "russian",
    "ar": "arabic",
}
PAIRED: Final = ("ja", "ko")

_CJK = (
    "\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\u1100-\u11ff\uac00-\ud7af\U00020000-\U0003ffff"
)
_RUNS = re.compile(rf"([{_CJK}]+)|((?:(?![{_CJK}])[^\W_]){{1,64}})")
_CJK_ONLY = re.compile(rf"[{_CJK}]+")
_WORDS = re.compile(r"[^\W_]{1,64}")


def _tables() -> tuple[dict[int, int], "re.Pattern[str]"]:
    """What folds to one other character, and what is more than one when normalised.

    Punctuation and symbols stay: no token holds them, and a text without full-width letters or
    Traditional characters is then its own fold, which need not be stored a second time.
    """
    one, several = dict(TO_SIMPLIFIED), []
    for code in range(0x80, 0x10000):
        folded = unicodedata.normalize("NFKC", chr(code)).lower()
        if len(folded) > 1:
            several.append(chr(code))
        elif unicodedata.category(chr(code))[0] not in "PSZC":
            target = TO_SIMPLIFIED.get(ord(folded), ord(folded))
            if target != code:
                one[code] = target
    one |= {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
    return one, re.compile(f"[{re.escape(''.join(several))}]")


_FOLD, _EXPANDS = _tables()
# Most texts hold nothing to fold, and the pattern finds that out fifteen times faster. All
# characters beyond the first plane count: one of them in the set would make the search slow.
_MAY_FOLD = re.compile(
    f"[{re.escape(''.join(chr(code) for code in _FOLD if code < 0x10000))}]|[\U00010000-\U0010ffff]"
)


def normalise(text: str) -> str:
    """The text as it is indexed and searched: NFKC (but for punctuation), lower case, Simplified.

    May change the length.
    """
    return settle(fold(text))


def settle(folded: str) -> str:
    """`normalise` of a text that is folded already."""
    if _EXPANDS.search(folded) or not unicodedata.is_normalized("NFC", folded):
        return fold(unicodedata.normalize("NFKC", folded))
    return folded


def fold(text: str) -> str:
    """Like `normalise`, but one character stays one character, so offsets into it are offsets
    into the original."""
    return text.translate(_FOLD) if _MAY_FOLD.search(text) else text


def clean(text: str) -> str:
    """The text without lone surrogates and control characters, which no engine accepts."""
    text = text.encode("utf-8", "ignore").decode("utf-8")
    return "".join(" " if unicodedata.category(char) in ("Cc", "Cf") else char for char in text)


@lru_cache(maxsize=10_000)
def is_cjk(token: str) -> bool:
    """Whether a token, or a text, is Han, kana or hangul and nothing else."""
    return bool(_CJK_ONLY.fullmatch(token))


def runs(normalised: str) -> list[str]:
    """The unbroken runs of Chinese, Japanese and Korean characters, and the words between."""
    return [match[0] for match in _RUNS.finditer(normalised)]


def tokens(normalised: str) -> list[str]:
    """Pairs of characters for Han, kana and hangul (a run of one stays one), words for the rest."""
    found: list[str] = []
    for run, word in _RUNS.findall(normalised):
        if word:
            found.append(word)
        elif len(run) == 1:
            found.append(run)
        else:
            found.extend(map(add, run, run[1:]))
    return found


def characters(normalised: str) -> list[str]:
    """Single characters of Han, kana and hangul, words for the rest."""
    found: list[str] = []
    for run, word in _RUNS.findall(normalised):
        found.extend([word] if word else run)
    return found


def stems(text: str, language: str) -> list[str]:
    """Stems of the words of a text in one of the languages of `STEMMED`."""
    # Accents go first: readers leave them out, and a stemmer cuts the two spellings differently.
    bare = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower())
    bare = "".join(char for char in bare if not unicodedata.combining(char))
    return [_stem(word, language) for word in _WORDS.findall(bare.replace("ß", "ss"))]


@cache
def _stemmer(language: str) -> "snowballstemmer.stemmer":
    return snowballstemmer.stemmer(STEMMED[language])


@lru_cache(maxsize=50_000)
def _stem(word: str, language: str) -> str:
    return str(_stemmer(language).stemWord(word)) or word


def tokens_in(text: str, language: str) -> list[str]:
    """The tokens of a text in the way of its language: stems, or pairs of characters."""
    if language in STEMMED:
        return stems(text, language)
    return tokens(normalise(text))


def neighbours(text: str, reach: int) -> list[str]:
    """Every character with each of the `reach` that follow it, joined.

    A title's reach is longer than a query's, so that a query with a character left out or wrong
    still shares pairs across the gap.
    """
    return list(
        dict.fromkeys(
            text[start] + text[start + gap]
            for gap in range(1, reach + 1)
            for start in range(len(text) - gap)
        )
    )


_SYLLABLE = re.compile(r"^(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)(.*)$")


@cache
def _sounds() -> dict[int, str]:
    spec = find_spec("pypinyin")
    assert spec is not None
    assert spec.origin is not None
    # Importing the package would train its word segmenter for a second; only its table is used.
    table = json.loads(Path(spec.origin).with_name("pinyin_dict.json").read_text("utf-8"))
    return {
        int(code): _sound(readings.partition(",")[0])
        for code, readings in table.items()
        if 0x4E00 <= int(code) <= 0x9FFF
    }


def _sound(syllable: str) -> str:
    # What southern speakers and input methods mix up counts as one sound: z and zh, n and l in
    # front, n and ng at the end.
    letters = "".join(
        char for char in unicodedata.normalize("NFD", syllable) if not unicodedata.combining(char)
    )
    onset, rhyme = _SYLLABLE.match(letters).groups()  # type: ignore[union-attr]
    onset = {"zh": "z", "ch": "c", "sh": "s"}.get(onset, onset)
    return onset + (rhyme[:-1] if rhyme.endswith("ng") else rhyme)


def sounds(normalised: str) -> list[str]:
    """Pairs of neighbouring syllables in rough pinyin, first reading of each character."""
    found: list[str] = []
    table = _sounds()
    for run in runs(normalised):
        syllables = [table.get(ord(char), char) for char in run] if is_cjk(run) else [run]
        found.extend(_pairs(syllables))
    return found


def _pairs(items: list[str]) -> Iterator[str]:
    if len(items) == 1:
        yield items[0]
    for left, right in pairwise(items):
        yield f"{left}_{right}"
