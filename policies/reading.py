"""What the public pages read: each function asks a constant number of queries."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any, overload

from django.db.models import Count, F, Q
from django.http import HttpRequest
from wagtail.documents import get_document_model
from wagtail.models import Page

from consultations import reading as consultations
from consultations.models import Exemption
from consultations.replaced import ReplacedText
from legaltext.parser import parse
from legaltext.tree import LegalText
from multilingual.languages import CODES, suffixed
from organisations.models import Organisation
from policies.enums import Basis
from policies.models import (
    Correction,
    Effect,
    InterpretationCorrection,
    InterpretationPage,
    OlderText,
    PolicyAttachment,
    PolicyIssuer,
    PolicyNumber,
    PolicyPage,
    PolicyRelation,
    Release,
)
from policies.models.policy import standing_effects
from policies.presenters.law import Insertion, visible

MOST_RELATIONS = 60


@dataclass
class Life:
    """A document's effects and relations both ways, and the public documents they name."""

    on_it: list[Effect]
    of_it: list[Effect]
    relations: list[PolicyRelation]
    relations_to_it: list[PolicyRelation]
    interpretations: list[InterpretationPage]
    others: dict[int, PolicyPage] = field(default_factory=dict)
    more: bool = False


def policy_for_page(release: Release) -> PolicyPage | None:
    """The public document of a release with all that its page shows; None if it is not public."""
    page: PolicyPage | None = (
        PolicyPage.objects.public()
        .filter(pk=release.page_id)
        .select_related("release", "subject", "territory", "import_record")
        .prefetch_related(
            "numbers",
            "popular_names",
            "audiences",
            "attachments__document",
            "issuers__organisation__names",
            standing_effects(),
        )
        .first()
    )
    return page


@dataclass(frozen=True)
class Grounds:
    """On what a document could be released: who was asked, or why nobody had to be."""

    asked: consultations.Asked | None = None
    exemption: Exemption | None = None


def grounds_of(release: Release) -> Grounds:
    """What may be said in public of the basis of a release."""
    if release.basis == Basis.CONSULTED:
        return Grounds(asked=consultations.asked(release.disclosure_id))
    if release.exemption_id is not None:
        return Grounds(exemption=Exemption.objects.public().get(pk=release.exemption_id))
    return Grounds()


def life_of(page: PolicyPage) -> Life:
    """What acts on a document, what it acts on, what it is related to and what explains it."""
    of_it = Effect.objects.filter(source=page, reversal__isnull=True)[:MOST_RELATIONS]
    relations = PolicyRelation.objects.filter(page=page)[:MOST_RELATIONS]
    to_it = PolicyRelation.objects.filter(target=page).order_by("-page__issued_on", "pk")
    life = Life(
        on_it=[effect for effect in page.effects_on_it.all() if effect.stands],
        of_it=list(of_it),
        relations=list(relations),
        relations_to_it=list(to_it[: MOST_RELATIONS + 1]),
        interpretations=interpretations_of(page.release),
    )
    life.more = len(life.relations_to_it) > MOST_RELATIONS
    life.relations_to_it = life.relations_to_it[:MOST_RELATIONS]
    wanted = {
        *(effect.source_id for effect in life.on_it),
        *(effect.target_id for effect in life.of_it),
        *(relation.target_id for relation in life.relations),
        *(relation.page_id for relation in life.relations_to_it),
    }
    documents = PolicyPage.objects.public().defer("body").select_related("release")
    life.others = {other.pk: other for other in documents.filter(pk__in=wanted)}
    return life


def interpretations_of(release: Release) -> list[InterpretationPage]:
    """The public interpretations of a release, in the order of their numbers."""
    return list(
        InterpretationPage.objects.public()
        .filter(release__policy_release=release)
        .defer("body")
        .select_related("release__policy_release")
        .order_by("release__serial")
    )


def interpretations_for_list() -> Any:
    """All public interpretations, the newest first, with the documents they explain."""
    return (
        InterpretationPage.objects.public()
        .select_related("release__policy_release__page__release")
        .defer("body", "release__policy_release__page__body")
        .order_by("-release__released_at", "-pk")
    )


def interpretation_for_page(release: Release, number: int) -> InterpretationPage | None:
    """A public interpretation by its number, with its document as a list shows it."""
    page: InterpretationPage | None = (
        InterpretationPage.objects.public()
        .filter(release__policy_release=release, release__serial=number)
        .select_related("release__policy_release")
        .first()
    )
    if page is not None:
        document = PolicyPage.objects.for_lists()
        page.release.policy_release.page = document.get(pk=release.page_id)
    return page


