from __future__ import annotations

import lzma
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from outbox import services as outbox
from policies.transfer import files
from policies.transfer.importing import import_links, import_rows
from policies.transfer.rows import Row

INDEXING_TIMEOUT = 600


class Command(BaseCommand):
    help = "Imports documents from a .jsonl or .jsonl.xz file; docs/import-format.md describes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--errors", type=Path, help="where refused rows go (default: FILE.errors.jsonl)"
        )

    def handle(self, *args: Any, file: Path, errors: Path | None, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            total = files.count_lines(file)
        except (lzma.LZMAError, EOFError, OSError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        now = timezone.now()
        imported = present = 0
        linked: list[tuple[int, Row]] = []
        with (
            files.ErrorReport(errors or Path(f"{file}.errors.jsonl")) as report,
            tqdm(total=total, unit=" documents", disable=None) as progress,
        ):

            def good_rows() -> Iterator[tuple[int, Row]]:
                for line, row in files.read(file):
                    if isinstance(row, Row):
                        if row.effects or row.relations:
                            linked.append((line, row.model_copy(update={"body": "", "blocks": []})))
                        yield line, row
                    else:
                        report.add(line, row)
                        progress.update()

            for outcome in import_rows(good_rows(), now=now):
                imported += outcome.imported
                present += outcome.present
                for line, reason in outcome.errors:
                    report.add(line, reason)
                progress.update(outcome.imported + outcome.present + len(outcome.errors))
            for line, reason in import_links(linked, now=now).errors:
                report.add(line, reason)
        self.stdout.write(f"{imported} imported, {present} there already, {report.count} refused.")
        if not outbox.wait_or_drain(INDEXING_TIMEOUT):
            self.stderr.write("The search index is not up to date yet; the server goes on with it.")
        if report.count:
            self.stderr.write(f"What was refused and why: {report.name}")
            sys.exit(1)
