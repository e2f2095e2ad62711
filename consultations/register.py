"""The officers' register of what came in: each function asks a constant number of queries."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from consultations.enums import CommentState
from consultations.models import (
    Announcement,
    Clause,
    Comment,
    CommentAttachment,
    CommentText,
    Moderation,
    Period,
)
from consultations.rules import SHANGHAI, close_of
from ledger.models import Entry
from legaltext.simplified import either_script
from organisations import access
from organisations.models import Role
from personaldata.models import ContactRecord

HANDLING = (Role.DRAFTER, Role.REVIEWER, Role.PUBLISHER)
"""Who reads and decides on what came in; managers only manage people."""

WHOLE = 0
"""Stands for the whole draft where a clause is asked for; lineages begin at 1."""

CHUNK = 500
ONE_DAY = datetime.timedelta(days=1)


def handled_by(user: Any) -> QuerySet[Announcement]:
    """Give the consultations whose comments a person may read; administrators: all."""
    pages = access.pages_of_members(user, *HANDLING)
    return Announcement.objects.filter(page__in=pages.order_by().values("pk"))


def find(user: Any, page_id: int) -> Announcement | None:
    """Give an announced consultation that a person handles; ``None`` for any other."""
    return (
        handled_by(user)
        .filter(page=page_id)
        .select_related("page", "withdrawal")
        .defer("page__draft", "page__explanation")
        .first()
    )


def newest_period(announcement: Announcement) -> Period:
    period: Period = announcement.periods.latest("seq")
    return period


# --- filters ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What an officer wants to see; empty parts ask for everything. Days are Shanghai days.

    search: words as they stand in the newest text, in either Chinese script.
    clause: a lineage, or ``WHOLE``. suspicious: only those that wait in the queue.
    """

    search: str = ""
    state: str = ""
    unread: bool = False
    suspicious: bool = False
    clause: int | None = None
    channel: str = ""
    language: str = ""
    round: int | None = None
    first_day: datetime.date | None = None
    last_day: datetime.date | None = None

    def as_json(self) -> dict[str, Any]:
        """Give the parts that ask for something, for the ledger.

        The ledger keeps for good, and words searched for may be a name: it says that there were.
        """
        values = {part.name: getattr(self, part.name) for part in fields(self)}
        values["search"] = bool(self.search)
        return {name: value for name, value in values.items() if value not in {"", None, False}}

    def condition(self) -> Q:
        """Give the same as ``matches`` and ``search`` for a query over ``with_state()``."""
        found = says(self.search)
        if self.state:
            found &= Q(state=self.state)
        if self.unread:
            found &= Q(reading__isnull=True)
        if self.suspicious:
            found &= ~Q(suspicion="") & Q(state=CommentState.PENDING.value)
        if self.clause is not None:
            whole = Q(clause_lineage__isnull=True)
            found &= Q(clause_lineage=self.clause) if self.clause else whole
        if self.channel:
            found &= Q(channel=self.channel)
        if self.language:
            found &= Q(language=self.language)
        if self.round:
            found &= Q(round=self.round)
        if self.first_day:
            found &= Q(received_at__gte=close_of(self.first_day - ONE_DAY))
        if self.last_day:
            found &= Q(received_at__lt=close_of(self.last_day))
        return found

    def matches(self, cell: Cell) -> bool:
        """Tell whether the comments of a cell are asked for, whatever they say."""
        return (
            (not self.state or cell.state == self.state)
            and (not self.unread or cell.unread)
            and (not self.suspicious or cell.suspicious)
            and (self.clause is None or cell.clause == self.clause)
            and (not self.channel or cell.channel == self.channel)
            and (not self.language or cell.language == self.language)
            and (not self.round or cell.round == self.round)
            and (self.first_day is None or cell.day >= self.first_day)
            and (self.last_day is None or cell.day <= self.last_day)
        )


def says(words: str) -> Q:
    """Find comments by their newest text, over ``with_newest()``; without words, all."""
    pattern = either_script(words)
    if not pattern:
        return Q()
    newest = CommentText.objects.filter(pk=OuterRef("newest_text_id"), text__iregex=pattern)
    return Q(Exists(newest))


