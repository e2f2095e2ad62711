"""Everything between an installed virtual environment and the demo city being served."""

import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config import readiness
from config.lock import ServerRunsError, hold_server_lock
from demo.services import extend_calendar, is_loaded
from search.engine import SearchUnavailable
from search.services import engine

STATIC_STAMP = ".sources"


class Command(BaseCommand):
    help = "Migrates, translates, loads the demo city and builds the index; skips what is done."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--unused", action="store_true", help="only make sure that no server uses the data"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            hold_server_lock()
        except ServerRunsError as error:
            raise CommandError(str(error)) from error
        if options["unused"]:
            return
        self.step("Compiling translations", "compile_translations")
        if readiness.run(readiness.migrations) or readiness.run(readiness.triggers):
            self.step("Migrating the database", "migrate", verbosity=0, interactive=False)
        self.static_files()
        self.demo_city()

    def step(self, line: str, command: str, **options: Any) -> None:
        self.stdout.write(line)
        self.stdout.flush()
        call_command(command, **options)

    def static_files(self) -> None:
        stamp = Path(settings.STATIC_ROOT) / STATIC_STAMP
        wanted = _fingerprint()
        if not stamp.exists() or stamp.read_text() != wanted:
            self.step(
                "Collecting style sheets and scripts",
                "collectstatic",
                verbosity=0,
                interactive=False,
                clear=True,
            )
            stamp.write_text(wanted)

    def demo_city(self) -> None:
        if is_loaded():
            extend_calendar(now=timezone.now())
        else:
            self.step("Loading the demo city", "load_demo")
        try:
            engine().check()
        except SearchUnavailable:
            self.step("Building the search index", "rebuild_search")


def _fingerprint() -> str:
    """Changes with the packages and with any file in a `static` folder of the project."""
    found = hashlib.sha256()
    for name in ("requirements.txt", "package-lock.json"):
        found.update((settings.ROOT / name).read_bytes())
    for root in ("site", "policies", "consultations", "search"):
        for path in sorted((settings.ROOT / root).glob("**/static/**/*")):
            if path.is_file():
                state = path.stat()
                found.update(f"{path} {state.st_size} {state.st_mtime_ns}".encode())
    return found.hexdigest()
