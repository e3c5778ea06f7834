"""Kurdish typed in fonts that draw its letters in the places of others (A2)."""

import re

from lxml import etree

from publisher.articles.ooxml import each, value
from publisher.errors import Unreadable
from publisher.text import clean

# Fonts that draw Kurdish letters in the places of others: ث is read as پ, ض as چ. The text is nonsense without.
_LEGACY = re.compile(r"Ali[-_ ]K(?![a-z])", re.IGNORECASE)
_ARABIC = re.compile("[\u0620-\u064a]")
_KURDISH = re.compile(
    "[\u067e\u0686\u0695\u0698\u06a4\u06a9\u06af\u06b5\u06c6\u06ce\u06d5]"
)  # Unicode has them


def refuse_legacy_fonts(main: etree._Element, styles: etree._Element | None) -> None:
    """Raise Unreadable if the document *main* has Arabic letters in a legacy font: of a run, else of a style."""
    of_style = _fonts_of_styles(styles)
    typed: dict[str, list[str]] = {}
    for paragraph in each(main, "p"):
        style = next((value(one) for one in each(paragraph, "pStyle")), "")
        inherited = of_style.get(style) or of_style.get("", "")
        for run in each(paragraph, "r"):
            font = next((_font(fonts) for fonts in each(run, "rFonts")), "")
            own = next((of_style.get(value(one), "") for one in each(run, "rStyle")), "")
            if _LEGACY.match(name := font or own or inherited):
                typed.setdefault(name, []).extend(text.text or "" for text in each(run, "t"))
    for font, texts in typed.items():
        words = "".join(texts)
        if _ARABIC.search(words) and not _KURDISH.search(words):
            raise Unreadable(
                f"typed in the legacy font {clean.one_line(font)[:40]}: its letters are not those of Unicode",
                "convert the text to Unicode (Kurdish converters do it), and save it again",
            )


def _fonts_of_styles(styles: etree._Element | None) -> dict[str, str]:
    """The font of each style by its id, "" for the document's own; a style has its parent's if it names none."""
    if styles is None:
        return {}
    fonts: dict[str, str] = {}
    parents: dict[str, str] = {}
    for defaults in each(styles, "docDefaults"):
        fonts[""] = next((_font(one) for one in each(defaults, "rFonts")), "")
    for style in each(styles, "style"):
        name = value(style, "styleId")
        fonts[name] = next((_font(one) for one in each(style, "rFonts")), "")
        parents[name] = next((value(one) for one in each(style, "basedOn")), "")
    return {name: _inherited(name, fonts, parents) for name in fonts}


def _inherited(name: str, fonts: dict[str, str], parents: dict[str, str]) -> str:
    for _ in range(20):
        if fonts.get(name) or not name:
            break
        name = parents.get(name, "")
    return fonts.get(name, "")


def _font(fonts: etree._Element) -> str:
    """The font of Arabic letters: that of complex scripts, else any."""
    return next((name for kind in ("cs", "ascii", "hAnsi") if (name := value(fonts, kind))), "")
