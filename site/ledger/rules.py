"""How the chain is computed. Anyone who holds the rows can compute it again, in any language."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

GENESIS = "0" * 64
"""What the first seal names as the hash before it."""

_ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)+")


def is_action(text: str) -> bool:
    """Whether `text` can name an action: small words with dots, as in "policy.released"."""
    return _ACTION.fullmatch(text) is not None


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one way `value` is written as JSON: sorted keys, no spaces, UTF-8.

    Raises ValueError for NaN and infinities, TypeError for what JSON does not know.
    """
    text = json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return text.encode()


def chained_hash(seq: int, previous_hash: str, sealed_at: str, entry: Mapping[str, Any]) -> str:
    """The hash of the seal at place `seq` over `entry`, after the seal with `previous_hash`.

    sealed_at: ISO 8601, UTC. Returns SHA-256 as 64 small hexadecimal digits, over the canonical
    JSON of the four by these names.
    """
    content = {"seq": seq, "previous_hash": previous_hash, "sealed_at": sealed_at, "entry": entry}
    return hashlib.sha256(canonical(content)).hexdigest()
