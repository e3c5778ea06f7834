"""Markdown, as much of it as docs/cli.md uses, as the markup of manual pages (man(7))."""

import re
import textwrap

WIDTH = 80
_SPANS = re.compile(r"(`[^`]+`|\[[^\]]+\]\([^)]+\))")
_ROW = re.compile(r"(?<!\\)\|")
_WRITTEN = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
)


def literal(text: str) -> str:
    """What is typed or shown as it is."""
    return "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in text.translate(_WRITTEN))


def bold(text: str) -> str:
    return f"\\fB{literal(text)}\\fR"


def italic(text: str) -> str:
    return f"\\fI{literal(text)}\\fR"


def prose(text: str) -> str:
    """One paragraph, in short lines. Of a link its words stay."""
    pieces = []
    for each in _SPANS.split(" ".join(text.replace(r"\|", "|").split())):
        if each.startswith("`") and each.endswith("`") and len(each) > 2:
            pieces.append(bold(each[1:-1]))
        elif found := re.fullmatch(r"\[(.+)\]\(.+\)", each):
            pieces.append(literal(found[1]))
        else:
            pieces.append(re.sub(r"(?<=\w)\\-(?=\w)", "-", literal(each)))
    lines = textwrap.wrap("".join(pieces), WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in lines)


def heading(text: str, *, deep: bool = False) -> str:
    return f'{".SS" if deep else ".SH"} "{literal(text)}"'


def item(term: str, text: str) -> str:
    """A *term* and what is said of it, both marked up."""
    return f".TP\n{term}\n{text}"


def blocks(text: str) -> str:
    """Paragraphs, lists, tables (of which the first column is the term) and code."""
    return "\n".join(_block(each) for each in re.split(r"\n{2,}", text.strip("\n")) if each)


def _block(text: str) -> str:
    if text.startswith("```") or text.startswith("    "):
        lines = [line for line in text.splitlines() if not line.startswith("```")]
        shown = "\n".join(f"\\&{literal(line)}" for line in textwrap.dedent("\n".join(lines)).splitlines())
        return f".PP\n.RS 4\n.nf\n{shown}\n.fi\n.RE"
    if text.startswith("|"):
        rows = [[cell.strip() for cell in _ROW.split(line)[1:-1]] for line in text.splitlines()]
        return "\n".join(item(prose(row[0]), prose("; ".join(row[1:]))) for row in rows[2:] if row)
    if text.startswith("- "):
        return "\n".join(f".IP \\(bu 2\n{prose(each)}" for each in re.split(r"(?m)^- ", text)[1:])
    return f".PP\n{prose(text)}"
