"""What the admin asks this app: its lists, the start page, and what happens to a period."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.widgets import Button

from consultations import admin_views, desk, register, rules, services
from consultations.models import ConsultationPage, LegalBasis
from consultations.officers import urls as officers
from consultations.viewsets import ConsultationListing, PhraseViewSet
from organisations import access

SHOWN = 20


@hooks.register("register_admin_viewset")
def lists_in_the_menu() -> list[Any]:
    return [ConsultationListing(), PhraseViewSet()]


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern | URLResolver]:
    own = [
        path("<int:page_id>/extend/", admin_views.extend, name="extend"),
        path("<int:page_id>/withdraw/", admin_views.withdraw, name="withdraw"),
        path("<int:page_id>/after-outage/", admin_views.after_outage, name="after_outage"),
        path("<int:page_id>/follow-calendar/", admin_views.follow_calendar, name="follow_calendar"),
        path("split/", admin_views.split, name="split"),
        path("propose/", admin_views.propose, name="propose"),
        *officers.urlpatterns,
    ]
    return [path("consultations/", include((own, "consultations_admin")))]


@hooks.register("insert_editor_js")
def editor_script() -> SafeString:
    return format_html('<script src="{}" defer></script>', static("consultations/admin/editor.js"))


@hooks.register("insert_editor_css")
def editor_style() -> SafeString:
    return format_html(
        '<link rel="stylesheet" href="{}">', static("consultations/admin/editor.css")
    )


@hooks.register("register_page_header_buttons")
@hooks.register("register_page_listing_more_buttons")
def comments_button(
    page: Any, user: Any, next_url: str | None = None, **_where: Any
) -> Iterator[Button]:
    if isinstance(page.specific, ConsultationPage) and register.find(user, page.pk):
        address = reverse("consultations_admin:comments", args=[page.pk])
        yield Button(_("Comments"), address, icon_name="comment", priority=60)
        address = reverse("consultations_admin:answers", args=[page.pk])
        yield Button(_("Answers"), address, icon_name="clipboard-list", priority=61)


@hooks.register("register_admin_menu_item")
def exemptions_in_the_menu() -> MenuItem:
    address = reverse("consultations_admin:exemptions")
    return MenuItem(gettext_lazy("Exemptions"), address, icon_name="lock", order=106)


@hooks.register("register_settings_menu_item")
def concentration_in_the_menu() -> MenuItem:
    address = reverse("consultations_admin:concentration")
    return AdministratorsItem(gettext_lazy("Concentrated opinions"), address, icon_name="group")


class AdministratorsItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)


@hooks.register("register_page_header_buttons")
@hooks.register("register_page_listing_more_buttons")
def period_buttons(
    page: Any, user: Any, next_url: str | None = None, **_where: Any
) -> Iterator[Button]:
    announcement = getattr(page.specific, "announcement", None)
    if announcement is None or not page.specific.permissions_for_user(user).can_withdraw():
        return
    for name, label, icon in _actions(announcement):
        address = reverse(f"consultations_admin:{name}", args=[page.pk])
        yield Button(label, address, icon_name=icon, priority=70)


def _actions(announcement: Any) -> Iterator[tuple[str, str, str]]:
    now = timezone.now()
    if hasattr(announcement, "withdrawal"):
        return
    period = announcement.periods.latest("seq")
    if now < period.closes_at:
        yield "extend", _("Close later"), "date"
        if period.opens_at <= now:
            yield "after_outage", _("Begin again after an outage"), "rotate"
    yield "withdraw", _("Withdraw"), "warning"


class TooEarlyPanel(Component):
    """Consultations whose close the calendar has made too early, of the own departments."""

    name = "too_early"
    template_name = "consultations/admin/too_early.html"
    order = 105

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        mine = set(
            access.pages_of_members(parent_context["request"].user).values_list("pk", flat=True)
        )
        rows = [
            {
                "period": period,
                "page": period.announcement.page,
                "lawful": rules.last_day(lawful),
            }
            for period, lawful in services.closing_too_early(timezone.now()).items()
            if period.announcement.page_id in mine
        ]
        return {
            "rows": rows,
            "heading": _("Closes too early by the calendar (%(count)d)") % {"count": len(rows)},
        }


class WaitingPanel(Component):
    """What came in and waits for the officers of the own departments."""

    name = "comments_waiting"
    template_name = "consultations/admin/waiting.html"
    order = 106

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        rows = register.waiting(parent_context["request"].user, SHOWN)
        return {"rows": rows, "heading": _("Comments waiting")}


class OwedPanel(Component):
    """Closed consultations of the own departments that owe their statement."""

    name = "statements_owed"
    template_name = "consultations/admin/owed.html"
    order = 107

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        rows = desk.owed(parent_context["request"].user, timezone.now())
        heading = _("Statements owed (%(count)d)") % {"count": len(rows)}
        return {"rows": rows[:SHOWN], "heading": heading}


@hooks.register("construct_homepage_panels")
def panels_of_the_start_page(request: HttpRequest, panels: list[Any]) -> None:
    panels += [TooEarlyPanel(), WaitingPanel(), OwedPanel()]


@hooks.register("after_create_snippet")
@hooks.register("after_edit_snippet")
def note_a_changed_minimum(request: HttpRequest, instance: Any) -> None:
    if isinstance(instance, LegalBasis):
        services.note_changed_basis(instance, user=request.user, now=timezone.now())
