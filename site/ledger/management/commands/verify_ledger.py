"""`manage.py verify_ledger`: is the audit log what was written?"""

import re
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ledger import services
from ledger.models import Seal

SHOWN = 50


def _root(text: str) -> services.Root:
    match = re.fullmatch(r"(\d+):([0-9a-f]{64})", text)
    if not match:
        raise ArgumentTypeError(f"{text!r} is not NUMBER:HASH, as this command prints it")
    return services.Root(int(match[1]), match[2])


class Command(BaseCommand):
    help = "Seals the audit log to its end, checks its chain of hashes and what stands on it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--root",
            action="append",
            default=[],
            type=_root,
            metavar="NUMBER:HASH",
            help="a root printed by an earlier run, that the log must still contain",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        services.seal(timezone.now(), look_back=None)
        with services.as_of_one_moment():
            problems = [str(problem) for problem in services.verify(options["root"])]
            problems += services.verify_further()
        if problems:
            for problem in problems[1:SHOWN]:
                self.stderr.write(problem)
            raise CommandError(f"The ledger is broken {len(problems)} times, first: {problems[0]}")
        end = services.root()
        where = f"; root {end.seq}:{end.hash}" if end else ""
        self.stdout.write(f"The ledger holds: {Seal.objects.count()} entries{where}")
