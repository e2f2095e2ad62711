"""What the admin asks this app: what choosers and menus show, and how a review is decided."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from wagtail import hooks
from wagtail.admin.action_menu import WorkflowMenuItem
from wagtail.query import PageQuerySet

from organisations import access


@hooks.register("construct_page_chooser_queryset")
def only_choosable_pages(pages: PageQuerySet, request: HttpRequest) -> PageQuerySet:
    return pages.filter(pk__in=access.choosable_pages(request.user).values("pk"))


@hooks.register("construct_reports_menu")
def only_own_reports(request: HttpRequest, items: list[Any]) -> None:
    if not request.user.is_superuser:
        items[:] = [item for item in items if item.name != "page-types-usage"]


class DecisionMenuItem(WorkflowMenuItem):  # type: ignore[misc]
    """A decision in a review, taken without saving the form: the text is frozen."""

    template_name = "organisations/decision_menu_item.html"

    def is_shown(self, context: dict[str, Any]) -> bool:
        return context["view"] == "edit"

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        return super().get_context_data(parent_context) | {"is_first": self.order == 0}


@hooks.register("construct_page_action_menu")
def decisions_of_a_review(
    items: list[Any], request: HttpRequest, context: dict[str, Any]
) -> None:
    """Offer the decisions although the page is locked; Wagtail hides them then."""
    page = context.get("page")
    task = page and page.current_workflow_task
    if not task or not context.get("locked_for_user"):
        return
    for order, (name, label, modal) in enumerate(task.get_actions(page, request.user)):
        icon = "success" if name == "approve" else "edit"
        items.insert(order, DecisionMenuItem(name, label, modal, icon_name=icon, order=order))
