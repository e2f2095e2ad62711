"""Keeps contact data, opens it against a reason, and erases it in time.

Who may open what is for the caller to decide; here every opening leaves its trace.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from ledger.services import record as note
from personaldata.models import ContactRecord
from personaldata.rules import Contact, decrypt_contact, encrypt_contact, erasure_after_answer


def keep(
    name: str, email: str, phone: str, *, now: datetime, erase_by: datetime
) -> ContactRecord | None:
    """Stores the three encrypted; returns None, and stores nothing, if all are empty.

    now, erase_by: aware; at `erase_by` the data is erased at the latest, and nothing moves that
    moment back. The entry in the ledger is the caller's: it knows what the data is for.
    Raises ValueError if `erase_by` is not after `now`.
    """
    contact = Contact(name.strip(), email.strip(), phone.strip())
    if not contact:
        return None
    if erase_by <= now:
        raise ValueError("What has to be erased already cannot be kept.")
    pk = uuid4()
    return ContactRecord.objects.create(
        pk=pk,
        payload=encrypt_contact(contact, settings.PERSONAL_DATA_KEYS, owner=str(pk), now=now),
        created_at=now,
        erase_by=erase_by,
    )


def open_record(
    record: ContactRecord, user: AbstractUser, reason: str, *, subject: models.Model, now: datetime
) -> Contact:
    """Returns the contact data, after the ledger has noted who opened it and why.

    subject: what the data belongs to; the ledger names it by its `str()`, which must hold none
    of the data. now: aware.
    Raises ValidationError without a reason (code `reason`) or after the erasure (`erased`), and
    Unreadable if the keys do not fit.
    """
    reason = _given(reason)
    contact = for_delivery(record)
    if contact is None:
        raise ValidationError(_("The contact data was erased."), code="erased")
    data = {"record": record.pk, "reason": reason}
    note("contact.opened", subject, actor=user, now=now, data=data)
    return contact


def export_records(
    records: Iterable[ContactRecord],
    user: AbstractUser,
    reason: str,
    *,
    subject: models.Model,
    now: datetime,
) -> dict[UUID, Contact]:
    """As `open_record`, for many at once with one entry in the ledger, which names them all.

    subject: what is exported, a consultation for example. Returns the data by the record's key;
    what was erased is left out.
    """
    reason = _given(reason)
    opened = {record.pk: contact for record in records if (contact := for_delivery(record))}
    data = {"records": sorted(map(str, opened)), "reason": reason}
    note("contact.exported", subject, actor=user, now=now, data=data)
    return opened


def for_delivery(record: ContactRecord) -> Contact | None:
    """Returns the contact data for a machine that delivers something, or None once it is erased.

    The only way past the ledger: what it returns is used at once, and is neither shown to
    anybody nor stored. `personaldata.mail` sends mail in this manner.
    Raises Unreadable if the keys do not fit.
    """
    if record.erased_at is not None:
        return None
    return decrypt_contact(bytes(record.payload), settings.PERSONAL_DATA_KEYS, owner=str(record.pk))


def answer_sent(record: ContactRecord, *, now: datetime) -> None:
    """The person was answered at `now` (aware): the data goes 30 days later, or as planned."""
    with transaction.atomic():
        kept = ContactRecord.objects.select_for_update().kept().filter(pk=record.pk).first()
        if kept is None:
            return
        earlier = erasure_after_answer(kept.erase_by, now)
        if earlier < kept.erase_by:
            kept.erase_by = record.erase_by = earlier
            kept.save(update_fields=["erase_by"])
            note("contact.erasure_planned", kept, now=now, data={"erase_by": earlier})


def erase(record: ContactRecord, *, now: datetime, actor: AbstractUser | None = None) -> bool:
    """Erases one record at `now` (aware), before its time; returns whether it still held data."""
    return _erase(ContactRecord.objects.filter(pk=record.pk), now, actor) == 1


def erase_due(now: datetime) -> int:
    """Erases what is due at `now` (aware); returns how many records that were."""
    return _erase(ContactRecord.objects.due(now), now, None)


def _erase(
    records: models.QuerySet[ContactRecord], now: datetime, actor: AbstractUser | None
) -> int:
    if not records.filter(erased_at=None).exists():
        return 0  # on SQLite the transaction below would keep writers waiting for nothing
    with transaction.atomic():
        erased = records.filter(erased_at=None).update(payload=b"", erased_at=now)
        if erased:
            note("contact.erased", None, actor=actor, now=now, data={"count": erased})
    return erased


def _given(reason: str) -> str:
    if not reason.strip():
        raise ValidationError(_("Give a reason: it is recorded."), code="reason")
    return reason.strip()