# --- numbers ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """So many comments (``n``), of so many people, that are the same in everything the register
    counts by."""

    state: str
    reason: str
    channel: str
    clause: int
    language: str
    round: int
    day: datetime.date
    unread: bool
    suspicious: bool
    n: int
    people: int


def cells(announcement: Announcement, search: str = "") -> list[Cell]:
    """Count all comments of a consultation at once, for every number the register shows.

    search: counts only those that say it, as in ``Asked``.
    """
    rows = (
        Comment.objects.filter(announcement=announcement)
        .with_state()
        .filter(says(search))
        .annotate(
            day=TruncDate("received_at", tzinfo=SHANGHAI),
            unread=Q(reading__isnull=True),
            odd=~Q(suspicion=""),
        )
        .order_by()
        .values_list(
            "state",
            "withheld_for",
            "channel",
            "clause_lineage",
            "language",
            "round",
            "day",
            "unread",
            "odd",
        )
        .annotate(n=Count("pk"), of=Sum("people"))
    )
    return [
        Cell(
            state=state,
            reason=reason if state == CommentState.WITHHELD else "",
            channel=channel,
            clause=lineage or WHOLE,
            language=language,
            round=round_,
            day=day,
            unread=bool(unread),
            suspicious=bool(odd) and state == CommentState.PENDING,
            n=n,
            people=people,
        )
        for state, reason, channel, lineage, language, round_, day, unread, odd, n, people in rows
    ]


@dataclass
class Numbers:
    """The numbers of some cells, by everything the register counts by."""

    total: int = 0
    unread: int = 0
    suspicious: int = 0
    state: Counter[str] = field(default_factory=Counter)
    reason: Counter[str] = field(default_factory=Counter)
    channel: Counter[str] = field(default_factory=Counter)
    clause: Counter[int] = field(default_factory=Counter)
    language: Counter[str] = field(default_factory=Counter)
    round: Counter[int] = field(default_factory=Counter)
    day: Counter[datetime.date] = field(default_factory=Counter)


def numbers(found: Iterable[Cell]) -> Numbers:
    """Add cells up."""
    sums = Numbers()
    for cell in found:
        sums.total += cell.n
        sums.unread += cell.n * cell.unread
        sums.suspicious += cell.n * cell.suspicious
        for name in ("state", "channel", "clause", "language", "round", "day"):
            getattr(sums, name)[getattr(cell, name)] += cell.n
        if cell.reason:
            sums.reason[cell.reason] += cell.n
    return sums


# --- comments -----------------------------------------------------------------------------------


def comments(announcement: Announcement, asked: Asked) -> Any:
    """Give the comments that are asked for with their state, the newest first."""
    return (
        Comment.objects.filter(announcement=announcement)
        .with_state()
        .filter(asked.condition())
        .annotate(is_unread=Q(reading__isnull=True))
        .order_by("-received_at", "-pk")
    )


def keys(announcement: Announcement, asked: Asked) -> list[int]:
    """Give the keys of all comments that are asked for, oldest first."""
    found = comments(announcement, asked).order_by("received_at", "pk")
    return list(found.values_list("pk", flat=True))


def chunks(found: Sequence[int]) -> Iterator[Sequence[int]]:
    """Give keys in portions that one transaction may take."""
    for start in range(0, len(found), CHUNK):
        yield found[start : start + CHUNK]


@dataclass(frozen=True)
class Row:
    """A comment of the register with its newest text and the names of its files."""

    comment: Any
    text: CommentText
    files: Sequence[CommentAttachment]

    @property
    def may_be_decided(self) -> bool:
        """Whether an officer may publish or withhold it."""
        return bool(self.comment.consents) and self.comment.state != CommentState.WITHDRAWN


def rows(found: Iterable[Any]) -> list[Row]:
    """Fetch texts and files for comments that ``comments`` gave."""
    chosen = list(found)
    texts = CommentText.objects.in_bulk([comment.newest_text_id for comment in chosen])
    files: dict[int, list[CommentAttachment]] = {}
    own = [comment.pk for comment in chosen]
    for file in CommentAttachment.objects.filter(comment__in=own):
        files.setdefault(file.comment_id, []).append(file)
    return [
        Row(comment, texts[comment.newest_text_id], files.get(comment.pk, ())) for comment in chosen
    ]


def all_rows(announcement: Announcement, asked: Asked) -> Iterator[Row]:
    """Give everything that is asked for, oldest first, never holding more than a chunk."""
    for chunk in chunks(keys(announcement, asked)):
        found = Comment.objects.filter(pk__in=chunk).with_state().select_related("draft_version")
        yield from rows(
            found.defer("draft_version__text", "draft_version__explanation")
            .annotate(is_unread=Q(reading__isnull=True))
            .order_by("received_at", "pk")
        )


def decidable(announcement: Announcement, chosen: Iterable[int]) -> list[Comment]:
    """Give those of some comments on whose publication an officer decides."""
    found: Any = Comment.objects.filter(announcement=announcement, pk__in=set(chosen))
    return list(
        found.with_state().filter(consents=True).exclude(state=CommentState.WITHDRAWN.value)
    )


def contacts(announcement: Announcement, asked: Asked) -> QuerySet[ContactRecord]:
    """Give the contact data, still closed, of the comments that are asked for."""
    chosen = comments(announcement, asked).order_by().values("pk")
    return ContactRecord.objects.kept().filter(comment__in=chosen)


# --- clauses ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KnownClause:
    """A clause that comments may hang on, in the newest version that has it.

    gone: the version where it was last, if the newest draft has it no more.
    """

    clause: Clause
    gone: int | None


def clauses(announcement: Announcement) -> dict[int, KnownClause]:
    """Give every clause there ever was by lineage, in the order of the newest draft."""
    newest: dict[int, Any] = {}
    last = 0
    for clause in (
        Clause.objects.filter(version__announcement=announcement)
        .annotate(seq=F("version__seq"))
        .order_by("seq", "position")
    ):
        last = clause.seq
        newest[clause.lineage] = clause
    ordered = sorted(newest.values(), key=lambda clause: (-clause.seq, clause.position))
    return {
        clause.lineage: KnownClause(clause, clause.seq if clause.seq != last else None)
        for clause in ordered
    }


# --- one comment --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Detail:
    """A comment with everything that happened to it. ``clause``: in the draft it was written on."""

    comment: Any
    texts: Sequence[CommentText]
    files: Sequence[CommentAttachment]
    clause: Clause | None
    openings: Sequence[Entry]
    next_unread: int | None

    @property
    def newest(self) -> CommentText:
        return self.texts[-1]

    @property
    def may_be_decided(self) -> bool:
        return Row(self.comment, self.newest, ()).may_be_decided


def detail(announcement: Announcement, pk: int) -> Detail | None:
    """Give a comment of a consultation with its whole history; ``None`` if it has no such one."""
    mine = Comment.objects.filter(announcement=announcement)
    comment: Any = (
        mine.filter(pk=pk)
        .with_state()
        .annotate(is_unread=Q(reading__isnull=True))
        .select_related("draft_version", "entered_by", "withdrawal", "reading__read_by", "contact")
        .defer("draft_version__text", "draft_version__explanation", "contact__payload")
        .prefetch_related(
            "attachments",
            Prefetch("texts", CommentText.objects.order_by("seq")),
            Prefetch("texts__moderations", Moderation.objects.select_related("decided_by")),
        )
        .first()
    )
    if comment is None:
        return None
    unread = mine.filter(reading__isnull=True).exclude(pk=pk).order_by("received_at", "pk")
    return Detail(
        comment=comment,
        texts=list(comment.texts.all()),
        files=list(comment.attachments.all()),
        clause=Clause.objects.filter(
            version=comment.draft_version_id, lineage=comment.clause_lineage
        ).first(),
        openings=log_of(comment, "contact.opened"),
        next_unread=unread.values_list("pk", flat=True).first(),
    )


def log_of(subject: Any, *actions: str) -> list[Entry]:
    """Give what the ledger says of a comment or a consultation, the newest first."""
    return list(
        Entry.objects.filter(
            subject_type=subject._meta.label_lower,
            subject_id=str(subject.pk),
            action__in=actions,
        ).order_by("-pk")
    )


def attachment(announcement: Announcement, pk: int) -> CommentAttachment | None:
    """Give a file that was sent to a consultation; ``None`` if it has no such one."""
    return CommentAttachment.objects.filter(comment__announcement=announcement, pk=pk).first()


# --- the start page -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """How many comments of a consultation wait for its officers."""

    announcement: Announcement
    unread: int
    suspicious: int


def waiting(user: Any, count: int) -> list[Waiting]:
    """Give the consultations that a person handles in which something waits, most of it first."""
    mine: Any = Comment.objects.filter(announcement__in=handled_by(user).values("pk")).order_by()
    odd = mine.exclude(suspicion="").with_state().filter(state=CommentState.PENDING.value)
    unread = _by_announcement(mine.filter(reading__isnull=True))
    suspicious = _by_announcement(odd)
    first = sorted(unread | suspicious, key=lambda pk: (-suspicious[pk], -unread[pk], pk))[:count]
    found = Announcement.objects.select_related("page").in_bulk(first)
    return [Waiting(found[pk], unread[pk], suspicious[pk]) for pk in first]


def _by_announcement(found: Any) -> Counter[int]:
    return Counter(dict(found.values_list("announcement").annotate(n=Count("pk"))))
