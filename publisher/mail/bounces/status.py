"""Delivery status notifications: the fields of RFC 3464, also in UTF-8 (RFC 6533), and also where their part has been
made plain text on the way."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from publisher.mail.bounces import mime

TYPES = ("message/delivery-status", "message/global-delivery-status")
_RECIPIENTS = 50  # that are looked at
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]{0,9}:(.*)")
_OF_A_RECIPIENT = (
    "original-recipient",
    "final-recipient",
    "action",
    "status",
    "diagnostic-code",
    "remote-mta",
)
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")  # RFC 6533, 3
_TYPED = re.compile(r"\s*([A-Za-z0-9/-]{1,30})\s{0,9};(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fate:
    """What one recipient's fields say."""

    recipient: str = ""  # the address that was tried last
    original: str = ""  # ... and the one we wrote to, if the two differ
    action: str = ""  # failed, delayed, delivered, relayed, expanded; lower case
    status: str = ""  # 5.1.1
    diagnostic: str = ""  # in the words of the server that refused, or of the one that reports
    remote: str = ""  # the server that refused


@dataclass(frozen=True, slots=True)
class Status:
    """A whole report."""

    host: str  # that reports
    sender: str  # of the envelope, where a server notes it
    fates: tuple[Fate, ...]


def read(text: str) -> Status:
    """The fields of *text*. Blank lines part recipients, but not only (some servers write them anywhere)."""
    about: dict[str, str] = {}
    fates: list[Fate] = []
    for group in islice(_groups(text), _RECIPIENTS):
        for name, value in group.items():
            about.setdefault(name, value)
        if any(name in group for name in ("action", "status", "final-recipient", "original-recipient")):
            fates.append(_fate(group))
    sender = next((about[name] for name in about if name.startswith("x-") and name.endswith("-sender")), "")
    return Status(_untyped(about.get("reporting-mta", "")), _address(sender), tuple(dict.fromkeys(fates)))


def _groups(text: str) -> Iterator[Mapping[str, str]]:
    group: dict[str, str] = {}
    for name, value in _fields(text):
        whole = {"action", "status"} & set(group) and {"final-recipient", "original-recipient"} & set(group)
        if group and (whole if not name else name in group and name in _OF_A_RECIPIENT):
            yield group
            group = {}
        if name:
            group.setdefault(name, value)
    yield group


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Names in lower case with their values unfolded; a blank line is a nameless one."""
    name, lines = "", [""]
    for line in text.split("\n"):
        found = _FIELD.match(line)
        if name and line.strip() and (line[0] in " \t" or not found):
            lines.append(line)  # some servers do not indent
            continue
        if name:
            yield name, " ".join("\n".join(lines)[: mime.FIELD].split())
        name, lines = (found[1].lower(), [found[2]]) if found else ("", [""])
        if not line.strip():
            yield "", ""
    if name:
        yield name, " ".join("\n".join(lines)[: mime.FIELD].split())


def _fate(group: Mapping[str, str]) -> Fate:
    final, original = (_address(group.get(f"{name}-recipient", "")) for name in ("final", "original"))
    return Fate(
        final or original,
        original,
        group.get("action", "").split(";")[0].strip().lower(),
        group.get("status", ""),
        _untyped(group.get("diagnostic-code", "")),
        _untyped(group.get("remote-mta", "")),
    )


def _untyped(value: str) -> str:
    """*value* without the type before it: `smtp; 550 ...`, `dns; mx.example.org`."""
    found = _TYPED.fullmatch(value)
    return (found[2] if found else value).strip()


def _address(value: str) -> str:
    plain = _untyped(value).strip(" <>")
    return _ESCAPED.sub(lambda found: _character(int(found[1], 16)), plain)[:320]


def _character(number: int) -> str:
    return chr(number) if number < 0xD800 or 0xE000 <= number < 0x110000 else "\ufffd"
