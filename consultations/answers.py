"""What the comments come to: each function asks a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Sum

from consultations import rules
from consultations.enums import GroupState
from consultations.models import (
    Announcement,
    Comment,
    ConcentrationRule,
    Opinion,
    OpinionComment,
)


@dataclass
class Tally:
    """How many hold an opinion: people, comments, and arguments (a campaign is one)."""

    people: int = 0
    comments: int = 0
    _arguments: set[tuple[str, int]] = field(default_factory=set)

    @property
    def arguments(self) -> int:
        return len(self._arguments)

    def add(self, comment: int, people: int, group: int | None) -> None:
        self.people += people
        self.comments += 1
        self._arguments.add(("comment", comment) if group is None else ("group", group))


def concentration() -> rules.Concentration:
    """Give the rule by which an opinion is concentrated today."""
    row = ConcentrationRule.objects.order_by("-pk").first()
    return rules.Concentration(row.people, row.percent) if row else rules.DEFAULT_CONCENTRATION


def standing_comments(announcement: Announcement) -> Any:
    """Give the comments that want an answer: all but those that their authors took back."""
    return Comment.objects.filter(announcement=announcement, withdrawal__isnull=True)


def people(announcement: Announcement) -> int:
    """Count the people behind all comments that want an answer, over all channels."""
    return standing_comments(announcement).aggregate(n=Sum("people"))["n"] or 0


def tallies(announcement: Announcement) -> dict[int, Tally]:
    """Count by opinion; one that nobody holds is not among them."""
    rows = OpinionComment.objects.filter(
        opinion__announcement=announcement, comment__withdrawal__isnull=True
    ).values_list(
        "opinion",
        "comment",
        "comment__people",
        "comment__membership__group",
        "comment__membership__group__state",
    )
    found: dict[int, Tally] = defaultdict(Tally)
    for opinion, comment, count, group, state in rows:
        found[opinion].add(comment, count, group if state == GroupState.CONFIRMED else None)
    return dict(found)


def unmapped(announcement: Announcement) -> Any:
    """Give the comments that no opinion answers yet."""
    return standing_comments(announcement).filter(mappings__isnull=True)


@dataclass(frozen=True)
class Weighed:
    """An opinion with how many hold it, and whether it is concentrated."""

    opinion: Opinion
    tally: Tally
    concentrated: bool


def weighed(announcement: Announcement) -> list[Weighed]:
    """Give the standing opinions of a consultation with their weight, in order of number."""
    rule, total = concentration(), people(announcement)
    counted = tallies(announcement)
    return [
        Weighed(
            opinion,
            tally := counted.get(opinion.pk, Tally()),
            opinion.kept_concentrated or rule.holds(tally.people, total),
        )
        for opinion in Opinion.objects.standing().filter(announcement=announcement)
    ]
