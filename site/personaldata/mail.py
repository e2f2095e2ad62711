"""Mail to somebody whose address is contact data.

Waiting in the outbox it holds neither the address nor a readable text, for that may name the
person or carry a secret, and the outbox keeps what was delivered for a week.
"""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage

from outbox.mail import transmit
from outbox.models import Message
from outbox.registry import Payload, handler
from outbox.services import enqueue
from personaldata.models import ContactRecord
from personaldata.rules import decrypt, encrypt
from personaldata.services import for_delivery

TOPIC = "personaldata.mail"


def send(
    record: ContactRecord, subject: str, body: str, *, now: datetime, leave: str = ""
) -> Message:
    """Sends one plain mail after the commit; raises like `outbox.services.enqueue`.

    leave: the address by which mail programs leave a list with one click (RFC 8058); a POST there
    must be enough. It is sealed like the text, for who knows it can leave in the reader's place.
    The address is read when the mail goes out; if it was erased by then, or never given, nothing
    is sent. A mail may, rarely, be sent twice.
    """
    sealed = encrypt(
        {"subject": subject, "body": body, "leave": leave},
        settings.PERSONAL_DATA_KEYS,
        owner=str(record.pk),
        now=now,
    )
    return enqueue(TOPIC, {"record": str(record.pk), "sealed": sealed.decode()}, now=now)


@handler(TOPIC)
def deliver(payload: Payload, now: datetime) -> None:
    record = ContactRecord.objects.get(pk=payload["record"])
    contact = for_delivery(record)
    if contact is None or not contact.email:
        return
    text = decrypt(payload["sealed"].encode(), settings.PERSONAL_DATA_KEYS, owner=str(record.pk))
    leave = text.get("leave")
    # Not by `EMAIL_BACKEND`: that would write address and text down readable.
    transmit(
        EmailMessage(
            subject=text["subject"],
            body=text["body"],
            to=[contact.email],
            headers=_leaving(leave) if leave else None,
        )
    )


def _leaving(address: str) -> dict[str, str]:
    return {
        "List-Unsubscribe": f"<{address}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
