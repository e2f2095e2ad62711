"""Traditional to Simplified Chinese, one character for one character.

The table is OpenCC's. Its phrase table is left out on purpose: texts and queries both pass
through here, so what counts is that both change alike, and offsets stay where they are.
"""

import re
from collections import defaultdict
from functools import cache
from importlib.resources import files


def _table() -> dict[int, int]:
    lines = files("opencc").joinpath("dictionary/TSCharacters.txt").read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if "\t" in line)
    table = {ord(source): ord(targets[0]) for source, targets in pairs}
    return {source: target for source, target in table.items() if source != target}


TO_SIMPLIFIED = _table()


def to_simplified(text: str) -> str:
    """The text with every Traditional character made Simplified; its length is unchanged."""
    return text.translate(TO_SIMPLIFIED)


def either_script(words: str) -> str:
    """A regular expression that finds ``words`` as they stand, in either script.

    Any blank finds any. Python and PostgreSQL read it alike.
    """
    return r"\s+".join("".join(map(_either, word)) for word in to_simplified(words).split())


def _either(character: str) -> str:
    same = _traditional().get(ord(character), "")
    return f"[{character}{same}]" if same else re.escape(character)


@cache
def _traditional() -> dict[int, str]:
    found: dict[int, str] = defaultdict(str)
    for traditional, simplified in TO_SIMPLIFIED.items():
        found[simplified] += chr(traditional)
    return dict(found)
