from __future__ import annotations

from typing import ClassVar

from django.db import models

from consultations.models.announced import Announcement


class HistoricRecord(models.Model):
    """Where a consultation that took place elsewhere came from, and what its source says of it.

    received: the comments that came in then, none of which is here. short: whether its period was
    shorter than the minimum that holds today; ``None`` where no calendar reaches back so far.
    """

    announcement = models.OneToOneField(
        Announcement, models.PROTECT, related_name="historic_record"
    )
    source_id = models.CharField(max_length=200, unique=True)
    source_url = models.URLField(max_length=500, blank=True)
    received = models.PositiveIntegerField(null=True)
    short = models.BooleanField(null=True)
    imported_at = models.DateTimeField()

    objects: ClassVar[models.Manager[HistoricRecord]] = models.Manager()

    def __str__(self) -> str:
        return self.source_id
