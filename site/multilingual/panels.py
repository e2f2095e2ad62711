"""What the editors of every multilingual page have in common."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList

from multilingual.languages import LANGUAGES, suffixed


def translations() -> ObjectList:
    """Title and abstract in the eight other languages, each shown once it is ready."""
    return ObjectList(
        [
            MultiFieldPanel(
                [
                    FieldPanel(suffixed("headline", code), heading=_("Title")),
                    FieldPanel(suffixed("abstract", code), heading=_("Abstract")),
                    FieldPanel(suffixed("translation_ready", code), heading=_("Translation ready")),
                ],
                heading=name,
                classname="collapsed",
            )
            for code, name in LANGUAGES[1:]
        ],
        heading=_("Translations"),
    )
