from celery import shared_task
from django.utils import timezone

from consultations import services


@shared_task
def seal_due() -> int:
    """Seals the rounds that have closed."""
    return len(services.seal_due(timezone.now()))


@shared_task
def scan_waiting() -> int:
    """Scans files that came while the virus scanner was away."""
    return services.scan_waiting(timezone.now())
