"""The officers' desk: what is left to answer. Each function asks a constant number of queries."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import (
    Count,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
)

from consultations import answers, register, rules, services
from consultations.enums import GroupState, StatementKind
from consultations.models import (
    Announcement,
    Comment,
    CommentGroup,
    CommentText,
    GroupMember,
    Opinion,
    OpinionComment,
    Period,
    Phrase,
    SignedStatement,
    StatementStep,
)
from legaltext.redline import Segment, segments_between
from organisations import services as organisations
from organisations.models import Membership, OrganisationPage, Role

NOBODY = "nobody"
"""Stands for no officer at all where an officer is asked for."""

SHOWN_WORDINGS = 3

_HELD = Exists(OpinionComment.objects.filter(comment=OuterRef("pk")))
_IN_GROUP = Q(membership__group__state=GroupState.CONFIRMED)


# --- comments -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked(register.Asked):
    """What an officer wants to see of the comments that want an answer.

    officer: a key, or ``NOBODY``. answered: ``yes`` or ``no``. grouped: ``yes`` or ``no``.
    """

    officer: str = ""
    answered: str = ""
    grouped: str = ""

    def condition(self) -> Q:
        found = super().condition()
        if self.officer == NOBODY:
            found &= Q(assignment__isnull=True)
        elif self.officer:
            found &= Q(assignment__officer=int(self.officer))
        if self.answered:
            found &= Q(_HELD) if self.answered == "yes" else ~Q(_HELD)
        if self.grouped:
            found &= Q(membership__isnull=self.grouped == "no")
        return found


def comments(announcement: Announcement, asked: Asked) -> Any:
    """Give the comments that are asked for and were not taken back, the oldest first."""
    held = OpinionComment.objects.select_related("opinion").order_by("opinion__number")
    return (
        register.comments(announcement, asked)
        .filter(withdrawal__isnull=True)
        .select_related("assignment__officer", "membership__group")
        .prefetch_related(Prefetch("mappings", held))
        .order_by("received_at", "pk")
    )


def keys(announcement: Announcement, asked: Asked) -> list[int]:
    """Give the keys of all comments that are asked for, the oldest first."""
    found = comments(announcement, asked).prefetch_related(None).select_related(None)
    return list(found.values_list("pk", flat=True))


def next_unanswered(announcement: Announcement, pk: int) -> int | None:
    """Give the oldest comment that no opinion answers yet, other than this one."""
    found = answers.unmapped(announcement).exclude(pk=pk).order_by("received_at", "pk")
    key: int | None = found.values_list("pk", flat=True).first()
    return key


def chosen(announcement: Announcement, wanted: Iterable[int]) -> list[Comment]:
    """Give those of some comments that belong to a consultation and were not taken back."""
    found = list(answers.standing_comments(announcement).filter(pk__in=set(wanted)))
    for comment in found:
        comment.announcement = announcement
    return found


def officers(announcement: Announcement) -> QuerySet[Any]:
    """Give the people who handle a consultation's comments, by name."""
    homes = OrganisationPage.objects.ancestor_of(announcement.page)
    members = Membership.objects.filter(
        organisation__in=homes.values("organisation"), role__in=register.HANDLING
    )
    people: QuerySet[Any] = get_user_model().objects.filter(
        pk__in=members.values("user"), is_active=True
    )
    return people.order_by("last_name", "first_name", "username")


@dataclass(frozen=True)
class Numbers:
    """What there is to answer. days: since the close, in Shanghai days; ``None`` before it."""

    comments: int
    people: int
    arguments: int
    clauses: int
    unanswered: int
    unread: int
    unassigned: int
    days: int | None


def numbers(announcement: Announcement, period: Period, now: datetime.datetime) -> Numbers:
    """Count a consultation's comments that want an answer."""
    alone = Q(membership__isnull=True) | ~_IN_GROUP
    found = answers.standing_comments(announcement).aggregate(
        comments=Count("pk"),
        all_people=Sum("people"),
        groups=Count("membership__group", distinct=True, filter=_IN_GROUP),
        alone=Count("pk", filter=alone),
        clauses=Count("clause_lineage", distinct=True),
        unanswered=Count("pk", filter=~Q(_HELD)),
        unread=Count("pk", filter=Q(reading__isnull=True)),
        unassigned=Count("pk", filter=Q(assignment__isnull=True)),
    )
    return Numbers(
        comments=found["comments"],
        people=found["all_people"] or 0,
        arguments=found["groups"] + found["alone"],
        clauses=found["clauses"],
        unanswered=found["unanswered"],
        unread=found["unread"],
        unassigned=found["unassigned"],
        days=days_since(period.closes_at, now),
    )


def days_since(closes_at: datetime.datetime, now: datetime.datetime) -> int | None:
    """Count the Shanghai days since the last day of a period; ``None`` while it runs."""
    if now < closes_at:
        return None
    return (rules.local_day(now) - rules.last_day(closes_at)).days


