"""What officers fill in."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consultations.enums import ChannelKind, CommentState, Withheld
from consultations.forms import CommentForm
from consultations.presenters.draft import takes_comments
from consultations.register import WHOLE, Asked, KnownClause
from multilingual.languages import LANGUAGES, SOURCE

OFF_LINE = [(kind.value, kind.label) for kind in ChannelKind if kind is not ChannelKind.WEB]
WITHHELD = [
    (reason.value, reason.label) for reason in Withheld if reason is not Withheld.NO_CONSENT
]
STATES = {
    **dict(CommentState.choices),
    CommentState.PENDING.value: _("Undecided"),
}
"""Officers know what is read from what is decided; the public only sees that it waits."""
LONGEST_REASON = 500
MOST_PEOPLE = 1_000_000
FIRST_DAY, LAST_DAY = datetime.date(2000, 1, 1), datetime.date(2100, 12, 31)


def clause_label(known: KnownClause, length: int = 30) -> str:
    """A clause as lists of choices show it: its number and how it begins."""
    beginning = Truncator(" ".join(known.clause.text.split())).chars(length)
    label = f"{known.clause.number} {beginning}".strip()
    if known.gone is None:
        return label
    return gettext("%(clause)s (only until version %(version)d)") % {
        "clause": label,
        "version": known.gone,
    }


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    limits = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]
    return forms.DateField(label=label, required=False, widget=widget, validators=limits)


class FilterForm(forms.Form):
    """The filters of the register; what means nothing asks for everything."""

    search = forms.CharField(
        label=_("Words in the text"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    clause = forms.TypedChoiceField(label=_("Clause"), required=False, coerce=int, empty_value=None)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    round = forms.TypedChoiceField(label=_("Round"), required=False, coerce=int, empty_value=None)
    first_day = _day(_("Received from"))
    last_day = _day(_("Received until"))
    unread = forms.BooleanField(label=_("Unread only"), required=False)
    suspicious = forms.BooleanField(label=_("Suspicious only"), required=False)

    def __init__(
        self, data: Any, clauses: Mapping[int, KnownClause], rounds: Iterable[int]
    ) -> None:
        super().__init__(data)
        everything = [("", _("All"))]
        chosen: Any = self.fields
        chosen["state"].choices = everything + list(STATES.items())
        chosen["channel"].choices = everything + ChannelKind.choices
        chosen["language"].choices = everything + list(LANGUAGES)
        chosen["round"].choices = everything + [(n, str(n)) for n in rounds]
        chosen["clause"].choices = [
            *everything,
            (WHOLE, _("The whole draft")),
            *((lineage, clause_label(clause)) for lineage, clause in clauses.items()),
        ]

    def asked(self) -> Asked:
        """Give what the filters ask for, without those that were filled in wrongly."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value not in {""}}
        return Asked(**given)


class MultipleFileInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; gives a list."""

    widget = MultipleFileInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = data if isinstance(data, list | tuple) else [data]
        if not any(files):
            return super().clean(None, initial) or []
        return [super(FilesField, self).clean(file, initial) for file in files]


class EntryForm(CommentForm):
    """A letter, e-mail, fax, call or meeting, as an officer writes it down."""

    channel = forms.ChoiceField(choices=OFF_LINE)
    postmarked_on = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
        help_text=_("The day of the postmark, of the e-mail, of the call or of the meeting."),
    )
    people = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_PEOPLE,
        initial=1,
        help_text=_("How many signed the letter or said it together at the meeting."),
    )
    language = forms.ChoiceField(
        choices=LANGUAGES, initial=SOURCE, help_text=_("The receipt is written in it.")
    )
    clause: Any = forms.ChoiceField(required=False)
    field_order = [
        "channel",
        "postmarked_on",
        "people",
        "language",
        "clause",
        "text",
        "represents",
        "consent_publish",
        "name",
        "email",
        "phone",
        "send_receipt",
    ]

    def __init__(
        self, data: Any = None, *, clauses: Mapping[int, KnownClause], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget = forms.Textarea(attrs={"rows": 12})
        self.fields["consent_publish"].widget = forms.CheckboxInput(attrs={"value": "1"})
        self.fields["submission_id"].widget = forms.HiddenInput()
        for name, label in labels().items():
            if name in self.fields:
                self.fields[name].label = label
        chosen: Any = self.fields["clause"]
        chosen.choices = [("", gettext("The whole draft")), *clause_choices(clauses)]

    def clean_people(self) -> int:
        """Nothing means that one person speaks."""
        return self.cleaned_data["people"] or 1


def labels() -> dict[str, str]:
    """Give what each part of an entry is called, in the active language."""
    return {
        "channel": gettext("Channel"),
        "postmarked_on": gettext("Sent on"),
        "people": gettext("People"),
        "language": gettext("Language"),
        "clause": gettext("Clause"),
        "text": gettext("Text"),
        "represents": gettext("Speaks for"),
        "consent_publish": gettext("The author agreed to publication"),
        "name": gettext("Name"),
        "email": gettext("E-mail"),
        "phone": gettext("Phone"),
        "send_receipt": gettext("Send the receipt by e-mail"),
        "originals": gettext("Original"),
    }


def clause_choices(clauses: Mapping[int, KnownClause]) -> list[tuple[str, str]]:
    """Give the clauses of the newest draft on which one may comment, by anchor."""
    return [
        (known.clause.anchor, clause_label(known))
        for known in clauses.values()
        if known.gone is None and takes_comments(known.clause)
    ]


class RowForm(EntryForm):
    """A row of the workbook; a word that is neither yes nor no is asked about."""

    def clean_consent_publish(self) -> bool:
        if self.data.get("consent_publish", "") not in {"", "1"}:
            raise forms.ValidationError(gettext("Write yes or no."))
        return super().clean_consent_publish()


class SingleEntryForm(EntryForm):
    originals = FilesField(
        required=False, help_text=_("The letter as PDF, PNG, JPEG or DOCX; several are possible.")
    )


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("Filled-in template"), widget=forms.FileInput(attrs={"accept": ".xlsx"})
    )
    originals = FilesField(
        label=_("Originals"),
        required=False,
        help_text=_("The files that the column “Original” names."),
    )
    submission_id = forms.CharField(widget=forms.HiddenInput, max_length=100)


class ContactForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        help_text=_("It is recorded for good: write no names into it."),
    )


class ExportForm(forms.Form):
    personal = forms.TypedChoiceField(
        label=_("Contents"),
        choices=[("no", _("Without contact data")), ("yes", _("With contact data"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="no",
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=LONGEST_REASON,
        help_text=_("Needed with contact data. It is recorded for good: write no names into it."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("personal") and not cleaned.get("reason"):
            self.add_error("reason", gettext("Give a reason: it is recorded."))
        return cleaned


class DecisionForm(forms.Form):
    """Publish or withhold; a reason from the fixed list is needed for the latter only."""

    reason = forms.ChoiceField(
        label=_("Reason for withholding"),
        required=False,
        choices=[("", _("Choose a reason")), *WITHHELD],
    )
