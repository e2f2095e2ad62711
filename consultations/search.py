"""Consultations as search documents: titles, draft and drafting explanation, never a comment."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import OuterRef, Subquery
from wagtail.rich_text import get_text_for_indexing

from consultations import rules
from consultations.enums import Status
from consultations.models import ConsultationAuthority, ConsultationPage, DraftVersion
from multilingual.languages import CODES
from search.documents import SearchDocument, registry

TYPE = "consultation"
CHUNK = 200


def documents(pages: Sequence[ConsultationPage]) -> Iterator[SearchDocument]:
    """Describe announced consultations to the index, with the newest draft of each."""
    versions = _newest_versions(pages)
    authorities = _authorities(pages)
    for page in pages:
        version = versions[page.pk]
        yield _versioned(
            key=f"{TYPE}:{page.pk}",
            type=TYPE,
            titles=_in_languages(page.headline_in),
            summaries=_in_languages(page.abstract_in),
            body=f"{version.text}\n{get_text_for_indexing(version.explanation)}",
            facets={
                "issuer": authorities.get(page.pk, ()),
                "subject": (page.subject.key,) if page.subject else (),
            },
            issued=rules.local_day(page.announcement.announced_at).toordinal(),
        )


def _in_languages(words: Any) -> dict[str, str]:
    return {code: text for code in CODES if (text := words(code))}


def _newest_versions(pages: Sequence[ConsultationPage]) -> dict[int, DraftVersion]:
    newest = DraftVersion.objects.filter(announcement=OuterRef("announcement")).order_by("-seq")
    found = DraftVersion.objects.filter(
        announcement__page__in=[page.pk for page in pages], pk=Subquery(newest.values("pk")[:1])
    )
    return {
        version.announcement.page_id: version for version in found.select_related("announcement")
    }


def _authorities(pages: Sequence[ConsultationPage]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    named = ConsultationAuthority.objects.filter(page__in=[page.pk for page in pages])
    for page_id, code in named.values_list("page_id", "organisation__code"):
        found[page_id] = (*found.get(page_id, ()), code)
    return found


def _versioned(**facts: Any) -> SearchDocument:
    """The version is a digest of the content, so that a check finds any difference."""
    digest = hashlib.blake2b(repr(sorted(facts.items())).encode(), digest_size=6).digest()
    return SearchDocument(version=int.from_bytes(digest), **facts)


class _Source:
    """Hands in consultations; reads only what is public."""

    def ids(self) -> list[str]:
        pages = ConsultationPage.objects.public().order_by("pk")
        return [str(pk) for pk in pages.values_list("pk", flat=True)]

    def documents(self, ids: Sequence[str]) -> Iterator[SearchDocument]:
        for start in range(0, len(ids), CHUNK):
            pages = (
                ConsultationPage.objects.public()
                .defer("draft", "explanation")
                .select_related("announcement", "subject")
                .filter(pk__in=ids[start : start + CHUNK])
            )
            yield from documents(list(pages))

    def keys_with_versions(self) -> Mapping[str, int]:
        return {document.key: document.version for document in self.documents(self.ids())}

    def present(self, ids: Sequence[str], language: str) -> Mapping[str, Any]:
        """Give the pages by id with what their status is computed from, which takes the clock."""
        pages = ConsultationPage.objects.public().for_lists().with_period().filter(pk__in=ids)
        return {str(page.pk): page for page in pages}


def status(page: Any, now: datetime.datetime) -> Status:
    """Give the status at ``now`` of a page that was presented, however long ago."""
    return rules.status_of(
        page.opens, page.closes, now, withdrawn=page.is_withdrawn, statement=page.disclosed
    )


def register() -> None:
    """Make consultations searchable; the labels of their facets are the policies'."""
    registry.register(TYPE, _Source())
