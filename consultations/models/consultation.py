from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page, PageManager
from wagtail.query import PageQuerySet

from consultations.enums import Change, ChannelKind, Procedure, Shortening
from multilingual.languages import LANGUAGES
from multilingual.pages import MultilingualMixin
from organisations.guarded import GuardedPageMixin
from vocabularies.models import Subject

if TYPE_CHECKING:
    from django.http import HttpRequest

PROSE = ["h3", "bold", "italic", "link", "ol", "ul"]


class ConsultationQuerySet(PageQuerySet, models.QuerySet[Any]):
    def public(self) -> Self:
        """Only what a citizen may see: announced; every list, feed and page goes through here.

        One that was withdrawn stays, with its notice and its comments.
        """
        return self.filter(live=True, announcement__isnull=False)

    def with_period(self) -> Self:
        """Annotate what the status is computed from: the newest period, a withdrawal, and the
        kind of the statement on its round that is public."""
        from consultations.models.announced import Period, Withdrawal
        from consultations.models.statement import SignedStatement

        newest = Period.objects.filter(announcement__page=models.OuterRef("pk")).order_by("-seq")
        public = (
            SignedStatement.objects.public()
            .filter(
                announcement__page=models.OuterRef("pk"),
                round=models.Subquery(
                    Period.objects.filter(announcement=models.OuterRef("announcement"))
                    .order_by("-seq")
                    .values("round")[:1]
                ),
            )
            .order_by("-seq")
        )
        return self.annotate(
            disclosed=models.Subquery(public.values("kind")[:1]),
            opens=models.Subquery(newest.values("opens_at")[:1]),
            closes=models.Subquery(newest.values("closes_at")[:1]),
            round=models.Subquery(newest.values("round")[:1]),
            is_withdrawn=models.Exists(
                Withdrawal.objects.filter(announcement__page=models.OuterRef("pk"))
            ),
        )

    def with_status(self, now: datetime.datetime) -> Self:
        """Annotate ``status_now``, with the meaning of ``rules.status``."""
        from consultations.queries import status_expression

        return self.with_period().annotate(status_now=status_expression(now))

    def for_lists(self) -> Self:
        """Leave out the wide columns and fetch what a line in a list needs."""
        return (
            self.defer("draft", "explanation", "search_description", "change_reason")
            .select_related("announcement__historic_record", "subject")
            .prefetch_related("authorities__organisation__names")
        )


class ConsultationPage(GuardedPageMixin, MultilingualMixin, Page):
    """A draft on which the public is asked. What was announced stands in rows (announced.py)."""

    services_module = "consultations.services"

    headline = models.CharField(
        _("title"),
        max_length=500,
        help_text=_("As in 《…（征求意见稿）》, without the marks 《》."),
    )
    abstract = models.TextField(_("abstract"), blank=True)
    translation_ready = models.BooleanField(
        _("translation ready"),
        default=False,
        help_text=_("Shows this language's title and abstract to the public."),
    )
    procedure = models.CharField(_("procedure"), max_length=32, choices=Procedure, blank=True)
    business_related = models.BooleanField(
        _("closely tied to business operations"),
        null=True,
        blank=True,
        choices=[(True, _("Yes")), (False, _("No"))],
        help_text=_("Decides on the minimum of 30 days; it has to be answered every time."),
    )
    subject = models.ForeignKey(
        Subject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="consultations",
        verbose_name=_("subject"),
    )
    draft = models.TextField(
        _("draft"),
        blank=True,
        help_text=_("One line for each provision; 第…条 begins an article."),
    )
    explanation = RichTextField(_("drafting explanation"), blank=True, features=PROSE)
    replaces = models.ForeignKey(
        Page,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("policy that it would replace"),
    )
    contact_person = models.CharField(_("contact"), max_length=100, blank=True)
    contact_phone = models.CharField(_("contact's phone"), max_length=50, blank=True)
    signer = models.CharField(_("signer"), max_length=100, blank=True)
    signed_on = models.DateField(_("date signed"), null=True, blank=True)
    opens_at = models.DateTimeField(
        _("opens at"),
        null=True,
        blank=True,
        help_text=_("Empty: as soon as it is passed. Beijing time."),
    )
    closes_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("It closes at 24:00 of this day.")
    )
    shortening = models.CharField(
        _("ground for a shorter period"), max_length=16, choices=Shortening, blank=True
    )
    shortening_reason = models.TextField(_("reason for a shorter period"), blank=True)
    change = models.CharField(
        _("what changes"),
        max_length=16,
        choices=Change,
        blank=True,
        help_text=_("Needed when the announced text changes."),
    )
    change_reason = models.TextField(
        _("reason for the change"), blank=True, help_text=_("It is shown with the date.")
    )

    objects = PageManager.from_queryset(ConsultationQuerySet)()

    parent_page_types = ["organisations.OrganisationPage"]
    subpage_types: list[str] = []
    preview_modes = list(LANGUAGES)

    class Meta:
        verbose_name = _("consultation")
        verbose_name_plural = _("consultations")

    @property
    def is_released(self) -> bool:
        return getattr(self, "announcement", None) is not None

    def get_url_parts(self, request: HttpRequest | None = None) -> Any:
        """The permanent address, which does not depend on the tree."""
        announcement = getattr(self, "announcement", None)
        parts = super().get_url_parts(request)
        if announcement is None or parts is None:
            return parts
        return (parts[0], parts[1], announcement.get_absolute_url())

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from consultations import previews

        shown: HttpResponse = previews.consultation(request, self, mode_name)
        return shown

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        announcement = getattr(self, "announcement", None)
        if announcement is None:
            raise Http404
        return HttpResponsePermanentRedirect(announcement.get_absolute_url())


class ConsultationAuthority(Orderable):
    """An authority that will issue the document; the first one leads."""

    page = ParentalKey(ConsultationPage, on_delete=models.CASCADE, related_name="authorities")
    organisation = models.ForeignKey(
        "organisations.Organisation",
        models.PROTECT,
        related_name="consults_on",
        verbose_name=_("issuing authority"),
    )

    class Meta(Orderable.Meta):
        verbose_name = _("issuing authority")


class CitedBasis(Orderable):
    """A provision on which the draft rests: 《…法》第…条."""

    page = ParentalKey(ConsultationPage, on_delete=models.CASCADE, related_name="cited_bases")
    text = models.CharField(_("legal basis"), max_length=300)

    class Meta(Orderable.Meta):
        verbose_name = _("legal basis")

    def __str__(self) -> str:
        return self.text


class Channel(Orderable):
    """A way to comment besides the web form, which there always is."""

    page = ParentalKey(ConsultationPage, on_delete=models.CASCADE, related_name="channels")
    kind = models.CharField(
        _("channel"),
        max_length=16,
        choices=[
            (kind.value, kind.label)
            for kind in (ChannelKind.EMAIL, ChannelKind.POST, ChannelKind.PHONE, ChannelKind.FAX)
        ],
    )
    address = models.CharField(
        _("address or number"), max_length=300, help_text=_("Post: with the postal code.")
    )
    note = models.CharField(
        _("marking or hours"),
        max_length=200,
        blank=True,
        help_text=_("What to write on the envelope, or when the phone is answered."),
    )

    class Meta(Orderable.Meta):
        verbose_name = _("channel")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.address}"
