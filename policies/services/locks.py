"""The order in which releases, corrections and obligations wait for each other."""

from __future__ import annotations

from guards import services as guards


def lock_releases() -> None:
    """Wait until no other transaction releases or corrects; call it at a transaction's start.

    Two documents released at the same moment could otherwise repeal each other in a circle,
    or wait for each other's rows for ever.
    """
    guards.lock("policies.releases")
