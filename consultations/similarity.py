"""Which comments say the same in nearly the same words: campaigns.

A text is compared by its grams, short runs of its characters, of which a changed word or a moved
sentence touches only a few. It is measured against what is typical of a group, never against just
any member, so that no chain of small steps joins two different texts. Nothing here depends on the
order in which the texts come, nor on anything but the texts.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from itertools import chain
from math import sqrt
from typing import NamedTuple
from zlib import crc32

from legaltext.simplified import to_simplified

# A text with fewer grams says too little: only the very same words make it the same as another.
SHORT = 16
# Each text of a group has at least this share of what is typical of the group: more than half, so
# that any two of them have some of it in common.
KEPT = 0.55
# At least this share of a text is typical of its group; the rest is the writer's own.
COPIED = 0.4
# Of so many texts or more it is seen what is typical of them; of fewer, one of them stands for all.
TYPICAL_OF = 3
# A text is looked up by so many of its grams, and compared with those that have so many of them
# too. Two texts that meet KEPT and COPIED have 7 of 16 in common on average.
SKETCH, IN_COMMON = 16, 4
# With how many it is compared at most, those with most in common first.
COMPARED = 8


class _Item(NamedTuple):
    """A text, or what is typical of several, as it is looked up and as it is compared."""

    grams: Set[str]
    sketch: list[int]


def groups(texts: Sequence[str], draft: str = "") -> list[list[int]]:
    """The indexes of texts that are nearly the same, two or more together, in ascending order.

    Texts that differ in script (Traditional, Simplified), case, spaces and punctuation alone are
    always together; short ones are together only then. Of the others, a group may hold texts whose
    sentences were left out, moved, put into other words, or joined by the writer's own. That two
    texts differ in a number or a "not" does not part them: what is found is a proposal to a person.

    draft: the text that the comments are about; what they quote of it does not count.
    """
    copies: dict[str, list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        copies[folded(text)].append(index)
    found = [
        sorted(chain.from_iterable(copies.pop(text) for text in alike))
        for alike in _edited(copies, grams(folded(draft)))
    ]
    return sorted(group for group in [*found, *copies.values()] if len(group) > 1)


def folded(text: str) -> str:
    """The text without script, case, spaces and punctuation; if that is all there is, as it is."""
    plain = to_simplified(unicodedata.normalize("NFKC", text).casefold())
    return "".join(filter(str.isalnum, plain)) or text.strip()


def grams(text: str) -> set[str]:
    """Every three characters in a row, or six from a letter of an alphabet, which says less."""
    return {
        text[start : start + (3 if character >= "⺀" else 6)]
        for start, character in enumerate(text[:-2])
    }


def _edited(texts: Iterable[str], quoted: Set[str]) -> list[list[str]]:
    """Folded texts, each once, put together with what others made of them."""
    bags = {text: bag for text in texts if len(bag := grams(text) - quoted) >= SHORT}
    counts = Counter(chain.from_iterable(bags.values()))
    # An order of the grams that has nothing to do with the language: the first ones of a text are
    # a fair sample of it, and the same sample in a text with the same grams.
    ranks = {gram: crc32(gram.encode()) for gram, count in counts.items() if count > 1}

    def item(bag: Set[str]) -> _Item:
        return _Item(bag, sorted([ranks[gram] for gram in bag if gram in ranks])[:SKETCH])

    def typicality(text: str) -> float:
        return sum([counts[gram] for gram in bags[text]]) / sqrt(len(bags[text]))

    order = sorted(
        (text for text, bag in bags.items() if len(bag & ranks.keys()) >= COPIED * len(bag)),
        key=lambda text: (-typicality(text), text),
    )
    items = [item(bags[text]) for text in order]
    # The most typical text of a campaign may lack a sentence that most of the others have. So what
    # most of them have is taken in its place, and everything is measured once more.
    many = [group for group in _gathered(items) if len(group) >= TYPICAL_OF]
    shared = [_shared([items[place].grams for place in group]) for group in many]
    typical = [item(bag) for bag in shared if len(bag) >= SHORT]
    return [
        [order[place - len(typical)] for place in group if place >= len(typical)]
        for group in _gathered(typical + items)
    ]


def _shared(bags: Sequence[Set[str]]) -> set[str]:
    """The grams that more than half of the bags have."""
    counts = Counter(chain.from_iterable(bags))
    return {gram for gram, count in counts.items() if 2 * count > len(bags)}


def _gathered(items: Sequence[_Item]) -> list[list[int]]:
    """The places of the items, each in the group of the closest earlier one that leads a group.

    An item that is close to none of these leads the next group. The largest group comes first.
    """
    followers: dict[int, list[int]] = {}
    leaders: dict[int, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        met = Counter(chain.from_iterable([leaders[rank] for rank in item.sketch]))
        near = sorted((-times, leader) for leader, times in met.items() if times >= IN_COMMON)
        likeness = {
            leader: _likeness(item.grams, items[leader].grams) for _, leader in near[:COMPARED]
        }
        closest = max(likeness, key=likeness.__getitem__, default=place)
        if likeness.get(closest):
            followers[closest].append(place)
        else:
            followers[place] = [place]
            for rank in item.sketch:
                leaders[rank].append(place)
    return sorted(followers.values(), key=len, reverse=True)


def _likeness(bag: Set[str], leader: Set[str]) -> float:
    """The share of grams in common (Jaccard), or 0 if the bag does not belong to the leader."""
    common = len(bag & leader)
    if common < KEPT * len(leader) or common < COPIED * len(bag):
        return 0.0
    return common / (len(bag) + len(leader) - common)
