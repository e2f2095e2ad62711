"""Atom feed and calendar files of filtered lists."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from consultations import forms, listing, reading, rules
from consultations.enums import Status
from consultations.models import ConsultationPage, Period
from consultations.presenters import words
from consultations.views.frame import LIVE, find, page_language
from multilingual.languages import SOURCE, language_tag

ENTRIES = 50
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
SHOWN = datetime.timedelta(hours=1)
"""How long a calendar shows the close for: the last hour of the last day."""


@require_safe
def atom(request: HttpRequest) -> HttpResponse:
    """The newest consultations of a filtered list, with the parameters of the list.

    Historic ones are not among them: that they were entered is no news.
    """
    language, now = page_language(), timezone.now()
    asked = forms.read(request.GET)
    feed = Atom1Feed(
        title=_("Consultations"),
        link=request.build_absolute_uri(reverse("consultations:list") + asked.feed()),
        feed_url=request.build_absolute_uri(),
        description="",
        language=language_tag(language),
    )
    newest = _changed_last(_chosen(asked, language, now), now)
    for page in newest:
        status = Status(page.status_now)
        closes = _("Closes at 24:00 of %(day)s, Beijing time.") % {
            "day": rules.last_day(page.closes).isoformat()
        }
        feed.add_item(
            title=_for_xml(words.headline(page, language)),
            link=request.build_absolute_uri(page.announcement.get_absolute_url()),
            description=_for_xml(f"{status.label}. {_outcome(request, page, status) or closes}"),
            unique_id=request.build_absolute_uri(_chinese_address(page)),
            pubdate=page.announcement.announced_at,
            updateddate=page.changed,
            author_name=", ".join(
                authority.organisation.name_on(None, language)
                for authority in page.authorities.all()
            ),
            categories=[str(status.label)],
        )
    response = HttpResponse(
        feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"
    )
    response["Cache-Control"] = LIVE
    return response


def _chosen(asked: forms.ListQuery, language: str, now: datetime.datetime) -> list[int]:
    return [row.pk for row in listing.matching(listing.rows(asked, language, now), asked)]


def _changed_last(keys: list[int], now: datetime.datetime) -> list[Any]:
    """The consultations that were announced last; ``changed``: when they last did.

    That is at a publication of the page, a new period, or a statement.
    """
    pages = list(
        ConsultationPage.objects.public()
        .with_status(now)
        .for_lists()
        .filter(pk__in=keys, announcement__historic=False)
        .order_by("-announcement__announced_at", "-pk")[:ENTRIES]
    )
    recorded = Period.objects.filter(announcement__page__in=[page.pk for page in pages])
    changed = dict(recorded.order_by("seq").values_list("announcement__page", "recorded_at"))
    disclosed = reading.disclosed_at([page.pk for page in pages])
    for page in pages:
        known = (page.last_published_at, changed[page.pk], disclosed.get(page.pk))
        page.changed = max(moment for moment in known if moment is not None)
    return pages


def _outcome(request: HttpRequest, page: Any, status: Status) -> str:
    """Where one reads what became of it; empty while nothing has."""
    if status not in {Status.ANSWERED, Status.ABANDONED}:
        return ""
    path = reverse("consultations:statement", args=[page.announcement.slug])
    return _("What became of the comments: %(address)s") % {
        "address": request.build_absolute_uri(path)
    }


def _for_xml(text: str) -> str:
    """The text without the control characters that XML cannot hold."""
    return _CONTROL.sub("", text)


def _chinese_address(page: Any) -> str:
    with override(SOURCE):
        return str(page.announcement.get_absolute_url())


# --- calendars ----------------------------------------------------------------------------------


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """The closings of a filtered list, with the parameters of the list."""
    language, now = page_language(), timezone.now()
    keys = _chosen(forms.read(request.GET), language, now)
    return _file(request, listing.pages_in_order(keys, now), language, now)


@require_safe
def calendar_of_one(request: HttpRequest, slug: str) -> HttpResponse:
    """The closing of one consultation."""
    language, now = page_language(), timezone.now()
    notice = find(slug)
    return _file(request, listing.pages_in_order([notice.page.pk], now), language, now, name=slug)


def _file(
    request: HttpRequest,
    pages: Iterable[Any],
    language: str,
    now: datetime.datetime,
    *,
    name: str = "consultations",
) -> HttpResponse:
    file = Calendar()
    file.add("prodid", "-//Gongkai//Consultations//EN")
    file.add("version", "2.0")
    file.add("x-wr-calname", _("Consultations"))
    for page in pages:
        file.add_component(_event(request, page, language, now))
    response = HttpResponse(file.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}.ics"'
    response["Cache-Control"] = LIVE
    return response


def _event(request: HttpRequest, page: Any, language: str, now: datetime.datetime) -> Event:
    """The close as the last hour of the last day, which ends at the exact moment in any zone."""
    url = request.build_absolute_uri(page.announcement.get_absolute_url())
    last = rules.last_day(page.closes).isoformat()
    event = Event()
    event.add("uid", f"{page.announcement.slug}@{request.get_host()}")
    event.add("dtstamp", now.astimezone(datetime.UTC))
    event.add("dtstart", (page.closes - SHOWN).astimezone(datetime.UTC))
    event.add("dtend", page.closes.astimezone(datetime.UTC))
    event.add(
        "summary",
        _for_xml(_("Comments close: %(title)s") % {"title": words.headline(page, language)}),
    )
    event.add(
        "description",
        _for_xml(_("Closes at 24:00 of %(day)s, Beijing time.") % {"day": last} + f"\n{url}"),
    )
    event.add("url", url)
    event.add("transp", "TRANSPARENT")
    withdrawn = page.status_now in {Status.WITHDRAWN, Status.ABANDONED}
    event.add("status", "CANCELLED" if withdrawn else "CONFIRMED")
    return event
