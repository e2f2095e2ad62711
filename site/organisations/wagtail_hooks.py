"""What the admin asks this app: what choosers and menus show, and how a review is decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.http import Http404, HttpRequest
from wagtail import hooks
from wagtail.admin.action_menu import WorkflowMenuItem
from wagtail.admin.views.home import (
    LockedPagesPanel,
    RecentEditsPanel,
    UserObjectsInWorkflowModerationPanel,
)
from wagtail.log_actions import LogActionRegistry
from wagtail.models import PageLogEntry
from wagtail.query import PageQuerySet

from organisations import access, steps
from organisations.viewsets import OrganisationsGroup


@hooks.register("register_admin_viewset")
def organisations_in_the_menu() -> OrganisationsGroup:
    return OrganisationsGroup()


@hooks.register("construct_page_chooser_queryset")
def only_choosable_pages(pages: PageQuerySet, request: HttpRequest) -> PageQuerySet:
    return pages.filter(pk__in=access.choosable_pages(request.user).values("pk"))


@hooks.register("before_serve_document")
def only_what_is_public(document: Model, request: HttpRequest) -> None:
    if not access.may_have_file(request.user, document):
        raise Http404


@hooks.register("construct_reports_menu")
def only_own_reports(request: HttpRequest, items: list[Any]) -> None:
    if not request.user.is_superuser:
        items[:] = [item for item in items if item.name != "page-types-usage"]


@hooks.register("construct_help_menu")
def only_help_with_this_site(request: HttpRequest, items: list[Any]) -> None:
    """News of Wagtail is for who runs the site; its label keeps the language of who came first."""
    items[:] = [item for item in items if not item.name.startswith("whats-new-in-wagtail")]


@hooks.register("construct_homepage_panels")
def only_own_work(request: HttpRequest, panels: list[Any]) -> None:
    """Who has left an organisation no longer sees there what they once worked on."""
    own = {
        RecentEditsPanel: OwnRecentEdits,
        LockedPagesPanel: OwnLockedPages,
        UserObjectsInWorkflowModerationPanel: OwnDocumentsInReview,
    }
    panels[:] = [own[type(panel)]() if type(panel) in own else panel for panel in panels]


class OwnRecentEdits(RecentEditsPanel):
    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(parent_context)
        near = _keys_within_reach(parent_context, [page.pk for _day, page in context["last_edits"]])
        context["last_edits"] = [edit for edit in context["last_edits"] if edit[1].pk in near]
        return context


class OwnLockedPages(LockedPagesPanel):
    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(parent_context)
        pages = access.pages_within_reach(parent_context["request"].user)
        context["locked_pages"] = context["locked_pages"].filter(pk__in=pages.values("pk"))
        return context


class OwnDocumentsInReview(UserObjectsInWorkflowModerationPanel):
    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(parent_context)
        states = context["workflow_states"]
        near = _keys_within_reach(parent_context, [state.content_object.pk for state in states])
        context["workflow_states"] = [state for state in states if state.content_object.pk in near]
        return context


def _keys_within_reach(parent_context: dict[str, Any], keys: list[int]) -> set[int]:
    pages = access.pages_within_reach(parent_context["request"].user)
    return set(pages.filter(pk__in=keys).values_list("pk", flat=True))


class DecisionMenuItem(WorkflowMenuItem):
    """A decision in a review, taken without saving the form: the text is frozen."""

    template_name = "organisations/decision_menu_item.html"

    def is_shown(self, context: dict[str, Any]) -> bool:
        return bool(context["view"] == "edit")

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(parent_context)
        return context | {"is_first": self.order == 0}


@hooks.register("construct_page_action_menu")
def decisions_of_a_review(items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """Offer the decisions although the page is locked; Wagtail hides them then."""
    page = context.get("page")
    task = page and page.current_workflow_task
    if not task or not context.get("locked_for_user"):
        return
    actions = sorted(task.get_actions(page, request.user), key=lambda action: action[0])
    for order, (name, label, modal) in enumerate(actions):
        icon = "success" if name == "approve" else "edit"
        items.insert(order, DecisionMenuItem(name, label, modal, icon_name=icon, order=order))


@hooks.register("register_log_actions", order=1000)
def steps_of_the_history(actions: LogActionRegistry) -> None:
    """The log keeps the name of a step in the language of who took it; show it in the reader's."""
    for action, formatter in actions.formatters.items():
        if action.startswith("wagtail.workflow."):
            formatter.format_message = _in_the_language_of_the_reader(formatter.format_message)


def _in_the_language_of_the_reader(
    format_message: Callable[[PageLogEntry], str],
) -> Callable[[PageLogEntry], str]:
    def formatted(entry: PageLogEntry) -> str:
        review = (entry.data or {}).get("workflow") or {}
        for named in (review, review.get("task"), review.get("next")):
            if named and "title" in named:
                named["title"] = steps.shown_name(named["title"])
        return format_message(entry)

    return formatted
