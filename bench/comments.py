"""Comments on drafts as people write them, with the campaign that each belongs to.

The material is `arguments.txt`: sentences for and against 25 drafts, each a grammar of choices. A
person who writes alone draws one to four sentences of one side, some quote the article, some begin
or end with words of their own, and some take over a sentence of a campaign. A campaign is started
by one such person; who follows changes its text a little, much, or not at all. Two campaigns may
stand on the same side of the same draft, so that only their wording tells them apart.
"""

from __future__ import annotations

import itertools
import random
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from opencc import OpenCC

MATERIAL = Path(__file__).parent / "arguments.txt"
IN_CAMPAIGNS = 0.45
SMALLEST, LARGEST = 5, 300
CHINESE_DIGITS = "一二三四五六七八九"
ENDINGS = re.compile(r"[，。；：！？、,.;:!?]")


class Comment(NamedTuple):
    """A text, and the campaign it belongs to: 0 if its writer wrote alone.

    Short ones of the same words bear a negative number, for they say the same.
    """

    text: str
    campaign: int


class Side(NamedTuple):
    """What can be said for or against a draft, and the article that it is about."""

    article: str
    sentences: list[str]


class Crowd:
    """People who write; the same seed gives the same people."""

    def __init__(self, seed: int) -> None:
        """seed: decides everything that is drawn."""
        self.random = random.Random(seed)
        self.pools, self.sides = material()
        self.traditional = OpenCC("s2t").convert
        self.edits: list[Callable[[list[str]], list[str]]] = [
            self.with_opening,
            self.with_closing,
            self.with_a_sentence_less,
            self.with_synonyms,
            self.with_typos,
            self.with_another_number,
            self.in_another_order,
        ]

    def comments(self, size: int) -> list[Comment]:
        """As many comments, in the order they come in."""
        done: list[Comment] = []
        starters: list[list[str]] = []
        while len(done) < IN_CAMPAIGNS * size:
            side = self.random.choice([side for side in self.sides if len(side.sentences) > 2])
            length = min(len(side.sentences), self.random.randint(3, 6))
            starters.append(self.drawn(side, length))
            people = int(SMALLEST * (LARGEST / SMALLEST) ** self.random.random())
            done += [
                Comment(self.follower(starters[-1]), len(starters)) for _person in range(people)
            ]
        while len(done) < size:
            if self.random.random() < 0.05:
                choice = self.random.randrange(len(self.pools["short"]))
                ending = self.random.choice(["", "", "。", "！", "!!"])
                done.append(Comment(self.pools["short"][choice] + ending, -1 - choice))
            else:
                done.append(Comment(self.loner(starters), 0))
        done = done[:size]
        self.random.shuffle(done)
        return done

    def loner(self, starters: list[list[str]]) -> str:
        """Who writes alone, on a subject that campaigns may be about too."""
        side = self.random.choice(self.sides)
        sentences = self.drawn(side, self.random.randint(1, min(4, len(side.sentences))))
        if self.random.random() < 0.05:
            sentences.append(self.random.choice(self.random.choice(starters)))
        if self.random.random() < 0.5 and chinese(sentences):
            sentences = self.with_opening(sentences)
        if self.random.random() < 0.3 and chinese(sentences):
            sentences = self.with_closing(sentences)
        if self.random.random() < 0.2:
            sentences.insert(0, side.article)
        return self.set_out(sentences)

    def follower(self, starter: list[str]) -> str:
        """One of a campaign: a quarter copies, the others change what they copy."""
        sentences = list(starter)
        if self.random.random() < 0.75:
            for edit in self.random.sample(self.edits, self.random.randint(1, 4)):
                sentences = edit(sentences)
            if self.random.random() < 0.3:
                sentences = self.random.choice(self.edits)(sentences)
        return self.set_out(sentences)

    def set_out(self, sentences: Sequence[str]) -> str:
        """The text as it is sent: line breaks, punctuation and script are as people have them."""
        text = self.random.choice(["", "", "\n", " "]).join(sentences)
        chance = self.random.random()
        if chance < 0.1:
            text = self.traditional(text)
        elif chance < 0.2:
            text = text.translate(str.maketrans("，。！？；", ",.!?;"))
        elif chance < 0.25:
            text = ENDINGS.sub(" ", text)
        elif chance < 0.3:
            text = text.replace("。", "！！") + "🙏"
        return text

    def with_opening(self, sentences: list[str]) -> list[str]:
        if not chinese(sentences):
            return sentences
        return [self.said("{opening}"), *sentences]

    def with_closing(self, sentences: list[str]) -> list[str]:
        if not chinese(sentences):
            return sentences
        return [*sentences, self.said("{closing}")]

    def with_a_sentence_less(self, sentences: list[str]) -> list[str]:
        if len(sentences) < 3:
            return sentences
        left_out = self.random.randrange(len(sentences))
        return [*sentences[:left_out], *sentences[left_out + 1 :]]

    def in_another_order(self, sentences: list[str]) -> list[str]:
        return self.random.sample(sentences, len(sentences))

    def with_synonyms(self, sentences: list[str]) -> list[str]:
        text = "\0".join(sentences)
        for pair in self.pools["synonyms"]:
            word, other = pair.split("/")
            if word in text and self.random.random() < 0.5:
                text = text.replace(word, other, self.random.randint(1, 2))
        return text.split("\0")

    def with_typos(self, sentences: list[str]) -> list[str]:
        characters = list("\0".join(sentences))
        for pair in self.random.sample(self.pools["typos"], 12):
            places = [place for place, found in enumerate(characters) if found == pair[0]]
            if places:
                characters[self.random.choice(places)] = pair[1]
        for _slip in range(self.random.randint(1, 3)):
            place = self.random.randrange(len(characters) - 1)
            if "\0" not in characters[place : place + 2]:
                characters[place : place + 2] = self.random.choice(
                    [
                        characters[place : place + 1],
                        characters[place : place + 2][::-1],
                        [characters[place], *characters[place : place + 2]],
                    ]
                )
        return "".join(characters).split("\0")

    def with_another_number(self, sentences: list[str]) -> list[str]:
        """Every number of one digit of one sentence is another one."""
        place = self.random.randrange(len(sentences))
        digit = self.random.choice(CHINESE_DIGITS)
        changed = re.sub(f"[{CHINESE_DIGITS}](?=[个年百千元天次])", digit, sentences[place])
        return [*sentences[:place], changed, *sentences[place + 1 :]]

    def drawn(self, side: Side, length: int) -> list[str]:
        """As many different sentences of a side, each put in words once."""
        return [self.said(pattern) for pattern in self.random.sample(side.sentences, length)]

    def said(self, pattern: str) -> str:
        """The pattern with every choice made, from the innermost outwards."""
        while found := re.search(r"\{([^{}]*)\}", pattern):
            choices = self.pools.get(found[1]) or found[1].split("|")
            pattern = (
                pattern[: found.start()] + self.random.choice(choices) + pattern[found.end() :]
            )
        return pattern


