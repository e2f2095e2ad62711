import logging

from celery import shared_task
from django.db import transaction

from search import services

logger = logging.getLogger(__name__)


@shared_task
def check() -> int:
    """Compares index and database, has what differs indexed again, and returns how much it was."""
    differences = services.check()
    if differences:
        logger.warning("The index differs in %s", ", ".join(differences.all_keys()[:20]))
        with transaction.atomic():
            services.repair(differences)
    return len(differences.all_keys())
