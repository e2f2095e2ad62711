from celery import shared_task
from django.utils import timezone

from personaldata import services


@shared_task
def erase_due() -> int:
    """Erases the contact data whose time is over."""
    return services.erase_due(timezone.now())
