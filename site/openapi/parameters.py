"""The parameters and the errors that every part of the open API has in common."""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Literal

from django.utils.translation import gettext_noop
from ninja import Field, Query, Schema
from pydantic import AfterValidator, BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError

WRONG_ORDER = "wrong_order"
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(text: str) -> datetime.date:
    """Reads a day strictly: pydantic would take a number for seconds since 1970."""
    try:
        if _ISO_DAY.fullmatch(text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise PydanticCustomError("date_parsing", "is not a day like 2026-03-01")


def _in_order(last: datetime.date | None, read: ValidationInfo) -> datetime.date | None:
    first = read.data.get("from_")
    if first and last and first > last:
        raise PydanticCustomError(WRONG_ORDER, "is before the first day")
    return last


Day = Annotated[datetime.date, BeforeValidator(_day)]
LastDay = Annotated[Day | None, AfterValidator(_in_order)]
"""The other end of a period whose first day is the field ``from_``."""

Page = Annotated[int, Field(ge=1, description=gettext_noop("Page, from 1."))]
Size = Annotated[int, Field(ge=1, le=100, description=gettext_noop("Results on a page."))]
Code = Literal["zh-hans", "en", "ko", "ja", "de", "fr", "es", "ru", "ar"]
Language = Annotated[
    Code, Field(description=gettext_noop("Language of titles, labels and addresses."))
]
Shown = Annotated[
    Code, Query(description=gettext_noop("Language of titles, labels and addresses."))
]


class ErrorsOut(Schema):
    errors: dict[str, list[str]]
