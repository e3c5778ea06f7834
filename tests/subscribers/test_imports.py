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
    ],
)
def test_a_csv_file_is_read(text, expected):  # L7
    assert expected == read(text)


def test_every_rejected_row_says_why():  # L7
    (row,) = rows(["email\n", "not an address\n"])

    assert row.address is None
    assert "not an e-mail address" in row.reason


@given(st.text())
def test_any_text_is_rows_or_reasons(text):  # X14
    for row in rows(text.splitlines(keepends=True)):
        assert (row.address is None) == bool(row.reason)
