"""What every part of the demo city needs: its data, its people, and their review."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

from wagtail.models import Page, Revision, WorkflowState

from multilingual.languages import suffixed
from organisations.models import Membership
from workdays.rules import SHANGHAI

DATA = Path(__file__).parent / "data"
OFFICE = "LC-BG"
WORKING_HOURS = datetime.time(10, tzinfo=SHANGHAI)
STAFF = ("drafter", "reviewer", "publisher")


def read(name: str) -> Any:
    """Give the content of one JSON file of the demo's data folder."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def columns(field: str, texts: dict[str, Any]) -> dict[str, Any]:
    """Give the texts of a field by the names of its columns, one a language."""
    return {suffixed(field, language): text for language, text in texts.items()}


def staff(code: str) -> list[Any]:
    """Give drafter, reviewer and publisher of an organisation, or of the government's office."""
    members = Membership.objects.filter(organisation__code=code).select_related("user")
    by_role = {member.role: member.user for member in members}
    return [by_role[role] for role in STAFF] if set(STAFF) <= by_role.keys() else staff(OFFICE)


def pass_review(page: Page, people: list[Any]) -> Revision:
    """Take a draft through the review by three people, but for its release; give its revision."""
    drafter, reviewer, publisher = people
    revision = page.save_revision(user=drafter)
    page.get_workflow().start(page, drafter)
    page.current_workflow_task_state.approve(user=reviewer)
    # Without Wagtail's own publication, which would read today's clock.
    state = page.current_workflow_task_state
    state.approve(user=publisher, update=False)
    WorkflowState.objects.filter(pk=state.workflow_state_id).update(
        status=WorkflowState.STATUS_APPROVED
    )
    return revision
