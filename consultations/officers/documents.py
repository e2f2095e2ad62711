"""The table of opinions and the statement as Word files; who took them stands in the ledger."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from consultations import documents, services
from consultations.documents import Told
from consultations.officers.frame import find
from consultations.transfer.workbook import disposition


@require_GET
def opinions(request: HttpRequest, page_id: int) -> HttpResponse:
    """The table of all opinions and what became of each, for the file."""
    return _file(request, page_id, "opinions", _("opinions"), documents.opinions)


@require_GET
def statement(request: HttpRequest, page_id: int) -> HttpResponse:
    """The statement, as it was signed or as it stands."""
    return _file(request, page_id, "statement", _("statement"), documents.statement)


def _file(
    request: HttpRequest, page_id: int, kind: str, name: str, write: Callable[[Told], bytes]
) -> HttpResponse:
    announcement, now = find(request, page_id), timezone.now()
    told = documents.told(announcement, now)
    response = HttpResponse(write(told), content_type=documents.MEDIA_TYPE)
    response["Content-Disposition"] = disposition(f"{announcement.slug}-{name}.docx")
    response["Cache-Control"] = "no-store, private"
    services.note_statement_export(
        announcement, told.signed, document=kind, user=request.user, now=now
    )
    return response
