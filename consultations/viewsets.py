"""Lists of consultations in the admin, each editor's own, and the minimums of the law."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.ui.tables.pages import PageStatusColumn, PageTitleColumn
from wagtail.admin.views.generic import DeleteView, EditView, IndexView
from wagtail.admin.views.generic.history import HistoryView
from wagtail.admin.views.generic.usage import UsageView
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from consultations import desk, rules
from consultations.enums import Status
from consultations.models import ConsultationPage, LegalBasis, Phrase


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


class PhrasePolicy(ModelPermissionPolicy):
    """Officers change the phrases of their own organisations; administrators all of them."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return user.is_superuser or bool(desk.homes_of(user))

    def user_has_any_permission(self, user: Any, actions: Collection[str]) -> bool:
        return self.user_has_permission(user, "view")

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Phrase) -> bool:
        return user.is_superuser or instance.organisation_id in desk.homes_of(user)

    def user_has_any_permission_for_instance(
        self, user: Any, actions: Collection[str], instance: Phrase
    ) -> bool:
        return self.user_has_permission_for_instance(user, "change", instance)

    def instances_user_has_any_permission_for(
        self, user: Any, actions: Collection[str]
    ) -> QuerySet[Phrase]:
        return desk.own_phrases(user)


class PhraseForm(WagtailAdminModelForm):
    """An officer writes for their own organisations only."""

    class Meta:
        model = Phrase
        fields: ClassVar[list[str]] = ["organisation", "disposition", "text"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        field.queryset = field.queryset.with_names()
        if not self.for_user.is_superuser:
            field.queryset = field.queryset.filter(pk__in=desk.homes_of(self.for_user))
            field.required = True


class PhraseIndex(IndexView):
    def get_base_queryset(self) -> QuerySet[Phrase]:
        return desk.own_phrases(self.request.user).select_related("organisation")


class _OwnPhrase:
    """Wagtail asks whether one may change phrases; this asks whether one may change this one."""

    request: Any

    def get_object(self, *args: Any) -> Phrase:
        parent: Any = super()
        found: Phrase = parent.get_object(*args)
        if not desk.own_phrases(self.request.user).filter(pk=found.pk).exists():
            raise PermissionDenied
        return found


class EditPhrase(_OwnPhrase, EditView):
    pass


class DeletePhrase(_OwnPhrase, DeleteView):
    pass


class PhraseHistory(_OwnPhrase, HistoryView):
    pass


class PhraseUsage(_OwnPhrase, UsageView):
    pass


class PhraseViewSet(ModelViewSet):
    model = Phrase
    name = "consultations_phrase"
    url_prefix = "consultations/phrases"
    menu_label = _("Phrases for reasons")
    menu_order = 107
    add_to_admin_menu = True
    icon = "openquote"
    index_view_class = PhraseIndex
    edit_view_class, delete_view_class = EditPhrase, DeletePhrase
    history_view_class, usage_view_class = PhraseHistory, PhraseUsage
    permission_policy = PhrasePolicy(Phrase)
    list_display = ["__str__", "disposition", "organisation"]
    list_filter = ["disposition"]
    copy_view_enabled = False

    def get_form_class(self, for_update: bool = False) -> type[PhraseForm]:
        return PhraseForm


class LegalBasisViewSet(SnippetViewSet):
    model = LegalBasis
    icon = "clipboard-list"
    menu_label = _("Minimum periods")
    list_display = ["instrument", "article", "days", "unit", "binding", "may_be_shortened"]


register_snippet(LegalBasisViewSet)
