"""A virus scanner behind an interface: none, or ClamAV's daemon where the city runs one."""

import socket
import struct
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

SECONDS = 10.0
CHUNK = 64 * 1024


class Scan(TextChoices):
    """What is known of a file. Only `clean` and `off` may be handed out."""

    CLEAN = "clean", _("Clean")
    INFECTED = "infected", _("Infected")
    WAITING = "waiting", _("Waiting for the scanner")
    OFF = "off", _("Not scanned")


MAY_BE_HANDED_OUT = frozenset({Scan.CLEAN, Scan.OFF})


class ScannerUnavailable(Exception):
    """The scanner gave no verdict."""


class Scanner(Protocol):
    """Looks at one file. Whatever keeps it from a verdict is `ScannerUnavailable`."""

    def scan(self, content: bytes) -> Scan: ...


class NullScanner:
    """No scanner is configured: the answer says so, and never "clean"."""

    def scan(self, content: bytes) -> Scan:
        return Scan.OFF


class ClamAVScanner:
    """Speaks to clamd over TCP: `INSTREAM`, the content in chunks, one line of answer."""

    def __init__(self, host: str, port: int, *, seconds: float = SECONDS) -> None:
        self.address = (host, port)
        self.seconds = seconds

    def scan(self, content: bytes) -> Scan:
        """Raises ScannerUnavailable if clamd is away, slow, or refuses the file as too long."""
        chunks = (content[start : start + CHUNK] for start in range(0, len(content), CHUNK))
        message = b"".join(struct.pack(">I", len(chunk)) + chunk for chunk in chunks)
        answer = self._ask(b"zINSTREAM\0" + message + struct.pack(">I", 0))
        if answer == "stream: OK":
            return Scan.CLEAN
        if answer.startswith("stream: ") and answer.endswith(" FOUND"):
            return Scan.INFECTED
        raise ScannerUnavailable(f"clamd answered {answer!r}")

    def ping(self) -> str:
        """Why it does not answer; empty if it does. Raises ScannerUnavailable."""
        answer = self._ask(b"zPING\0")
        return "" if answer == "PONG" else f"clamd answered {answer!r}"

    def _ask(self, message: bytes) -> str:
        try:
            with socket.create_connection(self.address, timeout=self.seconds) as link:
                link.sendall(message)
                answer = b""
                while not answer.endswith(b"\0") and (part := link.recv(4096)):
                    answer += part
        except OSError as error:
            raise ScannerUnavailable(str(error)) from error
        return answer.rstrip(b"\0\n").decode(errors="replace")


def scanner() -> Scanner:
    """The scanner that the setting CLAMAV_URL names."""
    clamav = _clamav()
    return clamav or NullScanner()


def probe() -> str:
    """Why the configured scanner does not answer; empty if it does or none is configured."""
    clamav = _clamav()
    return clamav.ping() if clamav else ""


def _clamav() -> ClamAVScanner | None:
    if not settings.CLAMAV_URL:
        return None
    parts = urlsplit(settings.CLAMAV_URL)
    return ClamAVScanner(parts.hostname or "", parts.port or 0)
