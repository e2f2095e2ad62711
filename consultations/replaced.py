"""The document that a draft would replace. Those that hold documents register how to find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wagtail.models import Page


@dataclass(frozen=True)
class ReplacedText:
    """A public document: its Chinese title, its address, and its text as issued."""

    title: str
    url: str
    text: str


Find = Callable[[Page], "ReplacedText | None"]
_finders: list[Find] = []


def register(find: Find) -> None:
    """Let an upper app say which document a page is; ``None`` for what is not public."""
    _finders.append(find)


def replaced_text(page: Page) -> ReplacedText | None:
    """Give the public document of a page; ``None`` if nobody knows one."""
    return next((found for find in _finders if (found := find(page)) is not None), None)
