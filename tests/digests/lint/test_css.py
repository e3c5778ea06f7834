"""The little CSS that the letter lint reads."""

import pytest

from publisher.digests.lint.css import declarations, sides


@pytest.mark.parametrize(
    "style, wanted",
    [
        ("", (0, 0, 0, 0)),
        ("padding: 4px", (4, 4, 4, 4)),
        ("padding: 1px 2px", (1, 2, 1, 2)),
        ("padding: 1px 2px 3px", (1, 2, 3, 2)),
        ("padding: 1px 2px 3px 4px", (1, 2, 3, 4)),
        ("padding: 1em", (10, 10, 10, 10)),
        ("padding: 4px; padding-left: 0", (4, 4, 4, 0)),
        ("padding-top: 3px", (3, 0, 0, 0)),
    ],
)
def test_each_side_has_its_own_padding(style: str, wanted: tuple[float, ...]) -> None:  # R3
    declared = {name: value for name, (value, _) in declarations(style).items()}

    assert wanted == sides(declared, "padding", 10)
