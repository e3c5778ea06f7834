"""A letter as it looks by day, or by night, whatever the machine that shows it prefers: for who looks at it first."""

import re
from typing import Literal

Scheme = Literal["light", "dark"]

_ASKED = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_OFFERED = re.compile(r"(<meta\s+name=\"(?:supported-)?color-schemes?\"\s+content=\")[^\"]*", re.IGNORECASE)
_YES, _NO = "(min-width: 0)", "(max-width: 0)"


def shown_in(html: str, scheme: Scheme) -> str:
    """*html* with its rules for *scheme* holding always, and those for the other never."""
    html = _ASKED.sub(lambda found: _YES if found[1].lower() == scheme else _NO, html)
    return _OFFERED.sub(rf"\g<1>{scheme}", html)
