"""The form in which editors write a document: what it refuses, and beside which field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.forms import BaseImageForm

from organisations.admin_forms import ReviewedPageForm
from policies import owed, services
from policies.models import PolicyPage


class DocumentForm(ReviewedPageForm):
    parts = services.PARTS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limit(
            "consultation", lambda: owed.nameable_consultations(self.instance, self.parent_page)
        )
        self._limit("exemption", lambda: owed.usable_exemptions(self.instance, self.parent_page))

    def _limit(self, name: str, choices: Callable[[], Any]) -> None:
        """An exemption's matter is its organisation's own; what is not announced is a draft."""
        field: Any = self.fields.get(name)
        if field is not None:
            field.queryset = choices()

    def missing(self) -> dict[str, str]:
        return services.missing(self.instance)

    def _name_what_is_missing(self) -> None:
        super()._name_what_is_missing()
        if isinstance(self.instance, PolicyPage) and not self.instance.is_released:
            self._name_what_interpretations_lack()

    def _name_what_interpretations_lack(self) -> None:
        for child in services.drafted_interpretations(self.instance):
            for name, words in services.missing(child).items():
                self.add_error(
                    None,
                    _("Interpretation “%(title)s”, %(field)s: %(words)s")
                    % {
                        "title": child.title,
                        "field": services.label(child, name),
                        "words": words,
                    },
                )


class _KeptFileMixin:
    """Wagtail removes the old file from the disk before it saves: so it is refused here too."""

    def clean_file(self) -> Any:
        form: Any = self
        if form.instance.pk and "file" in form.changed_data:
            services.refuse_changing_released_file(form.instance)
        return form.cleaned_data["file"]


class ReleasedDocumentForm(_KeptFileMixin, BaseDocumentForm):
    pass


class ReleasedImageForm(_KeptFileMixin, BaseImageForm):
    pass
