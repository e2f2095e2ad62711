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
from policies.models import Audience, InterpretationPage, PolicyPage, Subject, Territory
from policies.models.terms import Term
from search.documents import Interval, SearchDocument, registry

CHUNK = 500


def policy_document(page: PolicyPage) -> SearchDocument:
    """Describe a released policy to the index; needs no query after ``for_index``."""
    texts = _texts(page)
    facets = {
        "issuer": tuple(issuer.organisation.code for issuer in page.issuers.all()),
        "subject": (page.subject.key,) if page.subject else (),
        "kind": (page.kind,) if page.kind else (),
        "audience": tuple(audience.key for audience in page.audiences.all()),
        "territory": (page.territory.key,) if page.territory else (),
    }
    return _versioned(
        key=f"policy:{page.pk}",
        type="policy",
        body=page.words,
        aliases=tuple(alias.text for alias in page.popular_names.all()),
        numbers=tuple(number.text for number in page.numbers.all()),
        facets=facets,
        issued=page.issued_on and page.issued_on.toordinal(),
        effective=page.effective_on and page.effective_on.toordinal(),
        intervals=_intervals(page),
        **texts,
    )


def interpretation_document(page: InterpretationPage) -> SearchDocument:
    return _versioned(
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

    def __init__(self, model: Any, describe: Callable[[Any], SearchDocument]) -> None:
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
            yield from map(self.describe, pages)

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
    registry.register("policy", _Source(PolicyPage, policy_document))
    registry.register("interpretation", _Source(InterpretationPage, interpretation_document))
    registry.edition = freshness.current
    registry.register_labels("issuer", _of_organisations)
    registry.register_labels("subject", _of_terms(Subject))
    registry.register_labels("audience", _of_terms(Audience))
    registry.register_labels("territory", _of_terms(Territory))
    registry.register_labels("kind", _of_choices(Kind))
    registry.register_labels("validity", _of_choices(Validity))
