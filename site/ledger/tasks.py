from celery import shared_task
from django.utils import timezone

from ledger import services


@shared_task
def seal() -> int:
    """Chains what was committed since the last run."""
    return services.seal(timezone.now())
