from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from consultations.transfer.history import import_lines
from outbox import services as outbox

INDEXING_TIMEOUT = 600


class Command(BaseCommand):
    help = (
        "Imports consultations that took place elsewhere from a .jsonl file; "
        "docs/import-format.md describes it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            with file.open("rb") as lines:
                outcome = import_lines(lines, now=timezone.now())
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        for line, reason in outcome.errors:
            self.stderr.write(f"line {line}: {reason}")
        self.stdout.write(
            f"{outcome.imported} imported, {outcome.present} there already, "
            f"{len(outcome.errors)} refused."
        )
        if not outbox.wait_or_drain(INDEXING_TIMEOUT):
            self.stderr.write("The search index is not up to date yet; the server goes on with it.")
        if outcome.errors:
            sys.exit(1)
