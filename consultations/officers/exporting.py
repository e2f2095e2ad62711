"""The register as a workbook; who took what, and why, stands in the ledger."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from consultations import register, services
from consultations.models import Announcement
from consultations.officers.forms import ExportForm
from consultations.officers.frame import find, show
from consultations.officers.reading import filters_of
from consultations.transfer import workbook

SHOWN = 20


def export(request: HttpRequest, page_id: int) -> HttpResponseBase:
    """Ask what the workbook may hold, then write what the filters of the address find."""
    announcement = find(request, page_id)
    clauses = register.clauses(announcement)
    round_ = register.newest_period(announcement).round
    asked = filters_of(request, clauses, round_).asked()
    form = ExportForm(request.POST or None)
    if form.is_valid():
        try:
            contacts = _leave(request, announcement, asked, form.cleaned_data)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            file = workbook.write_register(
                register.all_rows(announcement, asked), clauses, contacts
            )
            response = FileResponse(file, content_type=workbook.MEDIA_TYPE)
            name = f"{announcement.slug}-{_('comments')}.xlsx"
            response.headers["Content-Disposition"] = workbook.disposition(name)
            response["Cache-Control"] = "no-store, private"
            return response
    context = {
        "announcement": announcement,
        "form": form,
        "count": register.comments(announcement, asked).count(),
        "is_filtered": bool(asked.as_json()),
        "log": register.log_of(announcement, "register.exported")[:SHOWN],
        "query": request.GET.urlencode(),
    }
    return show(request, "export.html", context, status=422 if form.errors else 200)


def _leave(
    request: HttpRequest, announcement: Announcement, asked: register.Asked, data: dict[str, Any]
) -> Any:
    """Record the export; gives the contact data if it was asked for."""
    noted: dict[str, Any] = {
        "count": register.comments(announcement, asked).count(),
        "filters": asked.as_json(),
        "user": request.user,
        "now": timezone.now(),
    }
    if not data["personal"]:
        services.note_export(announcement, **noted)
        return None
    records = register.contacts(announcement, asked)
    return services.export_with_contacts(announcement, records, reason=data["reason"], **noted)
