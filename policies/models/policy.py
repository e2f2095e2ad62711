from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page, PageManager
from wagtail.query import PageQuerySet

from multilingual.languages import CODES, LANGUAGES, SOURCE
from multilingual.pages import MultilingualMixin
from organisations.guarded import GuardedPageMixin
from policies import blocks
from policies.enums import (
    Disclosure,
    EarlyEffect,
    EffectKind,
    ImportedStatus,
    Kind,
    RelationKind,
    Validity,
)
from policies.rules import ValidityFacts
from vocabularies.models import Audience, Subject, Territory

if TYPE_CHECKING:
    from django.http import HttpRequest


class PolicyQuerySet(PageQuerySet, models.QuerySet[Any]):
    def public(self) -> Self:
        """Only what a citizen may see: live, released, not withdrawn, proactively disclosed.

        Every list, feed, sitemap, API answer and page goes through here.
        """
        from policies.models.release import Withdrawal

        withdrawn = Withdrawal.objects.open().filter(release__page=models.OuterRef("pk"))
        return self.filter(
            ~models.Exists(withdrawn),
            live=True,
            release__isnull=False,
            disclosure=Disclosure.PROACTIVE,
        )

    def with_validity(self, on: datetime.date) -> Self:
        """Annotate ``validity_on_day`` for the Shanghai day ``on``, like ``rules.validity``."""
        from policies.queries import validity_expression

        return self.annotate(validity_on_day=validity_expression(on))

    def in_force(self, on: datetime.date) -> Self:
        return self.with_validity(on).filter(
            validity_on_day__in=[Validity.IN_FORCE, Validity.PARTLY]
        )

    def for_lists(self) -> Self:
        """Leave out the wide columns and fetch what a line in a list needs."""
        return (
            self.defer(*_WIDE)
            .select_related("release", "subject", "territory", "import_record")
            .prefetch_related("numbers", "issuers__organisation__names", standing_effects())
        )

    def for_index(self) -> Self:
        """Fetch what ``search.policy_documents`` reads of the page itself."""
        related = self.select_related("subject", "territory", "import_record")
        return related.prefetch_related(standing_effects())


def standing_effects() -> models.Prefetch[Any]:
    """Prefetch the effects on a document, so that its validity asks no further query."""
    from policies.models.release import Effect

    return models.Prefetch(
        "effects_on_it", Effect.objects.select_related("reversal").order_by("effective_on", "pk")
    )


_WIDE = (
    "body",
    "no_interpretation_reason",
    "correction_reason",
    "early_effect_reason",
    "search_description",
)


class PolicyPage(GuardedPageMixin, MultilingualMixin, Page):
    """An authoritative document. What was released of it stands in rows beside it (release.py).

    ``origin`` is the same for a document and all its copies, so that these owe what it owes.
    """

    services_module = "policies.services"

    headline = models.CharField(_("title"), max_length=500)
    abstract = models.TextField(_("abstract"), blank=True)
    translation_ready = models.BooleanField(
        _("translation ready"),
        default=False,
        help_text=_("Shows this language's title and abstract to the public."),
    )
    kind = models.CharField(_("kind of document"), max_length=32, choices=Kind, blank=True)
    disclosure = models.CharField(
        _("disclosure attribute"), max_length=16, choices=Disclosure, blank=True
    )
    adoption_note = models.CharField(
        _("adoption note"),
        max_length=500,
        blank=True,
        help_text=_("Which meeting adopted it and when, as printed below the title."),
    )
    adopted_on = models.DateField(_("date adopted"), null=True, blank=True)
    issued_on = models.DateField(_("date issued"), null=True, blank=True, db_index=True)
    effective_on = models.DateField(_("effective date"), null=True, blank=True)
    expires_on = models.DateField(
        _("last day of validity"),
        null=True,
        blank=True,
        help_text=_("The last day on which it applies; empty if it has no end."),
    )
    consolidated_as_of = models.DateField(
        _("text consolidated as of"),
        null=True,
        blank=True,
        help_text=_("Amendments in force up to this day are worked into the text."),
    )
    subject = models.ForeignKey(
        Subject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="policies",
        verbose_name=_("subject"),
    )
    territory = models.ForeignKey(
        Territory,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="policies",
        verbose_name=_("territory"),
    )
    audiences = ParentalManyToManyField(
        Audience, blank=True, related_name="policies", verbose_name=_("audience")
    )
    body = StreamField(blocks.policy_body(), blank=True, verbose_name=_("text"))
    no_interpretation_reason = models.TextField(
        _("reason for releasing without an interpretation"), blank=True
    )
    interpretation_due_on = models.DateField(_("interpretation due on"), null=True, blank=True)
    correction_reason = models.TextField(
        _("reason for the correction"),
        blank=True,
        help_text=_("Needed when the released text changes; it is shown with the date."),
    )
    business_related = models.BooleanField(
        _("closely tied to business operations"),
        null=True,
        blank=True,
        choices=[(True, _("Yes")), (False, _("No"))],
        help_text=_("If it is, the public has to be consulted; it has to be answered every time."),
    )
    consultation = models.ForeignKey(
        "consultations.ConsultationPage",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("consultation on the draft"),
    )
    exemption = models.ForeignKey(
        "consultations.Exemption",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("exemption from consultation"),
        help_text=_("Only where no consultation took place."),
    )
    early_effect = models.CharField(
        _("ground for an early effect"),
        max_length=16,
        choices=EarlyEffect,
        blank=True,
        help_text=_("Where it takes effect less than 30 days after it was issued."),
    )
    early_effect_reason = models.TextField(_("reason for an early effect"), blank=True)
    origin = models.UUIDField(default=uuid4, editable=False, db_index=True)

    objects = PageManager.from_queryset(PolicyQuerySet)()

    parent_page_types = ["organisations.OrganisationPage"]
    subpage_types = ["policies.InterpretationPage"]
    preview_modes = list(LANGUAGES)

    class Meta:
        verbose_name = _("policy document")
        verbose_name_plural = _("policy documents")

    @property
    def text(self) -> str:
        """The legal text, without tables and pictures, as it was issued."""
        return "\n".join(str(block.value) for block in self.body if block.block_type == "text")

    @property
    def words(self) -> str:
        """All that is written in it, tables and pictures included, for search."""
        return "\n".join(self.body.stream_block.get_searchable_content(self.body))

    def validity_facts(self) -> ValidityFacts:
        """Collect what decides on validity; prefetch ``effects_on_it`` for lists."""
        record = getattr(self, "import_record", None)
        return ValidityFacts(
            effective_on=self.effective_on,
            expires_on=self.expires_on,
            imported_as=ImportedStatus(record.status) if record else None,
            effects=tuple(effect.as_fact() for effect in self.effects_on_it.all() if effect.stands),
        )

    def with_content_json(self, content: Any) -> Any:
        page = super().with_content_json(content)
        page.origin = self.origin  # of the document and not of a revision
        return page

    def submitted(self, user: Any, now: datetime.datetime) -> None:
        self.services.note_owed(self, self, user=user, now=now)

    def get_url_parts(self, request: HttpRequest | None = None) -> Any:
        """The permanent address, which does not depend on the tree."""
        release = getattr(self, "release", None)
        parts = super().get_url_parts(request)
        if release is None or parts is None:
            return parts
        return (parts[0], parts[1], release.get_absolute_url())

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from policies import previews

        return previews.policy(request, self, mode_name)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        release = getattr(self, "release", None)
        if release is None:
            raise Http404
        return HttpResponsePermanentRedirect(release.get_absolute_url())


