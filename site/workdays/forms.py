"""What an administrator types about the calendar; each fault stands beside its field."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateInput

from workdays import rules, services
from workdays.enums import DayKind
from workdays.models import Notice

NO_DAY_OFF = "上班"
NO_WORK = "放假|休"
PASTE = _("Days as the notice writes them, 2月5日至11日, or as in 2027-02-05 to 2027-02-11.")


class DaysField(forms.CharField):
    """Days as text; the form reads them when it knows the year."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 5}), max_length=5000, **options)


class CalendarForm(forms.Form):
    """Reads the fields of days, and asks the services whether what was typed can be."""

    year = forms.IntegerField(
        label=_("Year"), min_value=services.FIRST_YEAR, max_value=services.LAST_YEAR
    )

    def read(self, name: str, without: str = "") -> list[datetime.date]:
        """Give the days of a field; what cannot be read is said beside it."""
        try:
            return rules.read_days(
                self.cleaned_data.get(name, ""), self.cleaned_data["year"], without=without
            )
        except rules.Unreadable as fault:
            self.add_error(name, fault)
            return []

    def refuse_unsound(self) -> None:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors:
            self.read_all()
        if not self.errors:
            try:
                self.refuse_unsound()
            except services.Refused as faults:
                self.add_error(None, faults)
        return data

    def read_all(self) -> None:
        raise NotImplementedError


class NoticeForm(CalendarForm):
    number = forms.CharField(
        label=_("Number of the notice"), max_length=100, help_text=_("As in 国办发明电〔2025〕7号.")
    )
    title = forms.CharField(label=_("Title"), max_length=300)
    issued_on = forms.DateField(label=_("Issued on"), widget=AdminDateInput)
    holidays = DaysField(
        label=_("Days off"),
        help_text=PASTE,
    )
    make_ups = DaysField(
        label=_("Make-up working days"),
        required=False,
        help_text=_("The same way. Sentences about the other kind of days may stand in both."),
    )

    field_order = ["number", "title", "issued_on", "year"]

    def read_all(self) -> None:
        data = self.cleaned_data
        self.text = services.NoticeText(
            data["number"].strip(), data["title"].strip(), data["issued_on"], data["year"]
        )
        self.named = rules.NamedDays(
            self.read("holidays", without=NO_DAY_OFF), self.read("make_ups", without=NO_WORK)
        )

    def refuse_unsound(self) -> None:
        services.refuse_unsound_year(self.text, self.named, timezone.now())


class CorrectionForm(CalendarForm):
    days = DaysField(label=_("Days"), help_text=PASTE)
    kind = forms.ChoiceField(label=_("What they are"), choices=DayKind)
    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    notice = forms.ModelChoiceField(
        Notice.objects.order_by("-year", "-issued_on"),
        label=_("Notice that says so"),
        required=False,
        help_text=_("Needed for days off and make-up working days."),
    )
    number = forms.CharField(
        label=_("Number of a new notice"),
        max_length=100,
        required=False,
        help_text=_("Where the notice that changed the days is not in the list."),
    )
    title = forms.CharField(label=_("Its title"), max_length=300, required=False)
    issued_on = forms.DateField(label=_("Issued on"), widget=AdminDateInput, required=False)

    def read_all(self) -> None:
        data = self.cleaned_data
        self.named_days = self.read("days")
        self.said_by: Notice | services.NoticeText | None = data["notice"]
        if data["number"].strip():
            if data["issued_on"] is None:
                self.add_error("issued_on", _("Say when the notice was issued."))
                return
            self.said_by = services.NoticeText(
                data["number"].strip(), data["title"].strip(), data["issued_on"], data["year"]
            )

    def refuse_unsound(self) -> None:
        data = self.cleaned_data
        services.refuse_unsound_correction(
            self.named_days, DayKind(data["kind"]), data["reason"], self.said_by, timezone.now()
        )
