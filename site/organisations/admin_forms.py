"""The form in which editors write a page that goes public by its review."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.forms.formsets import BaseFormSet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.blocks.stream_block import StreamValue
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page, Revision

from organisations import access, services


class ReviewedPageForm(WagtailAdminPageForm):
    """Saving a draft is always possible, unless it would lose a colleague's newer one.

    Submitting names everything that a release still lacks.
    """

    show_schedule_publishing_toggle = False
    parts: ClassVar[tuple[str, ...]]
    """What a page has several of, each a formset."""

    def missing(self) -> dict[str, str]:
        """Name what the page still lacks to go public, by field, in the active language."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        self._refuse_stale_save()
        return cleaned

    def is_valid(self) -> bool:
        if not super().is_valid():
            if not self.is_deferred_validation:
                self._name_what_is_missing()
            return False
        self._refuse_what_is_out_of_reach()
        if not self.is_deferred_validation:
            self._name_what_is_missing()
        return not self.errors and all(
            not formset.non_form_errors() for formset in self.formsets.values()
        )

    # --- a colleague was faster -----------------------------------------------------------------

    def _refuse_stale_save(self) -> None:
        if not self.instance.pk:
            return
        with transaction.atomic():
            page = Page.objects.select_for_update().get(pk=self.instance.pk)
        latest = page.latest_revision
        if latest is None or self._was_loaded_from(latest):
            return
        loaded = self._loaded_revision()
        changed = services.changed_fields(loaded, latest) if loaded else []
        compare = reverse(
            "wagtailadmin_pages:revisions_compare",
            args=[page.pk, loaded.pk if loaded else "earliest", latest.pk],
        )
        self.add_error(
            None,
            forms.ValidationError(
                format_html(
                    '{} <a href="{}" target="_blank">{}</a>',
                    _(
                        "Not saved: %(person)s saved a newer draft at %(time)s. Changed there: "
                        "%(fields)s. What you typed is still here; take over their changes, then "
                        "save again."
                    )
                    % {
                        "person": latest.user or "–",
                        "time": localtime(latest.created_at).strftime("%Y-%m-%d %H:%M"),
                        "fields": ", ".join(changed) or "–",
                    },
                    compare,
                    _("Show what they changed"),
                ),
                code="stale",
            ),
        )

    def _was_loaded_from(self, latest: Revision) -> bool:
        """A form that does not say from which draft it was loaded counts as stale."""
        return bool(
            self.data.get("loaded_revision_id") == str(latest.pk)
            and self.data.get("loaded_revision_created_at") == latest.created_at.isoformat()
        )

    def _loaded_revision(self) -> Revision | None:
        loaded = self.data.get("loaded_revision_id") or ""
        if not loaded.isdecimal():
            return None
        return Revision.page_revisions.filter(object_id=self.instance.pk, pk=loaded).first()

    # --- what belongs to others -----------------------------------------------------------------

    def _refuse_what_is_out_of_reach(self) -> None:
        """A crafted form could refer to another organisation's draft, and then show its title."""
        if self.for_user is None or self.for_user.is_superuser:
            return
        reach = {
            get_image_model(): access.images_within_reach,
            get_document_model(): access.documents_within_reach,
        }
        for model, key in self._references():
            known = access.choosable_pages if issubclass(model, Page) else reach.get(model)
            if known is not None and not known(self.for_user).filter(pk=key).exists():
                self.add_error(None, _("It refers to something that is not within your reach."))
                return

    def _references(self) -> set[tuple[type[Any], str]]:
        """Give model and key of everything that the form newly refers to."""
        found = set()
        for name, value in self.cleaned_data.items():
            if isinstance(value, StreamValue):
                found |= _references_in(value) - _references_in(self.initial.get(name))
        for formset in self.formsets.values():
            for form in _kept(formset):
                for name in form.changed_data:
                    value = form.cleaned_data.get(name)
                    if isinstance(value, (Page, get_document_model(), get_image_model())):
                        found.add((type(value), str(value.pk)))
        return found

    # --- what is missing ------------------------------------------------------------------------

    def _name_what_is_missing(self) -> None:
        for name, formset in self.formsets.items():
            if name in self.parts:
                setattr(self.instance, name, [form.instance for form in _kept(formset)])
        for name, words in self.missing().items():
            if name in self.formsets:
                self.formsets[name]._non_form_errors = self.error_class([words])
            if name in self.fields:
                if name not in self.errors:
                    self.add_error(name, words)
            else:
                self.add_error(None, f"{services.label(self.instance, name)}: {words}")


def _references_in(stream: Any) -> set[tuple[type[Any], str]]:
    if not isinstance(stream, StreamValue):
        return set()
    return {
        (model, str(key)) for model, key, *_path in stream.stream_block.extract_references(stream)
    }


def _kept(formset: BaseFormSet[Any]) -> list[Any]:
    """Give the forms of a formset that are filled in and not marked for deletion."""
    return [
        form
        for form in formset.forms
        if (form.has_changed() or form.instance.pk) and form not in formset.deleted_forms
    ]
