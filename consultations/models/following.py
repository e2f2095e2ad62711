from __future__ import annotations

from typing import ClassVar

from django.db import models

from consultations.models.announced import Announcement


class Follower(models.Model):
    """An e-mail address that wants to hear of a consultation, once it has been confirmed."""

    announcement = models.ForeignKey(Announcement, models.PROTECT, related_name="followers")
    contact = models.OneToOneField(
        "personaldata.ContactRecord", models.PROTECT, related_name="follower"
    )
    token_digest = models.CharField(max_length=64, unique=True)
    address_digest = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Follower]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["announcement", "address_digest"], name="follower_address_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} · {self.pk}"
