"""Letters, e-mails, calls and meetings: entered one by one, or many by a workbook."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consultations import register, services
from consultations.enums import ChannelKind
from consultations.models import Announcement
from consultations.officers.forms import EntryForm, ImportForm, RowForm, SingleEntryForm, labels
from consultations.officers.frame import find, show
from consultations.services import Entry, Receipt, RowsRefused, Submission
from consultations.transfer import workbook
from multilingual.languages import language_tag
from uploads.held import NamedFile
from uploads.services import CheckedFile, check_upload, check_uploads

Errors = dict[int, list[str]]


def enter(request: HttpRequest, page_id: int) -> HttpResponse:
    """One letter; the answer shows its receipt, once, to be printed and sent back."""
    announcement = find(request, page_id)
    clauses = register.clauses(announcement)
    if request.method != "POST":
        form = SingleEntryForm(
            clauses=clauses, initial={"submission_id": secrets.token_urlsafe(24)}
        )
        return _enter_page(request, announcement, form)
    form = SingleEntryForm(request.POST, files=request.FILES, clauses=clauses)
    if not form.is_valid():
        return _enter_page(request, announcement, form, status=422)
    try:
        files = form.cleaned_data["originals"]
        checked = check_uploads(files)
    except ValidationError as error:
        form.add_error("originals", error)
        return _enter_page(request, announcement, form, status=422)
    named = [(str(file.name or ""), one) for file, one in zip(files, checked, strict=True)]
    entry = _entry(form, named, form.cleaned_data["submission_id"])
    try:
        receipt = services.enter_off_line(
            announcement, entry, user=request.user, now=timezone.now()
        )
    except ValidationError as error:
        form.add_error(None, error)
        return _enter_page(request, announcement, form, status=422)
    return _receipts(request, announcement, [(receipt, entry)])


def _enter_page(
    request: HttpRequest, announcement: Announcement, form: EntryForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "announcement": announcement,
        "period": register.newest_period(announcement),
        "form": form,
    }
    return show(request, "enter.html", context, status=status)


def _entry(form: EntryForm, files: Sequence[NamedFile], submission_id: str) -> Entry:
    data = form.cleaned_data
    sent = Submission(
        text=data["text"],
        clause=data["clause"],
        name=data["name"],
        email=data["email"],
        phone=data["phone"],
        represents=data["represents"],
        consent_publish=data["consent_publish"],
        attachments=files,
        submission_id=submission_id,
        language=data["language"],
        send_receipt=data["send_receipt"],
    )
    return Entry(sent, ChannelKind(data["channel"]), data["postmarked_on"], people=data["people"])


def _receipts(
    request: HttpRequest, announcement: Announcement, found: Sequence[tuple[Receipt, Entry]]
) -> HttpResponse:
    context = {
        "announcement": announcement,
        "site": settings.PUBLIC_URL,
        "receipts": [
            {
                "code": receipt.code,
                "comment": receipt.comment,
                "text": entry.sent.text,
                "language": entry.sent.language,
                "tag": language_tag(entry.sent.language),
                "created": receipt.created,
            }
            for receipt, entry in found
        ],
    }
    return show(request, "receipts.html", context)


# --- many ---------------------------------------------------------------------------------------


@require_safe
def template(request: HttpRequest, page_id: int) -> HttpResponse:
    """The workbook to fill in, with the clauses of this draft."""
    announcement = find(request, page_id)
    content = workbook.template(register.clauses(announcement))
    name = f"{announcement.slug}-{_('letters')}.xlsx"
    response = HttpResponse(content, content_type=workbook.MEDIA_TYPE)
    response.headers["Content-Disposition"] = workbook.disposition(name)
    return response


def enter_many(request: HttpRequest, page_id: int) -> HttpResponse:
    """A filled-in workbook: all of its rows are entered, or none and the page says why."""
    announcement = find(request, page_id)
    if request.method != "POST":
        form = ImportForm(initial={"submission_id": secrets.token_urlsafe(24)})
        return _import_page(request, announcement, form)
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _import_page(request, announcement, form, status=422)
    clauses = register.clauses(announcement)
    try:
        rows = workbook.read(form.cleaned_data["file"], clauses)
    except workbook.NotReadable as error:
        form.add_error("file", str(error))
        return _import_page(request, announcement, form, status=422)
    now = timezone.now()
    entries, errors = _entries(announcement, rows, form.cleaned_data, clauses, now)
    receipts: list[Receipt] = []
    if not errors:
        try:
            receipts = services.enter_all(announcement, entries, user=request.user, now=now)
        except RowsRefused as refused:
            errors = {rows[place].number: _words(error) for place, error in refused.rows.items()}
        except ValidationError as error:
            form.add_error(None, error)
    if errors or not form.is_valid():
        return _import_page(request, announcement, form, errors=errors, status=422)
    return _receipts(request, announcement, list(zip(receipts, entries, strict=True)))


def _import_page(
    request: HttpRequest,
    announcement: Announcement,
    form: ImportForm,
    *,
    errors: Errors | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "announcement": announcement,
        "form": form,
        "errors": sorted((errors or {}).items()),
        "most": workbook.MOST_ROWS,
    }
    return show(request, "enter_many.html", context, status=status)


def _entries(
    announcement: Announcement,
    rows: Sequence[workbook.TypedRow],
    data: Mapping[str, Any],
    clauses: Mapping[int, register.KnownClause],
    now: datetime.datetime,
) -> tuple[list[Entry], Errors]:
    """Give the rows as entries, and what is wrong with those that cannot be."""
    originals = _Originals(data["originals"])
    entries, errors = [], {}
    for row in rows:
        form = RowForm(row.data, clauses=clauses)
        if "postmarked_on" not in form.errors:
            try:
                services.refuse_day(announcement, form.cleaned_data["postmarked_on"], now=now)
            except ValidationError as error:
                form.add_error(None, error)
        problems = _words(form.errors)
        files: list[NamedFile] = []
        if row.original:
            try:
                files = [(row.original, originals.take(row.original))]
            except ValidationError as error:
                problems += [f"{labels()['originals']}: {words}" for words in error.messages]
        if problems:
            errors[row.number] = problems
        else:
            entries.append(_entry(form, files, f"{data['submission_id']} {row.number}"))
    return entries, errors


class _Originals:
    """The scanned letters that came with a workbook, each checked once."""

    def __init__(self, files: Sequence[Any]) -> None:
        self.files = {str(file.name or ""): file for file in files}
        self.checked: dict[str, CheckedFile] = {}

    def take(self, name: str) -> CheckedFile:
        if name not in self.files:
            raise ValidationError(_("No file of this name was chosen: %(name)s") % {"name": name})
        if name not in self.checked:
            self.checked[name] = check_upload(self.files[name])
        return self.checked[name]


def _words(errors: Any) -> list[str]:
    """What is wrong, each with the name of its column."""
    by_field = errors if isinstance(errors, Mapping) else getattr(errors, "error_dict", None)
    if by_field is None:
        return list(errors.messages)
    names = labels()
    return [
        f"{names[name]}: {words}" if name in names else str(words)
        for name, lines in by_field.items()
        for words in (lines if isinstance(errors, Mapping) else ValidationError(lines).messages)
    ]
