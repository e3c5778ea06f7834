"""Reasons and mends in an editor's language: those the program really gives."""

import ast
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import publisher
from publisher.articles import parse
from publisher.errors import Unreadable
from publisher.model.article import Leaf
from publisher.text.reasons import REASONS, retold
from publisher.text.words import LANGUAGES, words

ROOT = Path(publisher.__file__).parent
SOURCES = [
    *sorted((ROOT / "articles").glob("*.py")),
    ROOT / "text" / "clean.py",
    ROOT / "web" / "admin" / "articles.py",
]
BAD = {
    "a.txt": b"<?xml version='1.0'?>\n<a>x</a>\n",
    "b.md": "---\ntitle: عنوان\n\nنص.\n".encode(),
    "c.md": b"---\ntitle: a\nkeys:\n\t- {b\n---\n\ntext\n",
    "d.txt": b"abc \xff\xfe\xfa def\n",
    "e.txt": b"abc\0def\n",
    "f.docx": b"no zip",
    "g.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "h.txt": b"\n \n",
    "i.md": b"+++\ntitle = [\n+++\n\ntext\n",
}


def made_of(node: ast.expr) -> str:
    """A literal with its places, "\\0" for each."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(made_of(part) if isinstance(part, ast.Constant) else "\0" for part in parts)
    return ""


def literals() -> set[str]:
    """Every text in the sources of reasons, and what one that holds another becomes."""
    found = {
        made_of(node)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant | ast.JoinedStr)
    }
    found |= {text.replace("0x\0", "\0") for text in found}  # a number, with what says that it is hexadecimal
    return found | {f"{text} (byte \0)" for text in found} | {f"{text}, without a password" for text in found}


def test_each_is_a_reason_that_the_program_gives() -> None:
    known = literals()

    assert [] == [each for each in REASONS if re.sub(r"%\(\w+\)s", "\0", each) not in known]


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_with_a_bad_file_is_said_in_the_editors_language(
    name: str, language: str
) -> None:  # A14
    with pytest.raises(Unreadable) as caught:
        parse.body(Leaf(name, BAD[name]), parse.Rules("ar", ZoneInfo("UTC")))

    for text in (caught.value.what, caught.value.mend):
        told = retold(text, words(language))
        assert (language, "ltr" if language == "en" else "rtl") == (told.language, told.direction), text
        assert "%(" not in told.text
    assert language != "en" or re.sub("[\u2068\u2069]", "", told.text) == text


def test_what_is_not_known_stays_english_and_says_so() -> None:
    assert ("a tag too many", "en", "ltr") == retold("a tag too many", words("ar"))


def test_what_is_filled_in_is_isolated() -> None:
    told = retold("put a line of --- below it", words("ar"))

    assert "\u2068---\u2069" in told.text
