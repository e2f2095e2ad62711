"""What officers enter, open and take out of the register; each of it leaves its trace."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from consultations.enums import ChannelKind
from consultations.models import Announcement, Comment, SignedStatement
from consultations.services.intake import (
    OffLine,
    Receipt,
    Submission,
    refuse_day,
    submit,
)
from consultations.services.opinions import refuse_strangers
from ledger import services as ledger
from organisations.services import Refused
from personaldata import services as personaldata
from personaldata.models import ContactRecord
from personaldata.rules import Contact

CODE_SHOWN = datetime.timedelta(minutes=30)
"""As long as this after the entry, a form that is sent again shows its receipt code again."""


@dataclass(frozen=True)
class Entry:
    """A letter, e-mail, fax, call or meeting as an officer writes it down.

    postmarked_on: the day it was posted, sent or held. sent: what it says; its original among
    the attachments, and ``submission_id`` the same for a resend of one form. people: how many
    signed it or said it together, at least one.
    """

    sent: Submission
    channel: ChannelKind
    postmarked_on: datetime.date
    people: int = 1


class RowsRefused(Refused):
    """Some rows cannot be entered, so none was; ``rows`` says by position what is wrong."""

    def __init__(self, rows: Mapping[int, ValidationError]) -> None:
        self.rows = dict(rows)
        super().__init__(_("Nothing was entered: correct these rows and send the file again."))


def enter_off_line(
    announcement: Announcement, entry: Entry, *, user: Any, now: datetime.datetime
) -> Receipt:
    """Write down what came by another way than the web form; the receipt's code is known to
    nobody afterwards.

    The same entry sent again by the same officer within half an hour gives the same code and
    writes nothing. Raises ``Refused`` for strangers, for the web's own channel and for a resend
    after that, and ``ValidationError`` by field as ``submit`` does.
    """
    refuse_strangers(user, announcement)
    if entry.channel == ChannelKind.WEB:
        raise Refused(_("What comes by the web form is not entered by hand."))
    sent = replace(entry.sent, submission_id=_submission_id(entry, user))
    off_line = OffLine(entry.channel, entry.postmarked_on, user, entry.people)
    receipt = submit(announcement, sent, now=now, off_line=off_line)
    if not receipt.created and now - receipt.comment.received_at > CODE_SHOWN:
        raise Refused(_("This form was sent before, and its receipt is shown no more."))
    return receipt


def _submission_id(entry: Entry, user: Any) -> str:
    """Apart from the ids of the public's forms and of other officers, and another one for
    another letter: who goes back and types the next one into the same form loses nothing."""
    sent = entry.sent
    if not sent.submission_id:
        return ""
    parts = [
        str(entry.channel),
        entry.postmarked_on.isoformat(),
        str(entry.people),
        *(sent.text, sent.clause, sent.represents, sent.name, sent.email, sent.phone),
    ]
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return f"officer {user.pk} {sent.submission_id} {digest}"


def enter_all(
    announcement: Announcement, entries: Sequence[Entry], *, user: Any, now: datetime.datetime
) -> list[Receipt]:
    """As ``enter_off_line`` for many; either all are written down or none.

    Raises ``RowsRefused`` with the positions of those that cannot be.
    """
    refuse_strangers(user, announcement)
    refused: dict[int, ValidationError] = {}
    for position, entry in enumerate(entries):
        # Before anything is written: a file that was stored stays when a transaction goes back.
        try:
            refuse_day(announcement, entry.postmarked_on, now=now)
        except ValidationError as error:
            refused[position] = error
    if refused:
        raise RowsRefused(refused)
    receipts = []
    with transaction.atomic():
        for position, entry in enumerate(entries):
            try:
                receipts.append(enter_off_line(announcement, entry, user=user, now=now))
            except ValidationError as error:
                raise RowsRefused({position: error}) from error
    return receipts


def open_contact(comment: Comment, *, reason: str, user: Any, now: datetime.datetime) -> Contact:
    """Open the contact data of one comment against a reason, which the ledger keeps.

    Raises ``Refused`` for strangers and where none was given, and ``ValidationError`` without a
    reason or after the erasure.
    """
    refuse_strangers(user, comment.announcement)
    if comment.contact is None:
        raise Refused(_("The author gave no contact data."))
    with transaction.atomic():
        return personaldata.open_record(comment.contact, user, reason, subject=comment, now=now)


def note_export(
    announcement: Announcement,
    *,
    count: int,
    filters: Mapping[str, Any],
    user: Any,
    now: datetime.datetime,
) -> None:
    """Note that so many comments leave the register without contact data."""
    refuse_strangers(user, announcement)
    data = {"personal": False, "count": count, "filters": dict(filters)}
    ledger.record("register.exported", announcement, actor=user, now=now, data=data)


def note_statement_export(
    announcement: Announcement,
    signed: SignedStatement | None,
    *,
    document: str,
    user: Any,
    now: datetime.datetime,
) -> None:
    """Note that a statement, or its draft where none is ``signed``, leaves as a document."""
    refuse_strangers(user, announcement)
    data = {"document": document, "statement": str(signed.pk) if signed else None}
    ledger.record("statement.exported", announcement, actor=user, now=now, data=data)


def export_with_contacts(
    announcement: Announcement,
    records: Iterable[ContactRecord],
    *,
    count: int,
    filters: Mapping[str, Any],
    reason: str,
    user: Any,
    now: datetime.datetime,
) -> dict[UUID, Contact]:
    """Note that so many comments leave the register, and open their contact data for it.

    Raises ``Refused`` for strangers, and ``ValidationError`` without a reason.
    """
    refuse_strangers(user, announcement)
    with transaction.atomic():
        opened = personaldata.export_records(records, user, reason, subject=announcement, now=now)
        data = {
            "personal": True,
            "count": count,
            "filters": dict(filters),
            "reason": reason.strip(),
        }
        ledger.record("register.exported", announcement, actor=user, now=now, data=data)
    return opened