# --- groups -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wording:
    """A text that some comments of a group share, and how it differs from the group's."""

    comments: Sequence[int]
    text: str
    of_group: str

    @property
    def segments(self) -> Sequence[Segment]:
        return segments_between(self.of_group, self.text)


@dataclass
class Group:
    """A group with the text that stands for it, and the other wordings, the commonest first."""

    group: CommentGroup
    size: int = 0
    people: int = 0
    text: str = ""
    same: list[int] = field(default_factory=list)
    wordings: list[Wording] = field(default_factory=list)

    @property
    def first_wordings(self) -> list[Wording]:
        return self.wordings[:SHOWN_WORDINGS]

    @property
    def further(self) -> int:
        return len(self.wordings[SHOWN_WORDINGS:])


def groups(found: Iterable[CommentGroup]) -> list[Group]:
    """Give groups with what their comments say; those that were taken back are not counted."""
    by_key = {group.pk: Group(group) for group in found}
    newest = CommentText.objects.filter(comment=OuterRef("comment")).order_by("-seq")
    rows = (
        GroupMember.objects.filter(group__in=by_key, comment__withdrawal__isnull=True)
        .annotate(text=Subquery(newest.values("text")[:1]))
        .order_by("comment")
        .values_list("group", "comment", "comment__people", "text")
    )
    texts: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for key, comment, people, text in rows:
        by_key[key].size += 1
        by_key[key].people += people
        texts[key][text].append(comment)
    for key, known in texts.items():
        ordered = sorted(known, key=lambda text: (-len(known[text]), known[text][0]))
        group = by_key[key]
        group.text, group.same = ordered[0], known[ordered[0]]
        group.wordings = [Wording(known[text], text, group.text) for text in ordered[1:]]
    return list(by_key.values())


def members(group: Group) -> list[tuple[int, Wording]]:
    """Give the comments of a group with their wording, those that differ from the group first."""
    everything = [*group.wordings, Wording(group.same, group.text, group.text)]
    return [(pk, wording) for wording in everything for pk in wording.comments]


def ordered_groups(announcement: Announcement) -> QuerySet[CommentGroup]:
    """Give the groups of a consultation, those that wait for an officer first, then by size."""
    found = CommentGroup.objects.filter(announcement=announcement)
    return found.annotate(n=Count("members")).order_by("-state", "-n", "pk")


def opinions_of(group: CommentGroup) -> QuerySet[Opinion]:
    """Give the opinions that comments of a group hold, with how many of them (``held``)."""
    found: QuerySet[Opinion] = Opinion.objects.filter(
        mappings__comment__membership__group=group, mappings__comment__withdrawal__isnull=True
    )
    return found.annotate(held=Count("mappings")).order_by("number")


# --- opinions -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """An opinion with its weight, what its decision lacks, and what the reviewer is told of it."""

    weighed: answers.Weighed
    lacks: Sequence[str]
    flags: Sequence[str]

    @property
    def opinion(self) -> Opinion:
        return self.weighed.opinion


def lines(announcement: Announcement, changes: rules.TextChanges | None) -> list[Line]:
    """Give the standing opinions of a consultation, in order of number."""
    flags = defaultdict(list)
    for flag in services.flags(announcement):
        flags[flag.key].append(flag.words)
    return [
        Line(
            one,
            services.opinion_lacks(one.opinion, one.concentrated, changes),
            flags[one.opinion.pk],
        )
        for one in answers.weighed(announcement)
    ]


def unexplained(opinions: Iterable[Opinion], changes: rules.TextChanges | None) -> list[Any]:
    """Give the clauses that changed although no opinion explains it."""
    if changes is None:
        return []
    found = list(opinions)
    return changes.unexplained(
        (anchor for opinion in found for anchor in opinion.changed_clauses),
        (anchor for opinion in found for anchor in opinion.removed_clauses),
    )


def opinion(announcement: Announcement, pk: int) -> Opinion | None:
    """Give an opinion of a consultation, a merged one too; ``None`` if it has no such one."""
    found: Opinion | None = (
        Opinion.objects.filter(announcement=announcement, pk=pk)
        .select_related("merged_into", "split_from")
        .prefetch_related("merged", "parts")
        .first()
    )
    if found is not None:
        found.announcement = announcement
    return found


def holders(opinion: Opinion) -> Any:
    """Give the mappings of an opinion with their comments' text (``said``), the oldest first."""
    newest = CommentText.objects.filter(comment=OuterRef("comment")).order_by("-seq")
    return (
        OpinionComment.objects.filter(opinion=opinion)
        .select_related("comment__membership")
        .annotate(
            said=Subquery(newest.values("text")[:1]),
            is_withdrawn=Q(comment__withdrawal__isnull=False),
        )
        .order_by("comment__received_at", "comment")
    )


