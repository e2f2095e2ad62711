"""Mail as an effect: it is written down with its cause, and sent after the commit.

`send` is for the site's own mails. `OutboxBackend` is Django's mail backend, so that what Wagtail
and allauth send goes the same way.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from outbox.models import Message
from outbox.registry import Payload, handler
from outbox.services import enqueue, enqueue_many

TOPIC = "mail.send"


def send(subject: str, body: str, to: list[str], *, now: datetime | None = None) -> Message:
    """Sends one plain mail to all of `to` after the commit; raises like `enqueue`.

    A mail may, rarely, be sent twice.
    """
    return enqueue(TOPIC, {"subject": subject, "body": body, "to": to}, now=now)


class OutboxBackend(BaseEmailBackend):
    """Writes mails down in the transaction that causes them, if there is one.

    Raises ValueError for a mail with files: they do not belong into a database.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with transaction.atomic():
            return len(enqueue_many(TOPIC, [_payload(mail) for mail in email_messages]))


def _payload(mail: EmailMessage) -> Payload:
    if mail.attachments:
        raise ValueError("A mail with attachments cannot go through the outbox.")
    return {
        "subject": str(mail.subject),
        "body": str(mail.body),
        "from_email": mail.from_email,
        "to": mail.to,
        "cc": mail.cc,
        "bcc": mail.bcc,
        "reply_to": mail.reply_to,
        "headers": mail.extra_headers,
        "alternatives": [
            [str(content), kind] for content, kind in getattr(mail, "alternatives", [])
        ],
    }


@handler(TOPIC)
def deliver(payload: Payload, now: datetime) -> None:
    transmit(EmailMultiAlternatives(**payload))


def transmit(mail: EmailMessage) -> None:
    """Sends a mail now, by the real transport; for handlers of outbox messages."""
    mail.connection = get_connection(settings.MAIL_TRANSPORT)
    mail.send()
