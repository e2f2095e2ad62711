"""Exemptions: an officer asks, a legal reviewer records or refuses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from consultations import register, services
from consultations.models import ExemptionRequest
from consultations.officers.frame import show
from organisations import services as organisations
from organisations.models import Organisation, Role

SHOWN = 200


class AskForm(forms.ModelForm[ExemptionRequest]):
    class Meta:
        model = ExemptionRequest
        fields = ["organisation", "ground", "matter", "reason", "public_statement"]
        labels = {"organisation": gettext_lazy("Organisation")}
        help_texts = {
            "matter": gettext_lazy("It stays inside the organisation."),
            "reason": gettext_lazy("It stays inside the organisation."),
            "public_statement": gettext_lazy("The public register shows this, and nothing else."),
        }

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organisation"]
        field.queryset = _organisations(user).with_names()


class AnswerForm(forms.Form):
    public_statement = forms.CharField(
        label=gettext_lazy("What may be said in public"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    refusal = forms.CharField(
        label=gettext_lazy("Reason for refusing"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _organisations(user: Any) -> Any:
    """Those in which a person drafts, reviews or publishes; administrators: all."""
    if user.is_superuser:
        return Organisation.objects.all()
    return Organisation.objects.filter(
        memberships__user=user, memberships__role__in=register.HANDLING
    ).distinct()


def _requests(user: Any) -> Any:
    return (
        ExemptionRequest.objects.filter(organisation__in=_organisations(user).values("pk"))
        .select_related(
            "organisation",
            "requested_by",
            "exemption__approved_by",
            "refusal__refused_by",
        )
        .prefetch_related("organisation__names")
    )


def exemptions(request: HttpRequest) -> HttpResponse:
    """What was asked for in one's own organisations, and how it was answered."""
    return show(request, "exemptions.html", {"found": _requests(request.user)[:SHOWN]})


def ask(request: HttpRequest) -> HttpResponse:
    """Ask for an exemption."""
    form = AskForm(request.POST or None, user=request.user)
    if form.is_valid():
        try:
            services.ask_exemption(**form.cleaned_data, user=request.user, now=timezone.now())
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("A legal reviewer of the organisation has to answer now."))
            return redirect("consultations_admin:exemptions")
    status = 422 if form.errors else 200
    return show(request, "exemption_ask.html", {"form": form}, status=status)


def exemption(request: HttpRequest, request_id: int) -> HttpResponse:
    """One request; a legal reviewer who did not ask records it or refuses."""
    found: Any = _requests(request.user).filter(pk=request_id).first()
    if found is None:
        raise Http404
    form = AnswerForm(request.POST or None, initial={"public_statement": found.public_statement})
    if form.is_valid():
        try:
            _answer(request, found, form.cleaned_data)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("Done."))
            return redirect("consultations_admin:exemptions")
    roles = organisations.roles_of(request.user, found.organisation)
    is_open = not hasattr(found, "exemption") and not hasattr(found, "refusal")
    context = {
        "found": found,
        "form": form,
        "may_answer": is_open and Role.REVIEWER in roles and found.requested_by != request.user,
        "is_open": is_open,
    }
    return show(request, "exemption.html", context, status=422 if form.errors else 200)


def _answer(request: HttpRequest, found: ExemptionRequest, data: dict[str, Any]) -> None:
    who: dict[str, Any] = {"user": request.user, "now": timezone.now()}
    if request.POST.get("action") == "grant":
        services.grant_exemption(found, public_statement=data["public_statement"], **who)
    else:
        services.refuse_exemption(found, reason=data["refusal"], **who)
