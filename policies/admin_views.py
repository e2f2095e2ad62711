"""Withdrawing a released document, and showing it again, in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

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


def _released(request: HttpRequest, page_id: int) -> Any:
    page: Any = get_object_or_404(PolicyPage, pk=page_id)
    if not page.permissions_for_user(request.user).can_withdraw():
        raise PermissionDenied
    return page


def _ask(request: HttpRequest, page: PolicyPage, form: forms.Form, action: str) -> HttpResponse:
    context = {"page": page, "form": form, "action": action}
    return render(request, "policies/admin/withdraw.html", context)
