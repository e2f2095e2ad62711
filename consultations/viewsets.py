"""Lists of consultations in the admin, each editor's own, and the minimums of the law."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.ui.tables.pages import PageStatusColumn, PageTitleColumn
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from consultations import rules
from consultations.enums import Status
from consultations.models import ConsultationPage, LegalBasis


class ConsultationFilters(WagtailFilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=Status.choices, method="of_state")

    class Meta:
        model = ConsultationPage
        fields = ["state", "procedure", "business_related", "subject"]

    def of_state(self, pages: Any, name: str, value: str) -> Any:
        known = ConsultationPage.objects.public().with_status(timezone.now())
        return pages.filter(pk__in=known.filter(status_now=value).values("pk"))


class LastDayColumn(Column):
    def get_value(self, instance: Any) -> Any:
        announcement = getattr(instance, "announcement", None)
        if announcement is None:
            return None
        return rules.last_day(announcement.periods.latest("seq").closes_at)


class ConsultationListing(PageListingViewSet):
    model = ConsultationPage
    name = "consultations_list"
    url_prefix = "consultations/list"
    menu_label = _("Consultations")
    menu_order = 105
    add_to_admin_menu = True
    icon = "comment"
    filterset_class = ConsultationFilters
    columns = [
        PageTitleColumn("title", label=_("Title"), sort_key="title", classname="title"),
        LastDayColumn("last_day", label=_("Last day")),
        DateColumn(
            "latest_revision_created_at", label=_("Updated"), sort_key="latest_revision_created_at"
        ),
        PageStatusColumn("status", label=_("Status"), sort_key="live"),
    ]


class LegalBasisViewSet(SnippetViewSet):
    model = LegalBasis
    icon = "clipboard-list"
    menu_label = _("Minimum periods")
    list_display = ["instrument", "article", "days", "unit", "binding", "may_be_shortened"]


register_snippet(LegalBasisViewSet)
