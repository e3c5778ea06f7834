"""docs/cli.md: its parts, and the page with what the commands say today."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from docs.writer import verbs
from docs.writer.verbs import Option, Verb

HEAD = "| option | meaning |\n|---|---|\n"
WIDTH = 120


class Part(NamedTuple):
    """A heading of the page, and the prose below it: before the table of options, and behind."""

    heading: str
    before: str
    behind: str

    @property
    def verb(self) -> str:
        """The verb that it is about; "" for none."""
        found = re.match(r"### `nashir ([a-z -]*[a-z])", self.heading)
        return found[1] if found else ""


def parts(text: str) -> Iterator[Part]:
    """The page, heading by heading. What stands in italics below a verb's heading is the verb's own, and no prose."""
    for each in re.split(r"(?m)^(?=##?#? )", text)[1:]:
        heading, _, rest = each.partition("\n")
        part = Part(heading, "", "")
        rest = rest.strip("\n") + "\n"
        if part.verb and rest.startswith("*"):
            rest = rest.partition("*\n")[2]
        before, _, table = rest.partition(HEAD)
        behind = re.sub(r"\A(?:\|.*\n?)*", "", table) if table else ""
        if not table and not part.heading.startswith("# "):
            before, behind = "", before
        yield Part(heading, before.strip("\n"), behind.strip("\n"))


def renewed(text: str) -> str:
    """The page, with what the commands say today. Exits where its verbs are others than those of the commands."""
    known = {each.name: each for each in verbs.every()}
    found = list(parts(text))
    told = {part.verb for part in found} - {""}
    for name in sorted(told ^ known.keys()):
        what = "there is no such verb any more" if name in told else "this heading is not on the page"
        raise SystemExit(f"docs/cli.md: ### `nashir {name}`: {what}. Mend it by hand, where it belongs")
    return (
        "\n\n".join(chunk for part in found for chunk in _chunks(part, known.get(part.verb)) if chunk) + "\n"
    )


def _chunks(part: Part, verb: Verb | None) -> Sequence[str]:
    if verb:
        said = textwrap.fill(f"*{verb.summary}*", WIDTH, break_long_words=False, break_on_hyphens=False)
        return f"### `{verb.typed}`", said, part.before, _table(verb.options), part.behind
    options = verbs.before_the_verb() if part.heading.startswith("# ") else []
    return part.heading, part.before, _table(options), part.behind


def _table(options: Sequence[Option]) -> str:
    """ "" where there are none."""
    rows = []
    for each in options:
        names = ", ".join(f"`{name}`" for name in each.names)
        cells = (f"{names} {each.takes}".strip().replace("|", r"\|"), each.meaning.replace("|", r"\|"))
        rows.append("| {} | {} |".format(*cells))
    return HEAD + "\n".join(rows) if rows else ""
