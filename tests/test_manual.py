"""docs/cli.md and the manual pages are what the commands say, and the pages can be read."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.writer import manual, page, roff, verbs
from publisher import cli

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "cli.md").read_text("utf-8")
ESCAPES = {"e": "\\", "-": "-", "(aq": "'", "(ga": "`", "(ha": "^", "(ti": "~", "(dq": '"', "(bu": "•"}
OURS = {".TH", ".SH", ".SS", ".PP", ".TP", ".IP", ".RS", ".RE", ".nf", ".fi", ".nh", ".ad", ".br"}


def shown(text: str) -> str:
    """What groff makes of *text*, read another way: groff_char(7) for the escapes that we write."""
    without_fonts = re.sub(r"\\f[BIR]|\\&", "", text)
    known = re.sub(r"\\(e|-|\(..)", lambda found: ESCAPES[found[1]], without_fonts)
    return re.sub(r"\\\[u([0-9A-F]{4,})\]", lambda found: chr(int(found[1], 16)), known)


def test_the_page_and_the_manual_are_what_make_docs_writes() -> None:
    assert page.renewed(PAGE) == PAGE
    assert manual.pages(PAGE) == {path.name: path.read_text("utf-8") for path in (DOCS / "man").iterdir()}


def test_what_a_verb_says_of_itself_is_written_anew_and_prose_is_kept() -> None:
    old = PAGE.replace("### `nashir send [NEWSLETTER]`\n\n*Plan", "### `nashir send`\n\n*Perhaps plan")
    old = re.sub(r"\| `--now` \|.*\n", "| `--later` | Never |\n", old)

    assert old != PAGE
    assert page.renewed(old) == PAGE
    assert "A word more.\n\n| option" in page.renewed(
        PAGE.replace("\n| option", "\nA word more.\n\n| option", 1)
    )


def test_what_was_written_by_hand_below_a_new_verb_is_kept() -> None:
    by_hand = re.sub(r"(?m)^(### `nashir status`\n)\n\*.*\*\n", r"\1\nOne line.\n", PAGE)

    assert (
        "### `nashir status`\n\n*Say what is published, refused, subscribed, sent and due.*\n\nOne line.\n"
        in (page.renewed(by_hand))
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("### `nashir status`", "### Status", "status`: this heading is not on the page"),
        (
            "### `nashir status`",
            "### `nashir frobnicate`\n\n### `nashir status`",
            "frobnicate`: there is no such verb",
        ),
    ],
)
def test_a_verb_without_its_heading_and_a_heading_without_its_verb_are_named(
    old: str, new: str, said: str
) -> None:
    with pytest.raises(SystemExit, match=re.escape(said)):
        page.renewed(PAGE.replace(old, new))


@pytest.mark.parametrize("verb", [*verbs.every()], ids=lambda verb: verb.name)
def test_every_verb_with_its_options_and_json_is_in_its_manual_page(verb: verbs.Verb) -> None:
    read = shown((DOCS / "man" / f"nashir-{verb.name.partition(' ')[0]}.1").read_text("utf-8"))

    assert f"nashir {verb.name}" in read
    for each in verb.command.params:
        if isinstance(each, click.Option):
            for name in each.opts:
                assert name in read
    (part,) = (each for each in page.parts(PAGE) if each.verb == verb.name)
    for key in re.findall(r'"(\w+)"', part.behind):
        assert f'"{key}"' in read


def test_the_first_page_names_all_others_and_every_exit_code() -> None:
    read = shown((DOCS / "man" / "nashir.1").read_text("utf-8"))

    for name in cli.nashir.commands:
        assert f"\nnashir-{name}(1)\n" in read
    for code in (0, 1, 2, 74, 75, 78, 130):
        assert f"\n.TP\n{code}\n" in read


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_what_is_typed_is_shown_as_it_is(text: str) -> None:
    assert text == shown(roff.literal(text))
    assert roff.literal(text).isascii()


@given(st.text("a-.'\\`*|#~\n[]() ابت"))
def test_no_words_are_taken_for_a_command_of_the_formatter(text: str) -> None:
    lines = roff.blocks(text).splitlines()

    assert all(line.partition(" ")[0] in OURS for line in lines if line.startswith((".", "'")))


@pytest.mark.skipif(not shutil.which("groff"), reason="no groff")
def test_the_formatter_has_no_complaint() -> None:
    paths = sorted((DOCS / "man").iterdir())
    for command in (["groff", "-man", "-Tutf8", "-ww", "-z"], ["groff", "-man", "-Tascii", "-ww", "-z"]):
        done = subprocess.run([*command, *paths], check=True, capture_output=True, text=True)

        assert not done.stderr
