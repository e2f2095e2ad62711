from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personaldata import rules
from personaldata.rules import Contact, Unreadable

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
OLD_KEY, NEW_KEY = "o" * 50, "n" * 50
TEXT = st.text(st.characters(codec="utf-8"))
MEI = Contact("王梅", "mei@example.org", "010-12345678")


@given(st.builds(Contact, TEXT, TEXT, TEXT))
def test_whatever_is_encrypted_comes_back(contact):
    payload = rules.encrypt_contact(contact, [NEW_KEY], owner="a", now=NOW)
    assert rules.decrypt_contact(payload, [NEW_KEY], owner="a") == contact


def test_the_first_key_encrypts_and_the_others_still_open():
    before = rules.encrypt_contact(MEI, [OLD_KEY], owner="a", now=NOW)
    after = rules.encrypt_contact(MEI, [NEW_KEY, OLD_KEY], owner="a", now=NOW)
    assert rules.decrypt_contact(before, [NEW_KEY, OLD_KEY], owner="a") == MEI
    assert rules.decrypt_contact(after, [NEW_KEY], owner="a") == MEI
    with pytest.raises(Unreadable, match="No key"):
        rules.decrypt_contact(after, [OLD_KEY], owner="a")


def test_a_payload_moved_to_another_record_is_not_opened():
    payload = rules.encrypt_contact(MEI, [NEW_KEY], owner="a", now=NOW)
    with pytest.raises(Unreadable, match="another record"):
        rules.decrypt_contact(payload, [NEW_KEY], owner="b")


def test_a_changed_bit_is_noticed():
    payload = bytearray(rules.encrypt_contact(MEI, [NEW_KEY], owner="a", now=NOW))
    payload[40] ^= 1
    with pytest.raises(Unreadable):
        rules.decrypt_contact(bytes(payload), [NEW_KEY], owner="a")


def test_the_same_contact_looks_different_each_time():
    first, second = (rules.encrypt_contact(MEI, [NEW_KEY], owner="a", now=NOW) for _ in range(2))
    assert first != second


@pytest.mark.parametrize(
    ("planned", "expected"),
    [(90, 30), (30, 30), (7, 7)],
    ids=["30 days after the answer", "as planned", "the cap comes first"],
)
def test_the_answer_brings_the_erasure_closer_and_never_puts_it_off(planned, expected):
    moment = rules.erasure_after_answer(NOW + timedelta(days=planned), NOW)
    assert moment == NOW + timedelta(days=expected)
