"""The one login of the site: lockout after five failures, no sign-up, second factor by allauth."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.account.views import LoginView
from axes.decorators import axes_dispatch, axes_form_invalid
from django.conf import settings
from django.http import HttpRequest
from django.utils.decorators import method_decorator

from demo import services as demo


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Administrators make accounts; nobody signs up."""
        return False


class EditorLoginForm(LoginForm):
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
            context |= {"demo_accounts": demo.read("people.json"), "demo_password": demo.PASSWORD}
        return context
