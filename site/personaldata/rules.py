"""How contact data is encrypted, and until when it is kept."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

KEPT_AFTER_ANSWER = timedelta(days=30)


class Unreadable(Exception):
    """None of the keys opens this, or it was written for another record."""


@dataclass(frozen=True)
class Contact:
    """How to reach a person; each part may be empty."""

    name: str = ""
    email: str = ""
    phone: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.email or self.phone)


def encrypt(values: dict[str, str], keys: Sequence[str], *, owner: str, now: datetime) -> bytes:
    """Returns `values` encrypted with the first of `keys`.

    keys: random texts, from which the keys proper are made.
    owner: the id of the record it is for; put elsewhere, it cannot be read.
    now: aware; stands readable in the result, to the second.
    """
    content = json.dumps({"owner": owner, "values": values}, ensure_ascii=False)
    return _cipher(keys).encrypt_at_time(content.encode(), int(now.timestamp()))


def decrypt(payload: bytes, keys: Sequence[str], *, owner: str) -> dict[str, str]:
    """Returns what `encrypt` was given, with any of `keys`.

    Raises Unreadable if no key fits, if a bit was changed, or if it belongs to another owner.
    """
    try:
        content = json.loads(_cipher(keys).decrypt(payload))
    except InvalidToken as error:
        raise Unreadable(f"No key of PERSONAL_DATA_KEYS opens what {owner} holds.") from error
    if content["owner"] != owner:
        raise Unreadable(f"What {owner} holds was written for another record.")
    values: dict[str, str] = content["values"]
    return values


def encrypt_contact(contact: Contact, keys: Sequence[str], *, owner: str, now: datetime) -> bytes:
    """As `encrypt`."""
    return encrypt(asdict(contact), keys, owner=owner, now=now)


def decrypt_contact(payload: bytes, keys: Sequence[str], *, owner: str) -> Contact:
    """As `decrypt`."""
    return Contact(**decrypt(payload, keys, owner=owner))


def erasure_after_answer(erase_by: datetime, answered_at: datetime) -> datetime:
    """The moment of erasure once the answer is sent: 30 days on, and never later than planned."""
    return min(erase_by, answered_at + KEPT_AFTER_ANSWER)


def _cipher(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(_key(text)) for text in keys])


def _key(text: str) -> bytes:
    digest = hashlib.sha256(f"gongkai contact data {text}".encode()).digest()
    return base64.urlsafe_b64encode(digest)
