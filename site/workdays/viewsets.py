"""The calendar in the admin, for the city's administrators to read, extend and correct."""

from __future__ import annotations

import calendar as months_of
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet

from workdays import forms, rules, services
from workdays.enums import DayKind
from workdays.models import DayCorrection, Notice

NAME = "workdays"
DECEMBER = 12
MARKS = {
    DayKind.WORKING: "",
    DayKind.WEEKEND: "",
    DayKind.HOLIDAY: pgettext_lazy("mark of a day off in a calendar", "off"),
    DayKind.MAKE_UP: pgettext_lazy("mark of a make-up working day in a calendar", "on"),
}
WEEK = [WEEKDAYS_ABBR[number] for number in range(7)]


@dataclass(frozen=True)
class Cell:
    """A day as the grid shows it."""

    date: datetime.date
    kind: DayKind
    source: str = ""
    is_corrected: bool = False

    @property
    def mark(self) -> Any:
        return MARKS[self.kind]


def grid(year: int, cells: Mapping[datetime.date, Cell]) -> list[dict[str, Any]]:
    """Give the months of a year in weeks from Monday; days of other months are None."""
    weeks = months_of.Calendar()
    return [
        {
            "first": datetime.date(year, month, 1),
            "weeks": [
                [cells.get(day) if day.month == month else None for day in week]
                for week in weeks.monthdatescalendar(year, month)
            ],
        }
        for month in range(1, DECEMBER + 1)
    ]


class AdministratorsView(WagtailAdminTemplateMixin):
    """What the views have in common: the frame of the admin, and who may see them."""

    header_icon = "calendar"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_superuser:
            raise PermissionDenied
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse(f"{NAME}:index"), "label": _("Working days")},
            {"url": "", "label": self.get_page_title()},
        ]


class YearView(AdministratorsView, TemplateView):
    template_name = "workdays/admin/year.html"

    @property
    def year(self) -> int:
        year = int(self.kwargs.get("year") or rules.local_day(timezone.now()).year)
        if not services.FIRST_YEAR <= year <= services.LAST_YEAR:
            raise Http404
        return year

    def get_page_title(self) -> str:
        return str(self.year)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        year, standing = self.year, services.years()
        first, last = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
        corrections = list(
            DayCorrection.objects.filter(day__gte=first, day__lte=last)
            .select_related("notice", "recorded_by")
            .order_by("-pk")
        )
        if year in standing:
            corrected = {correction.day_id for correction in corrections}
            days = services.calendar(first, last).between(first, last)
            cells = {
                day.date: Cell(day.date, day.kind, day.source, day.date in corrected)
                for day in days
            }
            context["months"] = grid(year, cells)
        return context | {
            "year": year,
            "years": standing,
            "is_sample": standing.get(year),
            "kinds": [(kind, MARKS[kind]) for kind in DayKind],
            "week": WEEK,
            "notices": Notice.objects.filter(year=year).select_related("recorded_by"),
            "corrections": corrections,
        }


class EntryView(AdministratorsView, FormView):  # type: ignore[type-arg]
    """A form that writes by a service, and tells what the change touches."""

    template_name = "workdays/admin/entry.html"

    @property
    def administrator(self) -> User:
        user = self.request.user
        assert isinstance(user, User)  # dispatch has asked
        return user

    def get_initial(self) -> dict[str, Any]:
        return {"year": self.request.GET.get("year")}

    def finish(self, outcome: services.Outcome, year: int, words: str) -> HttpResponse:
        messages.success(self.request, words)
        for found in outcome.touched:
            messages.warning(
                self.request,
                f"{found.label}: {found.words}",
                buttons=[messages.button(found.address, _("Open"))],
            )
        return redirect(f"{NAME}:year", year)


class NoticeView(EntryView):
    form_class = forms.NoticeForm
    page_title = gettext_lazy("Enter a notice")

    def form_valid(self, form: forms.NoticeForm) -> HttpResponse:
        year = form.text.year
        if "preview" in self.request.POST:
            kinds = rules.kinds_of_year(year, form.named)
            cells = {day: Cell(day, kind, form.text.number) for day, kind in kinds.items()}
            named = {"holidays": form.named.holidays, "make_ups": form.named.make_ups}
            return self.render_to_response(
                self.get_context_data(
                    form=form,
                    months=grid(year, cells),
                    before=[day for days in named.values() for day in days if day.year < year],
                    counts={name: len(days) for name, days in named.items()},
                )
            )
        outcome = services.announce_year(
            form.text, form.named, user=self.administrator, now=timezone.now()
        )
        return self.finish(outcome, year, _("The notice has been entered."))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "can_preview": True,
            "week": WEEK,
            "kinds": [(kind, MARKS[kind]) for kind in DayKind],
        }


class CorrectionView(EntryView):
    form_class = forms.CorrectionForm
    page_title = gettext_lazy("Correct days")

    def form_valid(self, form: forms.CorrectionForm) -> HttpResponse:
        data = form.cleaned_data
        outcome = services.correct_days(
            form.named_days,
            DayKind(data["kind"]),
            reason=data["reason"],
            notice=form.said_by,
            user=self.administrator,
            now=timezone.now(),
        )
        year = min(form.named_days).year
        return self.finish(outcome, year, _("The correction has been entered."))


class AdministratorsMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)


class CalendarViewSet(ViewSet):
    name = NAME
    url_prefix = "workdays"
    icon = "calendar"
    menu_label = gettext_lazy("Working days")
    menu_order = 310
    menu_item_class = AdministratorsMenuItem
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", YearView.as_view(), name="index"),
            path("<int:year>/", YearView.as_view(), name="year"),
            path("notice/", NoticeView.as_view(), name="notice"),
            path("correction/", CorrectionView.as_view(), name="correction"),
        ]
