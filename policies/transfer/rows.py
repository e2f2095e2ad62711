"""One line of an import file, checked. The same form is written by the export.

``id``, ``title``, ``issuer``, ``doc_number``, ``date``, ``status`` and ``body`` are the common
core; everything below them is optional. ``docs/import-format.md`` describes each field.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from multilingual.languages import CODES
from policies.enums import EffectKind, ImportedStatus, InterpretationKind, Kind, RelationKind
from policies.rules import INDEX_NUMBER


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character")
    return text


def _visible(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


def _languages(texts: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(texts) - set(CODES):
        raise ValueError(f"unknown language {sorted(unknown)[0]!r}")
    return texts


Text = Annotated[str, AfterValidator(_without_nul)]
Filled = Annotated[Text, AfterValidator(_visible)]
Texts = Annotated[dict[str, Text], AfterValidator(_languages)]
Day = Annotated[datetime.date | None, BeforeValidator(lambda value: value or None)]
IndexNumber = Annotated[str, Field(pattern=INDEX_NUMBER)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TermRow(Part):
    key: Annotated[str, Field(pattern=r"^[-a-zA-Z0-9_]{1,50}$")]
    name: Texts


class NameRow(Part):
    valid_from: Day = None
    name: Texts
    short_name: Texts = {}


class OrganisationRow(Part):
    code: Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,32}$")]
    level: Literal["nation", "province", "city", "district", "town", ""] = ""
    verified: bool = True
    names: Annotated[list[NameRow], Field(min_length=1)]


class AliasRow(Part):
    text: Annotated[Filled, Field(max_length=200)]
    language: str = "zh-hans"


class EffectRow(Part):
    kind: EffectKind
    target: IndexNumber
    provisions: list[str] = []
    effective_on: datetime.date
    until_on: Day = None
    applied: bool = False


class RelationRow(Part):
    kind: RelationKind
    target: IndexNumber


class InterpretationRow(Part):
    titles: Texts
    abstracts: Texts = {}
    ready: list[str] = []
    kind: InterpretationKind
    speaker: Text = ""
    signed_on: Day = None
    body: list[Any]


class Row(Part):
    id: Annotated[Filled, Field(max_length=200)]
    title: Annotated[Filled, Field(max_length=500)]
    issuer: Annotated[Text, Field(max_length=255)] = ""
    doc_number: Annotated[Text, Field(max_length=200)] = ""
    date: Day = None
    status: ImportedStatus = ImportedStatus.UNKNOWN
    body: Filled
    region: Text = ""
    level: Text = ""
    category: Text = ""
    topic: Text = ""
    source: Text = ""
    # Optional, and written by the export.
    index_number: IndexNumber | None = None
    owner: OrganisationRow | None = None
    issuers: list[OrganisationRow] = []
    numbers: list[Annotated[Filled, Field(max_length=200)]] = []
    titles: Texts = {}
    abstracts: Texts = {}
    ready: list[str] = []
    kind: Kind | None = None
    adoption_note: Annotated[Text, Field(max_length=500)] = ""
    adopted_on: Day = None
    effective_on: Day = None
    expires_on: Day = None
    consolidated_as_of: Day = None
    subject: TermRow | None = None
    territory: TermRow | None = None
    audiences: list[TermRow] = []
    aliases: list[AliasRow] = []
    blocks: list[Any] = []
    effects: list[EffectRow] = []
    relations: list[RelationRow] = []
    interpretations: list[InterpretationRow] = []

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
