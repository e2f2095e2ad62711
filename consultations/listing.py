"""The list: a question to the database, and the lines, filters and months that its page shows."""

from __future__ import annotations

import datetime
from calendar import Calendar
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consultations import rules
from consultations.enums import Status
from consultations.forms import FACETS, ListQuery
from consultations.models import ConsultationAuthority, ConsultationPage
from consultations.presenters import words
from multilingual.languages import SOURCE, suffixed
from multilingual.words import own_or_chinese
from organisations.models import Organisation

ORDER = (
    Status.CLOSING_SOON,
    Status.OPEN,
    Status.SCHEDULED,
    Status.CLOSED,
    Status.ANSWERED,
    Status.WITHDRAWN,
    Status.ABANDONED,
)
"""What one can still take part in stands first."""


@dataclass(frozen=True)
class Row:
    """What the filters ask of a consultation; values are those of an address."""

    pk: int
    status: str
    opens_at: datetime.datetime
    closes_at: datetime.datetime
    values: Mapping[str, tuple[str, ...]]

    def matches(self, asked: ListQuery, *, but: str = "") -> bool:
        """Whether it is under every choice except ``but``."""
        last = rules.last_day(self.closes_at)
        if asked.closing_from and last < asked.closing_from:
            return False
        if asked.closing_to and last > asked.closing_to:
            return False
        return all(
            name == but or not set(chosen).isdisjoint(self.values[name])
            for name, chosen in asked.filters.items()
        )

    @property
    def order(self) -> tuple[int, float, int]:
        """First what closes next; what is over stands the other way round."""
        place = ORDER.index(Status(self.status))
        moment = self.closes_at.timestamp()
        return place, -moment if place > ORDER.index(Status.SCHEDULED) else moment, -self.pk


def rows(asked: ListQuery, language: str, now: datetime.datetime) -> list[Row]:
    """Every public consultation that the words of a question find, whatever its filters."""
    pages = _with_words(ConsultationPage.objects.public(), asked.q, language)
    authorities: dict[int, list[str]] = {}
    named = ConsultationAuthority.objects.filter(page__in=pages.values("pk"))
    for page, code in named.values_list("page", "organisation__code"):
        authorities.setdefault(page, []).append(code)
    columns = ("pk", "status_now", "opens", "closes", "announcement__business_related")
    return [
        Row(
            pk,
            status,
            opens,
            closes,
            {
                "status": (status,),
                "authority": tuple(authorities.get(pk, ())),
                "subject": (subject,) if subject else (),
                "business_related": ("true" if related else "false",),
            },
        )
        for pk, status, opens, closes, related, subject in pages.with_status(now).values_list(
            *columns, "subject__key"
        )
    ]


def _with_words(pages: Any, q: str, language: str) -> Any:
    for word in q.split():
        either = Q(headline_zh_hans__icontains=word) | Q(abstract_zh_hans__icontains=word)
        if language != SOURCE:
            own = Q(**{f"{suffixed('headline', language)}__icontains": word})
            either |= own & Q(**{suffixed("translation_ready", language): True})
        pages = pages.filter(either)
    return pages


def matching(found: Iterable[Row], asked: ListQuery) -> list[Row]:
    """Those under every filter, in the order of the list."""
    return sorted((row for row in found if row.matches(asked)), key=lambda row: row.order)


# --- lines --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListLine:
    """A consultation as a list shows it."""

    url: str
    title: SafeString
    authorities: SafeString
    abstract: SafeString
    status: str
    opens_at: datetime.datetime
    closes_at: datetime.datetime
    left: int
    due_style: str
    round: int
    historic: bool
    was_short: bool

    @property
    def is_running(self) -> bool:
        return self.status in {Status.OPEN, Status.CLOSING_SOON}


def pages_in_order(keys: Sequence[int], now: datetime.datetime) -> list[Any]:
    """The consultations of these keys with what a line needs, in their order."""
    found = ConsultationPage.objects.public().with_status(now).for_lists().in_bulk(keys)
    return [found[pk] for pk in keys if pk in found]


def line(page: Any, language: str, now: datetime.datetime) -> ListLine:
    """Reads what ``with_status()`` and ``for_lists()`` fetched."""
    left = words.days_left(page.closes, now)
    return ListLine(
        url=page.announcement.get_absolute_url(),
        title=words.title(page, language),
        authorities=words.authorities(page, language),
        abstract=words.abstract(page, language),
        status=page.status_now,
        opens_at=page.opens,
        closes_at=page.closes,
        left=left,
        due_style=words.due_style(left),
        round=page.round,
        historic=page.announcement.historic,
        was_short=page.announcement.was_short,
    )


# --- filters ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    value: str
    label: SafeString
    count: int
    active: bool


