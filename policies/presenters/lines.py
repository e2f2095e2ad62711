"""One line of a list: a policy, an interpretation, a link to a page of results."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.utils.safestring import SafeString

from policies import rules
from policies.enums import Validity
from policies.presenters import words

if TYPE_CHECKING:
    from django.http import QueryDict

    from policies.models import InterpretationPage, PolicyPage

NEAR = 2


@dataclass(frozen=True)
class PolicyLine:
    url: str
    title: SafeString
    numbers: SafeString
    issuers: SafeString
    index_number: str
    issued_on: datetime.date | None
    effective_on: datetime.date | None
    released_at: datetime.datetime
    status: Validity
    abstract: SafeString
    interpretations: int = 0


@dataclass(frozen=True)
class InterpretationLine:
    url: str
    title: SafeString
    abstract: SafeString
    kind: str
    speaker: str
    signed_on: datetime.date | None
    policy_title: str = ""
    policy_url: str = ""


@dataclass(frozen=True)
class PageLink:
    """A link of the page numbers; ``number`` None is a gap."""

    number: int | None
    query: str
    current: bool = False


def policy(
    page: PolicyPage,
    language: str,
    today: datetime.date,
    *,
    interpretations: int = 0,
) -> PolicyLine:
    """A document as a list shows it. Reads what ``for_lists()`` fetched."""
    return PolicyLine(
        url=page.release.get_absolute_url(),
        title=words.title(page, language),
        numbers=words.numbers(page, language),
        issuers=words.issuers(page, language),
        index_number=page.release.index_number,
        issued_on=page.issued_on,
        effective_on=page.effective_on,
        released_at=page.release.released_at,
        status=rules.validity(page.validity_facts(), today),
        abstract=words.abstract_marked(page, language),
        interpretations=interpretations,
    )


def interpretation(
    page: InterpretationPage, language: str, *, with_policy: bool = False
) -> InterpretationLine:
    """An interpretation as a list shows it."""
    document = page.release.policy_release.page if with_policy else None
    return InterpretationLine(
        url=page.release.get_absolute_url(),
        title=words.title(page, language),
        abstract=words.abstract_marked(page, language),
        kind=page.get_kind_display(),
        speaker=page.speaker,
        signed_on=page.signed_on,
        policy_title=words.title(document, language) if document else "",
        policy_url=document.release.get_absolute_url() if document else "",
    )


def query(parameters: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """A query string with its question mark, or nothing."""
    text = urlencode(list(parameters.items() if isinstance(parameters, Mapping) else parameters))
    return f"?{text}" if text else ""


def page_links(current: int, last: int, parameters: QueryDict) -> list[PageLink]:
    """The page numbers to show: first, last, and those near; the other parameters are kept."""
    if last < 2:
        return []
    kept = [
        (key, value)
        for key, values in parameters.lists()
        if key != "page"
        for value in values
        if value
    ]
    wanted = sorted({1, last, *range(max(1, current - NEAR), min(last, current + NEAR) + 1)})
    links: list[PageLink] = []
    for position, number in enumerate(wanted):
        if position and number - wanted[position - 1] > 1:
            links.append(PageLink(None, ""))
        address = query([*kept, ("page", str(number))]) if number > 1 else (query(kept) or "?")
        links.append(PageLink(number, address, number == current))
    return links
