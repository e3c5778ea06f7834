import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.mail.slots import Slotted, base64_lines

A, B = "\ufdd0a\ufdd1", "\ufdd0b\ufdd1"
WORDS = "خبر عاجل CNN 👨‍👩‍👧‍👦 é a"


@dataclass(frozen=True)
class Case:
    """A text in alternating stretches and slots, and what stands in the slots."""

    parts: tuple[str, ...]
    values: dict[str, bytes]

    def plain(self) -> bytes:
        """The text with its slots filled: what decoders have to read."""
        return b"".join(self.values.get(part, part.encode()) for part in self.parts)


short = st.sampled_from(["", "a", "ab", "abc", "ا", "é!", "👍"])  # 0 to 4 octets: every trap of a phase
stretches = short | st.text(st.sampled_from(WORDS), max_size=200)
values = st.binary(max_size=4) | st.binary(max_size=200)
cases = st.builds(
    lambda parts, a, b: Case(tuple(parts), {A: a, B: b}),
    st.lists(stretches | st.sampled_from([A, B]), max_size=9),
    values,
    values,
)


@settings(max_examples=500, deadline=None)
@example(Case((A, B, A), {A: b"x", B: b""}))
@example(Case((A, "a", B, "b", A), {A: b"", B: b"y"}))
@given(cases)
def test_slots_are_filled_as_if_all_were_encoded_at_once(case: Case) -> None:  # M1
    slotted = Slotted("".join(case.parts), (A, B))
    written = b"".join(slotted.lines(case.values))
    lines = written.split(b"\r\n")

    assert b"" == lines.pop()
    assert case.plain() == base64.b64decode(b"".join(lines), validate=True)
    assert case.plain() == b"".join(
        base64.b64decode(line, validate=True) for line in lines
    )  # line by line too
    assert [] == [line for line in lines if not re.fullmatch(rb"[A-Za-z0-9+/]{0,76}={0,2}", line) or not line]
    assert [] == [line for line in lines if len(line) > 76]
    assert {part for part in case.parts if part in case.values} == slotted.names
    assert written == b"".join(slotted.lines(case.values))


def test_every_reader_has_her_own() -> None:  # M1
    text = "".join(Random(1).choices(WORDS, k=5000))
    slotted = Slotted(f"{text}{A}{text}{B}{text}", (A, B))
    for number in range(12):  # every phase of both slots
        a, b = b"x" * number, b"y" * (number // 3)
        whole = text.encode() + a + text.encode() + b + text.encode()
        decoded = binascii.a2b_base64(b"".join(slotted.lines({A: a, B: b})))

        assert hashlib.sha256(whole).digest() == hashlib.sha256(decoded).digest()


def test_a_slot_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        Slotted(f"x{A}", (A, B)).lines({B: b""})


@given(st.binary(max_size=500))
def test_base64_comes_back_in_lines_of_76(data: bytes) -> None:  # M1
    lines = base64_lines(data).split(b"\r\n")

    assert b"" == lines.pop()
    assert data == base64.b64decode(b"".join(lines), validate=True)
    assert [76] * (len(lines) - 1) == [len(line) for line in lines[:-1]]
    assert all(lines) and max(map(len, lines), default=0) <= 76
