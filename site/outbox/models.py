"""Effects outside the database, written down in the transaction that causes them."""

from datetime import datetime
from typing import ClassVar, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class MessageQuerySet(models.QuerySet["Message"]):
    def undelivered(self) -> Self:
        return self.filter(delivered_at=None)

    def due(self, now: datetime) -> Self:
        """What a consumer may take at `now`, oldest first."""
        return self.undelivered().filter(available_at__lte=now).order_by("pk")

    def failing(self) -> Self:
        """What failed at least once and still waits."""
        return self.undelivered().exclude(last_error="")


class Message(models.Model):
    """One effect to bring about: at least once, in order within its topic unless it fails."""

    topic = models.CharField(max_length=100)
    payload = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    claim = models.UUIDField(null=True)
    delivered_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                condition=models.Q(delivered_at=None),
                name="outbox_message_undelivered",
            ),
            models.Index(
                fields=["delivered_at"],
                condition=models.Q(delivered_at__isnull=False),
                name="outbox_message_delivered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.topic}"
