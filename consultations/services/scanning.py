"""Files that came while the virus scanner was away."""

from __future__ import annotations

import datetime

from django.db import transaction

from consultations.models import CommentAttachment
from consultations.services.effects import show_again
from ledger import services as ledger
from uploads.scanning import Scan
from uploads.services import rescan

AT_ONCE = 20


def scan_waiting(now: datetime.datetime) -> int:
    """Scan some of the files that wait for it; give how many got a verdict.

    What is found infected stays where it is and is handed out to nobody.
    """
    # In no order: a file that the scanner never answers for does not keep the others waiting.
    waiting = CommentAttachment.objects.filter(scan=Scan.WAITING).order_by("?")
    return sum(_scan(file, now) for file in waiting[:AT_ONCE])


def _scan(file: CommentAttachment, now: datetime.datetime) -> bool:
    with file.file.open("rb") as stored:
        verdict = rescan(stored.read())
    if verdict is Scan.WAITING:
        return False
    with transaction.atomic():
        still = CommentAttachment.objects.filter(pk=file.pk, scan=Scan.WAITING)
        if not still.update(scan=verdict):
            return False
        data = {"attachment": file.pk, "scan": verdict}
        ledger.record("attachment.scanned", file.comment, now=now, data=data)
        show_again(file.comment.announcement)
    return True
