"""`manage.py erase_personal_data`: what the worker does every hour, now."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from personaldata import services


class Command(BaseCommand):
    help = "Erases the contact data whose time is over."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Contact records erased: {services.erase_due(timezone.now())}")
