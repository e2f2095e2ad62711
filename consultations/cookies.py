"""What a browser keeps for its own comment: the receipt code for half an hour, and what it sent.

Both are out of reach of scripts, and there in every language; what they hold is of use at one
consultation alone. The site itself keeps neither.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from personaldata.rules import Unreadable, decrypt, encrypt

CODE = "gk_receipt_"
SHOWN = datetime.timedelta(minutes=30)
MOST_CODES = 5
"""A browser sends them with every request, and servers take only so long a header."""
SENT = "gk_sent"
REMEMBERED = datetime.timedelta(days=1)
MOST_SENT = 20
DIGEST = 20


def keep_code(
    request: HttpRequest,
    response: HttpResponse,
    slug: str,
    code: str,
    *,
    changed: bool,
    now: datetime.datetime,
) -> None:
    """Let the receipt page show the code to this browser for 30 minutes, in any language.

    Of the codes of other consultations the newest stay. changed: another text than the one
    acknowledged was sent with the same form.
    """
    values = {
        "code": code,
        "until": str(int((now + SHOWN).timestamp())),
        "changed": "1" if changed else "",
    }
    sealed = encrypt(values, settings.PERSONAL_DATA_KEYS, owner=f"receipt {slug}", now=now)
    _set(response, f"{CODE}{slug}", sealed.decode(), SHOWN)
    others = [n for n in request.COOKIES if n.startswith(CODE) and n != f"{CODE}{slug}"]
    # A browser sends the oldest first (RFC 6265, 5.4).
    for name in others[: 1 - MOST_CODES]:
        response.delete_cookie(name)


def code_of(request: HttpRequest, slug: str, now: datetime.datetime) -> tuple[str, bool] | None:
    """Give the code that this browser may see, and whether its last text was another one."""
    sealed = request.COOKIES.get(f"{CODE}{slug}", "")
    try:
        values = decrypt(sealed.encode(), settings.PERSONAL_DATA_KEYS, owner=f"receipt {slug}")
    except (Unreadable, ValueError):
        return None
    if now.timestamp() >= int(values["until"]):
        return None
    return values["code"], bool(values["changed"])


def digest(slug: str, text: str) -> str:
    """Give what a browser keeps of a text it sent: enough to know it again, and nothing else."""
    words = " ".join(text.split())
    return salted_hmac("consultations.sent", f"{slug}:{words}", algorithm="sha256").hexdigest()[
        :DIGEST
    ]


def sent(request: HttpRequest) -> list[str]:
    """Give the digests of what this browser sent last, to whichever consultation."""
    return [part for part in request.COOKIES.get(SENT, "").split(".") if len(part) == DIGEST]


def remember_sent(request: HttpRequest, response: HttpResponse, digest: str) -> None:
    """Note the digest of what was sent, for the form in any language."""
    known = [other for other in sent(request) if other != digest]
    _set(response, SENT, ".".join([digest, *known][:MOST_SENT]), REMEMBERED)


def _set(response: HttpResponse, name: str, value: str, kept: datetime.timedelta) -> None:
    options: dict[str, Any] = {"httponly": True, "samesite": "Lax", "secure": settings.HTTPS}
    response.set_cookie(name, value, max_age=int(kept.total_seconds()), **options)
