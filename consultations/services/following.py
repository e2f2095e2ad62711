"""Followers: an e-mail address that was confirmed hears of each event, until it leaves."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import override

from consultations.models import Announcement, Follower
from consultations.services.effects import TELL
from ledger import services as ledger
from organisations.services import Refused
from outbox.registry import handler
from personaldata import mail
from personaldata import services as personaldata
from personaldata.models import ContactRecord

_EVENTS: dict[str, Callable[[], str]] = {
    "extension": lambda: _("It closes later"),
    "calendar": lambda: _("It closes later"),
    "outage": lambda: _("The period begins again, because the site could not be reached"),
    "clerical": lambda: _("The draft was corrected"),
    "substance": lambda: _("The draft was changed in substance, and the period starts again"),
    "round": lambda: _("A new round begins"),
    "withdrawn": lambda: _("The draft was withdrawn"),
    "adoption": lambda: _("It was answered: what was adopted, and why the rest was not"),
    "closing": lambda: _("The draft was abandoned, with a closing statement"),
}


TOKEN = 40
"""Digits of a token, four bits each."""

ASK_AGAIN = datetime.timedelta(hours=1)
"""So long one letter that asks for a confirmation is enough, however often somebody types the
address, which need not be theirs."""


def _digest(kind: str, value: str) -> str:
    return salted_hmac(f"consultations.follower.{kind}", value, algorithm="sha256").hexdigest()


def follow(
    announcement: Announcement, email: str, *, language: str, now: datetime.datetime
) -> None:
    """Ask an address whether it wants to follow; it hears nothing else until it confirms.

    The answer is the same whether the address follows already: nothing is given away.
    """
    with transaction.atomic():
        address = _digest("address", f"{announcement.pk}:{email.strip().lower()}")
        known = Follower.objects.filter(announcement=announcement, address_digest=address).first()
        if known is not None and not known.left_at and _was_asked(known, now):
            return
        if known is None:
            known = Follower(announcement=announcement, address_digest=address)
        known.asked_at = now
        token = _token(known)
        if known.contact_id is None or known.left_at is not None:
            known.contact = _keep(announcement, email, now)
        known.token_digest = _digest("token", token)
        known.language = language
        known.left_at = None
        known.confirmed_at = None
        known.save()
        _write(
            known,
            _("Please confirm that you want to follow a consultation"),
            _("Open this address to confirm; if you did not ask for this, do nothing:"),
            _address(token, language),
            now=now,
        )


def _was_asked(follower: Follower, now: datetime.datetime) -> bool:
    return bool(follower.confirmed_at) or now < follower.asked_at + ASK_AGAIN


def _keep(announcement: Announcement, email: str, now: datetime.datetime) -> ContactRecord:
    closes_at = announcement.periods.latest("seq").closes_at
    record = personaldata.keep(
        "", email, "", now=now, erase_by=max(closes_at, now) + settings.CONTACT_CAP
    )
    if record is None:
        raise Refused(_("Give an e-mail address."))
    return record


def _token(follower: Follower) -> str:
    """Give what proves that somebody reads the follower's mail: the same in every letter.

    Made from a key, since the database holds only its digest; a new request makes a new one.
    """
    moment = follower.asked_at.astimezone(datetime.UTC).isoformat()
    return _digest("letter", f"{follower.address_digest}:{moment}")[:TOKEN]


def _address(token: str, language: str) -> str:
    with override(language):
        return f"{settings.PUBLIC_URL}{reverse('consultations:following', args=[token])}"


def find_follower(token: str) -> Follower | None:
    """Give the follower of a mailed token; ``None`` for any other text."""
    return (
        Follower.objects.filter(token_digest=_digest("token", token))
        .select_related("announcement__page")
        .first()
    )


def confirm(follower: Follower, *, now: datetime.datetime) -> None:
    """The address wants to follow; asked again, nothing changes."""
    with transaction.atomic():
        if follower.confirmed_at is None:
            follower.confirmed_at = now
            follower.save(update_fields=["confirmed_at"])
            ledger.record("follower.confirmed", follower, now=now)


def leave(follower: Follower, *, now: datetime.datetime) -> None:
    """The address follows no longer, and is erased."""
    with transaction.atomic():
        if follower.left_at is None:
            follower.left_at = now
            follower.save(update_fields=["left_at"])
            personaldata.erase(follower.contact, now=now)
            ledger.record("follower.left", follower, now=now)


@handler(TELL)
def tell(payload: dict[str, Any], now: datetime.datetime) -> None:
    """Write one letter to each follower into the outbox."""
    announcement = Announcement.objects.get(pk=payload["announcement"])
    event = _EVENTS[payload["event"]]
    with transaction.atomic():
        for follower in announcement.followers.filter(
            confirmed_at__isnull=False, left_at__isnull=True
        ).select_related("contact", "announcement"):
            with override(follower.language):
                path = announcement.get_absolute_url()
                leaving = _("To hear no more of it, open this address:")
                last = f"{leaving}\n{_address(_token(follower), follower.language)}"
                address = f"{settings.PUBLIC_URL}{path}\n\n{last}"
                _write(follower, None, event(), address, now=now)


def _write(
    follower: Follower,
    subject: str | None,
    words: str,
    address: str,
    *,
    now: datetime.datetime,
) -> None:
    title = follower.announcement.versions.latest("seq").headline
    mail.send(
        follower.contact,
        subject or title,
        f"{title}\n\n{words}\n{address}\n",
        now=now,
        leave=_address(_token(follower), follower.language),
    )
