"""The one login of the site: lockout after five failures, no sign-up, second factor by allauth."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.account.views import LoginView
from axes.decorators import axes_dispatch, axes_form_invalid
from django.conf import settings
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from demo import desk, services
from organisations.models import Role

ROLES = {"administrator": _("City administrator"), **{role.value: role.label for role in Role}}


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Administrators make accounts; nobody signs up."""
        return False


class EditorLoginForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Account")
        for field in self.fields.values():
            # The label stands above; a placeholder would say it once more, and then vanish.
            field.widget.attrs.pop("placeholder", None)

    def user_credentials(self) -> dict[str, Any]:
        """Adds what was typed, by which failures are counted."""
        credentials: dict[str, Any] = super().user_credentials()
        credentials["login"] = credentials.get("username") or credentials.get("email")
        return credentials


@method_decorator(axes_dispatch, name="dispatch")
@method_decorator(axes_form_invalid, name="form_invalid")
class EditorLoginView(LoginView):
    """allauth's login, which axes closes (429) to who failed too often."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if settings.DEMO:
            context["demo_password"] = services.PASSWORD
            context["demo_accounts"] = [
                person | {"role": ROLES[person["role"]]} for person in desk.read("people.json")
            ]
        return context
