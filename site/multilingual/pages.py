from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.utils.translation import override

from multilingual.languages import SOURCE

if TYPE_CHECKING:
    from wagtail.models import Page

    _Base = Page
else:
    _Base = object


class MultilingualMixin(_Base):
    """A page whose own fields stand in nine columns by django-modeltranslation.

    The bare column of a translated field takes the language that is active when it is saved,
    and search and the reference index flip with it. So everything that writes or restores a
    page runs in Chinese. ``title`` is not translated: it mirrors the Chinese headline for the
    editors' lists. The import path of this class stands in migrations: never move it.
    """

    def save(self, *args: Any, **kwargs: Any) -> Any:
        with override(SOURCE):
            return super().save(*args, **kwargs)

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        with override(SOURCE):
            headline = getattr(self, "headline_zh_hans", "") or ""
            self.title = headline[:255] or self.title
            if not self.slug:
                self.slug = uuid.uuid4().hex[:12]
            super().full_clean(*args, **kwargs)

    def save_revision(self, *args: Any, **kwargs: Any) -> Any:
        with override(SOURCE):
            return super().save_revision(*args, **kwargs)

    def with_content_json(self, content: dict[str, Any]) -> Any:
        with override(SOURCE):
            return super().with_content_json(content)
