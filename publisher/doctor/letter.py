"""One-click unsubscribing in a letter as it would leave (RFC 8058; H1, H8)."""

import re
from collections.abc import Iterator
from email.message import Message

from publisher.doctor.table import symptom
from publisher.model.symptom import Symptom

_CLICK = ("list-unsubscribe", "list-unsubscribe-post")


def judge(letter: Message, name: str) -> Iterator[Symptom]:
    """What its *letter* lacks; *name* is what people know it by."""
    if not link(letter).startswith("https://") or not letter["List-Unsubscribe-Post"]:
        yield symptom(
            "no-one-click", name, "List-Unsubscribe has no https link, or List-Unsubscribe-Post is missing"
        )
        return
    for signature in letter.get_all("DKIM-Signature", []):
        written = "".join(str(signature).split())
        signed = re.search(r"(?:^|;)h=([^;]*)", written)
        names = signed[1].lower().split(":") if signed else []
        lacking = [each for each in _CLICK if each not in names]
        if lacking:
            yield symptom("one-click-unsigned", name, f"h= lacks {' and '.join(lacking)}")


def link(letter: Message) -> str:
    """The https link of List-Unsubscribe; "" where there is none."""
    found = re.search(r"<(https?://[^>]*)>", "".join(str(letter["List-Unsubscribe"] or "").split()))
    return found[1] if found else ""
