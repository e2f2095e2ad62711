from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from demo import services
from demo.answers import sample_receipt


class Command(BaseCommand):
    help = "Loads the demo city, once."

    def handle(self, *args: Any, **options: Any) -> None:
        if services.is_loaded():
            services.extend_calendar(now=timezone.now())
            self.stdout.write("The demo city is loaded already.")
            self._tell_receipt()
            return
        with tqdm(unit=" documents", disable=None) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            services.load(now=timezone.now(), progress=progress)
        self.stdout.write("The demo city is loaded.")
        self._tell_receipt()

    def _tell_receipt(self) -> None:
        if code := sample_receipt():
            self.stdout.write(f"At /receipts/ this code shows how a comment was answered: {code}")
