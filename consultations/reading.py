"""What the public pages read: each function asks a constant number of queries."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from consultations import rules
from consultations.enums import CommentState, StatementKind, Status
from consultations.models import (
    Announcement,
    Clause,
    Comment,
    CommentAttachment,
    CommentText,
    ConsultationPage,
    Disclosure,
    DraftVersion,
    MerkleRoot,
    Period,
    SignedAnswer,
    SignedOpinion,
    SignedStatement,
    Withdrawal,
)
from consultations.outcome import FinalText, final_text
from freshness import services as freshness
from freshness.kept import Kept
from ledger import services as ledger
from uploads.scanning import MAY_BE_HANDED_OUT

GONE = 1_000_000
"""The place of clauses that the newest draft no longer has: behind all others."""


@dataclass
class Notice:
    """An announced consultation with all its periods and versions, oldest first.

    statement: the newest one that is public, of whatever round.
    """

    page: ConsultationPage
    announcement: Announcement
    periods: list[Period]
    versions: list[DraftVersion]
    withdrawal: Withdrawal | None
    statement: SignedStatement | None

    @property
    def period(self) -> Period:
        """The period that counts."""
        return self.periods[-1]

    @property
    def version(self) -> DraftVersion:
        """The newest draft."""
        return self.versions[-1]

    def status(self, now: datetime.datetime) -> Status:
        said = self.statement
        return rules.status_of(
            self.period.opens_at,
            self.period.closes_at,
            now,
            withdrawn=self.withdrawal is not None,
            statement=said.kind if said and said.round == self.period.round else None,
        )

    def takes_comments(self, now: datetime.datetime) -> bool:
        """Whether the web form takes a comment at ``now``."""
        status = self.status(now)
        return not self.announcement.historic and status in {Status.OPEN, Status.CLOSING_SOON}


def notice(slug: str) -> Notice | None:
    """The public consultation at an address; ``None`` if there is none."""
    page: ConsultationPage | None = (
        ConsultationPage.objects.public()
        .filter(announcement__slug=slug)
        .select_related("announcement__withdrawal", "announcement__historic_record", "subject")
        .prefetch_related(
            "authorities__organisation__names",
            "cited_bases",
            "channels",
            "announcement__periods",
            Prefetch("announcement__versions", DraftVersion.objects.defer("text", "explanation")),
            Prefetch(
                "announcement__statements",
                SignedStatement.objects.public().select_related("disclosure").defer("final_text"),
            ),
        )
        .first()
    )
    if page is None:
        return None
    announcement = page.announcement
    return Notice(
        page=page,
        announcement=announcement,
        periods=sorted(announcement.periods.all(), key=lambda period: period.seq),
        versions=sorted(announcement.versions.all(), key=lambda version: version.seq),
        withdrawal=getattr(announcement, "withdrawal", None),
        statement=max(announcement.statements.all(), key=lambda one: one.seq, default=None),
    )


_notices: Kept[str, Notice] = Kept(100)
_versions: Kept[str, int] = Kept(1)


def kept_notice(slug: str, now: datetime.datetime) -> Notice | None:
    """As ``notice``, from memory, at most a second old; nobody may change what it gives.

    For what the database decides in the end: whether a comment comes in time.
    """

    def read(slugs: list[str]) -> dict[str, Notice]:
        return {asked: found for asked in slugs if (found := notice(asked)) is not None}

    second = int(now.timestamp())
    version = _versions.get(second, ["content"], lambda _: {"content": freshness.current()})
    return _notices.get(version["content"], [slug], read).get(slug)


def announced_titles() -> dict[str, int]:
    """Give by ``rules.document_title`` the announcement that was the last on such a document.

    Every title counts that a draft had here, whoever's it was, whatever became of it: a
    withdrawn one too, because its document needs another consultation. Historic ones took place
    elsewhere; they owe nothing here.
    """
    titles = (
        DraftVersion.objects.filter(announcement__historic=False)
        .order_by("announcement__announced_at", "announcement")
        .values_list("headline", "announcement")
    )
    return {
        bare: announcement
        for headline, announcement in titles
        if (bare := rules.document_title(headline))
    }


def consultation_on(title: str) -> Announcement | None:
    """Give the last announced consultation on the document of this Chinese title, if there is."""
    found = announced_titles().get(rules.document_title(title))
    return None if found is None else Announcement.objects.get(pk=found)


def clauses_of(version: DraftVersion) -> list[Clause]:
    return list(Clause.objects.filter(version=version))


# --- counts -------------------------------------------------------------------------------------


@dataclass
class Counts:
    """How many comments there are; each is in exactly one of the four states.

    by_clause, published_by_clause: by lineage; ``None`` is the whole draft. suspicious: those of
    ``pending`` that wait for an officer because something about them is odd.
    """

    published: int = 0
    withheld: int = 0
    withdrawn: int = 0
    pending: int = 0
    suspicious: int = 0
    withheld_by_reason: Counter[str] = field(default_factory=Counter)
    by_channel: Counter[str] = field(default_factory=Counter)
    by_clause: Counter[int | None] = field(default_factory=Counter)
    published_by_clause: Counter[int | None] = field(default_factory=Counter)

    @property
    def received(self) -> int:
        return self.published + self.withheld + self.withdrawn + self.pending


def counts(announcement: Announcement) -> Counts:
    """Count all comments of a consultation, over all its rounds."""
    rows = (
        Comment.objects.filter(announcement=announcement)
        .with_state()
        .annotate(odd=~Q(suspicion=""))
        .order_by()
        .values_list("state", "withheld_for", "channel", "clause_lineage", "odd")
        .annotate(n=Count("pk"))
    )
    found = Counts()
    for state, reason, channel, lineage, odd, n in rows:
        setattr(found, state, getattr(found, state) + n)
        found.by_channel[channel] += n
        found.by_clause[lineage] += n
        if state == CommentState.WITHHELD:
            found.withheld_by_reason[reason] += n
        elif state == CommentState.PUBLISHED:
            found.published_by_clause[lineage] += n
        elif state == CommentState.PENDING and odd:
            found.suspicious += n
    return found


def roots(announcement: Announcement) -> list[MerkleRoot]:
    return list(MerkleRoot.objects.filter(announcement=announcement))


# --- published comments -------------------------------------------------------------------------


@dataclass(frozen=True)
class PublishedComment:
    """A comment that may be shown to anybody; contact data is not within reach of it."""

    comment: Comment
    text: CommentText
    attachments: Sequence[CommentAttachment]


def published_comments(announcement: Announcement, newest: DraftVersion) -> Any:
    """The comments that may be shown: on the whole draft first, then by clause of the newest
    draft, those on clauses that it no longer has at the end.
    """
    position = Clause.objects.filter(version=newest, lineage=OuterRef("clause_lineage"))
    place = Case(
        When(clause_lineage__isnull=True, then=Value(-1)),
        default=Coalesce(Subquery(position.values("position")[:1]), Value(GONE)),
        output_field=IntegerField(),
    )
    return (
        Comment.objects.public()
        .filter(announcement=announcement)
        .annotate(place=place)
        .order_by("place", "clause_lineage", "received_at", "pk")
    )


def with_texts(comments: Iterable[Any]) -> list[PublishedComment]:
    """The newest texts of published comments, and those of their files that may be handed out."""
    chosen = list(comments)
    texts = CommentText.objects.in_bulk([comment.newest_text_id for comment in chosen])
    files: dict[int, list[CommentAttachment]] = {}
    for file in downloadable().filter(comment__in=[comment.pk for comment in chosen]):
        files.setdefault(file.comment_id, []).append(file)
    return [
        PublishedComment(comment, texts[comment.newest_text_id], files.get(comment.pk, ()))
        for comment in chosen
    ]


def downloadable() -> Any:
    """The files that a scanner has not refused; their comment has to be public too."""
    return CommentAttachment.objects.filter(scan__in=MAY_BE_HANDED_OUT)


def public_attachment(announcement: Announcement, pk: int) -> CommentAttachment | None:
    """The file of a published comment; ``None`` for any other."""
    published = Comment.objects.public().filter(announcement=announcement, pk=OuterRef("comment"))
    found: CommentAttachment | None = downloadable().filter(Exists(published), pk=pk).first()
    return found


def last_clauses(announcement: Announcement, lineages: Iterable[int]) -> dict[int, Clause]:
    """For each lineage the clause in the newest version that has it."""
    clauses = (
        Clause.objects.filter(version__announcement=announcement, lineage__in=set(lineages))
        .select_related("version")
        .defer("version__text", "version__explanation")
        .order_by("version__seq")
    )
    return {clause.lineage: clause for clause in clauses}


# --- statements ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """A public statement with all that its page shows.

    draft: the text on which the public was asked last before it; policy: what the draft became,
    if the public sees it; all: every public statement of the consultation, the newest last;
    sealed: the ledger's root over its disclosure.
    """

    statement: SignedStatement
    opinions: list[SignedOpinion]
    all: list[SignedStatement]
    draft: str
    policy: FinalText | None
    roots: list[MerkleRoot]
    sealed: ledger.Root | None

    @property
    def newest(self) -> SignedStatement:
        return self.all[-1]


def said(notice: Notice, seq: int | None = None) -> Said | None:
    """The newest public statement of a consultation, or that with number ``seq``, if there is."""
    announcement = notice.announcement
    public = public_statements(announcement)
    found = [one for one in public if seq in {None, one.seq}]
    if not found:
        return None
    statement = found[-1]
    drafts = [v for v in notice.versions if v.published_at <= statement.signed_at]
    draft = (drafts or notice.versions)[-1]
    return Said(
        statement=statement,
        opinions=list(SignedOpinion.objects.filter(statement=statement)),
        all=public,
        draft=DraftVersion.objects.values_list("text", flat=True).get(pk=draft.pk),
        policy=public_policy(announcement),
        roots=[root for root in roots(announcement) if root.round <= statement.round],
        sealed=ledger.root_over("statement.disclosed", announcement, statement=str(statement.pk)),
    )


def public_statements(announcement: Announcement) -> list[SignedStatement]:
    """All statements of a consultation that are public, the newest last."""
    return list(
        SignedStatement.objects.public()
        .filter(announcement=announcement)
        .select_related("disclosure")
        .defer("final_text")
        .order_by("seq")
    )


def public_policy(announcement: Announcement) -> FinalText | None:
    """The document that a consultation led to, if the public sees it."""
    final = final_text(announcement)
    return final if final is not None and final.public else None


def dispositions(statement: SignedStatement) -> dict[str, int]:
    """How many opinions of a statement were treated how, those that have none left out."""
    rows = SignedOpinion.objects.filter(statement=statement).order_by().values_list("disposition")
    return dict(rows.annotate(n=Count("pk")))


@dataclass(frozen=True)
class Answer:
    """What became of a comment: with a statement that closes, there are no opinions.

    passages: by an opinion's number, where the comment says it. alike: how many comments, and
    how many people, were counted as one argument with it.
    """

    statement: SignedStatement
    opinions: list[SignedOpinion]
    passages: dict[int, str]
    alike: tuple[int, int] | None
    policy: FinalText | None


def answer_to(comment: Comment) -> Answer | None:
    """The answer to a comment by the newest public statement; ``None`` while there is none."""
    statement = (
        SignedStatement.objects.public()
        .filter(announcement=comment.announcement_id, round__gte=comment.round)
        .select_related("disclosure")
        .defer("final_text")
        .order_by("-seq")
        .first()
    )
    if statement is None:
        return None
    opinions = list(SignedOpinion.objects.filter(statement=statement, answers__comment=comment))
    if not opinions and statement.kind == StatementKind.ADOPTION:
        return None
    mine = list(SignedAnswer.objects.filter(statement=statement, comment=comment))
    numbers = {opinion.pk: opinion.number for opinion in opinions}
    return Answer(
        statement=statement,
        opinions=opinions,
        passages={numbers[answer.opinion_id]: answer.passage for answer in mine if answer.passage},
        alike=_alike(statement, {answer.argument for answer in mine} - {None}),
        policy=public_policy(comment.announcement),
    )


def _alike(statement: SignedStatement, arguments: set[int | None]) -> tuple[int, int] | None:
    """How many comments, and people, were counted as one argument when it was signed."""
    if not arguments:
        return None
    counted = SignedAnswer.objects.filter(statement=statement, argument__in=arguments)
    comments = Comment.objects.filter(pk__in=counted.values("comment"))
    found = comments.aggregate(comments=Count("pk"), people=Sum("people"))
    return (found["comments"], found["people"]) if found["comments"] > 1 else None


@dataclass(frozen=True)
class Asked:
    """That and when the public was asked, for the page of what came of it."""

    slug: str
    opened_on: datetime.date
    last_day: datetime.date
    received: int


def asked(statement_id: Any) -> Asked | None:
    """When the comments came in on which a public statement was signed, and how many."""
    newest = (
        SignedStatement.objects.public()
        .filter(
            announcement__statements=statement_id,
            announcement__page__in=ConsultationPage.objects.public().values("pk"),
        )
        .select_related("announcement")
        .defer("final_text")
        .order_by("-seq")
        .first()
    )
    if newest is None:
        return None
    periods = newest.announcement.periods.filter(round__lte=newest.round)
    times = periods.aggregate(opens=Min("opens_at"), closes=Max("closes_at"))
    return Asked(
        slug=newest.announcement.slug,
        opened_on=rules.local_day(times["opens"]),
        last_day=rules.last_day(times["closes"]),
        received=newest.received,
    )


# --- lists --------------------------------------------------------------------------------------


def disclosed_at(pages: Iterable[int]) -> dict[int, datetime.datetime]:
    """When the newest statement of each of these consultations, by page, became public."""
    rows = Disclosure.objects.filter(statement__announcement__page__in=list(pages)).order_by("pk")
    return dict(rows.values_list("statement__announcement__page", "disclosed_at"))


def answered_last(now: datetime.datetime, count: int) -> list[Any]:
    """Consultations that were answered or abandoned with a statement, the newest at the top."""
    disclosed = Disclosure.objects.filter(statement__announcement__page=OuterRef("pk"))
    return list(
        ConsultationPage.objects.public()
        .with_status(now)
        .filter(status_now__in=[Status.ANSWERED, Status.ABANDONED])
        .for_lists()
        .annotate(disclosed_at=Subquery(disclosed.order_by("-pk").values("disclosed_at")[:1]))
        .order_by("-disclosed_at", "-pk")[:count]
    )


def closing_next(now: datetime.datetime, count: int) -> list[Any]:
    """Consultations that take comments now, the one that closes first at the top."""
    return list(
        ConsultationPage.objects.public()
        .with_status(now)
        .filter(status_now__in=[Status.OPEN, Status.CLOSING_SOON], announcement__historic=False)
        .for_lists()
        .order_by("closes", "pk")[:count]
    )


def next_opening(now: datetime.datetime) -> datetime.datetime | None:
    """When the next announced consultation opens; then a list that was kept is stale."""
    found: datetime.datetime | None = (
        Period.objects.filter(opens_at__gt=now)
        .order_by("opens_at")
        .values_list("opens_at", flat=True)
        .first()
    )
    return found
