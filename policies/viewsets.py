"""Lists of documents and interpretations in the admin, each editor's own."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.ui.tables.pages import BulkActionsColumn, PageStatusColumn, PageTitleColumn
from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.admin.viewsets.pages import PageListingViewSet

from policies.models import InterpretationPage, PolicyPage


class PolicyFilters(WagtailFilterSet):
    is_released = django_filters.BooleanFilter(
        label=_("Released"), field_name="release", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = PolicyPage
        fields = ["is_released", "kind", "disclosure", "subject", "live"]


class InterpretationFilters(WagtailFilterSet):
    is_released = django_filters.BooleanFilter(
        label=_("Released"), field_name="release", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = InterpretationPage
        fields = ["is_released", "kind", "live"]


def _columns(*special: Column) -> list[Column]:
    return [
        BulkActionsColumn("bulk_actions"),
        PageTitleColumn("title", label=_("Title"), sort_key="title", classname="title"),
        *special,
        DateColumn(
            "latest_revision_created_at", label=_("Updated"), sort_key="latest_revision_created_at"
        ),
        PageStatusColumn("status", label=_("Status"), sort_key="live"),
    ]


class PolicyListing(PageListingViewSet):
    model = PolicyPage
    name = "policies_documents"
    url_prefix = "policies/documents"
    menu_label = _("Policy documents")
    icon = "doc-full"
    filterset_class = PolicyFilters
    columns = _columns(
        Column("number", label=_("Index number"), accessor="release.index_number"),
        Column("kind", label=_("Kind"), accessor="get_kind_display"),
        Column("issued_on", label=_("Date issued"), accessor="issued_on", sort_key="issued_on"),
    )


class InterpretationListing(PageListingViewSet):
    model = InterpretationPage
    name = "policies_interpretations"
    url_prefix = "policies/interpretations"
    menu_label = _("Interpretations")
    icon = "help"
    filterset_class = InterpretationFilters
    columns = _columns(Column("kind", label=_("Kind"), accessor="get_kind_display"))


class PoliciesGroup(ViewSetGroup):
    menu_label = _("Policies")
    menu_icon = "doc-full"
    menu_order = 100
    items = (PolicyListing, InterpretationListing)