@dataclass(frozen=True)
class Facet:
    """One filter with its values and what each would show under the other filters."""

    name: str
    label: str
    choices: Sequence[Choice]


@dataclass(frozen=True)
class Active:
    """A filter in force, and the address without it."""

    label: str
    value: SafeString
    address: str


def labels() -> dict[str, str]:
    """What each filter is called, in the active language."""
    return {
        "status": _("State"),
        "authority": _("Issuing authority"),
        "subject": _("Subject"),
        "business_related": _("Closely tied to business operations"),
        "from": _("Closes from"),
        "to": _("Closes until"),
    }


def facets(found: Sequence[Row], asked: ListQuery, language: str) -> list[Facet]:
    """The filters that have values; a count is what a click on it shows."""
    named = labels()
    shown = []
    for name in FACETS:
        chosen = asked.filters.get(name, ())
        counted = Counter(
            value for row in found if row.matches(asked, but=name) for value in row.values[name]
        )
        values = [*counted, *(value for value in chosen if value not in counted)]
        if not values:
            continue
        names = _names(name, values, language)
        choices = [
            Choice(value, names[value], counted[value], value in chosen)
            for value in values
            if value in names
        ]
        choices.sort(key=lambda choice: (not choice.active, _place(name, choice)))
        shown.append(Facet(name, named[name], choices))
    return shown


def _place(name: str, choice: Choice) -> tuple[int, str]:
    if name == "status":
        return ORDER.index(Status(choice.value)), ""
    return -choice.count, choice.value


def _names(name: str, values: Sequence[str], language: str) -> dict[str, SafeString]:
    if name == "status":
        return {value: format_html("{}", Status(value).label) for value in values}
    if name == "business_related":
        both = {"true": _("Yes"), "false": _("No")}
        return {value: format_html("{}", both[value]) for value in values}
    if name == "subject":
        subjects = ConsultationPage._meta.get_field("subject").related_model.objects
        return {
            subject.key: own_or_chinese(subject, "name", language)
            for subject in subjects.filter(key__in=values)
        }
    bodies = Organisation.objects.filter(code__in=values).with_names()
    return {body.code: words.organisation(body, language) for body in bodies}


def active(asked: ListQuery, shown: Sequence[Facet]) -> list[Active]:
    """The filters in force, each with the address that removes it."""
    named = labels()
    known = {
        (facet.name, choice.value): choice.label for facet in shown for choice in facet.choices
    }
    found = []
    for name, value in asked.parameters(with_view=False):
        if name == "q":
            continue
        label = known.get((name, value), format_html("{}", value))
        if name in {"from", "to"}:
            label = format_html('<time dir="ltr">{}</time>', value)
        found.append(Active(named[name], label, asked.without(name, value).address()))
    return found


# --- months -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Square:
    """A day of the month with what opens and closes on it; None as a day is another month's."""

    date: datetime.date | None
    closing: Sequence[ListLine]
    opening: Sequence[ListLine]
    is_today: bool = False


@dataclass(frozen=True)
class Month:
    first: datetime.date
    name: str
    weekdays: Sequence[tuple[str, str]]
    weeks: Sequence[Sequence[Square]]
    before: str
    after: str


def month(found: Sequence[Row], asked: ListQuery, language: str, now: datetime.datetime) -> Month:
    """The month asked for, or this one, with what opens and closes on each of its days."""
    today = rules.local_day(now)
    first = asked.month or today.replace(day=1)
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    start, end = weeks[0][0], weeks[-1][-1]
    near = [
        row
        for row in found
        if start <= rules.last_day(row.closes_at) <= end
        or start <= rules.local_day(row.opens_at) <= end
    ]
    lines = [line(page, language, now) for page in pages_in_order([r.pk for r in near], now)]
    closing: dict[datetime.date, list[ListLine]] = {}
    opening: dict[datetime.date, list[ListLine]] = {}
    for item in lines:
        closing.setdefault(rules.last_day(item.closes_at), []).append(item)
        opening.setdefault(rules.local_day(item.opens_at), []).append(item)
    return Month(
        first=first,
        name=formats.date_format(first, "YEAR_MONTH_FORMAT"),
        weekdays=[
            (formats.date_format(day, "D"), formats.date_format(day, "l")) for day in weeks[0]
        ],
        weeks=[
            [
                Square(day, closing.get(day, ()), opening.get(day, ()), day == today)
                if day.month == first.month
                else Square(None, (), ())
                for day in week
            ]
            for week in weeks
        ],
        before=_month_address(asked, first - datetime.timedelta(days=1)),
        after=_month_address(asked, first + datetime.timedelta(days=31)),
    )


def _month_address(asked: ListQuery, day: datetime.date) -> str:
    return f"{asked.as_calendar().address()}&month={day:%Y-%m}"
