"""What the public sends, and the parameters of the list, of its feed and of its calendar."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consultations.enums import Status

LONGEST_TEXT = 10_000
LONGEST_NAME = 100
LONGEST_EMAIL = 254
LONGEST_PHONE = 50
LONGEST_REPRESENTS = 200
LONGEST_ID = 200

_missing = gettext_lazy("Write your comment.")
_phone = RegexValidator(
    r"^[0-9+()./ -]{3,}$", gettext_lazy("Write the number with digits, such as +86 10 5555 0101.")
)


class _Text(forms.CharField):
    """Plain text with line feeds: browsers send carriage returns with them."""

    def to_python(self, value: Any) -> str:
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        return super().to_python(text) or ""


class TextForm(forms.Form):
    """What can be amended later."""

    text = _Text(max_length=LONGEST_TEXT, error_messages={"required": _missing})
    represents = forms.CharField(required=False, max_length=LONGEST_REPRESENTS)
    consent_publish = forms.BooleanField(required=False)

    def clean_consent_publish(self) -> bool:
        """Only ``1`` agrees to anything."""
        return self.data.get("consent_publish") == "1"


class CommentForm(TextForm):
    """A comment as anybody sends it; only the text has to be there."""

    clause = forms.CharField(required=False, max_length=100)
    name = forms.CharField(required=False, max_length=LONGEST_NAME)
    email = forms.EmailField(
        required=False,
        max_length=LONGEST_EMAIL,
        error_messages={"invalid": gettext_lazy("Write an address such as name@example.com.")},
    )
    phone = forms.CharField(required=False, max_length=LONGEST_PHONE, validators=[_phone])
    send_receipt = forms.BooleanField(required=False)
    submission_id = forms.CharField(required=False, max_length=LONGEST_ID)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("send_receipt") and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", _("The receipt can be sent only if you give an address."))
        return cleaned


class FollowForm(forms.Form):
    email = forms.EmailField(
        max_length=LONGEST_EMAIL,
        error_messages={"invalid": gettext_lazy("Write an address such as name@example.com.")},
    )


# --- the list -----------------------------------------------------------------------------------

FACETS = ("status", "authority", "subject", "business_related")
VIEWS = ("list", "calendar")
PAGE_SIZE = 20
LONGEST_QUERY = 100
LONGEST_VALUE = 64
MOST_VALUES = 50
FIRST_YEAR, LAST_YEAR = 2000, 2100
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class ListQuery:
    """What a reader asks of the list; days are inclusive and mean the last day of the period."""

    q: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closing_from: datetime.date | None = None
    closing_to: datetime.date | None = None
    view: str = "list"
    month: datetime.date | None = None
    page: int = 1
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_filtered(self) -> bool:
        return bool(self.filters or self.closing_from or self.closing_to)

    def parameters(self, *, with_view: bool = True) -> Iterator[tuple[str, str]]:
        """Everything but page and month, as the parameters of an address."""
        if self.q:
            yield "q", self.q
        for name in FACETS:
            for value in self.filters.get(name, ()):
                yield name, value
        if self.closing_from:
            yield "from", self.closing_from.isoformat()
        if self.closing_to:
            yield "to", self.closing_to.isoformat()
        if with_view and self.view != "list":
            yield "view", self.view

    def address(self) -> str:
        """The query string, with its question mark; ``?`` alone asks for everything."""
        return "?" + urlencode(list(self.parameters()))

    def feed(self) -> str:
        """The same question without its view, for feeds; may be empty."""
        text = urlencode(list(self.parameters(with_view=False)))
        return f"?{text}" if text else ""

    def as_list(self) -> ListQuery:
        return replace(self, view="list")

    def as_calendar(self) -> ListQuery:
        return replace(self, view="calendar")

    def unfiltered(self) -> ListQuery:
        return replace(self, filters={}, closing_from=None, closing_to=None)

    def without(self, name: str, value: str) -> ListQuery:
        """The same question without one value of one filter."""
        if name == "from":
            return replace(self, closing_from=None)
        if name == "to":
            return replace(self, closing_to=None)
        left = tuple(kept for kept in self.filters.get(name, ()) if kept != value)
        filters = {key: values for key, values in self.filters.items() if key != name}
        return replace(self, filters=filters | ({name: left} if left else {}))


def read(parameters: QueryDict) -> ListQuery:
    """Read the parameters of an address; a value that means nothing is left out.

    ``errors`` say by name what is wrong with a day.
    """
    errors: dict[str, str] = {}
    filters = {}
    for name in FACETS:
        values = tuple(dict.fromkeys(_plain(v)[:LONGEST_VALUE] for v in parameters.getlist(name)))
        known = tuple(value for value in values if value and _is_known(name, value))
        if known:
            filters[name] = known[:MOST_VALUES]
    view = parameters.get("view", "")
    asked = ListQuery(
        q=" ".join(_plain(parameters.get("q", "")).split())[:LONGEST_QUERY],
        filters=filters,
        closing_from=_day("from", parameters, errors),
        closing_to=_day("to", parameters, errors),
        view=view if view in VIEWS else "list",
        month=_month(parameters.get("month", "")),
        page=_page(parameters.get("page", "")),
        errors=errors,
    )
    if asked.closing_from and asked.closing_to and asked.closing_from > asked.closing_to:
        errors["from"] = _("The first day is later than the last day.")
    return asked


def _plain(text: str) -> str:
    return text.replace("\x00", "")


def _is_known(name: str, value: str) -> bool:
    if name == "status":
        return value in Status.values
    return name != "business_related" or value in {"true", "false"}


def _page(text: str) -> int:
    # The length first: Python refuses to read thousands of digits.
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def _day(name: str, parameters: QueryDict, errors: dict[str, str]) -> datetime.date | None:
    text = parameters.get(name, "")
    if not text:
        return None
    try:
        if not _DAY.fullmatch(text):
            raise ValueError(text)
        return datetime.date.fromisoformat(text)
    except ValueError:
        errors[name] = _("Write dates as year-month-day, such as 2026-10-08.")
        return None


def _month(text: str) -> datetime.date | None:
    """The first day of the month that 2026-10 names; None for anything else."""
    match = _MONTH.fullmatch(text)
    if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        return None
    return datetime.date(int(match[1]), int(match[2]), 1)
