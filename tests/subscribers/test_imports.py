import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.subscribers.imports import rows


def read(text):
    return [
        (row.line, row.address.text if row.address else None) for row in rows(text.splitlines(keepends=True))
    ]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a@example.org\nb@example.org\n", [(1, "a@example.org"), (2, "b@example.org")]),
        ("name,email\nليلى,a@example.org\n", [(2, "a@example.org")]),
        ("الاسم;البريد\nليلى;a@example.org\n", [(2, "a@example.org")]),
        ("\ufeffEmail\ta\nx@example.org\ty\n", [(2, "x@example.org")]),
        ('"Doe, J",j@example.org\n', [(1, "j@example.org")]),
        ("\n\na@example.org\n\n", [(3, "a@example.org")]),
        ("email\nnonsense\nb@example.org\n", [(2, None), (3, "b@example.org")]),
        ("name,email\nonly\n", [(2, None)]),
        ("", []),
        ("الاسم,\u200fالبريد\u200f\nليلى,\u202aa@example.org\u202c\n", [(2, "a@example.org")]),
    ],
)
def test_a_csv_file_is_read(text, expected):  # L7
    assert expected == read(text)


def test_every_rejected_row_says_why():  # L7
    (row,) = rows(["email\n", "not an address\n"])

    assert row.address is None
    assert "not an e-mail address" in row.reason


@pytest.mark.parametrize("mark", "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_direction_marks_round_an_address_are_taken_off(mark):  # L6 L7
    assert [(1, "a@example.org")] == read(f"{mark}a@example.org{mark}\n")


@pytest.mark.parametrize(
    "text, reason",
    [("caf\udce9@example.org", "is not UTF-8; save"), ("a\u202eb@example.org", "not an e-mail address")],
)
def test_bytes_that_are_no_utf_8_are_told_from_a_mark_within(text, reason):  # L6 L7
    (row,) = rows([f"{text}\n"])

    assert row.address is None
    assert reason in row.reason


@given(st.text())
def test_any_text_is_rows_or_reasons(text):  # X14
    for row in rows(text.splitlines(keepends=True)):
        assert (row.address is None) == bool(row.reason)
