"""The gate in front of the admin: what is not within reach is not found, by any address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    QueryDict,
)
from django.urls import reverse
from wagtail.models import Site

from organisations import access

GetResponse = Callable[[HttpRequest], HttpResponse]
Reach = Callable[[Any], QuerySet[Any]]

IN_ADDRESSES: dict[str, Reach] = {
    "page_id": access.pages_within_reach,
    "parent_page_id": access.pages_within_reach,
    "page_to_move_id": access.pages_within_reach,
    "destination_id": access.pages_within_reach,
    "page_pk": access.pages_within_reach,
    "image_id": access.images_within_reach,
    "document_id": access.documents_within_reach,
    "doc_id": access.documents_within_reach,
    "collection_id": access.collections_within_reach,
}
PRIMARY_KEYS: dict[str, Reach] = {
    "wagtailadmin_api:pages": access.pages_within_reach,
    "wagtailadmin_collections": access.collections_within_reach,
    "organisations_membership": access.memberships_within_reach,
    "wagtailimages_chooser": access.images_within_reach,
    "wagtaildocs_chooser": access.documents_within_reach,
}
"""Namespaces whose addresses name what they show by a plain ``pk``."""

IN_QUERIES: dict[str, Reach] = {
    "wagtailadmin_choose_page_chosen_multiple": (
        lambda user: access.choosable_pages(user).filter(depth__gt=1)
    ),
    "wagtailimages_chooser:chosen_multiple": access.images_within_reach,
    "wagtaildocs_chooser:chosen_multiple": access.documents_within_reach,
}
"""Addresses that show what ``?id=`` names."""

BULK: dict[str, Reach] = {
    "wagtailcore": access.pages_within_reach,
    "wagtailimages": access.images_within_reach,
    "wagtaildocs": access.documents_within_reach,
}

ADMINISTRATORS_ONLY = (
    "wagtailadmin_api:images",
    "wagtailadmin_api:documents",
    "wagtailadmin_reports:page_types_usage",
    "wagtailadmin_tag_",
)
"""They answer for all organisations at once."""


KEY = re.compile("[0-9]{1,18}")
"""What can be a key; a longer number fits into no database."""

KEYS_IN_QUERIES = ("id", "parent_page_id", "childOf", "child_of")
WORDS_IN_QUERIES = ("q", "search")

STUMBLES = re.compile(
    "wagtailadmin_choose_page_external_link|wagtailredirects:process_import"
    "|wagtailsnippetchoosers_.+:create"
)
STUMBLES_WITH = (AttributeError, FileNotFoundError, LookupError)
"""Where Wagtail takes for granted what its own forms send, and how it fails without it."""

CLOSED_TO_BULK = "auth"
"""Accounts change one by one, so that each change is in the ledger."""


class OwnSubtreeMiddleware:
    """Lets an editor reach only what stands in their own organisations.

    The views ask for permissions of their own; this closes the ways on which they show a title
    before they ask, and those that nobody has thought of.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.admin = reverse("wagtailadmin_home")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        match = request.resolver_match
        if (
            match is None
            or not request.path_info.startswith(self.admin)
            or not request.user.is_authenticated
        ):
            return None
        name = match.view_name or ""
        _refuse_malformed(request, name, kwargs)
        if name == "wagtail_bulk_action" and kwargs["app_label"] == CLOSED_TO_BULK:
            raise Http404
        if request.user.is_superuser:
            return None
        if name.startswith(ADMINISTRATORS_ONLY):
            raise PermissionDenied
        self._check_address(request, name, ":".join(match.namespaces), args, kwargs)
        if name in IN_QUERIES:
            self._keep_own_ids(request, IN_QUERIES[name])
        elif name == "wagtail_bulk_action":
            self._check_bulk(request, kwargs["app_label"])
        elif name == "wagtailadmin_choose_page" and request.GET.get("page_type"):
            # Wagtail would begin at the ancestor that all such pages share, which may be a
            # page of another organisation.
            home = Site.objects.get(is_default_site=True).root_page_id
            return view(request, *args, parent_page_id=home, **kwargs)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match = request.resolver_match
        name = (match and match.view_name) or ""
        if STUMBLES.fullmatch(name) and isinstance(exception, STUMBLES_WITH):
            return HttpResponseBadRequest()
        return None

    def _check_address(
        self,
        request: HttpRequest,
        name: str,
        namespace: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        for key, value in kwargs.items():
            reach = IN_ADDRESSES.get(key)
            if name == "wagtailadmin_choose_page_child":
                reach = access.choosable_pages
            elif key == "pk":
                reach = PRIMARY_KEYS.get(namespace)
            if reach is not None:
                _require(reach(request.user), [value])
        if args and namespace == "wagtailadmin_pages":
            _require(access.pages_within_reach(request.user), args[:1])

    def _keep_own_ids(self, request: HttpRequest, reach: Reach) -> None:
        asked = [pk for pk in request.GET.getlist("id") if pk.isdecimal()]
        own = reach(request.user).filter(pk__in=asked).values_list("pk", flat=True)
        _replace_ids(request, own)

    def _check_bulk(self, request: HttpRequest, app_label: str) -> None:
        reach = BULK.get(app_label)
        if reach is None:
            raise Http404
        parent = request.GET.get("childOf") or ""
        if parent and app_label == "wagtailcore":
            _require(reach(request.user), [parent])
        if "all" not in request.GET.getlist("id"):
            self._keep_own_ids(request, reach)
        elif app_label != "wagtailcore":
            _replace_ids(request, reach(request.user).values_list("pk", flat=True))
        elif not parent:
            raise Http404


def _refuse_malformed(request: HttpRequest, name: str, kwargs: dict[str, Any]) -> None:
    """What cannot be a key finds nothing; many views would take it to the database."""
    for key, value in kwargs.items():
        if (isinstance(value, int) or key == "pk") and not KEY.fullmatch(str(value)):
            raise Http404
    for key, values in request.GET.lists():
        for value in values:
            is_all = value == "all" and name == "wagtail_bulk_action"
            is_key = key in KEYS_IN_QUERIES and value != "" and not is_all
            is_number = value.isdecimal() and key not in WORDS_IN_QUERIES
            if "\x00" in value or ((is_key or is_number) and not KEY.fullmatch(value)):
                raise Http404


def _require(within_reach: QuerySet[Any], keys: Iterable[Any]) -> None:
    for key in keys:
        if not str(key).isdecimal() or not within_reach.filter(pk=key).exists():
            raise Http404


def _replace_ids(request: HttpRequest, keys: Iterable[int]) -> None:
    query = request.GET.copy()
    query.setlist("id", [str(key) for key in keys])
    if not query.getlist("id"):
        raise Http404
    request.GET = QueryDict(query.urlencode())
