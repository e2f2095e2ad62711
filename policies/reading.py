"""What the public pages read: each function asks a constant number of queries."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db.models import Count, F, Q
from django.http import HttpRequest

from legaltext.parser import parse
from legaltext.tree import LegalText
from multilingual.languages import suffixed
from policies.enums import Basis
from policies.models import (
    Correction,
    Effect,
    InterpretationPage,
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


def body_of(correction: Correction) -> Any:
    """The text that a correction replaced, as the body of a page."""
    stored = [{"type": kind, "value": value} for kind, value in correction.old_body]
    return PolicyPage._meta.get_field("body").to_python(stored)


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
