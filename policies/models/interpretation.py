from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils.translation import gettext_lazy as _
from wagtail.fields import StreamField
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet

from multilingual.languages import LANGUAGES
from multilingual.pages import MultilingualMixin
from organisations.guarded import GuardedPageMixin
from policies import blocks
from policies.enums import InterpretationKind


class InterpretationQuerySet(PageQuerySet, models.QuerySet[Any]):
    def public(self) -> Self:
        """Only released interpretations of policies that are public themselves."""
        from policies.models.policy import PolicyPage

        # As a list of all public policies it would take as long with one interpretation as with
        # thousands.
        document = PolicyPage.objects.public().filter(
            pk=models.OuterRef("release__policy_release__page")
        )
        return self.filter(models.Exists(document), live=True, release__isnull=False)

    def for_lists(self) -> Self:
        wide = ("body", "search_description", "release__policy_release__page__body")
        return self.defer(*wide).select_related("release__policy_release__page__release")

    def for_index(self) -> Self:
        return self.select_related("release__policy_release")


class InterpretationPage(GuardedPageMixin, MultilingualMixin, Page):
    """解读: explains the policy below which it stands, and is released with it or after it."""

    services_module = "policies.services"

    headline = models.CharField(_("title"), max_length=500)
    abstract = models.TextField(_("summary"), blank=True)
    translation_ready = models.BooleanField(_("translation ready"), default=False)
    kind = models.CharField(_("kind"), max_length=16, choices=InterpretationKind, blank=True)
    speaker = models.CharField(
        _("who explains"),
        max_length=200,
        blank=True,
        help_text=_("The department, or the expert with name and function."),
    )
    signed_on = models.DateField(_("date signed"), null=True, blank=True)
    body = StreamField(blocks.interpretation_body(), blank=True, verbose_name=_("text"))
    correction_reason = models.TextField(
        _("reason for the correction"),
        blank=True,
        help_text=_("Needed when the released text changes; it is shown with the date."),
    )

    objects = PageManager.from_queryset(InterpretationQuerySet)()

    parent_page_types = ["policies.PolicyPage"]
    subpage_types: list[str] = []
    preview_modes = list(LANGUAGES)

    class Meta:
        verbose_name = _("interpretation")
        verbose_name_plural = _("interpretations")

    @property
    def words(self) -> str:
        """All that is said in it, pictures and videos by their alternatives, for search."""
        return "\n".join(self.body.stream_block.get_searchable_content(self.body))

    def get_lock(self) -> Any:
        """While the policy is in review, what will be released with it stands still too."""
        lock = super().get_lock()
        if lock is None and not self.is_released and self.path:
            lock = self.get_parent().specific.get_lock()
        return lock

    def get_url_parts(self, request: HttpRequest | None = None) -> Any:
        release = getattr(self, "release", None)
        parts = super().get_url_parts(request)
        if release is None or parts is None:
            return parts
        return (parts[0], parts[1], release.get_absolute_url())

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from policies import previews

        return previews.interpretation(request, self, mode_name)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        release = getattr(self, "release", None)
        if release is None:
            raise Http404
        return HttpResponsePermanentRedirect(release.get_absolute_url())
