from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from policies.transfer import files
from policies.transfer.exporting import export_rows


class Command(BaseCommand):
    help = "Writes every public policy to a .jsonl or .jsonl.xz file that import_policies reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        count = 0
        with files.open_for_writing(file) as lines:
            for row in tqdm(export_rows(timezone.localdate()), unit=" documents", disable=None):
                files.write_line(lines, row)
                count += 1
        self.stdout.write(f"{count} exported to {file}.")
