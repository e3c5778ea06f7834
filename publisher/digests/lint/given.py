"""A letter as it is handed to the lint, and how a finding is made."""

import re
from dataclasses import dataclass

from publisher.digests.lint.table import RULES
from publisher.digests.lint.view import OBJECT, Block, Box
from publisher.model.digest import Content
from publisher.model.finding import Finding
from publisher.model.site import Site
from publisher.text.quote import quoted

_MARKS = re.compile("[\u200e\u200f\u2066-\u2069\u202a-\u202e]")
_LEAST = 3  # letters: shorter authored texts stand in other words by chance


@dataclass(frozen=True, slots=True)
class Given:
    """A letter and what must be known to judge it."""

    content: Content
    site: Site
    interface: str  # the language of its interface
    authored: tuple[
        str, ...
    ] = ()  # texts of others in it: headlines, excerpts, names; judged by their order alone
    listed: bool = True  # it goes to the readers of a newsletter, who may leave
    data: bytes = b""  # the whole letter; b"" where it has not been put together
    tongues: tuple[tuple[str, str], ...] = ()  # texts of `authored` whose language is known, with its tag


def finding(name: str, where: str, found: str = "", mend: str = "") -> Finding:
    """A breach of the rule *name*."""
    rule = RULES[name]
    return Finding(name, rule.of, rule.level, where, found, rule.what, mend or rule.mend)


def at(box: Box) -> str:
    return f"html: {box.name}"


def said(name: str, block: Block, mend: str = "") -> Finding:
    """A breach at a block of text, which is quoted."""
    return finding(name, at(block.box), quoted(block.text.strip()), mend)


def bare(text: str) -> str:
    """*text* without marks, blanks as one."""
    return " ".join(_MARKS.sub("", text).replace("\xa0", " ").split())


def ours(text: str, authored: tuple[str, ...]) -> str:
    """What of *text* is not the words of others: each of these is one sign."""
    text = bare(text)
    if not text or any(text.removesuffix("…").rstrip() in each for each in authored):
        return ""
    for each in authored:
        if len(each) >= _LEAST:
            text = text.replace(each, OBJECT)
    return text


def authors(given: Given) -> tuple[str, ...]:
    """The texts of others, longest first."""
    return tuple(sorted({bare(each) for each in given.authored if bare(each)}, key=len, reverse=True))
