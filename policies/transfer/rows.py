"""One line of an import file, checked. The same form is written by the export.

``id``, ``title``, ``issuer``, ``doc_number``, ``date``, ``status`` and ``body`` are the common
core; everything below them is optional. ``docs/import-format.md`` describes each field.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from multilingual.languages import CODES, SOURCE
from policies.enums import EffectKind, ImportedStatus, InterpretationKind, Kind, RelationKind
from policies.rules import INDEX_NUMBER

FIRST_YEAR = 1000  # an address has four digits for the year
LONGEST_NAME = 255


def _without_nul(value: Any) -> Any:
    """Refuse NUL anywhere in a value: PostgreSQL cannot store it."""
    match value:
        case str() if "\0" in value:
            raise ValueError("holds a NUL character")
        case list() | tuple():
            for member in value:
                _without_nul(member)
        case dict():
            _without_nul([*value, *value.values()])
    return value


def at_most(length: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text) > length:
            raise ValueError(f"is longer than {length} characters")
        return text

    return AfterValidator(check)


def _visible(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


def _language(code: str) -> str:
    if code not in CODES:
        raise ValueError(f"unknown language {code!r}")
    return code


def _in_chinese(texts: dict[str, str]) -> dict[str, str]:
    if not texts.get(SOURCE, "").strip():
        raise ValueError(f"has nothing in {SOURCE}")
    return texts


def _day(value: Any) -> datetime.date | None:
    """Read a day strictly: pydantic would take a number for seconds since 1970."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("is not a day like 2026-03-01")
    day = datetime.date.fromisoformat(value)
    if day.year < FIRST_YEAR:
        raise ValueError(f"is before the year {FIRST_YEAR}")
    return day


def _claim(value: Any) -> Any:
    if value == ImportedStatus.DATED:
        raise ValueError("is said by `dated`")
    return value or ""


def _issuers(names: str) -> str:
    if any(len(name.strip()) > LONGEST_NAME for name in names.split("、")):
        raise ValueError(f"names an authority by more than {LONGEST_NAME} characters")
    return names


Text = Annotated[str, AfterValidator(_without_nul)]
Blank = Annotated[Text, BeforeValidator(lambda value: "" if value is None else value)]
Filled = Annotated[Text, AfterValidator(_visible)]
Language = Annotated[str, AfterValidator(_language)]
Texts = dict[Language, Text]
Titles = dict[Language, Annotated[Text, at_most(500)]]
Day = Annotated[datetime.date | None, BeforeValidator(_day)]
Body = Annotated[list[tuple[str, Any]], AfterValidator(_without_nul)]
Level = Literal["nation", "province", "city", "district", "town", ""]
IndexNumber = Annotated[str, Field(pattern=INDEX_NUMBER)]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,32}$")]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TermRow(Part):
    key: Annotated[str, Field(pattern=r"^[-a-zA-Z0-9_]{1,50}$")]
    name: dict[Language, Annotated[Text, at_most(100)]]
    order: Annotated[int, Field(ge=0, le=32_767)] = 0


class NameRow(Part):
    valid_from: Day = None
    name: Annotated[
        dict[Language, Annotated[Text, at_most(LONGEST_NAME)]],
        AfterValidator(_in_chinese),
    ]
    short_name: dict[Language, Annotated[Text, at_most(100)]] = {}


class OrganisationRow(Part):
    code: Code
    level: Level = ""
    verified: bool = True
    names: Annotated[list[NameRow], Field(min_length=1)]


class SuccessionRow(Part):
    successor: Code
    on: Annotated[datetime.date, BeforeValidator(_day)]


class AuthorityRow(OrganisationRow):
    parent: Code | None = None
    successions: list[SuccessionRow] = []


class AliasRow(Part):
    text: Annotated[Filled, at_most(200)]
    language: Language = SOURCE


class EffectRow(Part):
    kind: EffectKind
    target: IndexNumber
    provisions: list[Filled] = []
    effective_on: Annotated[datetime.date, BeforeValidator(_day)]
    until_on: Day = None
    applied: bool = False


class RelationRow(Part):
    kind: RelationKind
    target: IndexNumber


class FileRow(Part):
    title: Annotated[Filled, at_most(255)]
    name: Annotated[str, Field(pattern=r"^[^/\\\x00]{1,80}\.[A-Za-z0-9]{1,8}$")]
    data: Base64Bytes


class AttachmentRow(Part):
    title: Annotated[Filled, at_most(255)]
    file: FileRow


