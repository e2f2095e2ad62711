"""Titles, names and moments of consultations as their readers see them."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consultations import rules
from consultations.enums import Status
from consultations.models import ConsultationPage
from multilingual.languages import SOURCE
from multilingual.words import joined, marked, own_or_chinese

BADGES = {
    Status.SCHEDULED: "gk-info gk-b-wait",
    Status.OPEN: "gk-go gk-b-full",
    Status.CLOSING_SOON: "gk-care gk-b-half",
    Status.CLOSED: "gk-still gk-b-shut",
    Status.ANSWERED: "gk-go gk-b-full",
    Status.WITHDRAWN: "gk-stop gk-b-none",
    Status.ABANDONED: "gk-stop gk-b-none",
}


def status_badge(status: str) -> SafeString:
    """A state as shape, word and colour."""
    known = Status(status)
    return format_html('<span class="gk-badge {}">{}</span>', BADGES[known], known.label)


def historic_badge() -> SafeString:
    """Beside the state of what took place elsewhere."""
    words = _("Historic record; took place elsewhere")
    return format_html('<span class="gk-badge gk-still gk-b-none">{}</span>', words)


def headline(page: ConsultationPage, language: str) -> str:
    """The plain title in ``language``, or the Chinese one."""
    return page.headline_in(language) or page.headline_in(SOURCE) or page.title


def title(page: ConsultationPage, language: str) -> SafeString:
    """The title in ``language``, or the Chinese one marked as Chinese."""
    own = page.headline_in(language)
    return marked(own or headline(page, SOURCE), language if own else SOURCE, language)


def abstract(page: ConsultationPage, language: str) -> SafeString:
    """The abstract in ``language``, or the Chinese one marked as Chinese; may be empty."""
    own = page.abstract_in(language)
    text = own or page.abstract_in(SOURCE) or ""
    return marked(text, language if own else SOURCE, language) if text else SafeString("")


def organisation(body: Any, language: str) -> SafeString:
    """The name an authority has now."""
    name = body.dated_name_on(None)
    return own_or_chinese(name, "name", language) if name else format_html("{}", body.code)


def authorities(page: ConsultationPage, language: str) -> SafeString:
    """The issuing authorities, the leading one first."""
    bodies = (authority.organisation for authority in page.authorities.all())
    return joined((organisation(body, language) for body in bodies), language)


def local(moment: datetime.datetime) -> datetime.datetime:
    """A moment in Beijing time, as every page shows it."""
    return moment.astimezone(rules.SHANGHAI)


def _prose(day: datetime.date) -> str:
    english = get_language() == "en"
    return formats.date_format(day, "j F Y" if english else "DATE_FORMAT")


def day_tag(day: datetime.date) -> SafeString:
    """A day with its day of the week."""
    return format_html(
        '<time datetime="{}">{}</time> {}',
        day.isoformat(),
        _prose(day),
        formats.date_format(day, "l"),
    )


def day_of(moment: datetime.datetime) -> SafeString:
    """The day of a moment, in Beijing time."""
    day = rules.local_day(moment)
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), _prose(day))


def last_day_of(moment: datetime.datetime) -> SafeString:
    """The last day before a close, which is exclusive."""
    day = rules.last_day(moment)
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), _prose(day))


def opening(moment: datetime.datetime) -> SafeString:
    """The minute at which it opens, in Beijing time."""
    shown = local(moment)
    return format_html(
        '<time datetime="{}" data-moment>{} <bdi>{}</bdi></time>',
        shown.isoformat(),
        _prose(shown.date()),
        f"{shown:%H:%M}",
    )


def closing(moment: datetime.datetime) -> SafeString:
    """The close, which is exclusive, as people say it: 24:00 of the last day."""
    return format_html(
        '<time datetime="{}" data-moment>{} <bdi>24:00</bdi></time>',
        local(moment).isoformat(),
        _prose(rules.last_day(moment)),
    )


def exact(moment: datetime.datetime) -> SafeString:
    """A moment to the second, in Beijing time."""
    shown = local(moment)
    return format_html(
        '<time datetime="{}">{} <bdi>{}</bdi></time>',
        shown.isoformat(),
        _prose(shown.date()),
        f"{shown:%H:%M:%S}",
    )


def days_left(closes_at: datetime.datetime, now: datetime.datetime) -> int:
    """How many days are left after today; 0 on the last one."""
    return (rules.last_day(closes_at) - rules.local_day(now)).days


def due_style(left: int) -> str:
    """The colour of a deadline: 8 days and more plain, then care, the last day stop."""
    if left > 7:
        return ""
    return "gk-care" if left else "gk-stop"


def zone() -> str:
    return _("Beijing time, UTC+8")
