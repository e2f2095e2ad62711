"""What the officers of the demo city make of what came in: groups, opinions, statements."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model

from consultations import services
from consultations.models import (
    Announcement,
    Comment,
    CommentGroup,
    ConcentrationRule,
    Opinion,
    Phrase,
    SignedStatement,
)
from demo.desk import OFFICE, read
from guards.services import clock_stands_at
from organisations.models import Organisation

Received = tuple[dict[str, Any], Comment]
"""A comment as the demo's file has it, and as it came in."""

SAMPLE = ("housing-rental", "housing-rental-ke-chunmei")
"""A consultation, and the form of a comment on it that two opinions answer."""

RULE_SINCE = datetime.datetime(2018, 1, 2, 2, tzinfo=datetime.UTC)


def prepare(*, now: datetime.datetime) -> None:
    """Say from when on an opinion is concentrated, and lay out the phrases for reasons."""
    administrator = get_user_model().objects.filter(is_superuser=True).earliest("pk")
    if not ConcentrationRule.objects.exists():
        services.set_concentration(
            people=10, percent=5, user=administrator, now=min(RULE_SINCE, now)
        )
    office = Organisation.objects.get(code=OFFICE)
    for stated in read("phrases.json"):
        Phrase.objects.create(
            organisation=office if stated.get("office") else None,
            disposition=stated["disposition"],
            text=stated["text"],
        )


def sample_receipt() -> str:
    """Give the receipt code of a comment that was answered: each site has its own."""
    slug, submission_id = SAMPLE
    announcement = Announcement.objects.filter(page__slug=slug).first()
    known = services.sent_before(announcement, submission_id) if announcement else None
    return known.code if known else ""


@dataclass
class Answers:
    """The way of one consultation from the first opinion to the signature, as far as it got.

    at: gives the moment of a step, which its data count from the story's last day.
    """

    announcement: Announcement
    stated: dict[str, Any]
    received: Sequence[Received]
    people: Sequence[Any]
    at: Callable[[int], datetime.datetime]
    opinions: dict[str, Opinion] = field(default_factory=dict)

    def write(self) -> SignedStatement | None:
        """Do what the data say was done; give the statement if it was signed."""
        moment = self.at(self.stated["on"])
        self._assign(moment)
        self._group(moment)
        self._sort(moment)
        self._decide(moment)
        return self._sign()

    def _assign(self, moment: datetime.datetime) -> None:
        for share in self.stated.get("assigned", []):
            officer = get_user_model().objects.get(username=share["to"])
            some = [comment for _item, comment in self._standing()[share["first"] : share["end"]]]
            services.assign(some, officer, user=self.people[0], now=moment)

    def _standing(self) -> list[Received]:
        return [pair for pair in self.received if not pair[0].get("withdrawn")]

    def _group(self, moment: datetime.datetime) -> None:
        """Confirm the campaigns among the machine's proposals; once all is answered, the others
        were dissolved."""
        if "groups" not in self.stated:
            return
        finished = "unfinished" not in self.stated["statement"]
        campaigns = {c.pk: item["campaign"] for item, c in self.received if "campaign" in item}
        drafter = self.people[0]
        for group in services.propose_groups(self.announcement, user=drafter, now=moment):
            named = {campaigns.get(pk) for pk in _members(group)}
            if named <= set(self.stated["groups"]):
                services.confirm_group(group, user=drafter, now=moment)
            elif finished:
                services.dissolve_group(group, user=drafter, now=moment)

    def _sort(self, moment: datetime.datetime) -> None:
        """Write the opinions down, each with the comments that hold it."""
        for stated in self.stated.get("opinions", []):
            held = [
                (comment, item.get("passages", {}).get(stated["key"], ""))
                for item, comment in self._standing()
                if stated["key"] in item.get("opinions", [])
            ]
            opinion = services.add_opinion(
                self.announcement,
                stated["text"],
                comments=[comment for comment, passage in held if not passage],
                user=self.people[0],
                now=moment,
            )
            for comment, passage in held:
                if passage:
                    services.map_comments(
                        opinion, [comment], passage=passage, user=self.people[0], now=moment
                    )
            self.opinions[stated["key"]] = opinion

    def _decide(self, moment: datetime.datetime) -> None:
        for stated in self.stated.get("opinions", []):
            if "disposition" in stated:
                services.decide(
                    self.opinions[stated["key"]],
                    stated["disposition"],
                    reason=stated.get("reason", ""),
                    changed_clauses=stated.get("changed", []),
                    removed_clauses=stated.get("removed", []),
                    user=self.people[0],
                    now=moment,
                )

    def _sign(self) -> SignedStatement | None:
        statement = self.stated.get("statement")
        if statement is None:
            return None
        drafter, reviewer, publisher = self.people
        announcement, moment = self.announcement, self.at(statement["on"])
        services.write(
            announcement,
            kind=statement["kind"],
            words="\n".join(statement["words"]),
            user=drafter,
            now=moment,
        )
        if statement.get("unfinished"):
            return None
        services.submit_statement(announcement, user=drafter, now=moment)
        services.approve_statement(announcement, user=reviewer, now=moment)
        with clock_stands_at(moment):
            return services.sign_statement(announcement, user=publisher, now=moment)


def _members(group: CommentGroup) -> list[int]:
    return list(group.members.values_list("comment", flat=True))
