"""Writes what is public in the form that an import reads."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch

from multilingual.languages import CODES, suffixed
from organisations.models import Organisation, OrganisationPage, Succession
from policies import reading, rules
from policies.enums import ImportedStatus, Validity
from policies.models import Effect, InterpretationPage, OlderText, PolicyPage, PolicyRelation
from policies.models.policy import standing_effects
from policies.transfer import media
from vocabularies.models import Term

CHUNK = 200
CORE = ("id", "title", "issuer", "doc_number", "date", "status", "body")


def export_rows(today: datetime.date) -> Iterator[dict[str, Any]]:
    """Give each public policy as a row, with its files, as it stands on the Shanghai day ``today``.

    Effects and relations name their documents by index number, and only public ones. The first
    row brings all organisations along, those without a document too.
    """
    brought = {"organisations": _organisations()}
    public = PolicyPage.objects.public().order_by(
        "release__organisation_code", "release__year", "release__serial"
    )
    ids = list(public.values_list("pk", flat=True))
    shown = set(ids)
    owners = {
        page.path: page.organisation
        for page in OrganisationPage.objects.select_related("organisation").prefetch_related(
            "organisation__names"
        )
    }
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        explained = _interpretations(some)
        for page in _complete(some):
            owner = owners[page.path[: -page.steplen]]
            yield _row(page, owner, explained.get(page.pk, []), shown, today) | brought
            brought = {}


def _complete(ids: list[int]) -> list[PolicyPage]:
    effects = Effect.objects.filter(reversal__isnull=True).select_related("target__release")
    relations = PolicyRelation.objects.select_related("target__release")
    pages = {
        page.pk: page
        for page in PolicyPage.objects.filter(pk__in=ids)
        .select_related("release", "subject", "territory", "import_record")
        .prefetch_related(
            "numbers",
            "issuers__organisation__names",
            "popular_names",
            "audiences",
            "attachments__document",
            "release__corrections",
            standing_effects(),
            Prefetch("effects", effects),
            Prefetch("relations", relations),
        )
    }
    return [pages[pk] for pk in ids]


def _row(
    page: PolicyPage,
    owner: Organisation,
    explained: list[InterpretationPage],
    shown: set[int],
    today: datetime.date,
) -> dict[str, Any]:
    record = getattr(page, "import_record", None)
    numbers = [number.text for number in page.numbers.all()]
    issuers = [issuer.organisation for issuer in page.issuers.all()]
    details = record.details if record else {}
    row: dict[str, Any] = {
        "id": record.source_id if record else page.release.index_number,
        "title": page.headline_zh_hans,
        "issuer": "、".join(issuer.name_on(page.issued_on) for issuer in issuers),
        "doc_number": numbers[0] if numbers else "",
        "date": _iso(page.issued_on) or "",
        "status": _status(page, today),
        "body": page.text or page.words,
        **details,
        "dated": record is None or record.status == ImportedStatus.DATED,
        "index_number": page.release.index_number,
        "owner": _organisation(owner),
        "issuers": [_organisation(issuer) for issuer in issuers],
        "numbers": numbers,
        **_texts(page),
        "kind": page.kind or None,
        "business_related": page.business_related,
        "adoption_note": page.adoption_note,
        "adopted_on": _iso(page.adopted_on),
        "effective_on": _iso(page.effective_on),
        "expires_on": _iso(page.expires_on),
        "consolidated_as_of": _iso(page.consolidated_as_of),
        "subject": _term(page.subject),
        "territory": _term(page.territory),
        "audiences": [_term(audience) for audience in page.audiences.all()],
        "aliases": [
            {"text": alias.text, "language": alias.language} for alias in page.popular_names.all()
        ],
        "blocks": [] if [block.block_type for block in page.body] == ["text"] else _blocks(page),
        "attachments": [
            {"title": item.title, "file": media.packed(item.document)}
            for item in page.attachments.all()
        ],
        "effects": [
            {
                "kind": effect.kind,
                "target": effect.target.release.index_number,
                "provisions": effect.provisions,
                "effective_on": _iso(effect.effective_on),
                "until_on": _iso(effect.until_on),
                "applied": effect.applied,
            }
            for effect in page.effects.all()
            if effect.target_id in shown
        ],
        "relations": [
            {"kind": relation.kind, "target": relation.target.release.index_number}
            for relation in page.relations.all()
            if relation.target_id in shown
        ],
        "interpretations": [_interpretation(found) for found in explained],
        "corrections": [_correction(found) for found in page.release.corrections.all()],
    }
    return {name: value for name, value in row.items() if value or name in CORE}


def _status(page: PolicyPage, today: datetime.date) -> str:
    """Give what the document's own import said; for others, what holds today, for other readers."""
    record = getattr(page, "import_record", None)
    if record and record.status != ImportedStatus.DATED:
        return str(record.status)
    facts = page.validity_facts()
    if rules.validity(facts, today) in (Validity.REPEALED, Validity.EXPIRED):
        return ImportedStatus.EXPIRED.value
    if rules.outstanding(facts, page.consolidated_as_of, today):
        return ImportedStatus.AMENDED.value
    return ImportedStatus.IN_FORCE.value


