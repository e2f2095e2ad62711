"""What the API of consultations is asked and what it answers."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from django.utils.translation import gettext_noop
from ninja import Field, Schema
from pydantic import AfterValidator

from consultations import rules
from consultations.enums import (
    Cause,
    Change,
    ChannelKind,
    Disposition,
    Procedure,
    Shortening,
    StatementKind,
    Status,
)
from openapi.parameters import Day, Language, LastDay, Page, Size
from workdays.enums import DayKind, Unit

# --- what is asked ------------------------------------------------------------------------------


class Filters(Schema):
    """The filters of the list. One may repeat: any of its values. Different ones all hold."""

    status: list[Status] = Field([], description=gettext_noop("Status at this moment."))
    authority: list[str] = Field([], description=gettext_noop("Code of an issuing authority."))
    subject: list[str] = Field([], description=gettext_noop("Key of a subject."))
    business_related: bool | None = Field(
        None, description=gettext_noop("Whether it is closely tied to business operations.")
    )
    from_: Day | None = Field(
        None, alias="from", description=gettext_noop("First closing day, inclusive.")
    )
    to: LastDay = Field(None, description=gettext_noop("Last closing day, inclusive."))
    lang: Language = "zh-hans"


class ListQuery(Filters):
    page: Page = 1
    size: Size = 20


class PageQuery(Schema):
    page: Page = 1
    size: Size = 20
    lang: Language = "zh-hans"


# --- what is answered ---------------------------------------------------------------------------

Moment = Annotated[
    datetime.datetime, AfterValidator(lambda moment: moment.astimezone(rules.SHANGHAI))
]


class AuthorityOut(Schema):
    code: str
    name: str


class ConsultationLineOut(Schema):
    slug: str
    title: str
    url: str
    status: Status
    authorities: list[AuthorityOut]
    subject: str | None
    procedure: Procedure
    business_related: bool
    historic: bool
    announced_at: Moment
    round: int
    opens_at: Moment
    closes_at: Moment
    minimum_closes_at: Moment
    received: int


class ConsultationListOut(Schema):
    total: int
    page: int
    size: int
    results: list[ConsultationLineOut]


class CountedDayOut(Schema):
    date: datetime.date
    kind: DayKind
    counts: bool


class MinimumOut(Schema):
    instrument: str
    article: str
    days: int
    unit: Unit
    binding: bool
    closes_at: Moment
    counted_days: list[CountedDayOut]


class PeriodOut(Schema):
    round: int
    opens_at: Moment
    closes_at: Moment
    minimum_closes_at: Moment
    cause: Cause


class ClauseOut(Schema):
    anchor: str
    number: str
    text: str


class VersionOut(Schema):
    version: int
    round: int
    title: str
    change: Change | None
    reason: str | None
    published_at: Moment
    clauses: list[ClauseOut]


class CountsOut(Schema):
    received: int
    published: int
    withheld: int
    withdrawn: int
    pending: int
    by_channel: dict[str, int]
    by_clause: dict[str, int]
    withheld_by_reason: dict[str, int]


class RootOut(Schema):
    round: int
    batch: int
    root: str


class WithdrawalOut(Schema):
    withdrawn_at: Moment
    reason: str


class HistoricOut(Schema):
    """What is known of a consultation that took place elsewhere, before it was entered here.

    received: the comments that its source counts; none of them is here. shorter_than_minimum: by
    the rules of the day on which it was entered; null where no calendar reaches back so far.
    """

    source_url: str | None
    received: int | None
    shorter_than_minimum: bool | None
    imported_at: Moment


class OpinionOut(Schema):
    """An opinion as a public statement tells it.

    id: as it is cited, YJ-014. arguments: comments, a campaign counted once. changed_clauses:
    anchors in the policy; removed_clauses: in the draft.
    """

    id: str
    text: str
    people: int
    comments: int
    arguments: int
    concentrated: bool
    disposition: Disposition
    reason: str | None
    changed_clauses: list[str]
    removed_clauses: list[str]


class OpinionsOut(Schema):
    total: int
    page: int
    size: int
    results: list[OpinionOut]


class ConcentrationOut(Schema):
    """An opinion was concentrated with so many people, or with so many percent of all people."""

    people: int
    percent: int


class StatementOut(Schema):
    """What became of everything that came in, up to ``round``; the newest that is public.

    corrects: the address of the statement that it corrects. totals: the counts on the day of the
    signature, with the keys of ``counts``.
    """

    kind: StatementKind
    round: int
    signed_on: datetime.date
    disclosed_at: Moment
    url: str
    words: str | None
    corrects: str | None
    correction_reason: str | None
    concentration: ConcentrationOut
    totals: CountsOut
    opinions: list[OpinionOut]


class IssuedPolicyOut(Schema):
    """The policy that the draft became."""

    index_number: str
    url: str


class ConsultationOut(ConsultationLineOut):
    historic_record: HistoricOut | None
    abstract: str | None
    explanation: str
    legal_bases: list[str]
    shortening: Shortening | None
    shortening_reason: str | None
    withdrawal: WithdrawalOut | None
    minimums: list[MinimumOut]
    periods: list[PeriodOut]
    versions: list[VersionOut]
    counts: CountsOut
    merkle_roots: list[RootOut]
    statement: StatementOut | None
    policy: IssuedPolicyOut | None


class AttachmentOut(Schema):
    url: str
    kind: str
    size: int
    sha256: str


class CommentOut(Schema):
    """A published comment. Its author's name is nowhere in it.

    clause, number: where the clause stands in ``clause_version``, the newest draft that has it;
    null for a comment on the whole draft. version: the draft on which the comment was written.
    """

    id: str
    clause: str | None
    number: str | None
    clause_version: int | None
    version: int
    round: int
    text: str
    represents: str | None
    channel: ChannelKind
    language: str
    received_at: Moment
    attachments: list[AttachmentOut]


class CommentsOut(Schema):
    total: int
    page: int
    size: int
    results: list[CommentOut]


class ConsultationResultOut(Schema):
    """A consultation among the results of a search: what every result has, and its moments."""

    source_id: None
    index_number: None
    type: Literal["consultation"]
    title: str
    url: str
    document_numbers: list[str]
    issuers: list[str]
    issued_on: datetime.date
    released_at: Moment
    validity: None
    snippet: str
    status: Status
    opens_at: Moment
    closes_at: Moment
