"""What an editor may see in the admin: the subtrees and collections of their own organisations.

Wagtail asks for permission where something is changed. Where it only shows a title (choosers,
bulk actions, reports) it often does not, so these querysets are asked at the gate
(``middleware.py``) and in the hooks of the choosers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model, Q, QuerySet
from wagtail.documents import get_document_model
from wagtail.documents.permissions import permission_policy as document_policy
from wagtail.images import get_image_model
from wagtail.images.permissions import permission_policy as image_policy
from wagtail.models import Collection, Page
from wagtail.permission_policies.collections import CollectionPermissionPolicy
from wagtail.permissions import page_permission_policy

from organisations.models import Membership, OrganisationPage, Role

_public: list[Callable[[], QuerySet[Page]]] = []


def register_public(pages: Callable[[], QuerySet[Page]]) -> None:
    """Let an upper app say which of its pages anybody may refer to, since they are public."""
    _public.append(pages)


def pages_within_reach(user: Any) -> QuerySet[Page]:
    """Give the pages that an editor may see in the explorer, ancestors included."""
    if not user.is_superuser and not page_permission_policy.get_cached_permissions_for_user(user):
        nothing: QuerySet[Page] = Page.objects.none()
        return nothing
    pages: QuerySet[Page] = page_permission_policy.explorable_instances(user)
    return pages


def pages_of_members(user: Any) -> QuerySet[Page]:
    """Give the pages of the organisations in which a person has any role; administrators: all."""
    everything: QuerySet[Page] = Page.objects.all()
    if user.is_superuser:
        return everything
    homes = OrganisationPage.objects.filter(organisation__memberships__user=user)
    below = Q(pk__in=[])
    for path in homes.values_list("path", flat=True):
        below |= Q(path__startswith=path)
    return everything.filter(below)


def memberships_within_reach(user: Any) -> QuerySet[Membership]:
    """Give the memberships that a person manages; administrators: all."""
    rows = Membership.objects.select_related("user", "organisation")
    if user.is_superuser:
        return rows
    managing = Membership.objects.filter(user=user, role=Role.MANAGER)
    return rows.filter(organisation__in=managing.values("organisation"))


def choosable_pages(user: Any) -> QuerySet[Page]:
    """Give the pages that an editor may refer to: those within reach, and what is public.

    The pages of organisations are among them, for one must be able to browse through them.
    """
    allowed = Q(pk__in=pages_within_reach(user).values("pk"))
    allowed |= Q(depth__lte=2) | Q(pk__in=OrganisationPage.objects.values("pk"))
    for pages in _public:
        allowed |= Q(pk__in=pages().values("pk"))
    found: QuerySet[Page] = Page.objects.filter(allowed)
    return found


def files_within_reach(user: Any, model: type[Model]) -> QuerySet[Any]:
    """Give the pictures or documents of the collections in which an editor works."""
    policy: CollectionPermissionPolicy = (
        image_policy if model is get_image_model() else document_policy
    )
    files: QuerySet[Any] = policy.instances_user_has_any_permission_for(
        user, ["add", "change", "delete", "choose"]
    )
    return files


def images_within_reach(user: Any) -> QuerySet[Any]:
    return files_within_reach(user, get_image_model())


def documents_within_reach(user: Any) -> QuerySet[Any]:
    return files_within_reach(user, get_document_model())


def collections_within_reach(user: Any) -> QuerySet[Collection]:
    """Give the collections in which an editor works."""
    found: QuerySet[Collection] = image_policy.collections_user_has_any_permission_for(
        user, ["add", "change", "delete", "choose"]
    )
    return found
