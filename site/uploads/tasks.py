from celery import shared_task
from django.utils import timezone

from uploads import held


@shared_task
def forget_held() -> int:
    """Deletes files whose form was never sent again."""
    return held.forget_held(timezone.now())
