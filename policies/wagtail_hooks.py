"""What the admin asks this app: its lists, the start page, and withdrawal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin.ui.components import Component
from wagtail.admin.widgets import Button

from organisations import access
from policies import admin_views, owed, rules
from policies.models import InterpretationWaiver, PolicyPage, Release
from policies.viewsets import PoliciesGroup

SHOWN = 20


@hooks.register("register_admin_viewset")
def lists_in_the_menu() -> PoliciesGroup:
    return PoliciesGroup()


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern | URLResolver]:
    own = [
        path("<int:page_id>/withdraw/", admin_views.withdraw, name="withdraw"),
        path("<int:page_id>/reinstate/", admin_views.reinstate, name="reinstate"),
        path("<int:page_id>/owed/", admin_views.owed, name="owed"),
        path("<int:page_id>/owed/<int:obligation_id>/", admin_views.lift, name="lift"),
    ]
    return [path("policies/", include((own, "policies_admin")))]


@hooks.register("register_page_header_buttons")
@hooks.register("register_page_listing_more_buttons")
def withdrawal_button(
    page: Any, user: Any, next_url: str | None = None, **_where: Any
) -> Iterator[Button]:
    own = page.specific
    release = getattr(own, "release", None)
    if release is None or not own.permissions_for_user(user).can_withdraw():
        return
    withdrawn = release.withdrawals.open().exists()
    name, label = ("reinstate", _("Show again")) if withdrawn else ("withdraw", _("Withdraw"))
    address = reverse(f"policies_admin:{name}", args=[page.pk])
    yield Button(label, address, icon_name="view" if withdrawn else "warning", priority=70)


@hooks.register("register_page_header_buttons")
def owed_button(
    page: Any, user: Any, next_url: str | None = None, **_where: Any
) -> Iterator[Button]:
    own = page.specific
    if isinstance(own, PolicyPage) and owed.obligations_of(own).exists():
        address = reverse("policies_admin:owed", args=[page.pk])
        yield Button(_("What it owes"), address, icon_name="clipboard-list", priority=71)


class OverduePanel(Component):
    """Documents of the own departments whose interpretation is overdue."""

    name = "overdue"
    template_name = "policies/admin/overdue.html"
    order = 110

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        today = rules.local_day(timezone.now())
        pages = access.pages_of_members(parent_context["request"].user).values("pk")
        waivers = InterpretationWaiver.objects.overdue(today).filter(release__page__in=pages)
        return {
            "waivers": waivers.select_related("release__page").defer("release__page__body")[:SHOWN],
            "heading": _("Overdue interpretations (%(count)d)") % {"count": waivers.count()},
        }


class ReleasedPanel(Component):
    """What the own departments released last."""

    name = "released"
    template_name = "policies/admin/released.html"
    order = 260

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        pages = access.pages_of_members(parent_context["request"].user).values("pk")
        releases = Release.objects.filter(page__in=pages).order_by("-released_at", "-pk")
        return {
            "releases": releases.select_related("page").defer("page__body")[: SHOWN // 2],
            "heading": _("Lately released"),
        }


@hooks.register("construct_homepage_panels")
def panels_of_the_start_page(request: HttpRequest, panels: list[Any]) -> None:
    panels += [OverduePanel(), ReleasedPanel()]
