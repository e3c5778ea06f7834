"""The beginning of an article in Markdown: lists need no more of it, and a first build reads nothing else."""

import re

LEAST = 300  # characters in which a lead is found as a rule
MOST = 24_000  # characters: two tags each, and without tables no text below this has more than a text may
_REACHING = (
    "<",
    "{",
)  # HTML and components may be open to the end; shortcodes are warned of wherever they stand
# A picture or a file beside the article (A13), in place or in a definition.
_BESIDE = re.compile(r"\](?:\(|: )\s*+<?(?!https?:|mailto:|#|//)")
_OPEN = ("```", "~~~", "[^")  # a fence, a footnote


def opening(text: str) -> str:
    """The first paragraphs of *text* (Markdown, lines end with "\\n"), where they read the same without the rest of
    it; else all of *text*. CommonMark 0.31, 3: a blank line ends a paragraph, and only definitions of links,
    which stand anywhere, reach back over it."""
    end = text.find("\n\n", LEAST) + 2
    if end < 2 or not LEAST < end < len(text) < MOST or any(sign in text for sign in _REACHING):
        return text
    head = text[:end]
    if ("](" in text or "]: " in text) and _BESIDE.search(text, end):
        return text
    if any(sign in head for sign in _OPEN) or head.count("[") != head.count("]("):
        return text
    return head
