"""Takes files that citizens send: looks at the content, cleans it, and has it scanned."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from uploads import rules, scanning
from uploads.rules import Kind, Refused
from uploads.scanning import Scan, ScannerUnavailable

logger = logging.getLogger(__name__)

MESSAGES = {
    "unknown": _("This kind of file is not accepted: send PDF, DOCX, PNG or JPEG."),
    "broken": _("The file is damaged or protected by a password, and cannot be opened."),
    "active": _("The document contains macros. Save it without them and send it again."),
    "too_big_inside": _("The file unpacks to more than can be accepted. Send a smaller one."),
    "infected": _("The virus scanner found something in this file. It was not accepted."),
    "empty": _("The file is empty."),
}


@dataclass(frozen=True)
class CheckedFile:
    """A file fit to be stored.

    content: what to store; an image is drawn anew and differs from what was sent.
    sha256: of `content`, 64 small hexadecimal digits.
    scan: hand it out only if this is in `scanning.MAY_BE_HANDED_OUT`; if it is `WAITING`, ask
    `rescan` again later.
    """

    kind: Kind
    content: bytes
    sha256: str
    scan: Scan

    @property
    def media_type(self) -> str:
        return rules.MEDIA_TYPES[self.kind]


def check_uploads(files: Sequence[File[bytes]]) -> list[CheckedFile]:
    """Checks all files of one form, in order.

    Raises ValidationError, in the reader's language, with every file's name and reason.
    """
    most = settings.UPLOAD_MAX_FILES
    if len(files) > most:
        message = ngettext("Send at most %(most)d file.", "Send at most %(most)d files.", most)
        raise ValidationError(message, code="too_many", params={"most": most})
    checked: list[CheckedFile] = []
    errors: list[ValidationError] = []
    for file in files:
        # A scanner that did not answer once would only keep the sender waiting for the others.
        away = any(one.scan is Scan.WAITING for one in checked)
        try:
            checked.append(check_upload(file, scan_later=away))
        except ValidationError as error:
            errors.append(ValidationError(f"{file.name}: {error.message}", code=error.code))
    if errors:
        raise ValidationError(errors)
    return checked


def check_upload(file: File[bytes], *, scan_later: bool = False) -> CheckedFile:
    """Checks one file by its content and has it scanned; with `scan_later` it waits for that.

    Raises ValidationError, in the reader's language, with one of the codes of `MESSAGES` or
    `too_long`.
    """
    file.seek(0)
    content = file.read(settings.UPLOAD_MAX_BYTES + 1)
    if len(content) > settings.UPLOAD_MAX_BYTES:
        megabytes = settings.UPLOAD_MAX_BYTES // 1024**2
        text = gettext("The file is larger than %(megabytes)d MB.") % {"megabytes": megabytes}
        raise ValidationError(text, code="too_long")
    try:
        kind, content = rules.cleaned(content)
    except Refused as refused:
        raise ValidationError(MESSAGES[refused.code], code=refused.code) from refused
    scan = Scan.WAITING if scan_later else rescan(content)
    if scan is Scan.INFECTED:
        raise ValidationError(MESSAGES["infected"], code="infected")
    return CheckedFile(kind, content, hashlib.sha256(content).hexdigest(), scan)


def rescan(content: bytes) -> Scan:
    """Scans what waits; returns `WAITING` if the scanner is still away."""
    try:
        return scanning.scanner().scan(content)
    except ScannerUnavailable as error:
        logger.warning("The virus scanner gave no verdict, the file waits: %s", error)
        return Scan.WAITING
