"""The policy that a consultation led to, for the consultations below."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from consultations.models import Announcement
from consultations.outcome import FinalText
from multilingual.languages import SOURCE
from policies.models import PolicyPage
from policies.owed import may_name


def policy_of(announcement: Announcement) -> FinalText | None:
    """Give the released policy of a consultation's newest statement, or the first draft that
    names the consultation and may: no copy and no other organisation takes its place."""
    released = (
        PolicyPage.objects.filter(release__disclosure__statement__announcement=announcement)
        .select_related("release")
        .order_by("-release__released_at", "-pk")
        .first()
    )
    if released is not None:
        public = PolicyPage.objects.public().filter(pk=released.pk).exists()
        return _final(released, released, public=public)
    naming = PolicyPage.objects.filter(
        release__isnull=True, latest_revision__content__consultation=announcement.page_id
    ).order_by("pk")
    for page in naming:
        draft = page.get_latest_revision_as_object()
        if may_name(draft):
            return _final(page, draft, public=False)
    return None


def _final(page: PolicyPage, words: Any, *, public: bool) -> FinalText:
    return FinalText(
        title=words.headline_in(SOURCE) or words.title,
        text=words.text,
        public=public,
        url=page.release.get_absolute_url() if public else "",
        index_number=page.release.index_number if public else "",
        edit_url=reverse("wagtailadmin_pages:edit", args=[page.pk]),
    )
