"""The names of the review and of its steps, in the language of whoever reads them.

They are stored in Chinese, as ``services.ensure_workflow`` makes them. Wagtail shows them in
dozens of places, mails among them, always as ``name`` of the row; so that attribute answers in
the active language. A name that an administrator has chosen is shown as it is.
"""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Model
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import get_language, gettext, gettext_noop

from multilingual.languages import SOURCE

NAMES = {
    "起草、合法性审核、发布": gettext_noop("Draft, legal review, publication"),
    "合法性审核": gettext_noop("Legal review"),
    "发布": gettext_noop("Publication"),
}
_CHINESE = {english: chinese for chinese, english in NAMES.items()}


def shown_name(name: str) -> str:
    """Give the name of a step in the active language; one that is not ours comes back as it is."""
    chinese = kept_name(name)
    if chinese not in NAMES or get_language() == SOURCE:
        return chinese
    return gettext(NAMES[chinese])


def kept_name(name: str) -> str:
    """Give the name as it is stored; a form of the English admin sends the English one back."""
    return _CHINESE.get(name, name)


class _ShownName(DeferredAttribute):
    def __get__(self, instance: Model | None, cls: type[Model] | None = None) -> Any:
        name = super().__get__(instance, cls)
        return name if instance is None else shown_name(name)

    def __set__(self, instance: Model, name: str) -> None:
        instance.__dict__[self.field.attname] = kept_name(name)


def show_in_every_language(*models: type[Model]) -> None:
    """Let ``name`` of these models answer in the active language."""
    for model in models:
        field = model._meta.get_field("name")
        assert isinstance(field, CharField)
        setattr(model, "name", _ShownName(field))  # noqa: B010
