"""Who may do what in an organisation: pure functions without a database and without a clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence

ROLE_PERMISSIONS = {
    "drafter": ("add", "change"),
    "reviewer": ("change",),
    "publisher": ("change", "publish", "lock", "unlock"),
    "manager": (),
}
"""The page permissions of a role in the subtree of its organisation."""

COLLECTION_ROLES = ("drafter", "reviewer", "publisher")
"""The roles that add and choose the pictures and files of their organisation."""

PEOPLE_NEEDED = 3


def may_manage_members(
    *, is_administrator: bool, roles_there: Collection[str], is_self: bool
) -> bool:
    """Tell whether a person may give or take roles in an organisation.

    roles_there: the person's own roles in it. Nobody manages themselves; administrators do
    not need to, since they stand above.
    """
    return is_administrator or ("manager" in roles_there and not is_self)


def may_act_in_step(
    *,
    is_administrator: bool,
    has_role: bool,
    person: int,
    drafters: Collection[int],
    finished_other_steps: Collection[int],
) -> bool:
    """Tell whether a person may finish a step of a review.

    Only members with the step's role and administrators may, and nobody, administrators
    included, who drafted the text or finished another step of the same review.
    """
    took_part = person in drafters or person in finished_other_steps
    return (is_administrator or has_role) and not took_part


def passed_by_different_people(drafters: Collection[int], approvers: Sequence[int]) -> bool:
    """Tell whether draft, legal review and publication were done by different people.

    drafters: who submitted and who wrote the text. approvers: who approved it, once a step.
    """
    return (
        bool(drafters)
        and len(set(approvers)) == len(approvers)
        and len(approvers) >= PEOPLE_NEEDED - 1
        and not set(drafters) & set(approvers)
    )
