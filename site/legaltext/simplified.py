"""Traditional to Simplified Chinese, one character for one character.

The table is OpenCC's. Its phrase table is left out on purpose: texts and queries both pass
through here, so what counts is that both change alike, and offsets stay where they are.
"""

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
