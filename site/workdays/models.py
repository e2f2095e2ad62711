"""The calendar as it was announced, and what was corrected later. No row is ever changed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from workdays.enums import NAMED, DayKind


class Notice(models.Model):
    """A notice of the State Council on the days off of a year, or a made-up one of the demo."""

    number = models.CharField(_("number"), max_length=100, unique=True)
    title = models.CharField(_("title"), max_length=300)
    issued_on = models.DateField(_("issued on"))
    year = models.PositiveSmallIntegerField(_("year"))
    is_sample = models.BooleanField(_("sample"), default=False)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    objects: ClassVar[models.Manager[Notice]] = models.Manager()

    class Meta:
        ordering = ["year", "issued_on"]
        verbose_name = _("notice of days off")
        verbose_name_plural = _("notices of days off")

    def __str__(self) -> str:
        return self.number


class CalendarDay(models.Model):
    """A day as it was first announced. Every day of an announced year has its row."""

    date = models.DateField(_("date"), primary_key=True)
    kind = models.CharField(_("kind"), max_length=8, choices=DayKind)
    notice = models.ForeignKey(
        Notice, models.PROTECT, null=True, related_name="days", verbose_name=_("notice")
    )

    objects: ClassVar[models.Manager[CalendarDay]] = models.Manager()

    class Meta:
        ordering = ["date"]
        verbose_name = _("day of the calendar")
        verbose_name_plural = _("days of the calendar")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=DayKind.values), name="workdays_day_has_a_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=NAMED, notice__isnull=False)
                | (~Q(kind__in=NAMED) & Q(notice__isnull=True)),
                name="workdays_only_a_notice_names_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.kind}"


class DayCorrection(models.Model):
    """What a day turned out to be. The newest says what it is; none makes a period shorter."""

    day = models.ForeignKey(
        CalendarDay, models.PROTECT, related_name="corrections", verbose_name=_("day")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=DayKind)
    notice = models.ForeignKey(
        Notice, models.PROTECT, null=True, related_name="corrections", verbose_name=_("notice")
    )
    reason = models.CharField(_("reason"), max_length=500)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    objects: ClassVar[models.Manager[DayCorrection]] = models.Manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("correction of a day")
        verbose_name_plural = _("corrections of days")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=DayKind.values), name="workdays_correction_has_a_kind"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=NAMED) | Q(notice__isnull=False),
                name="workdays_only_a_notice_names_a_correction",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day_id} {self.kind}"
