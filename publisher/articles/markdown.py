"""Markdown: CommonMark with tables and footnotes (A2)."""

from functools import cache

import pyromark


@cache
def _parser() -> pyromark.Markdown:
    return pyromark.Markdown(options=pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_FOOTNOTES)


def html(text: str) -> str:
    """*text* as HTML, not sanitised: raw HTML in it stands as it was written."""
    return _parser().html(text)
