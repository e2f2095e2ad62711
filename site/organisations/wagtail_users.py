"""Wagtail's app of users with this site's rules: accounts and memberships, groups behind them."""

from wagtail.users.apps import WagtailUsersAppConfig


class AccountsConfig(WagtailUsersAppConfig):
    user_viewset = "organisations.viewsets.AccountViewSet"
    group_viewset = "organisations.viewsets.ClosedGroupViewSet"
