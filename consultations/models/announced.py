"""Announced facts. They are rows of their own, inserted once and guarded by the database."""

from __future__ import annotations

import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from consultations.enums import Cause, Change, Procedure, Shortening
from consultations.models.consultation import ConsultationPage
from consultations.rules import last_day


class Announcement(models.Model):
    """A consultation appeared on this site, under an address that stays.

    ``historic`` marks one that took place elsewhere: it is closed and never takes a comment.
    """

    page = models.OneToOneField(ConsultationPage, models.PROTECT, related_name="announcement")
    slug = models.SlugField(max_length=100, unique=True, allow_unicode=False)
    announced_at = models.DateTimeField()
    procedure = models.CharField(max_length=32, choices=Procedure)
    business_related = models.BooleanField()
    historic = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[Announcement]] = models.Manager()

    class Meta:
        verbose_name = _("announcement")

    def __str__(self) -> str:
        return self.slug

    @property
    def was_short(self) -> bool:
        """Whether a historic one was open for less than today's rules demand."""
        record = getattr(self, "historic_record", None)
        return record is not None and record.short is True

    def get_absolute_url(self) -> str:
        return reverse("consultations:consultation", args=[self.slug])


class Period(models.Model):
    """From when until when the public may comment; the row with the highest ``seq`` counts.

    ``closes_at`` is exclusive: 00:00 of the Shanghai day after the last one. ``minimums`` says
    which laws demanded what, and how it was counted, on the day on which the row was written.
    """

    announcement = models.ForeignKey(Announcement, models.PROTECT, related_name="periods")
    seq = models.PositiveIntegerField()
    round = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=16, choices=Cause)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField(db_index=True)
    minimum_closes_at = models.DateTimeField()
    minimums = models.JSONField()
    shortening = models.CharField(max_length=16, choices=Shortening, blank=True)
    shortening_reason = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects: ClassVar[models.Manager[Period]] = models.Manager()

    class Meta:
        ordering = ["announcement", "seq"]
        verbose_name = _("period")
        constraints = [
            models.UniqueConstraint(fields=["announcement", "seq"], name="period_seq_once"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="period_order"),
            models.CheckConstraint(
                condition=Q(closes_at__gte=F("minimum_closes_at")), name="period_minimum"
            ),
            models.CheckConstraint(
                condition=Q(shortening="", shortening_reason="")
                | (~Q(shortening="") & ~Q(shortening_reason="")),
                name="period_shortened_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(cause="announcement") | ~Q(reason=""), name="period_change_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.announcement} · {self.seq}"

    @property
    def closes_on(self) -> datetime.date:
        """The last day, at whose 24:00 it closes."""
        return last_day(self.closes_at)


class DraftVersion(models.Model):
    """The draft as it was put before the public; a change makes a new row."""

    announcement = models.ForeignKey(Announcement, models.PROTECT, related_name="versions")
    seq = models.PositiveIntegerField()
    round = models.PositiveSmallIntegerField()
    change = models.CharField(max_length=16, choices=Change, blank=True)
    headline = models.CharField(max_length=500)
    text = models.TextField()
    explanation = models.TextField()
    reason = models.TextField(blank=True)
    published_at = models.DateTimeField()

    objects: ClassVar[models.Manager[DraftVersion]] = models.Manager()

    class Meta:
        ordering = ["announcement", "seq"]
        verbose_name = _("draft version")
        constraints = [
            models.UniqueConstraint(fields=["announcement", "seq"], name="draft_version_seq_once"),
            models.CheckConstraint(
                condition=Q(seq=1, change="") | (Q(seq__gt=1) & ~Q(change="") & ~Q(reason="")),
                name="draft_version_change_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.announcement} · {self.seq}"


class Clause(models.Model):
    """A provision of a draft version: 条, 款 or 项, or a heading above them.

    ``lineage`` is the same number for the same provision in every version, however it is
    numbered there; comments hang on it.
    """

    version = models.ForeignKey(DraftVersion, models.PROTECT, related_name="clauses")
    position = models.PositiveIntegerField()
    anchor = models.CharField(max_length=100)
    kind = models.CharField(max_length=16)
    depth = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    lineage = models.PositiveIntegerField()

    objects: ClassVar[models.Manager[Clause]] = models.Manager()

    class Meta:
        ordering = ["version", "position"]
        verbose_name = _("clause")
        constraints = [
            models.UniqueConstraint(fields=["version", "anchor"], name="clause_anchor_once"),
            models.UniqueConstraint(fields=["version", "lineage"], name="clause_lineage_once"),
        ]

    def __str__(self) -> str:
        return self.number


class Withdrawal(models.Model):
    """The authority took its draft back; the notice and the comments stay."""

    announcement = models.OneToOneField(Announcement, models.PROTECT, related_name="withdrawal")
    withdrawn_at = models.DateTimeField()
    reason = models.TextField()

    objects: ClassVar[models.Manager[Withdrawal]] = models.Manager()

    class Meta:
        verbose_name = _("withdrawal")
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""), name="consultation_withdrawal_has_a_reason"
            )
        ]

    def __str__(self) -> str:
        return str(self.announcement)
