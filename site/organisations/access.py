"""What an editor may see in the admin: the subtrees and collections of their own organisations,
and which uploaded files the public may have.

Wagtail asks for permission where something is changed. Where it only shows a title (choosers,
bulk actions, reports) it often does not, so these querysets are asked at the gate
(``middleware.py``) and in the hooks of the choosers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from wagtail.documents import get_document_model
from wagtail.documents.permissions import permission_policy as document_policy
from wagtail.images import get_image_model
from wagtail.images.permissions import permission_policy as image_policy
from wagtail.models import Collection, Page, ReferenceIndex
from wagtail.permission_policies.collections import CollectionPermissionPolicy
from wagtail.permissions import page_permission_policy

from organisations.models import Membership, OrganisationPage, Role

_public: list[Callable[[], QuerySet[Page]]] = []
_public_beside: list[Callable[[Model], bool]] = []


def register_public(pages: Callable[[], QuerySet[Page]]) -> None:
    """Let an upper app say which of its pages anybody may refer to, since they are public."""
    _public.append(pages)


def register_public_files(shows: Callable[[Model], bool]) -> None:
    """Let an upper app say of an image or document that the public reads it elsewhere than in a
    public page, such as in an older text."""
    _public_beside.append(shows)


def is_public_file(file: Model) -> bool:
    """Tell whether the public may have an image or a document: something public shows it."""
    references = ReferenceIndex.get_references_to(file).filter(
        base_content_type=ContentType.objects.get_for_model(Page)
    )
    keys = [int(key) for key in references.values_list("object_id", flat=True)]
    return any(keys and pages().filter(pk__in=keys).exists() for pages in _public) or any(
        shows(file) for shows in _public_beside
    )


def may_have_file(user: Any, file: Model) -> bool:
    """Tell whether a visitor may have an image or a document that is not public as well: only
    who works in its collection."""
    if not user.is_authenticated:
        return is_public_file(file)
    return files_within_reach(user, type(file)).filter(pk=file.pk).exists() or is_public_file(file)


def pages_within_reach(user: Any) -> QuerySet[Page]:
    """Give the pages that an editor may see in the explorer, ancestors included."""
    if not user.is_superuser and not page_permission_policy.get_cached_permissions_for_user(user):
        nothing: QuerySet[Page] = Page.objects.none()
        return nothing
    pages: QuerySet[Page] = page_permission_policy.explorable_instances(user)
    return pages


def pages_of_members(user: Any, *roles: str) -> QuerySet[Page]:
    """Give the pages of the organisations in which a person has one of these roles, or any role
    if none is named; administrators: all."""
    everything: QuerySet[Page] = Page.objects.all()
    if user.is_superuser:
        return everything
    memberships = Membership.objects.filter(user=user, role__in=roles or Role.values)
    homes = OrganisationPage.objects.filter(organisation__memberships__in=memberships).distinct()
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
