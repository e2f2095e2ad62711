"""Mail as an effect: `send` writes it down, the handler sends it after the commit."""

from datetime import datetime

from django.core.mail import EmailMessage

from outbox.models import Message
from outbox.registry import Payload, handler
from outbox.services import enqueue

TOPIC = "mail.send"


def send(subject: str, body: str, to: list[str], *, now: datetime | None = None) -> Message:
    """Sends one plain mail to all of `to` after the commit; raises like `enqueue`.

    A mail may, rarely, be sent twice.
    """
    return enqueue(TOPIC, {"subject": subject, "body": body, "to": to}, now=now)


@handler(TOPIC)
def deliver(payload: Payload, now: datetime) -> None:
    EmailMessage(subject=payload["subject"], body=payload["body"], to=payload["to"]).send()
