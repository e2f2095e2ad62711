"""Prints `docs/env-vars.md`."""

from typing import Any

from django.core.management.base import BaseCommand

from config.settings import env


class Command(BaseCommand):
    help = "Prints the list of environment variables as Markdown."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(env.as_markdown(), ending="")