def chinese(sentences: Sequence[str]) -> bool:
    """Whether the sentences are in Chinese: only then do the common openings suit them."""
    return not re.search("[A-Za-zぁ-ん가-힣]{2}", "".join(sentences))


def material() -> tuple[dict[str, list[str]], list[Side]]:
    """The pools of phrases, and what can be said about each draft."""
    pools: dict[str, list[str]] = defaultdict(list)
    sides: list[Side] = []
    pool: list[str] = []
    pair: dict[str, Side] = {}
    for line in MATERIAL.read_text("utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        match mark:
            case "" | "#" | "##":
                continue
            case "=":
                pool = pools[rest]
            case ">":
                pair = {"+": Side(rest, []), "-": Side(rest, [])}
                sides += pair.values()
            case "+" | "-":
                pair[mark].sentences.append(rest)
            case _:
                pool.append(line)
    return dict(pools), [side for side in sides if side.sentences]


def draft() -> str:
    """The articles that the comments quote."""
    return "\n".join({side.article: None for side in material()[1]})


def pairs(people: int) -> int:
    """In how many ways two of them can be taken."""
    return people * (people - 1) // 2


def by_pairs(found: Sequence[Sequence[int]], comments: Sequence[Comment]) -> tuple[float, float]:
    """Precision and recall over pairs of comments."""
    belong = Counter(comment.campaign for comment in comments if comment.campaign)
    right = sum(
        pairs(people)
        for group in found
        for campaign, people in Counter(comments[index].campaign for index in group).items()
        if campaign
    )
    together = sum(pairs(len(group)) for group in found)
    return right / together, right / sum(map(pairs, belong.values()))


def by_comments(found: Sequence[Sequence[int]], comments: Sequence[Comment]) -> tuple[float, float]:
    """Precision and recall of the group that a comment is in, averaged over the comments (B³)."""
    own = [comment.campaign or f"own {index}" for index, comment in enumerate(comments)]
    sizes = Counter(own)
    grouped = set(itertools.chain.from_iterable(found))
    alone: list[Sequence[int]] = [[index] for index in range(len(comments)) if index not in grouped]
    precisions, recalls = [], []
    for group in [*found, *alone]:
        right = Counter(own[index] for index in group)
        precisions += [right[own[index]] / len(group) for index in group]
        recalls += [right[own[index]] / sizes[own[index]] for index in group]
    return statistics.fmean(precisions), statistics.fmean(recalls)
