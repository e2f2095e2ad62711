from celery import shared_task
from django.utils import timezone

from policies import services


@shared_task
def publish_scheduled() -> int:
    """Publishes what is due; beat calls it every minute."""
    return services.publish_scheduled(timezone.now())