class OlderFactsRow(Part):
    kind: Text = ""
    numbers: list[Text] = []
    issuers: list[Code] = []
    attachments: list[tuple[Text, Text]] = []
    adoption_note: Text = ""
    adopted_on: Day = None
    issued_on: Day = None
    effective_on: Day = None
    expires_on: Day = None
    speaker: Text = ""
    signed_on: Day = None
    abstract: Text = ""


class CorrectionRow(Part):
    corrected_at: AwareDatetime
    reason: Filled
    headline: Annotated[Text, at_most(500)]
    body: Body
    facts: OlderFactsRow = OlderFactsRow()
    attachments: list[AttachmentRow] = []


class InterpretationRow(Part):
    titles: Annotated[Titles, AfterValidator(_in_chinese)]
    abstracts: Texts = {}
    ready: list[Language] = []
    kind: InterpretationKind
    speaker: Annotated[Text, at_most(200)] = ""
    signed_on: Day = None
    body: Body
    corrections: list[CorrectionRow] = []


class Row(Part):
    id: Annotated[Filled, at_most(200)]
    title: Annotated[Filled, at_most(500)]
    issuer: Annotated[Blank, AfterValidator(_issuers)] = ""
    doc_number: Annotated[Blank, at_most(200)] = ""
    date: Day = None
    status: Annotated[ImportedStatus, BeforeValidator(_claim)] = ImportedStatus.UNKNOWN
    body: Filled
    region: Annotated[Blank, at_most(100)] = ""
    level: Blank = ""
    category: Blank = ""
    topic: Blank = ""
    source: Blank = ""
    # Optional, and written by the export.
    organisations: list[AuthorityRow] = []
    index_number: IndexNumber | None = None
    owner: OrganisationRow | None = None
    issuers: list[OrganisationRow] = []
    numbers: list[Annotated[Filled, at_most(200)]] = []
    titles: Titles = {}
    abstracts: Texts = {}
    ready: list[Language] = []
    kind: Kind | None = None
    business_related: bool | None = None
    adoption_note: Annotated[Text, at_most(500)] = ""
    adopted_on: Day = None
    effective_on: Day = None
    expires_on: Day = None
    consolidated_as_of: Day = None
    subject: TermRow | None = None
    territory: TermRow | None = None
    audiences: list[TermRow] = []
    aliases: list[AliasRow] = []
    blocks: Body = []
    effects: list[EffectRow] = []
    relations: list[RelationRow] = []
    interpretations: list[InterpretationRow] = []
    attachments: list[AttachmentRow] = []
    corrections: list[CorrectionRow] = []
    dated: bool = False

    @property
    def document_numbers(self) -> list[str]:
        return self.numbers or ([self.doc_number] if self.doc_number.strip() else [])

    @property
    def issuer_names(self) -> list[str]:
        """The names in ``issuer``; a joint issue joins them by ``、``."""
        return [name.strip() for name in self.issuer.split("、") if name.strip()]


_BY_LEVEL = {
    "法律": Kind.LAW,
    "宪法": Kind.LAW,
    "民法典": Kind.LAW,
    "行政法规": Kind.ADMINISTRATIVE_REGULATION,
    "地方性法规": Kind.LOCAL_REGULATION,
    "部门规章": Kind.RULES,
    "司法解释": Kind.JUDICIAL_INTERPRETATION,
}
_BY_TITLE = (
    ("决议", Kind.RESOLUTION),
    ("决定", Kind.DECISION),
    ("公报", Kind.COMMUNIQUE),
    ("公告", Kind.ANNOUNCEMENT),
    ("通告", Kind.NOTICE_PUBLIC),
    ("意见", Kind.OPINIONS),
    ("通知", Kind.NOTICE),
    ("通报", Kind.CIRCULAR),
    ("报告", Kind.REPORT),
    ("请示", Kind.REQUEST),
    ("批复", Kind.REPLY),
    ("议案", Kind.MOTION),
    ("函", Kind.LETTER),
    ("纪要", Kind.MINUTES),
)


def kind_of(row: Row) -> str:
    """Give the kind of document: as stated, else by its level, else by its title, else blank."""
    if row.kind:
        return row.kind
    if row.level in _BY_LEVEL:
        return _BY_LEVEL[row.level]
    title = re.sub(r"[（(][^（）()]*[）)]$", "", row.title.strip())
    return next((kind for ending, kind in _BY_TITLE if title.endswith(ending)), "")
