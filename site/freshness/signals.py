from typing import Any

from django.db import models
from django.db.models.signals import post_delete, post_save

from freshness import services


def _bump(**_signal: Any) -> None:
    services.bump()


def bump_when_changed(*watched: type[models.Model]) -> None:
    """Make cached pages stale whenever a row of these small, rarely edited models changes."""
    for model in watched:
        for signal in (post_save, post_delete):
            signal.connect(_bump, sender=model, dispatch_uid=f"freshness {model._meta.label}")
