"""Authorities, their names and successors, their members, and accounts, in the admin."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import Group, User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import CreateView, DeleteView, EditView, IndexView
from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.users.views import groups, users

from organisations import access, forms, services
from organisations.models import Membership, Organisation, OrganisationName, Succession


class Create(CreateView):
    def save_instance(self) -> Model:
        saved: Model = self.form.save()
        return saved


class Edit(EditView):
    def save_instance(self) -> Model:
        self.has_content_changes = self.form.has_changed()
        saved: Model = self.form.save()
        return saved


class MembersIndex(IndexView):
    def get_base_queryset(self) -> QuerySet[Membership]:
        return access.memberships_within_reach(self.request.user)


class RevokeMembership(DeleteView):
    def delete_action(self) -> None:
        services.revoke(
            self.object.user,
            self.object.organisation,
            self.object.role,
            by=self.request.user,
            now=timezone.now(),
        )


class RecordPolicy(ModelPermissionPolicy):
    """Administrators add and change; what is part of the record is never deleted."""

    def __init__(self, model: type[Model], *actions: str) -> None:
        super().__init__(model)
        self.actions = {"view", *actions}

    def user_has_permission(self, user: Any, action: str) -> bool:
        return bool(user.is_superuser and action in self.actions)

    def user_has_any_permission(self, user: Any, actions: Collection[str]) -> bool:
        return any(self.user_has_permission(user, action) for action in actions)


class MembershipPolicy(ModelPermissionPolicy):
    """A manager gives and takes roles in their own organisation; nobody manages themselves."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action in {"add", "delete", "view"} and (
            user.is_superuser or bool(services.managed_by(user))
        )

    def user_has_any_permission(self, user: Any, actions: Collection[str]) -> bool:
        return any(self.user_has_permission(user, action) for action in actions)

    def user_has_permission_for_instance(
        self, user: Any, action: str, instance: Membership
    ) -> bool:
        return self.user_has_permission(user, action) and services.may_manage_members(
            user, instance.organisation, instance.user
        )

    def user_has_any_permission_for_instance(
        self, user: Any, actions: Collection[str], instance: Membership
    ) -> bool:
        return any(
            self.user_has_permission_for_instance(user, action, instance) for action in actions
        )

    def instances_user_has_any_permission_for(
        self, user: Any, actions: Collection[str]
    ) -> QuerySet[Membership]:
        return access.memberships_within_reach(user)

    def users_with_any_permission(self, actions: Collection[str]) -> QuerySet[User]:
        return User.objects.filter(is_superuser=True)


class AuthorityViewSet(ModelViewSet):
    model = Organisation
    name = "organisations_authority"
    url_prefix = "organisations/authorities"
    menu_label = _("Authorities")
    icon = "group"
    add_view_class, edit_view_class = Create, Edit
    permission_policy = RecordPolicy(Organisation, "add", "change")
    list_display = ["__str__", "level", "parent", "verified"]
    list_filter = ["level", "verified"]
    search_fields = ["code", "names__name_zh_hans"]
    inspect_view_enabled = False
    copy_view_enabled = False

    def get_form_class(self, for_update: bool = False) -> type[forms.AuthorityForm]:
        return forms.AuthorityForm


class NameViewSet(ModelViewSet):
    model = OrganisationName
    name = "organisations_name"
    url_prefix = "organisations/names"
    menu_label = _("Names")
    icon = "tag"
    add_view_class, edit_view_class = Create, Edit
    permission_policy = RecordPolicy(OrganisationName, "add", "change")
    list_display = [
        "__str__",
        Column("organisation", label=_("Organisation"), sort_key="organisation"),
        "valid_from",
    ]
    list_filter = ["organisation"]
    search_fields = ["name_zh_hans", "organisation__code"]
    copy_view_enabled = False

    def get_form_class(self, for_update: bool = False) -> type[forms.NameForm]:
        return forms.NameForm


class SuccessionViewSet(ModelViewSet):
    model = Succession
    name = "organisations_succession"
    url_prefix = "organisations/successions"
    menu_label = _("Successions")
    icon = "history"
    add_view_class, edit_view_class = Create, Edit
    permission_policy = RecordPolicy(Succession, "add")
    list_display = [
        Column("predecessor", label=_("Predecessor")),
        Column("successor", label=_("Successor")),
        "on",
    ]
    copy_view_enabled = False

    def get_form_class(self, for_update: bool = False) -> type[forms.SuccessionForm]:
        return forms.SuccessionForm


class MembershipViewSet(ModelViewSet):
    model = Membership
    name = "organisations_membership"
    url_prefix = "organisations/members"
    menu_label = _("Members")
    icon = "user"
    index_view_class = MembersIndex
    add_view_class, delete_view_class = Create, RevokeMembership
    permission_policy = MembershipPolicy(Membership)
    list_display = ["user", "role", "organisation"]
    list_filter = ["role"]
    search_fields = ["user__username", "user__last_name", "organisation__code"]
    copy_view_enabled = False

    def get_form_class(self, for_update: bool = False) -> type[forms.MembershipForm]:
        return forms.MembershipForm


class AccountFilters(users.UserFilterSet):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.filters["group"]


class AccountsIndex(users.IndexView):
    @cached_property
    def columns(self) -> list[Column]:
        return list(super().columns[1:])

    def get_delete_url(self, instance: User) -> None:
        return None


class AddAccount(users.CreateView):
    def save_instance(self) -> User:
        return services.save_account(
            self.form.save(commit=False),
            administrator=self.form.administrator,
            by=self.request.user,
            now=timezone.now(),
        )


class EditAccount(users.EditView):
    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.can_delete = False

    def save_instance(self) -> User:
        self.has_content_changes = self.form.has_changed()
        saved = services.save_account(
            self.form.save(commit=False),
            administrator=self.form.administrator,
            by=self.request.user,
            now=timezone.now(),
        )
        if self.editing_self and "password1" in self.form.changed_data:
            update_session_auth_hash(self.request, saved)
        return saved


class AccountViewSet(users.UserViewSet):
    """Accounts without rights: those come from memberships. None is deleted."""

    index_view_class = AccountsIndex
    add_view_class, edit_view_class = AddAccount, EditAccount
    filterset_class = AccountFilters
    permission_policy = RecordPolicy(User, "add", "change")
    create_template_name = edit_template_name = "wagtailadmin/generic/form.html"

    def get_form_class(self, for_update: bool = False) -> type[forms.NewAccountForm]:
        return forms.AccountForm if for_update else forms.NewAccountForm


class ClosedPolicy(ModelPermissionPolicy):
    def user_has_permission(self, user: Any, action: str) -> bool:
        return False

    def user_has_any_permission(self, user: Any, actions: Collection[str]) -> bool:
        return False


class ClosedGroupViewSet(groups.GroupViewSet):
    """Groups stand behind the roles and are not edited by hand, by administrators neither."""

    permission_policy = ClosedPolicy(Group)


class OrganisationsGroup(ViewSetGroup):
    menu_label = _("Organisations")
    menu_icon = "group"
    menu_order = 300
    items = (AuthorityViewSet, NameViewSet, SuccessionViewSet, MembershipViewSet)
