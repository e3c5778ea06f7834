"""As much CSS as letters hold: declarations, sheets, selectors of elements and classes, colours and lengths."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lxml.etree import _Element

Colour = tuple[int, int, int]

_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.S)
_IMPORTANT = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)
_DECLARATION = re.compile(r"(?:[^;\"'(]|\"[^\"]*\"|'[^']*'|\([^)]*\))+")
_COMPOUND = re.compile(r"([a-z][a-z0-9]*|\*)?((?:\.[\w-]+)*)", re.IGNORECASE)
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})\b", re.IGNORECASE)
_RGB = re.compile(r"rgba?\(\s*(\d+)\s*[, ]\s*(\d+)\s*[, ]\s*(\d+)\s*(?:[,/]\s*([\d.]+)\s*)?\)", re.IGNORECASE)
_LENGTH = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(px|pt|em|rem|%)?")
_NAMES = {
    "black": "#000000", "white": "#ffffff", "red": "#ff0000", "green": "#008000", "blue": "#0000ff",
    "gray": "#808080", "grey": "#808080", "silver": "#c0c0c0", "navy": "#000080", "teal": "#008080",
    "maroon": "#800000", "purple": "#800080", "yellow": "#ffff00", "orange": "#ffa500", "darkgray": "#a9a9a9",
    "lightgray": "#d3d3d3", "lightgrey": "#d3d3d3", "darkgrey": "#a9a9a9",
}  # fmt: skip


class Style(NamedTuple):
    """A rule of a sheet."""

    media: str  # the condition around it; ""
    selector: str
    declared: dict[str, tuple[str, bool]]  # value, and whether it is !important


def declarations(text: str) -> dict[str, tuple[str, bool]]:
    """The declarations of a style attribute or a rule, by name in lower case."""
    found = {}
    for part in _DECLARATION.findall(_COMMENT.sub(" ", text)):
        name, colon, value = part.partition(":")
        if colon:
            short = _IMPORTANT.sub("", value)
            found[name.strip().lower()] = (short.strip(), short != value)
    return found


def rules(sheet: str) -> Iterator[Style]:
    """The rules of a style sheet, those within @media with its condition."""
    yield from _rules(_COMMENT.sub(" ", sheet), "")


def _rules(sheet: str, media: str) -> Iterator[Style]:
    at = 0
    while (start := sheet.find("{", at)) >= 0:
        head, end = sheet[at:start].rpartition(";")[2].strip(), _closing(sheet, start)
        body = sheet[start + 1 : end]
        if head.lower().startswith(("@media", "@supports")):
            yield from _rules(body, head)
        else:
            yield Style(media, head, declarations(body))
        at = end + 1


def _closing(sheet: str, start: int) -> int:
    depth = 0
    for match in re.compile("[{}]").finditer(sheet, start):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return match.start()
    return len(sheet)


def matches(element: _Element, selector: str) -> int | None:
    """How specific *selector* is where it means *element*, None where it does not, or is not understood: compounds of
    an element and classes, one within the other."""
    best: int | None = None
    for one in selector.split(","):
        *around, last = one.split() or [""]
        weight = _means(element, last)
        if weight is None:
            continue
        at = element
        for compound in reversed(around):
            found = next(
                ((up, means) for up in at.iterancestors() if (means := _means(up, compound)) is not None),
                None,
            )
            if found is None:
                break
            at, weight = found[0], weight + found[1]
        else:
            best = max(weight, best or 0)
    return best


def _means(element: _Element, compound: str) -> int | None:
    found = _COMPOUND.fullmatch(compound)
    if not compound or not found:
        return None
    tag, classes = found[1] or "*", found[2].split(".")[1:]
    if tag not in ("*", element.tag) or not set(classes) <= set((element.get("class") or "").split()):
        return None
    return 10 * len(classes) + (tag != "*")


def colour(value: str) -> Colour | None:
    """The first colour in *value*; None where there is none that can be read, or one that shows through."""
    if found := _HEX.search(value):
        digits = found[0][1:]
        digits = digits if len(digits) == 6 else "".join(each * 2 for each in digits)
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if (found := _RGB.search(value)) and (found[4] or "1") in ("1", "1.0"):
        red, green, blue = (min(int(each), 255) for each in found.groups()[:3])
        return red, green, blue
    named = next((_NAMES[word] for word in re.findall(r"[a-z]+", value.lower()) if word in _NAMES), None)
    return colour(named) if named else None


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.2, 1.4.3."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (octet / 255 for octet in colour)
    )
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def pixels(value: str, font_size: float) -> float | None:
    """A length in CSS pixels; em and % are of *font_size*."""
    found = _LENGTH.match(value.strip())
    if not found:
        return None
    number, unit = float(found[1]), found[2]
    return number * {"pt": 4 / 3, "em": font_size, "%": font_size / 100, "rem": 16}.get(unit or "px", 1)


def sides(declared: dict[str, str], name: str, font_size: float) -> tuple[float, float, float, float]:
    """Top, right, bottom and left of *name*, "padding", in pixels."""
    parts = [pixels(part, font_size) or 0 for part in declared.get(name, "0").split()] or [0]
    top, right, *rest = parts if len(parts) > 1 else parts * 2
    bottom, left = rest[0] if rest else top, rest[1] if len(rest) > 1 else right

    def own(side: str, otherwise: float) -> float:
        said = declared.get(f"{name}-{side}")
        return otherwise if said is None else pixels(said, font_size) or 0

    return own("top", top), own("right", right), own("bottom", bottom), own("left", left)
