"""The file from which historic consultations are imported: one JSON object a line.

``docs/import-format.md`` describes each field.
"""

from __future__ import annotations

import codecs
import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import DatabaseError
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    model_validator,
)
from pydantic import ValidationError as BadLine

from consultations.enums import Procedure
from consultations.rules import SHANGHAI, close_of, last_day
from consultations.services import Historic, import_historic

FIRST_YEAR = 1949
LARGEST_COUNT = 2_147_483_647
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(value: Any) -> Any:
    """Read a day strictly: pydantic would take a number for seconds since 1970."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("is not a day like 2019-05-10")
    return value


def _moment(value: Any) -> Any:
    """Read a moment, or a day as its first one."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return datetime.datetime.fromisoformat(value).replace(tzinfo=SHANGHAI)
    if not isinstance(value, str):
        raise ValueError("is neither a day nor a moment like 2019-05-06T09:00:00+08:00")
    return value


def _in_range(value: datetime.date) -> datetime.date:
    # The close of the last day of all is beyond what can be told.
    if not FIRST_YEAR <= value.year < datetime.MAXYEAR:
        raise ValueError(f"is before {FIRST_YEAR}, or too far away")
    return value


def _clean(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character")
    return text.strip()


def _filled(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def _address(text: str) -> str:
    if text and (urlsplit(text).scheme not in {"http", "https"} or not urlsplit(text).hostname):
        raise ValueError("is no address like https://example.com/")
    return text


def _at_most(length: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text) > length:
            raise ValueError(f"is longer than {length} characters")
        return text

    return AfterValidator(check)


Text = Annotated[StrictStr, AfterValidator(_clean)]
Filled = Annotated[Text, AfterValidator(_filled)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment), AfterValidator(_in_range)]
Day = Annotated[datetime.date, BeforeValidator(_day), AfterValidator(_in_range)]


class Row(BaseModel):
    """A line, checked. Each of ``closes_on`` and ``closes_at`` says when it closed: give one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source_id: Annotated[Filled, _at_most(200)]
    source_url: Annotated[Text, _at_most(500), AfterValidator(_address)] = ""
    organisation: Annotated[Filled, _at_most(32)]
    title: Annotated[Filled, _at_most(500)]
    draft: Filled
    explanation: Text = ""
    procedure: Procedure
    business_related: StrictBool
    opens_at: Moment
    closes_on: Day | None = None
    closes_at: Moment | None = None
    slug: Annotated[StrictStr, Field(pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$", max_length=100)] = ""
    received: Annotated[int | None, Field(strict=True, ge=0, le=LARGEST_COUNT)] = None

    @model_validator(mode="after")
    def _closes_once(self) -> Self:
        if (self.closes_on is None) == (self.closes_at is None):
            raise ValueError("closes_on: give either closes_on or closes_at")
        if self.closes_at and close_of(last_day(self.closes_at)) != self.closes_at:
            raise ValueError("closes_at: a period ends at 24:00 in Beijing; give closes_on")
        return self

    @property
    def facts(self) -> Historic:
        closes_on = last_day(self.closes_at) if self.closes_at else self.closes_on
        assert closes_on is not None
        values = self.model_dump(exclude={"closes_at"})
        return Historic(**values | {"closes_on": closes_on})


@dataclass
class Outcome:
    """How many lines went in, how many were there already; which were refused, and why."""

    imported: int = 0
    present: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)


def import_lines(lines: Iterable[bytes], *, now: datetime.datetime) -> Outcome:
    """Import a file's lines, each in a transaction of its own: a refused one spoils no other.

    A row whose ``source_id`` is here already changes nothing, so a file can be run again.
    """
    outcome = Outcome()
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = Row.model_validate_json(line.removeprefix(codecs.BOM_UTF8))
            if row.source_id in seen:
                raise ValidationError({"source_id": f"{row.source_id} stands in this file twice"})
            seen.add(row.source_id)
            if import_historic(row.facts, now=now):
                outcome.imported += 1
            else:
                outcome.present += 1
        except (BadLine, ValidationError, DatabaseError) as error:
            outcome.errors.append((number, "; ".join(_words(error))))
    return outcome


def _words(error: Exception) -> Iterator[str]:
    """What is wrong, each with its field."""
    if isinstance(error, BadLine):
        for found in error.errors(include_url=False, include_input=False):
            place = ".".join(map(str, found["loc"]))
            words = found["msg"].removeprefix("Value error, ")
            yield f"{place}: {words}" if place else words
    elif isinstance(error, ValidationError):
        for name, messages in error.message_dict.items():
            yield f"{name}: {' '.join(messages)}"
    else:
        yield str(error).partition("\n")[0]
