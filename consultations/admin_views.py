"""What editors do to an announced consultation, and what they are told while typing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin import messages

from consultations import rules, services
from consultations.admin_forms import ExtendForm, ReasonForm
from consultations.enums import Change
from consultations.models import ConsultationPage, Period
from consultations.presenters import period
from organisations.models import Membership
from workdays import services as workdays
from workdays.rules import YearNotAnnounced


def extend(request: HttpRequest, page_id: int) -> HttpResponse:
    """Let it close later."""
    page = _announced(request, page_id)
    form = ExtendForm(request.POST or None)
    return _do(request, page, form, services.extend, _("Close later"))


def withdraw(request: HttpRequest, page_id: int) -> HttpResponse:
    """Take the draft back; the notice and the comments stay."""
    page = _announced(request, page_id)
    return _do(request, page, ReasonForm(request.POST or None), services.withdraw, _("Withdraw"))


def after_outage(request: HttpRequest, page_id: int) -> HttpResponse:
    """Count the period anew, because nobody could read the notice at its opening."""
    page = _announced(request, page_id)
    form = ReasonForm(request.POST or None)
    action = services.begin_again_after_outage
    return _do(request, page, form, action, _("Begin again after an outage"))


def follow_calendar(request: HttpRequest, page_id: int) -> HttpResponse:
    """Move a close that the calendar has made too early to the lawful day, in one step."""
    page = _announced(request, page_id)
    form = forms.Form(request.POST) if request.method == "POST" else forms.Form()
    return _do(request, page, form, services.follow_calendar, _("Move to the lawful day"))


def _announced(request: HttpRequest, page_id: int) -> Any:
    page: Any = get_object_or_404(ConsultationPage, pk=page_id)
    if not page.permissions_for_user(request.user).can_withdraw():
        raise PermissionDenied
    return page


def _do(request: HttpRequest, page: Any, form: forms.Form, action: Any, label: str) -> HttpResponse:
    """Ask, then act; what a rule refuses stands above the form."""
    if form.is_valid():
        try:
            action(page.announcement, user=request.user, now=timezone.now(), **form.cleaned_data)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("Done: “%(action)s”.") % {"action": label})
            return redirect("wagtailadmin_pages:edit", page.pk)
    context = {"page": page, "form": form, "action": label}
    return render(request, "consultations/admin/act.html", context)


@require_POST
def split(request: HttpRequest) -> HttpResponse:
    """Show how a draft would be split into clauses."""
    _refuse_strangers(request)
    context = {"clauses": rules.clauses(request.POST.get("draft", ""))}
    return render(request, "consultations/admin/clauses.html", context)


@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Say when a consultation could close at the earliest, for what is typed in its form."""
    _refuse_strangers(request)
    form = _PeriodForm(request.POST)
    context: dict[str, Any] = {"counted": []}
    if form.is_valid():
        before, change = _newest_period(request), form.cleaned_data["change"]
        facts = services.Facts(
            procedure=form.cleaned_data["procedure"],
            business_related=form.cleaned_data["business_related"],
            shortening=form.cleaned_data["shortening"],
        )
        try:
            proposal = services.propose(
                facts,
                form.cleaned_data["opens_at"],
                now=timezone.now(),
                before=before if change in {Change.SUBSTANCE, Change.ROUND} else None,
                anew=change == Change.SUBSTANCE,
            )
        except YearNotAnnounced as error:
            context["problem"] = " ".join(error.messages)
        else:
            context |= {
                "counted": proposal.counted,
                "earliest": rules.last_day(proposal.closes_at),
                "warnings": period.sample_warnings(
                    (day.date for item in proposal.counted for day in item.days),
                    workdays.sample_years(counted_at=timezone.now()),
                ),
            }
    return render(request, "consultations/admin/proposal.html", context)


class _PeriodForm(forms.Form):
    procedure = forms.CharField(required=False)
    business_related = forms.NullBooleanField(required=False)
    opens_at = forms.DateTimeField(required=False)
    shortening = forms.CharField(required=False)
    change = forms.CharField(required=False)


def _newest_period(request: HttpRequest) -> Period | None:
    """The period of the announced consultation that the form is of."""
    page = request.GET.get("page", "")
    if not page.isdecimal():
        return None
    return Period.objects.filter(announcement__page=int(page)).order_by("seq").last()


def _refuse_strangers(request: HttpRequest) -> None:
    user: Any = request.user
    if not user.is_superuser and not Membership.objects.filter(user=user).exists():
        raise PermissionDenied
