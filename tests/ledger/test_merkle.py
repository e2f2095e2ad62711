import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle

# The leaves, roots and paths that the tests of certificate transparency use everywhere.
LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
TREES = st.lists(st.binary(max_size=40).map(bytes.hex), min_size=1, max_size=70)


@pytest.mark.parametrize(("size", "expected"), list(enumerate(ROOTS, start=1)))
def test_the_root_is_the_one_of_certificate_transparency(size, expected):
    assert merkle.root(LEAVES[:size]) == expected


def test_the_root_of_nothing_is_the_hash_of_nothing():
    assert merkle.root([]) == hashlib.sha256(b"").hexdigest()


def test_a_path_is_the_one_of_certificate_transparency():
    assert merkle.proof(LEAVES, 0).path == (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    )


@given(TREES, st.data())
def test_the_proof_of_every_leaf_holds(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = merkle.proof(leaves, index)
    assert merkle.verify(leaves[index], proof, merkle.root(leaves))
    assert len(proof.path) <= (len(leaves) - 1).bit_length()


@given(TREES, st.data())
def test_no_proof_holds_for_another_leaf_place_size_path_or_root(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    leaf, proof, root = leaves[index], merkle.proof(leaves, index), merkle.root(leaves)
    other = hashlib.sha256(b"another").hexdigest()
    assert not merkle.verify(leaf + "21", proof, root)
    assert not merkle.verify(leaf, proof, other)
    assert not merkle.verify(leaf, proof, "no hash")
    assert not merkle.verify("no leaf", proof, root)
    assert not merkle.verify(leaf, replace(proof, path=(*proof.path, other)), root)
    assert not merkle.verify(leaf, replace(proof, index=proof.size), root)
    assert not merkle.verify(leaf, replace(proof, index=-1), root)
    if proof.path:
        assert not merkle.verify(leaf, replace(proof, path=proof.path[1:]), root)
        assert not merkle.verify(leaf, replace(proof, path=("no hash", *proof.path[1:])), root)
        assert not merkle.verify(leaf, replace(proof, path=(*proof.path[:-1], other)), root)


@given(TREES, st.data())
def test_a_leaf_that_is_changed_removed_or_added_changes_the_root(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    root = merkle.root(leaves)
    changed = [*leaves[:index], leaves[index] + "21", *leaves[index + 1 :]]
    assert merkle.root(changed) != root
    assert merkle.root(leaves[:index] + leaves[index + 1 :]) != root
    assert merkle.root([*leaves, leaves[-1]]) != root


def test_an_inner_node_cannot_be_passed_off_as_a_leaf():
    left, right = (hashlib.sha256(b"\x00" + bytes.fromhex(leaf)).hexdigest() for leaf in LEAVES[:2])
    assert merkle.root([left + right]) != merkle.root(LEAVES[:2])


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(index):
    with pytest.raises(IndexError, match="3 leaves"):
        merkle.proof(LEAVES[:3], index)


def test_a_commitment_can_be_computed_by_anyone():
    salt = bytes(range(32)).hex()
    expected = hashlib.sha256(bytes(range(32)) + '{"clause":"5","text":"好"}'.encode()).hexdigest()
    assert merkle.commitment(salt, {"text": "好", "clause": "5"}) == expected


def test_the_same_words_have_another_commitment_with_another_salt():
    payload = {"text": "I agree."}
    assert merkle.commitment("aa" * 32, payload) != merkle.commitment("bb" * 32, payload)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_salt_of_another_length_is_refused(length):
    """Or the end of the salt and the beginning of the words could change places."""
    with pytest.raises(ValueError, match="32 bytes"):
        merkle.commitment("5a" * length, {})
