"""One hash over many contributions, and the proof that one of them is among them.

The tree is the one of RFC 6962, section 2.1 (certificate transparency), so that its tools and
many libraries check what is published here. Leaves, salts and hashes go in and out as hexadecimal
digits; what does not consist of them is a ValueError.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.rules import canonical

SALT_BYTES = 32


@dataclass(frozen=True)
class Proof:
    """That a leaf stands at `index`, counted from 0, in a tree of `size` leaves.

    path: the neighbours' hashes on the way from the leaf to the root.
    """

    index: int
    size: int
    path: tuple[str, ...]


def commitment(salt: str, payload: Mapping[str, Any]) -> str:
    """The hash that binds to `payload` and does not show it: SHA-256 of salt and canonical JSON.

    salt: 32 random bytes, `secrets.token_hex(32)`. Without it nobody can try out what the payload
    may have been; once it is erased, nobody ever can, and the tree still stands.
    The result, 64 digits, is a leaf. Raises ValueError for a salt of another length.
    """
    prefix = bytes.fromhex(salt)
    if len(prefix) != SALT_BYTES:
        raise ValueError(f"A salt has {SALT_BYTES} bytes, not {len(prefix)}.")
    return hashlib.sha256(prefix + canonical(payload)).hexdigest()


def root(leaves: Sequence[str]) -> str:
    """The root over `leaves` in their order; that of no leaves is the hash of nothing."""
    return _root([_leaf(leaf) for leaf in leaves]).hex()


def proof(leaves: Sequence[str], index: int) -> Proof:
    """The proof for the leaf at `index`, counted from 0. Raises IndexError if there is none."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"There are {len(leaves)} leaves, none at {index}.")
    path = _path([_leaf(leaf) for leaf in leaves], index)
    return Proof(index, len(leaves), tuple(neighbour.hex() for neighbour in path))


def verify(leaf: str, proof: Proof, root: str) -> bool:
    """Whether `proof` shows that `leaf` is in the tree with this root (RFC 9162, 2.1.3.2).

    leaf, root: hexadecimal, as the others. Whatever is wrong with the proof, the answer is False.
    """
    try:
        return _climb(_leaf(leaf), proof) == bytes.fromhex(root)
    except ValueError:
        return False


def _climb(found: bytes, proof: Proof) -> bytes:
    """The root to which the path leads from the leaf's hash `found`."""
    if not 0 <= proof.index < proof.size:
        raise ValueError("no such place")
    place, last = proof.index, proof.size - 1
    for neighbour in proof.path:
        if last == 0:
            raise ValueError("the path is too long")
        if place % 2 or place == last:
            found = _node(bytes.fromhex(neighbour), found)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            found = _node(found, bytes.fromhex(neighbour))
        place, last = place // 2, last // 2
    if last:
        raise ValueError("the path is too short")
    return found


def _leaf(leaf: str) -> bytes:
    # The first byte keeps leaves and nodes apart: no node can be passed off as a leaf.
    return hashlib.sha256(b"\x00" + bytes.fromhex(leaf)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _root(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = _split(len(hashes))
    return _node(_root(hashes[:middle]), _root(hashes[middle:]))


def _path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    if len(hashes) == 1:
        return []
    middle = _split(len(hashes))
    if index < middle:
        return [*_path(hashes[:middle], index), _root(hashes[middle:])]
    return [*_path(hashes[middle:], index - middle), _root(hashes[:middle])]
