"""Fonts that readers' mail programs have, by language and script (R7): a letter cannot bring its own."""

from publisher.text.language import feed_tag, script

_ARABIC = "'Segoe UI', Tahoma, 'Geeza Pro', 'Noto Naskh Arabic', 'Noto Sans Arabic', Arial, sans-serif"
_BY_LANGUAGE = {
    "ur": ("'Noto Nastaliq Urdu', 'Jameel Noori Nastaleeq', 'Urdu Typesetting', " + _ARABIC, "2"),
    # Noto Naskh Arabic draws the digits of Persian in their Urdu shape.
    "fa": ("Vazirmatn, 'Segoe UI', Tahoma, 'Geeza Pro', 'Noto Sans Arabic', Arial, sans-serif", "1.8"),
}
_BY_SCRIPT = {
    "Arab": (_ARABIC, "1.8"),
    "Hebr": ("'Segoe UI', 'Arial Hebrew', Arial, 'Noto Sans Hebrew', sans-serif", "1.7"),
    "Latn": ("Georgia, 'Times New Roman', 'Noto Serif', serif", "1.6"),
}
_ANY = ("'Segoe UI', 'Noto Sans', Arial, sans-serif", "1.7")


def outlook_font(language: str) -> str:
    """The CSS font-family for Outlook on Windows, which takes the first name of a list or Times New Roman."""
    if feed_tag(language) == "ur":
        return "'Urdu Typesetting', Tahoma"
    return "Georgia, serif" if script(language) == "Latn" else "Tahoma, Arial"


def font(language: str) -> tuple[str, str]:
    """The CSS font-family and line-height for text in *language* (BCP 47)."""
    return _BY_LANGUAGE.get(feed_tag(language)) or _BY_SCRIPT.get(script(language), _ANY)
