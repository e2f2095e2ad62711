"""Withdrawing a released document, showing it again, and what a document owes, in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from organisations import access
from organisations.models import Role
from policies import owed as facts
from policies import services
from policies.models import PolicyPage


class ReinstateForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000
    )


class WithdrawForm(ReinstateForm):
    still_proactive = forms.BooleanField(
        label=gettext_lazy("It may still be disclosed"),
        help_text=gettext_lazy("If not, the notice at its address hides the title too."),
        required=False,
        initial=True,
    )


def withdraw(request: HttpRequest, page_id: int) -> HttpResponse:
    """Take a released document back; the public reads the reason at its address."""
    page = _released(request, page_id)
    form = WithdrawForm(request.POST or None)
    if form.is_valid():
        services.withdraw(page.release, user=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Withdrawn. Its address shows the notice."))
        return redirect("wagtailadmin_pages:edit", page.pk)
    return _ask(request, page, form, _("Withdraw"))


def reinstate(request: HttpRequest, page_id: int) -> HttpResponse:
    """Show a withdrawn document again, under its old number and address."""
    page = _released(request, page_id)
    form = ReinstateForm(request.POST or None)
    if form.is_valid():
        services.reinstate(page.release, user=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Shown again, under its old number and address."))
        return redirect("wagtailadmin_pages:edit", page.pk)
    return _ask(request, page, form, _("Show again"))


def owed(request: HttpRequest, page_id: int) -> HttpResponse:
    """What a document owes the public, and what still stands between it and its release."""
    page = _own(request, page_id)
    context = {
        "page": page,
        "obligations": facts.obligations_of(page),
        "closed": _closed(page),
    }
    return render(request, "policies/admin/owed.html", context)


def lift(request: HttpRequest, page_id: int, obligation_id: int) -> HttpResponse:
    """Lift an obligation that was recorded by mistake; only a legal reviewer does."""
    page = _own(request, page_id)
    found = get_object_or_404(facts.obligations_of(page), pk=obligation_id)
    form = ReinstateForm(request.POST or None)
    if form.is_valid():
        try:
            services.lift_obligation(
                found, reason=form.cleaned_data["reason"], user=request.user, now=timezone.now()
            )
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("Lifted."))
            return redirect("policies_admin:owed", page.pk)
    return _ask(request, page, form, _("Lift the obligation"))


def _own(request: HttpRequest, page_id: int) -> PolicyPage:
    """The document, for those who work in its organisation; for others there is none."""
    reach = access.pages_of_members(request.user, Role.DRAFTER, Role.REVIEWER, Role.PUBLISHER)
    page: PolicyPage = get_object_or_404(
        PolicyPage, pk=page_id, pk__in=reach.order_by().values("pk")
    )
    return page


def _closed(page: PolicyPage) -> list[str]:
    """What closes the gate for the newest draft, in words; nothing once it is released."""
    if page.is_released:
        return []
    try:
        with transaction.atomic():
            services.pass_gate(page, page.get_latest_revision_as_object(), now=timezone.now())
    except ValidationError as refused:
        return list(refused.messages)
    return []


def _released(request: HttpRequest, page_id: int) -> Any:
    page: Any = get_object_or_404(PolicyPage, pk=page_id)
    if not page.permissions_for_user(request.user).can_withdraw():
        raise PermissionDenied
    return page


def _ask(request: HttpRequest, page: PolicyPage, form: forms.Form, action: str) -> HttpResponse:
    context = {"page": page, "form": form, "action": action}
    return render(request, "policies/admin/withdraw.html", context)
