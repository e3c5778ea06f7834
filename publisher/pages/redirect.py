"""The page at an address that leads to another: for hosts that serve files; our own server answers 301 (A14, A16)."""

import re
from functools import lru_cache
from html import escape, unescape

from publisher.pages.frame import local
from publisher.text.direction import lead
from publisher.text.words import words

_HEAD = re.compile(
    rb'<!doctype html>\n<html [^>]*>\n<meta charset="utf-8">\n<meta http-equiv="refresh" content="0; url=([^"]+)">'
)
_PAGE = """\
<!doctype html>
<html {attributes}>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={path}">
<meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="canonical" href="{url}">
<title>{title}</title>
<p>{moved}</p>
<p {own}><a href="{path}">{title}</a></p>
</html>
"""


def redirect_page(url: str, title: str, language: str, direction: str) -> bytes:
    """A page that leads to the article *title* at *url* (absolute), in words of its language; UTF-8.

    It is no template: a site has one for every article, and its reader sees it for a moment.
    """
    interface, moved = _moved(language)
    return _PAGE.format(
        attributes=interface,
        moved=moved,
        path=escape(local(url)),
        url=escape(url),
        title=escape(lead(title, "rtl" if direction == "rtl" else "ltr")),
        own=f'lang="{escape(language)}" dir="{direction}"',
    ).encode()


def target(page: bytes) -> str | None:
    """Where *page* leads, if it is a page of `redirect_page`: a path, percent-encoded ASCII."""
    found = _HEAD.match(page)
    return unescape(found[1].decode("ascii", "replace")) if found else None


@lru_cache(maxsize=64)
def _moved(language: str) -> tuple[str, str]:
    ui = words(language)
    return f'lang="{ui.language}" dir="{ui.direction}"', escape(ui.text("This page has moved:"))
