"""The way to the search index."""

from __future__ import annotations

from collections.abc import Iterable

from outbox import services as outbox


def reindex(page_ids: Iterable[int]) -> None:
    """Put policies on the way to the search index; call it inside the transaction."""
    outbox.enqueue("search.index", {"type": "policy", "ids": sorted(set(page_ids))})
