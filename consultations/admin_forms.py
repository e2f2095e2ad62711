"""The form in which editors write a consultation, and those of what happens to it later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

from django import forms
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.widgets import AdminDateInput

from consultations import services
from consultations.docx import NotReadable, read
from organisations.admin_forms import ReviewedPageForm


class ConsultationForm(ReviewedPageForm):
    parts = services.PARTS
    data: Any

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
            self._take_over(file, cleaned)
        return cleaned

    def _take_over(self, file: IO[bytes], cleaned: dict[str, Any]) -> None:
        try:
            found = read(file)
        except NotReadable:
            self.add_error("draft_file", _("This is no Word file (.docx) that can be read."))
            return
        cleaned["draft"] = found.text
        # If something else is wrong the editor goes on with the text: the file is not sent again.
        self.data = self.data.copy()
        self.data[self.add_prefix("draft")] = found.text
        if found.unnumbered:
            self.add_error("draft_file", _unnumbered(found.unnumbered))

    def missing(self) -> dict[str, str]:
        return services.missing(self.instance, timezone.now())


def _unnumbered(paragraphs: Sequence[str]) -> str:
    """Say which number has to be typed by hand; the next save takes the text as it then is."""
    words = ngettext(
        "Not saved yet: Word numbers %(count)d paragraph in a way that cannot be read here, "
        "“%(first)s”. The text of the file stands below; type the number there and save again.",
        "Not saved yet: Word numbers %(count)d paragraphs in a way that cannot be read here, the "
        "first is “%(first)s”. The text of the file stands below; type the numbers there and "
        "save again.",
        len(paragraphs),
    )
    return words % {"count": len(paragraphs), "first": Truncator(paragraphs[0]).chars(40)}


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
