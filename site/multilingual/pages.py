from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F
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


def insert_pages(pages: Sequence[Any], parents: Sequence[Any]) -> None:
    """Insert pages of one model as the last children of their parents, hundreds at once.

    Two statements a batch instead of a dozen a page. Nothing else happens: no validation, no
    signal. Call it inside a transaction, in Chinese.
    """
    from wagtail.models import Page

    children: dict[int, list[Any]] = {}
    for page, parent in zip(pages, parents, strict=True):
        children.setdefault(parent.pk, []).append(page)
    for parent in Page.objects.select_for_update().filter(pk__in=children).order_by("pk"):
        last = parent.get_last_child() if parent.numchild else None
        step = Page._str2int(last.path[-Page.steplen :]) if last else 0
        for number, page in enumerate(children[parent.pk], start=step + 1):
            page.path = Page._get_path(parent.path, parent.depth + 1, number)
            page.depth = parent.depth + 1
            page.url_path = f"{parent.url_path}{page.slug}/"
        Page.objects.filter(pk=parent.pk).update(numchild=F("numchild") + len(children[parent.pk]))
    if not pages:
        return
    # Django cannot bulk-create a model with a parent table, so the two are filled apart.
    base = [field for field in Page._meta.local_concrete_fields if not field.primary_key]
    for page, (pk,) in zip(pages, _insert(Page, base, pages, [Page._meta.pk]), strict=True):
        page.pk = page.page_ptr_id = pk
    model = type(pages[0])
    _insert(model, model._meta.local_concrete_fields, pages)


def _insert(
    model: Any, fields: list[Any], pages: Sequence[Any], returning: Any = None
) -> list[Any]:
    """Insert these columns of the pages into the model's own table."""
    # Most of the nine languages' columns are empty in most batches.
    filled = [
        field for field in fields if any(getattr(p, field.attname) is not None for p in pages)
    ]
    size = connection.ops.bulk_batch_size(filled, pages)
    return [
        values
        for start in range(0, len(pages), size)
        for values in model._base_manager._insert(
            pages[start : start + size],
            fields=filled,
            returning_fields=returning,
            using=connection.alias,
            raw=True,
        )
    ]