@overload
def as_it_was(page: PolicyPage, older: OlderText) -> PolicyPage: ...
@overload
def as_it_was(page: InterpretationPage, older: OlderText) -> InterpretationPage: ...
def as_it_was(page: Any, older: OlderText) -> Any:
    """A released page with the text and the facts that a correction replaced, to be shown only.

    It has no translations, since those that stand belong to the text of today. What was not kept
    is blank.
    """
    kept, was = older.old_facts, copy(page)
    was._cluster_related_objects = {}
    was.body = older.body
    was.headline_zh_hans, was.abstract_zh_hans = older.old_headline, kept.get("abstract", "")
    for code in CODES:
        setattr(was, suffixed("translation_ready", code), False)
    days: tuple[str, ...] = ("signed_on",)
    texts: tuple[str, ...] = ("kind", "speaker")
    if isinstance(page, PolicyPage):
        days = ("adopted_on", "issued_on", "effective_on", "expires_on")
        texts = ("kind", "adoption_note")
        was.numbers = [PolicyNumber(text=text) for text in kept.get("numbers", ())]
        was.issuers = _issuers_by_code(kept.get("issuers", ()))
        was.attachments = older_attachments(older)
    for name in texts:
        setattr(was, name, kept.get(name) or "")
    for name in days:
        day = kept.get(name)
        setattr(was, name, datetime.date.fromisoformat(day) if day else None)
    return was


def _issuers_by_code(codes: Sequence[str]) -> list[PolicyIssuer]:
    known = {o.code: o for o in Organisation.objects.filter(code__in=codes).with_names()}
    return [PolicyIssuer(organisation=known[code]) for code in codes if code in known]


def older_attachments(older: OlderText) -> list[PolicyAttachment]:
    """The attachments of an older text; one whose file is not on this site has only its title."""
    digests = [digest for _title, digest in older.attachments]
    files = {
        file.file_hash: file for file in get_document_model().objects.filter(file_hash__in=digests)
    }
    return [
        PolicyAttachment(title=title, document=files.get(digest))
        for title, digest in older.attachments
    ]


def is_in_older_text(file: Any) -> bool:
    """Tell whether a stored image or document stands in an older text of a public page."""
    corrections = Correction.objects.filter(release__page__in=PolicyPage.objects.public())
    explained = InterpretationCorrection.objects.filter(
        release__page__in=InterpretationPage.objects.public()
    )
    return any(older.shows(file) for older in chain(corrections, explained))


def parsed(body: Any, request: HttpRequest) -> tuple[LegalText, list[Insertion]]:
    """The tree of a body's legal text, and its tables and pictures with their places in it."""
    pieces: list[str] = []
    insertions: list[Insertion] = []
    offset = 0
    for block in body:
        if block.block_type == "text":
            pieces.append(str(block.value))
            offset += visible(str(block.value))
        else:
            html = block.render(context={"request": request})
            insertions.append(Insertion(offset, html))
    return _tree("\n".join(pieces)), insertions


def for_comparison(page: Page) -> ReplacedText | None:
    """A public document with its text, for the draft that would replace it."""
    document = PolicyPage.objects.public().filter(pk=page.pk).select_related("release").first()
    if document is None:
        return None
    texts = [str(block.value) for block in document.body if block.block_type == "text"]
    return ReplacedText(
        document.headline_zh_hans, document.release.get_absolute_url(), "\n".join(texts)
    )


@lru_cache(maxsize=32)
def _tree(text: str) -> LegalText:
    """The tree of a text; of the longest laws it takes as long as all the rest of the page."""
    return parse(text)


@dataclass(frozen=True)
class Tally:
    """How much there is to read, for the home page."""

    total: int
    in_force: int
    this_week: int
    interpretations: int


def released_since(start: datetime.datetime) -> Any:
    """Documents released since a moment, imports left out: what is new on this site."""
    return (
        PolicyPage.objects.public()
        .filter(release__released_at__gte=start)
        .exclude(release__basis=Basis.IMPORTED)
    )


def newest() -> Any:
    """Public documents as lists show them, the newest by the date on the document first."""
    documents = PolicyPage.objects.public().for_lists()
    return documents.order_by(F("issued_on").desc(nulls_last=True), "-pk")


def translated_into(language: str) -> Any:
    """The newest public documents with a ready title in a foreign language."""
    return newest().filter(**{suffixed("translation_ready", language): True})


def tally(start: datetime.datetime, today: datetime.date) -> Tally:
    """Counts of public documents: all, in force on ``today``, released since ``start``."""
    public = PolicyPage.objects.public()
    return Tally(
        total=public.count(),
        in_force=public.in_force(today).count(),
        this_week=released_since(start).count(),
        interpretations=InterpretationPage.objects.public().count(),
    )


def counted(model: Any) -> list[Any]:
    """Subjects or audiences with the number of public documents filed under each, as ``count``."""
    public = PolicyPage.objects.public().values("pk")
    return list(model.objects.annotate(count=Count("policies", filter=Q(policies__in=public))))
