from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from outbox import services as outbox
from search import services


class Command(BaseCommand):
    help = "Builds the search index anew beside the old one, and then switches to it."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--timeout", type=float, default=3600, help="seconds to wait")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            outbox.enqueue(services.REBUILD, {})
        if not outbox.wait_or_drain(options["timeout"]):
            raise CommandError(_("The index has not been rebuilt yet; the server's log says why."))
        count = len(services.engine().keys_with_versions())
        self.stdout.write(_("%(count)d documents are in the search index.") % {"count": count})
