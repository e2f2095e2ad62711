"""The closed vocabularies of the calendar."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DayKind(models.TextChoices):
    """What a day is by the State Council's calendar."""

    WORKING = "working", _("Working day")
    WEEKEND = "weekend", _("Weekend")
    HOLIDAY = "holiday", _("Day off")
    MAKE_UP = "make-up", _("Make-up working day")


WORKED = (DayKind.WORKING, DayKind.MAKE_UP)
"""The kinds on which people work."""

NAMED = (DayKind.HOLIDAY, DayKind.MAKE_UP)
"""The kinds that only a notice makes; the others follow from the day of the week."""


class Unit(models.TextChoices):
    """What a period is counted in."""

    WORKING_DAYS = "working_days", _("working days")
    DAYS = "days", _("days")
