from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from outbox import services as outbox
from search import services


class Command(BaseCommand):
    help = "Compares the search index with the database, names the differences, and exits 1."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--repair", action="store_true", help="and puts the index right")
        parser.add_argument("--timeout", type=float, default=600, help="seconds to wait")

    def handle(self, *args: Any, **options: Any) -> None:
        outbox.wait_or_drain(options["timeout"])
        found = services.check()
        for label, keys in (
            (_("missing"), found.missing),
            (_("superfluous"), found.superfluous),
            (_("outdated"), found.outdated),
        ):
            for key in keys:
                self.stdout.write(f"{label}: {key}")
        if found and options["repair"]:
            with transaction.atomic():
                services.repair(found)
            outbox.wait_or_drain(options["timeout"])
            found = services.check()
        if found:
            raise CommandError(
                _("%(count)d differences between index and database.")
                % {"count": len(found.all_keys())}
            )
        self.stdout.write(_("Index and database agree."))
