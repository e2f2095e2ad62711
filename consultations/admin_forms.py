"""The form in which editors write a consultation, and those of what happens to it later."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateInput

from consultations import services
from consultations.docx import NotReadable, lines_of
from organisations.admin_forms import ReviewedPageForm


class ConsultationForm(ReviewedPageForm):
    parts = services.PARTS

    draft_file = forms.FileField(
        label=_("Draft as a Word file"),
        required=False,
        help_text=_("A .docx takes the place of the text below when you save."),
        widget=forms.FileInput(attrs={"accept": ".docx"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        file = cleaned.get("draft_file")
        if file:
            try:
                cleaned["draft"] = lines_of(file)
            except NotReadable:
                self.add_error("draft_file", _("This is no Word file (.docx) that can be read."))
        return cleaned

    def missing(self) -> dict[str, str]:
        return services.missing(self.instance, timezone.now())


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000
    )


class ExtendForm(ReasonForm):
    closes_on = forms.DateField(
        label=_("New last day"),
        widget=AdminDateInput,
        help_text=_("It closes at 24:00 of this day."),
    )
    field_order = ["closes_on", "reason"]
