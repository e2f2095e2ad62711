"""The one stop for all departments and districts, and the register of exemptions."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consultations import forms
from consultations import listing as lists
from consultations.models import Exemption
from consultations.presenters import words
from consultations.views.frame import page_language, show


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """All consultations with their filters, as a list or as a month."""
    language, now = page_language(), timezone.now()
    asked = forms.read(request.GET)
    everything = lists.rows(asked, language, now)
    matching = lists.matching(everything, asked)
    facets = lists.facets(everything, asked, language)
    context: dict[str, Any] = {
        "trail": [{"name": _("Consultations")}],
        "asked": asked,
        "total": len(matching),
        "facets": facets,
        "active": lists.active(asked, facets),
        "feed": reverse("consultations:feed") + asked.feed(),
        "calendar_file": reverse("consultations:calendar") + asked.feed(),
        "hidden": [(name, value) for name, value in asked.parameters() if name in {"q", "view"}],
    }
    if asked.view == "calendar":
        context["month"] = lists.month(matching, asked, language, now)
    else:
        paginator = Paginator([row.pk for row in matching], forms.PAGE_SIZE)
        page = paginator.get_page(asked.page)
        pages = lists.pages_in_order(list(page), now)
        context |= {
            "items": [lists.line(item, language, now) for item in pages],
            "pages": page,
            "numbers": paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
            if paginator.num_pages > 1
            else (),
        }
    return show(request, "list.html", context)


@require_safe
def exemptions(request: HttpRequest) -> HttpResponse:
    """Matters on which nobody was asked, with what may be said of them."""
    language = page_language()
    paginator = Paginator(
        Exemption.objects.public().prefetch_related("organisation__names"),
        forms.PAGE_SIZE,
    )
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "trail": [
            {"name": _("Consultations"), "url": reverse("consultations:list")},
            {"name": _("Exemptions")},
        ],
        "pages": page,
        "numbers": paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
        if paginator.num_pages > 1
        else (),
        "items": [
            {
                "organisation": words.organisation(item.organisation, language),
                "ground": item.get_ground_display(),
                "statement": item.public_statement,
                "recorded_at": item.recorded_at,
            }
            for item in page
        ],
    }
    return show(request, "exemptions.html", context)
