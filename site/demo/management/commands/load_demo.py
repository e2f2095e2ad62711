from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from demo import services


class Command(BaseCommand):
    help = "Loads the demo city, once."

    def handle(self, *args: Any, **options: Any) -> None:
        if services.is_loaded():
            services.extend_calendar(now=timezone.now())
            self.stdout.write("The demo city is loaded already.")
            return
        with tqdm(unit=" documents", disable=None) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            services.load(now=timezone.now(), progress=progress)
        self.stdout.write("The demo city is loaded.")
