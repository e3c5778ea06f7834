"""What a letter looks like: fonts, line heights, contrast by day and by night, the preview line (R7, R9)."""

import re
from collections.abc import Iterator

from publisher.digests.lint import css
from publisher.digests.lint.given import at, finding, said
from publisher.digests.lint.view import Block, Box, View, first_shown, is_dark
from publisher.model.finding import Finding
from publisher.text.direction import of_text
from publisher.text.language import feed_tag
from publisher.text.quote import quoted

_LEAST = 4.5  # WCAG 2.2, 1.4.3
_LEAST_LARGE, _LARGE, _LARGE_BOLD = 3.0, 24.0, 18.66  # pixels
_ARABIC = re.compile("[\u0620-\u06d3]")
_HEBREW = re.compile("[\u05d0-\u05ea]")
# Names of fonts that have the letters and draw them well, in programs and systems that readers have.
_FONTS = {
    "Arab": "segoe ui|tahoma|geeza|naskh|noto sans arabic|vazir|dubai|sakkal|damascus|arabic|kufi|amiri|nastal|urdu",
    "Hebr": "segoe ui|tahoma|arial|hebrew|david|rubik|assistant|heebo",
}
_NASTALIQ = re.compile("nastal|urdu", re.IGNORECASE)
_COLOURS = ("color", "background", "background-color", "border-top-color")
_FILLER = re.compile("[\u034f\u200c\u200b\u00a0\u2007\u00ad]{20}|(?:[\u034f\u200c\u00a0 ]){60}")


def check(view: View, html: str) -> Iterator[Finding]:
    """Remarks on how a letter looks."""
    for block in view.seen:
        yield from _letters(block)
        yield from _contrast(block, "contrast")
    night = any(is_dark(rule.media) for rule in view.rules)
    if night:
        for block in View(html, dark=True).seen:
            yield from _contrast(block, "contrast-dark")
        for rule in view.rules:
            if is_dark(rule.media) and any(
                name in _COLOURS and not sure for name, (_, sure) in rule.declared.items()
            ):
                yield finding("dark-not-important", f"html: <style>, {rule.selector}")
    names = {(meta.get("name") or "").lower() for meta in view.root.iter("meta")}
    if "color-scheme" not in names:
        yield finding("no-color-scheme", "html: <head>")
    if of_text("".join(block.text for block in view.seen), "ltr") == "rtl" and "[if mso]" not in html:
        yield finding("no-outlook-font", "html: <head>")
    yield from _preheader(view)


def _letters(block: Block) -> Iterator[Finding]:
    """Font and line height, of blocks in a script whose letters need them."""
    box, text = block.box, block.around
    script = "Arab" if _ARABIC.search(text) else "Hebr" if _HEBREW.search(text) else ""
    if (
        not script or of_text(text, "rtl") == "ltr"
    ):  # a name of another script in a sentence is set by the program
        return
    family = box.family.lower()
    if not family:
        yield said("no-font", block)
    elif not re.search(_FONTS[script], family):
        yield finding("font-of-another-script", at(box), quoted(box.family))
    elif _urdu(box) and not _NASTALIQ.search(family.split(",")[0]):
        yield finding(
            "font-of-another-script",
            at(box),
            quoted(box.family),
            "put Nastaliq first: {{ voice.font | safe }}",
        )
    least = 2.0 if _urdu(box) else 1.6
    if box.line < least * box.size - 0.1:
        yield finding(
            "tight-lines", at(box), f"{box.line / box.size:.2g}, at least {least}" if box.size else "0"
        )


def _urdu(box: Box) -> bool:
    return bool(box.lang) and feed_tag(box.lang) == "ur"


def _contrast(block: Block, name: str) -> Iterator[Finding]:
    for text, box in block.pieces:
        if (
            not text.strip("\xa0 \u034f\u200c")
            or box.hidden
            or box.colour is None
            or box.ground is None
            or not box.size
        ):
            continue
        large = box.size >= _LARGE or (box.bold and box.size >= _LARGE_BOLD)
        ratio = css.contrast(box.colour, box.ground)
        if ratio < (_LEAST_LARGE if large else _LEAST):
            colours = " on ".join("#" + bytes(each).hex() for each in (box.colour, box.ground))
            yield finding(name, at(box), f"{ratio:.1f}: {colours}, {quoted(text.strip())}")


def _preheader(view: View) -> Iterator[Finding]:
    first = first_shown(view.boxes)
    text = "".join(first.element.itertext()) if first is not None and first.hidden else ""
    if not text.strip():
        yield finding("no-preheader", "html: <body>")
    elif not _FILLER.search(text):
        yield finding("no-filler", at(first) if first else "html", quoted(text.strip()))
