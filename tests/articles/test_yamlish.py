"""What is wrong in front matter is told where it is, with the mend that helps (A4)."""

import pytest

from publisher.articles import yamlish
from publisher.errors import Unreadable


@pytest.mark.parametrize(
    "source, line",
    [
        ("title: خبر\ntags: [a, b\nauthor: نور", 3),
        ("title: خبر\nextra: {a: 1\nauthor: نور", 3),
        ("title: [خبر\n", 2),
    ],
)
def test_a_bracket_that_nothing_closes_is_told_where_it_stands(source: str, line: int) -> None:  # A4
    _, (warning,) = yamlish.load(source, 2)

    assert line == warning.line
    assert "Mend: close the bracket" in warning.what


def test_also_where_the_front_matter_cannot_be_read_otherwise() -> None:  # A4
    with pytest.raises(Unreadable, match="not YAML") as refused:
        yamlish.load("title: خبر\ntags: [a,\n  b\n? x", 2)

    assert (3, True) == (refused.value.line, refused.value.mend.startswith("close the bracket"))


def test_a_value_that_wants_quotation_marks_is_told_so() -> None:  # A4
    _, (warning,) = yamlish.load("title: خبر: عاجل", 2)

    assert (2, True) == (warning.line, warning.what.endswith("Mend: put the value in quotes"))
