"""What language and direction a block of an article is found to have."""

import pytest

from publisher.articles import blocks

CALL = "<code>createRoot(document.getElementById('root'), { onRecoverableError, identifierPrefix })</code>"
PATH = "<kbd>node_modules/react-dom/client/development/index.production.min.js --watch</kbd>"


@pytest.mark.parametrize(
    ("element", "language", "expected"),
    [
        (f"<ul><li>{CALL} بديل</li><li>{PATH} ثم</li></ul>", "ar", ("ar", "rtl")),
        (f"<p>{PATH} {CALL} بديل</p>", "ar", ("ar", "rtl")),
        (f"<ul><li>{CALL} بديل</li></ul>", "en", ("ar", "rtl")),
        (f"<ul><li>{CALL} instead</li></ul>", "ar", ("en", "ltr")),
        (f"<ul><li>{CALL}</li></ul>", "ar", ("en", "ltr")),
        (f"<p>{CALL}, 10%</p>", "en", ("en", "ltr")),
    ],
)
def test_code_does_not_outweigh_the_words_around_it(
    element: str, language: str, expected: tuple[str, str]
) -> None:  # A7
    (block,) = blocks.body([element], language).blocks

    assert expected == (block.language, block.direction)
