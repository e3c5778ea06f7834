import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.subscribers.tokens import Claim, Keys

KEYS = Keys({1: b"k" * 32})
ids = st.integers(min_value=0, max_value=2**32 - 1)


@given(ids, ids)
def test_a_token_says_what_was_signed(subscriber, newsletter):  # H4
    claim = Claim(subscriber, newsletter)

    assert claim == KEYS.read("unsubscribe", KEYS.sign("unsubscribe", claim))


def test_a_token_is_the_same_tomorrow_and_holds_no_address():  # H4, M5
    token = KEYS.sign("unsubscribe", Claim(7, 1))

    assert token == KEYS.sign("unsubscribe", Claim(7, 1))
    assert token.isascii() and "@" not in token and len(token) < 60


def test_purposes_are_not_interchangeable():  # H4, threat 6
    assert KEYS.read("unsubscribe", KEYS.sign("message-id", Claim(7, 1))) is None


def test_a_rotated_key_keeps_old_links_alive():  # H4
    rotated = Keys({1: b"k" * 32, 2: b"n" * 32})
    old = KEYS.sign("unsubscribe", Claim(7, 1))

    assert Claim(7, 1) == rotated.read("unsubscribe", old)
    assert old != rotated.sign("unsubscribe", Claim(7, 1))


@given(st.data())
def test_a_changed_token_is_nobodys(data):  # H4
    token = KEYS.sign("unsubscribe", Claim(7, 1))
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCxyz019-_="))
    changed = token[:place] + other + token[place + 1 :]

    assert (Claim(7, 1) if changed == token else None) == KEYS.read("unsubscribe", changed)


@given(st.text())
def test_any_text_is_read_without_a_foreign_exception(text):  # X14
    assert KEYS.read("unsubscribe", text) is None


@pytest.mark.parametrize("token", ["", "A", "AA==", "é", "=" * 50])
def test_odd_tokens_are_nobodys(token):
    assert KEYS.read("unsubscribe", token) is None


@given(ids, ids, st.randoms())
def test_a_token_in_an_address_survives_any_capitals(subscriber, edition, chance):  # H7
    claim = Claim(subscriber, edition)
    token = KEYS.sign_caseless("bounce", claim)
    changed = "".join(chance.choice([letter.upper(), letter]) for letter in token)

    assert re.fullmatch("[0-9a-f]{60}", token)
    assert claim == KEYS.read_caseless("bounce", changed)


def test_a_token_in_an_address_is_for_its_purpose_only():  # H7, threat 6
    claim = Claim(7, 1)

    assert KEYS.read_caseless("unsubscribe", KEYS.sign_caseless("bounce", claim)) is None
    assert KEYS.read("bounce", KEYS.sign_caseless("bounce", claim)) is None
    assert KEYS.read_caseless("bounce", KEYS.sign("bounce", claim)) is None


@given(st.data())
def test_a_changed_token_of_an_address_is_nobodys(data):  # H7
    token = KEYS.sign_caseless("bounce", Claim(7, 1))
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("abcxyz234567-_=018é\n ı"))
    changed = token[:place] + other + token[place + 1 :]

    assert (Claim(7, 1) if changed == token else None) == KEYS.read_caseless("bounce", changed)


@given(st.text() | st.text("abcdefgh234567=", max_size=60))
def test_any_local_part_is_read_without_a_foreign_exception(text):  # X14
    assert KEYS.read_caseless("bounce", text) is None


def test_a_rotated_key_keeps_old_addresses_alive():  # H7
    rotated = Keys({1: b"k" * 32, 2: b"n" * 32})

    assert Claim(7, 1) == rotated.read_caseless("bounce", KEYS.sign_caseless("bounce", Claim(7, 1)))
    assert Keys({2: b"n" * 32}).read_caseless("bounce", KEYS.sign_caseless("bounce", Claim(7, 1))) is None
