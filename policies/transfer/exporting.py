"""Writes what is public in the form that an import reads."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch

from multilingual.languages import CODES, suffixed
from organisations.models import Organisation
from policies.enums import ImportedStatus
from policies.models import Effect, InterpretationPage, PolicyPage, PolicyRelation
from policies.models.terms import Term

CHUNK = 200


def export_rows() -> Iterator[dict[str, Any]]:
    """Give each public policy as a row; files (attachments, pictures, videos) are not in it.

    Effects and relations name their documents by index number, and only public ones.
    """
    public = PolicyPage.objects.public().order_by(
        "release__organisation_code", "release__year", "release__serial"
    )
    ids = list(public.values_list("pk", flat=True))
    shown = set(ids)
    for start in range(0, len(ids), CHUNK):
        for page in _complete(ids[start : start + CHUNK]):
            yield _row(page, shown)


def _complete(ids: list[int]) -> list[PolicyPage]:
    effects = Effect.objects.filter(reversal__isnull=True).select_related("target__release")
    relations = PolicyRelation.objects.select_related("target__release")
    pages = {
        page.pk: page
        for page in PolicyPage.objects.filter(pk__in=ids)
        .select_related("release", "subject", "territory", "import_record")
        .prefetch_related(
            "numbers", "issuers__organisation__names", "popular_names", "audiences",
            Prefetch("effects", effects), Prefetch("relations", relations),
        )  # fmt: skip
    }
    return [pages[pk] for pk in ids]


def _row(page: PolicyPage, shown: set[int]) -> dict[str, Any]:
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
        "status": record.status if record else ImportedStatus.IN_FORCE.value,
        "body": page.text or page.words,
        **details,
        "index_number": page.release.index_number,
        "owner": _organisation(_owner(page)),
        "issuers": [_organisation(issuer) for issuer in issuers],
        "numbers": numbers,
        **_texts(page),
        "kind": page.kind or None,
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
        "blocks": _without_files(page.body),
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
        "interpretations": [_interpretation(found) for found in _interpretations(page)],
    }
    return {name: value for name, value in row.items() if value not in (None, "", [], {})} | {
        name: row[name] for name in ("id", "title", "issuer", "doc_number", "date", "status", "body")
    }


def _owner(page: PolicyPage) -> Organisation:
    return Organisation.objects.with_names().get(page=page.get_parent().pk)


def _interpretations(page: PolicyPage) -> list[InterpretationPage]:
    return list(
        InterpretationPage.objects.public()
        .filter(release__policy_release=page.release)
        .order_by("release__serial")
    )


def _interpretation(page: InterpretationPage) -> dict[str, Any]:
    return {
        **_texts(page),
        "kind": page.kind,
        "speaker": page.speaker,
        "signed_on": _iso(page.signed_on),
        "body": _without_files(page.body),
    }


def _texts(page: PolicyPage | InterpretationPage) -> dict[str, Any]:
    return {
        "titles": _by_language(page, "headline"),
        "abstracts": _by_language(page, "abstract"),
        "ready": [code for code in CODES if getattr(page, suffixed("translation_ready", code))],
    }


def _without_files(body: Any) -> list[list[Any]]:
    return [
        [block.block_type, block.block.get_prep_value(block.value)]
        for block in body
        if block.block_type not in ("picture", "video")
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
    return {"key": term.key, "name": _by_language(term, "name")} if term else None


def _by_language(instance: Any, field: str) -> dict[str, str]:
    texts = {code: getattr(instance, suffixed(field, code)) for code in CODES}
    return {code: text for code, text in texts.items() if text}


def _iso(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None
