"""The document that a consultation led to. Those that hold documents register how to find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from consultations.models import Announcement


@dataclass(frozen=True)
class FinalText:
    """What was made of the draft: its newest text, which the public sees once it is ``public``.

    url, index_number: empty until then. edit_url: the editors' address of it.
    """

    title: str
    text: str
    public: bool
    url: str
    index_number: str
    edit_url: str


Find = Callable[[Announcement], "FinalText | None"]
_finders: list[Find] = []


def register(find: Find) -> None:
    """Let an upper app say which document names a consultation; ``None`` if none does."""
    _finders.append(find)


def final_text(announcement: Announcement) -> FinalText | None:
    """Give the document that names a consultation: the released one, or else the newest draft."""
    return next((found for find in _finders if (found := find(announcement)) is not None), None)
