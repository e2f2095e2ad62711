"""What officers fill in when they answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consultations import desk, rules
from consultations.enums import Disposition, StatementKind
from consultations.models import CommentGroup, Opinion
from consultations.officers.forms import FilterForm

YES_OR_NO = [("", _("All")), ("yes", _("Yes")), ("no", _("No"))]
LONGEST_TEXT = 5000
Choices = Sequence[tuple[Any, Any]]


def opinion_choices(opinions: Iterable[Opinion]) -> list[tuple[int, str]]:
    return [
        (opinion.pk, f"{opinion.code} {Truncator(opinion.text).chars(40)}") for opinion in opinions
    ]


def officer_choices(officers: Iterable[Any]) -> list[tuple[str, str]]:
    return [(str(one.pk), one.get_full_name() or one.get_username()) for one in officers]


def _text(label: Any, rows: int = 3, **kwargs: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=LONGEST_TEXT, widget=widget, **kwargs)


def _key(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, required=False, coerce=int, empty_value=None)


class DeskFilters(FilterForm):
    """The filters of the register, and whether somebody deals with a comment."""

    officer = forms.ChoiceField(label=_("Assigned to"), required=False)
    answered = forms.ChoiceField(label=_("Answered"), required=False, choices=YES_OR_NO)
    grouped = forms.ChoiceField(label=_("In a group"), required=False, choices=YES_OR_NO)
    field_order = [
        "search",
        "clause",
        "channel",
        "round",
        "officer",
        "answered",
        "grouped",
        "unread",
    ]

    def __init__(self, *args: Any, officers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("state", "language", "first_day", "last_day", "suspicious"):
            del self.fields[name]
        chosen: Any = self.fields["officer"]
        chosen.choices = [("", _("All")), (desk.NOBODY, _("Nobody")), *officers]

    def asked(self) -> desk.Asked:
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value not in {""}}
        return desk.Asked(**given)


class AnswerForm(forms.Form):
    """One of the opinions that there are, or a new one."""

    opinion = _key(_("Opinion"))
    text = _text(_("Or a new opinion"), required=False)

    def __init__(self, *args: Any, opinions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["opinion"]
        chosen.choices = [("", _("Choose an opinion")), *opinions]

    def refuse_unless_one(self) -> None:
        """Raises ``ValidationError`` unless exactly one opinion was named."""
        if bool(self.cleaned_data["opinion"]) == bool(self.cleaned_data["text"]):
            raise forms.ValidationError(gettext("Choose an opinion or write a new one."))


class BulkForm(AnswerForm):
    officer = forms.ChoiceField(label=_("Assign to"), required=False)

    def __init__(self, *args: Any, officers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["officer"]
        chosen.choices = [("", _("Choose an officer")), (desk.NOBODY, _("Nobody")), *officers]


class PassageForm(AnswerForm):
    passage = _text(
        _("Passage"),
        required=False,
        help_text=_("The words of the comment that hold the opinion; empty for the whole of it."),
    )
    field_order = ["passage", "opinion", "text"]


class GroupForm(AnswerForm):
    """What is done with a group: joined with another one, or answered."""

    group = _key(_("Group"))

    def __init__(self, *args: Any, groups: Iterable[CommentGroup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["group"]
        chosen.choices = [
            ("", _("Choose a group")),
            *((one.pk, gettext("Group %(number)d") % {"number": one.pk}) for one in groups),
        ]


class OpinionForm(forms.Form):
    text = _text(_("Opinion"), help_text=_("What is asked for, in one or two sentences."))


class DecisionForm(forms.Form):
    """What becomes of an opinion, why, and which clauses it changed."""

    disposition = forms.ChoiceField(
        label=_("What becomes of it"), choices=Disposition.choices, widget=forms.RadioSelect
    )
    reason = _text(_("Reason"), 6, required=False)
    changed_clauses = forms.MultipleChoiceField(
        label=_("Changed clauses"), required=False, widget=forms.CheckboxSelectMultiple
    )
    removed_clauses = forms.MultipleChoiceField(
        label=_("Clauses struck out"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, data: Any, *, opinion: Opinion, changes: rules.TextChanges | None, **kwargs: Any
    ) -> None:
        names = ("disposition", "reason", "changed_clauses", "removed_clauses")
        initial = {name: getattr(opinion, name) for name in names}
        super().__init__(data, initial=initial, **kwargs)
        fields: Any = self.fields
        fields["changed_clauses"].choices = _changed(opinion, changes)
        fields["removed_clauses"].choices = _removed(opinion, changes)


def _changed(opinion: Opinion, changes: rules.TextChanges | None) -> Choices:
    """The clauses that may be cited, and those that are cited although they may not be."""
    found = []
    if changes is not None:
        for anchor in changes.changed:
            label = changes.label(anchor)
            parts = [(one, changes.label(one)) for one in changes.parts(anchor)]
            found += [(anchor, label), *((one, own) for one, own in parts if own != label)]
    return found + _lost(opinion.changed_clauses, found)


def _removed(opinion: Opinion, changes: rules.TextChanges | None) -> Choices:
    removed = changes.removed if changes is not None else []
    found = [(anchor, changes.removed_label(anchor)) for anchor in removed if changes]
    return found + _lost(opinion.removed_clauses, found)


def _lost(cited: Iterable[str], found: Choices) -> list[tuple[str, str]]:
    known = {anchor for anchor, _label in found}
    words = gettext("%(anchor)s (not among the changes)")
    return [(anchor, words % {"anchor": anchor}) for anchor in cited if anchor not in known]


class MoveForm(forms.Form):
    """Where the ticked comments of an opinion, or the whole of it, go."""

    target = _key(_("Other opinion"))
    text = _text(_("New opinion"), 2, required=False)

    def __init__(self, *args: Any, opinions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["target"]
        chosen.choices = [("", _("Choose an opinion")), *opinions]


class NoteForm(forms.Form):
    reason = _text(_("Reason"), 3)


class WordsForm(forms.Form):
    """The words of a statement beside its opinions."""

    kind = forms.ChoiceField(label=_("Kind of statement"), choices=StatementKind.choices)
    words = _text(
        _("Introduction"),
        6,
        required=False,
        help_text=_("Of a closing statement: why the draft was abandoned."),
    )
    correction_reason = _text(
        _("Reason for the correction"),
        required=False,
        help_text=_("The public reads it beside the corrected statement."),
    )

    def __init__(self, *args: Any, corrects: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not corrects:
            del self.fields["correction_reason"]


class ReturnForm(forms.Form):
    note = _text(_("What has to change"), 3, required=False)


class ConcentrationForm(forms.Form):
    people = forms.IntegerField(label=_("People"), min_value=1, max_value=1_000_000)
    percent = forms.IntegerField(
        label=_("Percent of all who commented"), min_value=1, max_value=100
    )
