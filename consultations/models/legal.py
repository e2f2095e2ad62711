from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consultations.enums import ExemptionGround
from workdays.enums import Unit

FLOOR = "participation-measures"
"""The key of the five working days that nothing goes below."""


class LegalBasis(models.Model):
    """A provision that demands a minimum period; an administrator keeps the list."""

    key = models.SlugField(_("key"), unique=True)
    instrument = models.CharField(_("instrument"), max_length=200)
    article = models.CharField(_("article"), max_length=50, blank=True)
    days = models.PositiveSmallIntegerField(_("days"))
    unit = models.CharField(
        _("unit"),
        max_length=16,
        choices=Unit,
    )
    binding = models.BooleanField(
        _("binding"), default=True, help_text=_("No: it is only proposed to the editor.")
    )
    may_be_shortened = models.BooleanField(
        _("may be shortened"), default=False, help_text=_("The law says “generally” (一般).")
    )
    always = models.BooleanField(_("applies to every consultation"), default=False)
    business_related = models.BooleanField(
        _("applies to what is closely tied to business operations"), default=False
    )
    procedures = models.JSONField(_("applies to these procedures"), default=list, blank=True)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)

    objects: ClassVar[models.Manager[LegalBasis]] = models.Manager()

    class Meta:
        ordering = ["sort_order", "key"]
        verbose_name = _("minimum period")
        verbose_name_plural = _("minimum periods")
        constraints = [
            models.CheckConstraint(condition=Q(days__gte=1), name="legal_basis_days"),
            # 京公开办发〔2020〕4号: "at least five working days" leaves no room.
            models.CheckConstraint(
                condition=~Q(key=FLOOR)
                | Q(
                    always=True,
                    unit=Unit.WORKING_DAYS.value,
                    days__gte=5,
                    binding=True,
                    may_be_shortened=False,
                ),
                name="legal_basis_floor_stands",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument}{self.article}"


class ExemptionRequest(models.Model):
    """An officer asks to go without comments; a legal reviewer answers, once."""

    organisation = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, related_name="exemption_requests"
    )
    ground = models.CharField(_("ground"), max_length=16, choices=ExemptionGround)
    matter = models.CharField(_("matter"), max_length=300)
    reason = models.TextField(_("reason"))
    public_statement = models.TextField(_("what may be said in public"))
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()

    objects: ClassVar[models.Manager[ExemptionRequest]] = models.Manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("request for an exemption")
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(public_statement="") & ~Q(matter=""),
                name="exemption_request_has_its_reasons",
            ),
        ]

    def __str__(self) -> str:
        return self.matter


class ExemptionRefusal(models.Model):
    """A legal reviewer did not grant it; comments have to be asked for."""

    request = models.OneToOneField(ExemptionRequest, models.PROTECT, related_name="refusal")
    reason = models.TextField()
    refused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    refused_at = models.DateTimeField()

    objects: ClassVar[models.Manager[ExemptionRefusal]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="exemption_refusal_has_a_reason")
        ]

    def __str__(self) -> str:
        return str(self.request)


class ExemptionQuerySet(models.QuerySet["Exemption"]):
    def public(self) -> Self:
        """Only what may be said in public: organisation, ground, statement and moment."""
        return self.select_related("organisation").only(
            "organisation", "ground", "public_statement", "recorded_at"
        )


class Exemption(models.Model):
    """No comments were asked for, because the matter is confidential or an emergency (rule 3)."""

    organisation = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, related_name="exemptions"
    )
    request = models.OneToOneField(
        ExemptionRequest, models.PROTECT, null=True, related_name="exemption"
    )
    ground = models.CharField(max_length=16, choices=ExemptionGround)
    matter = models.CharField(max_length=300)
    reason = models.TextField()
    public_statement = models.TextField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = ExemptionQuerySet.as_manager()

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        verbose_name = _("exemption")
        verbose_name_plural = _("exemptions")
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(public_statement="") & ~Q(matter=""),
                name="exemption_has_its_reasons",
            ),
            models.CheckConstraint(
                condition=~Q(requested_by=models.F("approved_by")),
                name="exemption_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return self.matter