class PolicyNumber(Orderable):
    """A document number, kept exactly as issued; its key is what searches compare."""

    page = ParentalKey(PolicyPage, on_delete=models.CASCADE, related_name="numbers")
    text = models.CharField(_("document number"), max_length=200)

    class Meta(Orderable.Meta):
        verbose_name = _("document number")

    def __str__(self) -> str:
        return self.text


class PolicyIssuer(Orderable):
    """An issuing authority; the first one leads a joint issue."""

    page = ParentalKey(PolicyPage, on_delete=models.CASCADE, related_name="issuers")
    organisation = models.ForeignKey(
        "organisations.Organisation",
        models.PROTECT,
        related_name="issued",
        verbose_name=_("issuing authority"),
    )

    class Meta(Orderable.Meta):
        verbose_name = _("issuing authority")


class PolicyAlias(Orderable):
    """A popular name, in a language."""

    page = ParentalKey(PolicyPage, on_delete=models.CASCADE, related_name="popular_names")
    text = models.CharField(_("popular name"), max_length=200)
    language = models.CharField(
        _("language"), max_length=8, choices=[(code, code) for code in CODES], default=SOURCE
    )

    class Meta(Orderable.Meta):
        verbose_name = _("popular name")

    def __str__(self) -> str:
        return self.text


class PolicyAttachment(Orderable):
    page = ParentalKey(PolicyPage, on_delete=models.CASCADE, related_name="attachments")
    document = models.ForeignKey(
        "wagtaildocs.Document", models.PROTECT, related_name="+", verbose_name=_("file")
    )
    title = models.CharField(_("title"), max_length=255)

    class Meta(Orderable.Meta):
        verbose_name = _("attachment")


class PolicyRelation(Orderable):
    """What a document is based on, implements, supports or cites. The reverse is only shown."""

    page = ParentalKey(PolicyPage, on_delete=models.CASCADE, related_name="relations")
    kind = models.CharField(_("relation"), max_length=16, choices=RelationKind)
    target = models.ForeignKey(
        PolicyPage, models.PROTECT, related_name="relations_to_it", verbose_name=_("document")
    )

    class Meta(Orderable.Meta):
        verbose_name = _("relation")
        constraints = [
            models.CheckConstraint(condition=~Q(page=F("target")), name="relation_not_to_itself")
        ]


class ProposedEffect(Orderable):
    """What a draft will do to another document; it becomes an ``Effect`` at the release."""

    page = ParentalKey(PolicyPage, on_delete=models.CASCADE, related_name="proposed_effects")
    kind = models.CharField(_("effect"), max_length=16, choices=EffectKind)
    target = models.ForeignKey(
        PolicyPage, models.PROTECT, related_name="+", verbose_name=_("document")
    )
    provisions = models.JSONField(
        _("provisions"),
        default=list,
        blank=True,
        help_text=_("Anchors of the provisions, such as art-12 or art-12-p2."),
    )
    effective_on = models.DateField(_("takes effect on"))
    until_on = models.DateField(
        _("until"),
        null=True,
        blank=True,
        help_text=_("The last day of a suspension, or the new last day of validity."),
    )
    applied = models.BooleanField(_("already worked into the text"), default=False)

    class Meta(Orderable.Meta):
        verbose_name = _("effect on another document")
        constraints = [
            models.CheckConstraint(
                condition=~Q(page=F("target")), name="proposed_effect_not_on_itself"
            )
        ]
