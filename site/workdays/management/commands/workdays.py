"""`manage.py workdays FROM TO`: the calendar as CSV."""

import csv
import datetime
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workdays import rules, services


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a day as in 2026-10-01") from error


class Command(BaseCommand):
    help = "Prints what each day is, as CSV: date, kind and the number of the notice that says so."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("first", type=_day, metavar="FROM", help="the first day, 2026-10-01")
        parser.add_argument("last", type=_day, metavar="TO", help="the last day, inclusive")

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = options["first"], options["last"]
        if last < first:
            raise CommandError(f"{last} lies before {first}.")
        try:
            days = services.calendar(first, last).between(first, last)
        except rules.YearNotAnnounced as unknown:
            raise CommandError(f"{unknown.year}: {unknown.messages[0]}") from unknown
        lines = csv.writer(self.stdout, lineterminator="\n")
        lines.writerow(["date", "kind", "source"])
        lines.writerows([day.date.isoformat(), day.kind.value, day.source] for day in days)
