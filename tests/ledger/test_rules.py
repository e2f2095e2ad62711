import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules import GENESIS, canonical, chained_hash, is_action

TEXT = st.text(st.characters(codec="utf-8"))  # no lone surrogates: no database stores them
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("policy.released", True),
        ("policy.interpretation.released", True),
        ("import_batch.finished", True),
        ("released", False),
        ("Policy.released", False),
        ("policy.", False),
        ("policy.released now", False),
        ("", False),
    ],
)
def test_an_action_is_small_words_with_dots(text, expected):
    assert is_action(text) is expected


@given(st.dictionaries(TEXT, VALUES))
def test_the_order_of_keys_does_not_matter(value):
    assert canonical(dict(reversed(value.items()))) == canonical(value)


def test_the_canonical_form_is_what_the_documentation_says():
    assert canonical({"b": 1, "a": {"标题": "通知"}}) == '{"a":{"标题":"通知"},"b":1}'.encode()


def test_a_number_that_json_does_not_know_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": float("nan")})


def test_the_hash_of_the_first_seal_can_be_computed_by_anyone():
    """Printed by: printf '{"entry":{"id":1},"previous_hash":"0…0","sealed_at":"t","seq":1}'."""
    assert chained_hash(1, GENESIS, "t", {"id": 1}) == (
        "fde42826f0da09cfac2962b52bc141a3d66ee8a1bd1ab4a28d5ab25cf946ddf4"
    )
