from celery import shared_task
from django.utils import timezone

from outbox import services
from outbox.lock import consuming


@shared_task
def deliver() -> int:
    """Delivers what is due, unless another process of this machine does."""
    with consuming(keep=True) as ours:
        return services.deliver(timezone.now()) if ours else 0


@shared_task
def prune() -> int:
    """Removes what was delivered long ago."""
    return services.prune(timezone.now())
