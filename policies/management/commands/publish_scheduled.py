from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from policies import services


class Command(BaseCommand):
    help = "Publishes what is due. One page that is refused stops no other."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{services.publish_scheduled(timezone.now())} published.")
