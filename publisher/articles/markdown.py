"""Markdown and MDX: CommonMark with tables and footnotes, and what Arabic writers and site generators add (A2, A12)."""

from publisher.articles import arabic, footnotes, mdx, shortcodes, spans
from publisher.model.article import Warn


def html(text: str, line: int = 1, *, is_mdx: bool = False) -> tuple[str, list[Warn]]:
    """*text*, which begins on *line* of its file, as HTML, not sanitised: raw HTML in it stands as it was written.
    Warns of what was dropped."""
    dropped: list[Warn] = []
    if is_mdx or mdx.is_mdx(text):
        text, dropped = mdx.flattened(text, line)
    text, unknown = shortcodes.replaced(text, line)
    return footnotes.gathered(spans.parser().html(arabic.mended(text))), dropped + unknown
