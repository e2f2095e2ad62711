"""Policies and interpretations as search documents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import override

from freshness import services as freshness
from multilingual.languages import CODES
from organisations.models import Organisation
from policies import rules
from policies.enums import Kind, Validity
from policies.models import (
    InterpretationPage,
    PolicyAlias,
    PolicyIssuer,
    PolicyNumber,
    PolicyPage,
)
from search.documents import Interval, SearchDocument, registry
from vocabularies.models import Audience, Subject, Term, Territory

CHUNK = 500


def policy_documents(pages: Sequence[PolicyPage]) -> Iterator[SearchDocument]:
    """Describe released policies to the index; ``for_index`` fetched them.

    Their parts are read as bare values: thousands of related objects would take longer to make
    than the texts to analyse.
    """
    audience_of = PolicyPage.audiences.through.objects.order_by("audience__key")
    numbers = _by_page(PolicyNumber.objects, "page_id", "text", pages)
    aliases = _by_page(PolicyAlias.objects, "page_id", "text", pages)
    issuers = _by_page(PolicyIssuer.objects, "page_id", "organisation__code", pages)
    audiences = _by_page(audience_of, "policypage_id", "audience__key", pages)
    for page in pages:
        yield _versioned(
            key=f"policy:{page.pk}",
            type="policy",
            body=page.words,
            aliases=aliases.get(page.pk, ()),
            numbers=numbers.get(page.pk, ()),
            facets={
                "issuer": issuers.get(page.pk, ()),
                "subject": (page.subject.key,) if page.subject else (),
                "kind": (page.kind,) if page.kind else (),
                "audience": audiences.get(page.pk, ()),
                "territory": (page.territory.key,) if page.territory else (),
            },
            issued=page.issued_on and page.issued_on.toordinal(),
            effective=page.effective_on and page.effective_on.toordinal(),
            intervals=_intervals(page),
            **_texts(page),
        )


def _by_page(
    parts: Any, owner: str, value: str, pages: Sequence[PolicyPage]
) -> dict[int, tuple[str, ...]]:
    """A text of each part of the pages, by page and in order."""
    found: dict[int, tuple[str, ...]] = {}
    wanted = parts.filter(**{f"{owner}__in": [page.pk for page in pages]})
    for page_id, text in wanted.values_list(owner, value):
        found[page_id] = (*found.get(page_id, ()), text)
    return found


def interpretation_documents(pages: Sequence[InterpretationPage]) -> Iterator[SearchDocument]:
    """Describe released interpretations to the index."""
    for page in pages:
        yield _versioned(
            key=f"interpretation:{page.pk}",
            type="interpretation",
            body=page.words,
            issued=page.signed_on and page.signed_on.toordinal(),
            **_texts(page),
        )


def _texts(page: PolicyPage | InterpretationPage) -> dict[str, dict[str, str]]:
    titles = {code: page.headline_in(code) for code in CODES}
    summaries = {code: page.abstract_in(code) for code in CODES}
    return {
        "titles": {code: text for code, text in titles.items() if text},
        "summaries": {code: text for code, text in summaries.items() if text},
    }


def _intervals(page: PolicyPage) -> tuple[Interval, ...]:
    return tuple(
        Interval(
            start=found.from_day.toordinal() if found.from_day else 0,
            until=found.until_day.toordinal() + 1 if found.until_day else None,
            status=found.status.value,
        )
        for found in rules.intervals(page.validity_facts())
    )


def _versioned(**facts: Any) -> SearchDocument:
    """The version is a digest of the content, so that a check finds any difference."""
    digest = hashlib.blake2b(repr(sorted(facts.items())).encode(), digest_size=6).digest()
    return SearchDocument(version=int.from_bytes(digest), **facts)


class _Source:
    """Hands in one type of page; reads only what is public."""

    def __init__(self, model: Any, describe: Callable[[Any], Iterator[SearchDocument]]) -> None:
        self.model = model
        self.describe = describe

    def ids(self) -> list[str]:
        pages = self.model.objects.public().order_by("pk")
        return [str(pk) for pk in pages.values_list("pk", flat=True)]

    def documents(self, ids: Sequence[str]) -> Iterator[SearchDocument]:
        for start in range(0, len(ids), CHUNK):
            pages = (
                self.model.objects.public().for_index().filter(pk__in=ids[start : start + CHUNK])
            )
            yield from self.describe(list(pages))

    def keys_with_versions(self) -> Mapping[str, int]:
        ids = list(self.model.objects.public().order_by("pk").values_list("pk", flat=True))
        return {document.key: document.version for document in self.documents(ids)}

    def present(self, ids: Sequence[str], language: str) -> Mapping[str, Any]:
        """Give the pages by id, ready for a line in a list; what is not public is left out."""
        pages = self.model.objects.public().for_lists().filter(pk__in=ids)
        return {str(page.pk): page for page in pages}


def _of_terms(model: type[Term]) -> Callable[[Sequence[str], str], dict[str, str]]:
    def labels(values: Sequence[str], language: str) -> dict[str, str]:
        terms = model._default_manager.filter(key__in=values)
        return {term.key: term.label(language) for term in terms}

    return labels


def _of_organisations(values: Sequence[str], language: str) -> dict[str, str]:
    organisations = Organisation.objects.with_names().filter(code__in=values)
    return {found.code: found.name_on(None, language) for found in organisations}


def _of_choices(choices: Any) -> Callable[[Sequence[str], str], dict[str, str]]:
    def labels(values: Sequence[str], language: str) -> dict[str, str]:
        with override(language):
            known = dict(choices.choices)
            return {value: str(known[value]) for value in values if value in known}

    return labels


def register_all() -> None:
    registry.register("policy", _Source(PolicyPage, policy_documents))
    registry.register("interpretation", _Source(InterpretationPage, interpretation_documents))
    registry.edition = freshness.current
    registry.register_labels("issuer", _of_organisations)
    registry.register_labels("subject", _of_terms(Subject))
    registry.register_labels("audience", _of_terms(Audience))
    registry.register_labels("territory", _of_terms(Territory))
    registry.register_labels("kind", _of_choices(Kind))
    registry.register_labels("validity", _of_choices(Validity))
