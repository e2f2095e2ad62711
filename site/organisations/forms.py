"""The admin's forms for authorities, members and accounts; they save by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateInput
from wagtail.users.forms import UserCreationForm, UserEditForm

from multilingual.languages import CODES, LANGUAGES, SOURCE, suffixed
from organisations import services
from organisations.models import Membership, Organisation, OrganisationName, Succession

CODE_OF = {suffixed("name", code): code for code in CODES}
SHORT_CODE_OF = {suffixed("short_name", code): code for code in CODES}


class AuthorityForm(WagtailAdminModelForm):
    """Makes an authority with its first name; later only what may change of it is asked."""

    class Meta:
        model = Organisation
        fields = ("code", "level", "parent", "verified")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["code"].disabled = True
            return
        for code, name in LANGUAGES:
            self.fields[suffixed("name", code)] = forms.CharField(
                label=_("Name (%(language)s)") % {"language": name},
                max_length=255,
                required=code == SOURCE,
            )

    def save(self, commit: bool = True) -> Organisation:
        now = timezone.now()
        if self.instance.pk:
            changed: Organisation = super().save(commit=False)
            return services.amend(changed, user=self.for_user, now=now)
        data = self.cleaned_data
        return services.establish(
            data["code"],
            level=data["level"],
            parent=data["parent"],
            verified=data["verified"],
            names={code: data[field] for field, code in CODE_OF.items() if data.get(field)},
            user=self.for_user,
            now=now,
        )


class NameForm(WagtailAdminModelForm):
    """Gives an authority a name from a day on."""

    class Meta:
        model = OrganisationName
        fields = ("organisation", "valid_from", *CODE_OF, *SHORT_CODE_OF)
        widgets = {"valid_from": AdminDateInput}
        labels = {"organisation": _("Organisation")}

    def save(self, commit: bool = True) -> OrganisationName:
        data, now = self.cleaned_data, timezone.now()
        if self.instance.pk:
            changed: OrganisationName = super().save(commit=False)
            return services.amend_name(changed, user=self.for_user, now=now)
        return services.rename(
            data["organisation"],
            {code: data[field] for field, code in CODE_OF.items() if data[field]},
            short_names={code: data[field] for field, code in SHORT_CODE_OF.items() if data[field]},
            valid_from=data["valid_from"],
            user=self.for_user,
            now=now,
        )


class SuccessionForm(WagtailAdminModelForm):
    class Meta:
        model = Succession
        fields = ("predecessor", "successor", "on")
        widgets = {"on": AdminDateInput}
        labels = {"predecessor": _("Predecessor"), "successor": _("Successor")}

    def save(self, commit: bool = True) -> Succession:
        data = self.cleaned_data
        [made] = services.merge(
            [data["predecessor"]],
            [data["successor"]],
            on=data["on"],
            user=self.for_user,
            now=timezone.now(),
        )
        return made


class MembershipForm(WagtailAdminModelForm):
    """Gives a person a role. The account is typed, so that no list of all people is shown."""

    account = forms.CharField(label=_("Account name"), max_length=150)

    class Meta:
        model = Membership
        fields = ("organisation", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)
        if self.for_user is not None and not self.for_user.is_superuser:
            field.queryset = Organisation.objects.filter(pk__in=services.managed_by(self.for_user))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        user = User.objects.filter(username=data.get("account"), is_active=True).first()
        if user is None:
            self.add_error("account", _("There is no such account."))
        elif (
            self.for_user is not None
            and data.get("organisation")
            and not services.may_manage_members(self.for_user, data["organisation"], user)
        ):
            self.add_error(
                "account", _("You manage the members of your own organisation, and not yourself.")
            )
        data["user"] = user
        return data

    def save(self, commit: bool = True) -> Membership:
        data = self.cleaned_data
        return services.grant(
            data["user"],
            data["organisation"],
            data["role"],
            by=self.for_user,
            now=timezone.now(),
        )


class _AccountMixin:
    """Without groups, since ``services.grant`` gives roles; ``services.save_account`` saves."""

    field_order = ["username", "last_name", "first_name", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        form: Any = self
        # A Chinese name stands whole in one field.
        form.fields["first_name"].required = False
        if "is_superuser" in form.fields:
            form.fields["is_superuser"].initial = form.instance.is_superuser

    @property
    def administrator(self) -> bool:
        """What was chosen; nobody chooses for themselves."""
        form: Any = self
        return bool(form.cleaned_data.get("is_superuser", form.instance.is_superuser))


class NewAccountForm(_AccountMixin, UserCreationForm):
    class Meta(UserCreationForm.Meta):
        fields = ("username", "email", "first_name", "last_name")


class AccountForm(_AccountMixin, UserEditForm):
    class Meta(UserEditForm.Meta):
        fields = ("username", "email", "first_name", "last_name", "is_active")