def _interpretations(ids: list[int]) -> dict[int, list[InterpretationPage]]:
    found: dict[int, list[InterpretationPage]] = {}
    pages = InterpretationPage.objects.public().filter(release__policy_release__page__in=ids)
    pages = pages.select_related("release__policy_release").order_by("release__serial")
    for page in pages.prefetch_related("release__corrections"):
        found.setdefault(page.release.policy_release.page_id, []).append(page)
    return found


def _correction(correction: OlderText) -> dict[str, Any]:
    return {
        "corrected_at": correction.corrected_at.isoformat(),
        "reason": correction.reason,
        "headline": correction.old_headline,
        "body": media.packed_blocks(correction.old_body),
        "facts": correction.old_facts,
        "attachments": [
            {"title": item.title, "file": media.packed(item.document)}
            for item in reading.older_attachments(correction)
            if item.document_id
        ],
    }


def _interpretation(page: InterpretationPage) -> dict[str, Any]:
    return {
        **_texts(page),
        "kind": page.kind,
        "speaker": page.speaker,
        "signed_on": _iso(page.signed_on),
        "body": _blocks(page),
        "corrections": [_correction(found) for found in page.release.corrections.all()],
    }


def _texts(page: PolicyPage | InterpretationPage) -> dict[str, Any]:
    return {
        "titles": _by_language(page, "headline"),
        "abstracts": _by_language(page, "abstract"),
        "ready": [code for code in CODES if getattr(page, suffixed("translation_ready", code))],
    }


def _blocks(page: PolicyPage | InterpretationPage) -> list[list[Any]]:
    stored = page.body.get_prep_value()
    return media.packed_blocks((block["type"], block["value"]) for block in stored)


def _organisations() -> list[dict[str, Any]]:
    successions = Succession.objects.select_related("successor").order_by("on", "successor__code")
    found = Organisation.objects.select_related("parent").with_names()
    return [
        _organisation(organisation)
        | {
            "parent": organisation.parent.code if organisation.parent else None,
            "successions": [
                {"successor": succession.successor.code, "on": _iso(succession.on)}
                for succession in organisation.successions.all()
            ],
        }
        for organisation in found.prefetch_related(Prefetch("successions", successions))
    ]


def _organisation(organisation: Organisation) -> dict[str, Any]:
    return {
        "code": organisation.code,
        "level": organisation.level,
        "verified": organisation.verified,
        "names": [
            {
                "valid_from": _iso(name.valid_from),
                "name": _by_language(name, "name"),
                "short_name": _by_language(name, "short_name"),
            }
            for name in organisation.names.all()
        ],
    }


def _term(term: Term | None) -> dict[str, Any] | None:
    if term is None:
        return None
    return {"key": term.key, "name": _by_language(term, "name"), "order": term.sort_order}


def _by_language(instance: Any, field: str) -> dict[str, str]:
    texts = {code: getattr(instance, suffixed(field, code)) for code in CODES}
    return {code: text for code, text in texts.items() if text}


def _iso(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None
