from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext, override

from multilingual.languages import SOURCE, suffixed

if TYPE_CHECKING:
    from wagtail.models import Page as _Base
else:
    _Base = object


class MultilingualMixin(_Base):
    """A page whose own fields stand in nine columns by django-modeltranslation.

    The bare column of a translated field takes the language that is active when it is saved,
    and search and the reference index flip with it. So everything that writes or restores a
    page runs in Chinese. ``title`` is not translated: it mirrors the Chinese headline for the
    editors' lists. The import path of this class stands in migrations: never move it.
    """

    if TYPE_CHECKING:
        title: Any
        slug: Any

    def save(self, *args: Any, **kwargs: Any) -> Any:
        with override(SOURCE):
            return super().save(*args, **kwargs)

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        with override(SOURCE):
            super().full_clean(*args, **kwargs)

    def _set_core_field_defaults(self) -> None:
        """Wagtail asks for title and slug here, for a draft and for publication alike."""
        self._mirror_headline()
        if not self.slug:
            self.slug = uuid.uuid4().hex[:12]
        super()._set_core_field_defaults()

    def _mirror_headline(self) -> None:
        headline = getattr(self, "headline_zh_hans", "") or ""
        self.title = headline[:255] or self.title or gettext("Untitled")

    def save_revision(self, *args: Any, **kwargs: Any) -> Any:
        with override(SOURCE):
            self._mirror_headline()
            return super().save_revision(*args, **kwargs)

    def with_content_json(self, content: dict[str, Any]) -> Any:
        with override(SOURCE):
            return super().with_content_json(content)

    def headline_in(self, language: str) -> str | None:
        """Give the title in ``language``; ``None`` where no translation is ready."""
        return self._ready("headline", language)

    def abstract_in(self, language: str) -> str | None:
        """Give the summary in ``language``; ``None`` where no translation is ready."""
        return self._ready("abstract", language)

    def _ready(self, field: str, language: str) -> str | None:
        if language != SOURCE and not getattr(self, suffixed("translation_ready", language)):
            return None
        return getattr(self, suffixed(field, language)) or None
