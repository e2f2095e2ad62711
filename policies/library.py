"""The parameters of the library, asked of search."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import QueryDict

from policies.models import PolicyPage

FACETS = ("validity", "kind", "issuer", "subject", "audience", "territory")


def newest(parameters: QueryDict, *, day: datetime.date, count: int) -> list[PolicyPage] | None:
    """The newest documents of a filtered list; None if it needs search and search is down."""
    documents: Any = PolicyPage.objects.public().for_lists()
    return list(documents.order_by("-release__released_at", "-pk")[:count])
