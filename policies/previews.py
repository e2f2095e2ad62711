"""Drafts as the public will see them, in each of the nine languages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import override

from organisations.models import owner_of
from policies import reading, rules, views
from policies.models import (
    IndexCounter,
    InterpretationPage,
    InterpretationRelease,
    PolicyPage,
    Release,
)

NOT_SAVED = 0
"""The key of what is only thought of: nothing in the database refers to it."""


def policy(request: HttpRequest, page: PolicyPage, language: str) -> HttpResponse:
    """Show a draft; before its release, under the number that it would get just now."""
    page.pk = page.pk if page.pk is not None else NOT_SAVED
    release = _release_of(page)
    with override(language):
        if release.pk:
            life = reading.life_of(page)
        else:
            life = reading.Life(
                on_it=[],
                of_it=[],
                relations=list(page.relations.all()),
                relations_to_it=[],
                interpretations=[],
            )
            targets = [relation.target_id for relation in life.relations]
            known = PolicyPage.objects.public().filter(pk__in=targets).select_related("release")
            life.others = {other.pk: other for other in known}
        context = views.policy_context(request, page, release, life)
        return render(request, "policies/policy.html", context)


def interpretation(request: HttpRequest, page: InterpretationPage, language: str) -> HttpResponse:
    document = _document_of(page)
    if not page.is_released:
        page.release = InterpretationRelease(
            pk=NOT_SAVED,
            policy_release=_release_of(document),
            serial=1,
            released_at=timezone.now(),
        )
    with override(language):
        context = views.interpretation_context(request, page, document, siblings=[])
        return render(request, "policies/interpretation.html", context)


def _release_of(page: PolicyPage) -> Release:
    """Give the release of a document, or one that is only thought of."""
    known: Release | None = getattr(page, "release", None)
    if known is not None:
        return known
    now = timezone.now()
    owner = owner_of(page) if page.path else None
    code, year = owner.code if owner else "U0000", rules.local_day(now).year
    counter = IndexCounter.objects.filter(organisation_code=code, year=year).first()
    release = Release(
        pk=NOT_SAVED,
        page=page,
        organisation_code=code,
        year=year,
        serial=counter.last + 1 if counter else 1,
        released_at=now,
    )
    page.release = release
    return release


def _document_of(page: InterpretationPage) -> Any:
    parent = page.get_parent()
    document = parent.specific
    if not document.live:
        document = document.get_latest_revision_as_object()
    _release_of(document)
    return document
