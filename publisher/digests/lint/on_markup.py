"""What mail programs drop, what watches readers, and what does harm (R2, R9, P1, threat 1)."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from publisher.digests.lint import css
from publisher.digests.lint.given import at, finding
from publisher.digests.lint.view import Box, View
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT
from publisher.model.finding import Finding
from publisher.text.quote import quoted

_JOINED = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")
_URL = re.compile(r"url\(\s*[\"']?([^\"')]*)", re.IGNORECASE)
_DO_THINGS = (
    "applet audio button embed form frame iframe input link math object script select svg textarea video"
)
_ACTIVE = frozenset(_DO_THINGS.split())
_LOADS = {"src", "background", "poster", "data", "srcset", "lowsrc"}
_LEADS = {"href", "action", "formaction", "cite"}
_SCRIPTS = re.compile(r"\s*(?:javascript|vbscript|data|file):", re.IGNORECASE)
_LOGICAL = re.compile(r"(?:^|-)(?:inline|block)(?:-|$)|^inset")
_WIDEST = 600
_SLOT = re.compile("\ufdd0")


def check(view: View, host: str, *, https: bool) -> Iterator[Finding]:
    """Remarks on elements, attributes and styles; *host* is the site's own."""
    for box in view.boxes:
        yield from _element(box)
        yield from _addresses(box, host, https=https)
        arabic = _JOINED.search("".join(box.element.itertext())) is not None
        for name, value in box.own.items():
            yield from _declaration(name, value, at(box), arabic=arabic)
        yield from _width(box)
    for element in view.root.iter("meta", "link", "base"):
        if element.tag == "link" or (element.get("http-equiv") or "").lower() == "refresh":
            yield finding(
                "active-content", f"html: <{element.tag!s}>", quoted(element.get("href") or "refresh")
            )
        if element.tag == "base":
            yield finding("dropped-element", "html: <base>")
    if view.root.find(".//script") is not None:
        yield finding("active-content", "html: <script>")
    yield from _sheets(view, host)
    if not view.html.lstrip("\ufeff \n").lower().startswith("<!doctype html"):
        yield finding("no-doctype", "html", quoted(view.html.lstrip()[:20]))


def _element(box: Box) -> Iterator[Finding]:
    if box.tag in _ACTIVE:
        yield finding("active-content", at(box))
    if box.tag == "bdi":
        yield finding("dropped-element", at(box))
    if box.tag in ("i", "em", "cite", "dfn", "address") and box.own.get("font-style") != "normal":
        text = "".join(box.element.itertext())
        if _JOINED.search(text):
            yield finding("italic", at(box), quoted(text.strip()))
    for name in box.element.attrib:
        if str(name).lower().startswith("on"):
            yield finding("event-attribute", at(box), str(name))


def _addresses(box: Box, host: str, *, https: bool) -> Iterator[Finding]:
    for name, value in box.element.attrib.items():
        text = str(value).strip()
        if name in _LEADS:
            yield from _link(box, text)
        elif name in _LOADS:
            for url in re.split(r"\s[^,]*,\s*|\s+", text) if name == "srcset" else [text]:
                yield from _resource(at(box), url, host, https=https)
        elif _SLOT.search(text):
            yield finding("personal-link", at(box), f"in {name}")
    for url in _URL.findall(box.element.get("style") or ""):
        yield from _resource(at(box), url, host, https=https)
    if box.tag == "img" and _watches(box):
        yield finding("tracking-pixel", at(box), quoted(box.element.get("src") or ""))


def _link(box: Box, url: str) -> Iterator[Finding]:
    if _SCRIPTS.match(url):
        yield finding("script-url", at(box), quoted(url))
    elif _SLOT.search(url):
        if url not in (UNSUBSCRIBE_SLOT, PREFERENCES_SLOT):
            yield finding("personal-link", at(box), quoted(url))
    elif not re.match(r"(?:https?://|mailto:|tel:|sms:|#)", url, re.IGNORECASE):
        yield finding("relative-url", at(box), quoted(url))


def _resource(where: str, url: str, host: str, *, https: bool) -> Iterator[Finding]:
    if _SLOT.search(url):
        yield finding("personal-link", where, "what it loads tells who reads")
        return
    parts = urlsplit(url)
    if parts.scheme in ("data", "cid"):
        if parts.scheme == "data":
            yield finding("data-uri", where, quoted(url[:30]))
    elif not parts.netloc or parts.scheme not in ("http", "https"):
        yield finding("relative-url", where, quoted(url))
    elif parts.netloc.lower() != host:
        yield finding("third-party", where, quoted(url))
    elif parts.scheme == "http" and https:
        yield finding("insecure-picture", where, quoted(url))


def _watches(box: Box) -> bool:
    sides = [
        css.pixels(box.own.get(name) or box.element.get(name) or "100", box.size)
        for name in ("width", "height")
    ]
    return (
        box.hidden or box.own.get("opacity") == "0" or any(side is not None and side <= 2 for side in sides)
    )


def _declaration(name: str, value: str, where: str, *, arabic: bool) -> Iterator[Finding]:
    found = f"{name}: {value}"
    low = value.lower()
    if _LOGICAL.search(name) or (
        name in ("text-align", "float", "clear") and low in ("start", "end", "inline-start", "inline-end")
    ):
        yield finding("logical-css", where, found)
    elif name == "float" and low != "none":
        yield finding("float", where, found)
    if "var(" in low or name.startswith("--"):
        yield finding("css-variable", where, found)
    if (name == "position" and low not in ("static", "relative")) or low in (
        "flex",
        "inline-flex",
        "grid",
        "inline-grid",
    ):
        yield finding("modern-layout", where, found)
    if "expression(" in low or name in ("behavior", "-moz-binding"):
        yield finding("script-url", where, found)
    if arabic:
        if name == "letter-spacing" and low not in ("normal", "0", "0px"):
            yield finding("letter-spacing", where, found)
        if (name == "font-style" and low in ("italic", "oblique")) or (name == "font" and "italic" in low):
            yield finding("italic", where, found)
        if name == "text-align" and low == "justify":
            yield finding("justify", where, found)


def _width(box: Box) -> Iterator[Finding]:
    said = box.own.get("min-width") or box.own.get("width") or box.element.get("width") or ""
    found = css.pixels(said, box.size) if said and "%" not in said else None
    if found is not None and found > _WIDEST and not box.own.get("max-width"):
        yield finding("too-wide", at(box), f"width {said}")


def _sheets(view: View, host: str) -> Iterator[Finding]:
    arabic = _JOINED.search("".join(view.root.itertext())) is not None
    for sheet in view.sheets:
        for url in _URL.findall(sheet):
            yield from _resource("html: <style>", url, host, https=True)
        if "@import" in sheet.lower():
            yield finding("css-import", "html: <style>")
    for rule in view.rules:
        where = f"html: <style>, {rule.selector}"
        if rule.selector.lower().startswith("@font-face"):
            yield finding("web-font", where)
        elif not rule.media and not rule.selector.startswith("@"):
            yield finding("style-not-inline", where)
        for name, (value, _) in rule.declared.items():
            yield from _declaration(name, value, where, arabic=arabic)
