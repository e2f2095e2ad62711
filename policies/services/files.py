"""The pictures and documents that a released text shows: they stay what they were."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _
from wagtail.models import Page, ReferenceIndex

from organisations.services import Refused
from policies.models import Correction, InterpretationCorrection, InterpretationRelease, Release


def refuse_changing_released_file(file: Any) -> None:
    """Raise ``Refused`` if a released text, today's or an older one, shows this stored image or
    document: what the public reads would change without a correction."""
    if _is_in_released_text(file) or _is_in_older_text(file):
        raise Refused(
            _(
                "A released text shows this file, so it can be neither replaced nor deleted. "
                "Upload the new file as another one, and put it into the text or its attachments "
                "by a correction."
            )
        )


def refuse_saving_changed_file(file: Any, *, update_fields: Any = None) -> None:
    """Raise ``Refused`` if saving would give a file that a released text shows other content."""
    if file._state.adding or (update_fields is not None and "file" not in update_fields):
        return
    stored = type(file)._base_manager.filter(pk=file.pk).values_list("file", flat=True).first()
    unchanged = file.file._committed and file.file.name == stored
    if stored is not None and not unchanged:
        refuse_changing_released_file(file)


def _is_in_released_text(file: Any) -> bool:
    references = ReferenceIndex.get_references_to(file).filter(
        base_content_type=ContentType.objects.get_for_model(Page)
    )
    pages = [int(key) for key in references.values_list("object_id", flat=True)]
    return (
        Release.objects.filter(page__in=pages).exists()
        or InterpretationRelease.objects.filter(page__in=pages).exists()
    )


def _is_in_older_text(file: Any) -> bool:
    """Older texts are rows that no index of references knows; they are few."""
    stored = type(file)._base_manager.get(pk=file.pk)
    older = (*Correction.objects.all(), *InterpretationCorrection.objects.all())
    return any(text.shows(stored) for text in older)
