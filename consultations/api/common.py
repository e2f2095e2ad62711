"""What the parts of the API of consultations have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Status as Answer

from consultations import rules
from consultations.api.schemas import ListQuery, PageQuery
from consultations.models import Announcement, ConsultationPage
from multilingual.languages import SOURCE

TAGS = ["consultations"]
CHUNK = 200


def never_keep(response: HttpResponse) -> None:
    """Have an answer made anew for everybody: its status and its counts change by the minute."""
    response["Cache-Control"] = "no-cache"


def unknown() -> Answer[Any]:
    return Answer(404, {"errors": {"slug": [_("There is no such consultation.")]}})


def announcement_of(slug: str) -> Announcement | None:
    pages = ConsultationPage.objects.public().values("pk")
    return Announcement.objects.filter(slug=slug, page__in=pages).first()


def title_of(page: ConsultationPage, language: str) -> str:
    return page.headline_in(language) or page.headline_in(SOURCE) or ""


def authorities_of(page: Any, language: str) -> list[dict[str, str]]:
    day = rules.local_day(page.announcement.announced_at)
    return [
        {
            "code": item.organisation.code,
            "name": item.organisation.name_on(day, language),
        }
        for item in page.authorities.all()
    ]


def page_of(
    found: Any,
    query: ListQuery | PageQuery,
    describe: Callable[[list[Any]], list[dict[str, Any]]],
) -> dict[str, Any]:
    """Give the page asked for of a query set, described; beyond the last one there is nothing."""
    # The length first: a database takes no offset of a thousand digits.
    total = found.count()
    start = (query.page - 1) * query.size
    chosen = list(found[start : start + query.size]) if start < total else []
    return {
        "total": total,
        "page": query.page,
        "size": query.size,
        "results": describe(chosen),
    }


def in_chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