def held_by(comment: Comment) -> QuerySet[OpinionComment]:
    """Give the mappings of a comment with their opinions, in order of number."""
    return (
        OpinionComment.objects.filter(comment=comment)
        .select_related("opinion")
        .order_by("opinion__number")
    )


def phrases(announcement: Announcement) -> QuerySet[Phrase]:
    """Give the phrases that the consultation's organisation may adapt: its own, and everybody's."""
    owner = organisations.owner_of(announcement.page)
    return Phrase.objects.filter(Q(organisation=owner) | Q(organisation__isnull=True))


def homes_of(user: Any) -> set[int]:
    """Give the keys of the organisations in which a person handles comments."""
    mine = Membership.objects.filter(user=user, role__in=register.HANDLING)
    return set(mine.values_list("organisation", flat=True))


def own_phrases(user: Any) -> QuerySet[Phrase]:
    """Give the phrases that a person may change: of their organisations; administrators: all."""
    everything: QuerySet[Phrase] = Phrase.objects.all()
    return everything if user.is_superuser else everything.filter(organisation__in=homes_of(user))


# --- the statement ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tallied:
    """How many comments of a round, or of a channel in it, are in which state."""

    round: int
    channel: str
    states: Counter[str]

    @property
    def received(self) -> int:
        return self.states.total()


def reconciled(announcement: Announcement) -> list[Tallied]:
    """Give the counts by round and channel, after each round's sum, whose channel is empty."""
    found: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for cell in register.cells(announcement):
        for channel in ("", cell.channel):
            found[cell.round, channel][cell.state] += cell.n
    return [Tallied(*key, found[key]) for key in sorted(found)]


# --- the start page -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Owed:
    """A closed consultation without its statement; ``waits``: the next step is this person's."""

    announcement: Announcement
    days: int
    abandoned: bool
    waits: bool
    step: str


def owed(user: Any, now: datetime.datetime) -> list[Owed]:
    """Give the consultations that a person handles whose newest round is closed, or whose draft
    was withdrawn, and has no signed statement; those that wait for this person stand first."""
    newest = Period.objects.filter(announcement=OuterRef("pk")).order_by("-seq")
    signed = SignedStatement.objects.filter(announcement=OuterRef("pk")).order_by("-seq")
    last = StatementStep.objects.filter(announcement=OuterRef("pk")).order_by("-pk")
    found: Any = register.handled_by(user).annotate(
        closes_at=Subquery(newest.values("closes_at")[:1]),
        newest_round=Subquery(newest.values("round")[:1]),
        signed_round=Subquery(signed.values("round")[:1]),
        signed_kind=Subquery(signed.values("kind")[:1]),
        signed_approval=Subquery(signed.values("approval")[:1]),
        last_step=Subquery(last.values("pk")[:1]),
    )
    found = found.filter(
        Q(historic_record__isnull=True),
        Q(closes_at__lte=now) | Q(withdrawal__isnull=False),
        Q(signed_round__isnull=True)
        | Q(signed_round__lt=F("newest_round"))
        | Q(withdrawal__isnull=False) & ~Q(signed_kind=StatementKind.CLOSING.value)
        | Q(last_step__gt=F("signed_approval")),
    )
    open_ones = list(
        found.select_related("page", "withdrawal").defer("page__draft", "page__explanation")
    )
    steps = StatementStep.objects.in_bulk([one.last_step for one in open_ones if one.last_step])
    rows = [
        _owed(one, _since_signature(one, steps), roles, user, now)
        for one, roles in zip(open_ones, _roles(open_ones, user), strict=True)
    ]
    return sorted(rows, key=lambda row: (not row.waits, -row.days))


def _since_signature(one: Any, steps: dict[int, StatementStep]) -> StatementStep | None:
    step = steps.get(one.last_step)
    return step if step and step.pk > (one.signed_approval or 0) else None


def _roles(found: Sequence[Any], user: Any) -> list[Collection[str]]:
    """The roles of a person in the organisation of each consultation."""
    if user.is_superuser:
        return [set(Role)] * len(found)
    homes = _homes(user)
    return [
        {role for path, roles in homes.items() if one.page.path.startswith(path) for role in roles}
        for one in found
    ]


def _homes(user: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    rows = OrganisationPage.objects.filter(organisation__memberships__user=user)
    for path, role in rows.values_list("path", "organisation__memberships__role"):
        found[path].append(role)
    return found


def _owed(
    one: Any, step: StatementStep | None, roles: Collection[str], user: Any, now: datetime.datetime
) -> Owed:
    withdrawal = getattr(one, "withdrawal", None)
    ended = withdrawal.withdrawn_at if withdrawal else one.closes_at
    last = rules.local_day(ended) if withdrawal else rules.last_day(ended)
    days = (rules.local_day(now) - last).days
    digest = step.digest if step else ""
    at = services.Standing([step] if step else [], digest, user.pk, roles)
    return Owed(
        announcement=one,
        days=days,
        abandoned=withdrawal is not None,
        waits=bool(at.actions),
        step=step.step if step else "",
    )
