"""What stands somewhere, for a line of a message."""

import re
import unicodedata
from base64 import b64encode

_SHOWN = 60  # characters of a quotation
_ODD = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufdd0-\ufdef]"
)


def quoted(text: str) -> str:
    """*text* for a line of a message: short, on one line, characters that show nothing or move others by number."""
    return f"“{visible(text, _SHOWN)}”"


def visible(text: str, most: int | None = None) -> str:
    """What a stranger may have written, for a terminal: on one line, characters that show nothing, move others or
    command the terminal by number, and not more than *most* characters of it."""
    short = text if most is None or len(text) <= most else text[:most].rstrip() + "…"
    return _ODD.sub(_numbered, short)


def _numbered(found: re.Match[str]) -> str:
    return "⏎" if found[0] in "\r\n" else f"[U+{ord(found[0]):04X}]"


def unsaid(text: str, user: str, password: str) -> str:
    """*text*, which a server said to whoever logged in with these, without the password: neither as it stands nor as
    AUTH writes it (base64; RFC 4616, 2). Servers quote what they did not understand."""
    plain = (f"\0{user}\0{password}", f"{user}\0{user}\0{password}", password)
    coded = [b64encode(each.encode()).decode() for each in plain]
    for secret in (*coded, *(each.rstrip("=") for each in coded), password) if password else ():
        text = text.replace(secret, "…")
    return text


def named(char: str) -> str:
    """A character for a message: its number and its name."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()
