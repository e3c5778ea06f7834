"""One message to a Report: what it is, then whom and what it is about."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from publisher.mail.bounces import fallback, feedback, mime, notice, senders, status
from publisher.mail.bounces.mime import Part
from publisher.mail.bounces.status import Fate
from publisher.mail.bounces.table import Meaning, meaning
from publisher.model.report import Kind, Report

_NOTE = 500  # characters
_LEAVE = 2000  # ... of a List-Unsubscribe: two addresses
_NOTHING_FAILED = ("delivered", "relayed", "expanded", "delayed")
_GOES_ON = (
    "need to resend your message", "is still being retried", "will be retried", "warning message only",
    "this is a warning only", "delivery attempts will continue", "not yet been delivered", "has been delayed",
)  # fmt: skip
_MILDNESS = (Kind.DELIVERED, Kind.US, Kind.SOFT, Kind.HARD)
_TRUSTED = (
    "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-rcpt-to",
    "x-forwarded-to", "to", "cc", "resent-to", "apparently-to",
)  # fmt: skip
_ENVELOPE_FROM = re.compile(r"envelope-(?:from|sender) <?([^\s<>()]{3,320}@[^\s<>()]{1,255})", re.IGNORECASE)
_RECEIVED_FOR = re.compile(r"\sfor\s{1,9}<?([^\s<>;]{1,320}@[^\s<>;]{1,255})")


def read(data: bytes, address: str = "") -> Report:
    """What the message *data* is, and about whom (B1). Reads any bytes; raises nothing.

    *address*: the reader's whom the letter was for, where the caller knows it (by VERP). A report about several
    recipients is read for this one; without it, by the mildest of what befell them. *note* is the subject of what is
    no report, so that of `unsubscribe TOKEN` too.
    """
    message = mime.parse(data)
    found = next((report for reader in _READERS if (report := reader(message, data, address))), None)
    kind = Kind.HUMAN if senders.may_be_somebody(message) else Kind.UNKNOWN
    return found or Report(kind, note=senders.subject(message)[:_NOTE])


def addressed(data: bytes) -> list[str]:
    """The addresses that *data* was delivered to, as its header says, each once: those that a mail server wrote
    first, then those that the sender did."""
    message = mime.parse(data)
    found: dict[str, str] = {}
    for name in _TRUSTED:
        if name == "to":
            for value in message.head.get("received", ()):
                _add(found, _RECEIVED_FOR.findall(value))
        for value in message.head.get(name, ()):
            _add(found, notice.addresses(value))
    return list(found.values())


def _add(found: dict[str, str], addresses: Iterable[str]) -> None:
    for address in addresses:
        found.setdefault(address.casefold(), address)


def _complaint(message: Part, _data: bytes, _address: str) -> Report | None:
    part = next((part for part in mime.walk(message) if part.type == feedback.TYPE), None)
    if part is None:
        if not feedback.is_microsofts(message):
            return None
        letter = notice.returned(message)
        about = letter.first("x-hmxmroriginalrecipient") if letter else ""
        return _with_letter(
            Report(Kind.COMPLAINT, note=senders.subject(message)[:_NOTE], recipient=about), letter
        )
    told = feedback.read(part)
    report = Report(told.kind, note=told.type[:_NOTE], recipient=told.recipient, host=told.host)
    return _with_letter(report, notice.returned(message), told.sender)


def _status_report(message: Part, _data: bytes, address: str) -> Report | None:
    """A machine-readable report: in *message*, in a report that a gateway has wrapped, or in a notice's text."""
    for root in (message, *_wrapped(message)):
        part = next((part for part in mime.walk(root) if part.type in status.TYPES), None)
        told = notice.words(root)
        source = mime.text_of(part) if part else told
        if part or (senders.is_server(root) and "final-recipient" in source.lower()):
            found = status.read(source)
            if found.fates:
                judged = _judged(found, told, address, notice.returned(root))
                return _with_letter(judged, notice.returned(root), found.sender)
    return None


def _wrapped(message: Part) -> list[Part]:
    """Reports that a mail server forwards as attachments. What somebody forwards is theirs."""
    if not senders.is_server(message):
        return []
    return [part.parts[0] for part in mime.walk(message) if part.type == "message/rfc822" and part.parts][:1]


class _Judged(NamedTuple):
    fate: Fate
    meaning: Meaning
    note: str


def _judged(found: status.Status, told: str, address: str, letter: Part | None) -> Report:
    """The report for the recipient who is ours: the worst of what befell one, the mildest of several."""
    several = len({fate.recipient.casefold() for fate in found.fates}) > 1
    by_recipient: dict[str, _Judged] = {}
    for fate in found.fates:
        judged = _fate(fate, "" if several else told, found.host)
        key = fate.recipient.casefold()
        if key not in by_recipient or _severity(by_recipient[key]) < _severity(judged):
            by_recipient[key] = judged
    ours = _those_of(by_recipient.values(), address or (_to(letter) if letter else ""))
    fate, meant, note = min(ours or by_recipient.values(), key=_severity)
    return Report(
        meant.kind, meant.code, note[:_NOTE], fate.original or fate.recipient, fate.remote or found.host
    )


def _those_of(judged: Iterable[_Judged], address: str) -> list[_Judged]:
    key = address.casefold()
    return [
        one for one in judged if key and key in (one.fate.recipient.casefold(), one.fate.original.casefold())
    ]


def _severity(judged: _Judged) -> int:
    return _MILDNESS.index(judged.meaning.kind)


def _fate(fate: Fate, told: str, reporting: str) -> _Judged:
    if fate.action in _NOTHING_FAILED or (not fate.action and fate.status.startswith("2.")):
        return _Judged(fate, Meaning(Kind.DELIVERED, fate.status[:9], True), fate.action)
    host = fate.remote or reporting
    if not fate.diagnostic:
        return _Judged(
            fate, meaning(f"{_comment(fate.status)} {notice.answers(told)}", fate.status, host), told.strip()
        )
    meant = meaning(fate.diagnostic, fate.status, host)
    if not meant.known and told:
        again = meaning(notice.before_transcript(told), "", host)
        if again.known:
            return _Judged(fate, replace(again, code=again.code or meant.code), fate.diagnostic)
    return _Judged(fate, meant, fate.diagnostic)


def _comment(value: str) -> str:
    """What some servers write behind the code in Status: `5.2.2 (mailbox full)`."""
    return re.sub(r"^[245]\.\d{1,3}\.\d{1,3}", "", value)


def _notice(message: Part, data: bytes, _address: str) -> Report | None:
    """A report in a server's own words."""
    told = notice.words(message)
    letter = notice.returned(message)
    if not senders.reports_failure(message, told, letter is not None):
        return None
    about = notice.addresses(message.first("x-failed-recipients")) or notice.addresses(told)
    report = Report(Kind.SOFT, note=" ".join(told.split())[:_NOTE], recipient=next(iter(about), ""))
    if any(words in told.lower() for words in _GOES_ON):
        return _with_letter(replace(report, kind=Kind.DELIVERED), letter)
    meant = meaning(notice.answers(told))
    if meant.known:
        kind = Kind.SOFT if meant.kind is Kind.HARD and _is_by_the_reader(message) else meant.kind
        return _with_letter(replace(report, kind=kind, code=meant.code), letter)
    failed = fallback.failed(data)
    if not failed and not told.strip():
        return _with_letter(replace(report, kind=Kind.UNKNOWN), letter)
    recipient = failed[0] if failed else report.recipient
    return _with_letter(replace(report, code=meant.code, recipient=recipient), letter)


def _is_by_the_reader(message: Part) -> bool:
    """Whether a reader's own rule refused the letter (RFC 5429, 2.1.1), or a reader has read it (RFC 8098)."""
    return any(part.type == "message/disposition-notification" for part in mime.walk(message))


def _answer(message: Part, data: bytes, _address: str) -> Report | None:
    """A program's answer, unless the fallback knows it for a report; or the mail of a List-Unsubscribe button."""
    note = senders.subject(message)[:_NOTE]
    if senders.wants_to_leave(message):
        return Report(Kind.LEAVE, note=note)
    if senders.has_no_sender(message) and (failed := fallback.failed(data)):
        return _with_letter(Report(Kind.SOFT, note=note, recipient=failed[0]), notice.returned(message))
    if senders.is_program(message) or _is_by_the_reader(message):
        return Report(Kind.REPLY, note=note)
    return Report(Kind.UNKNOWN, note=note) if message.type == "multipart/report" else None


_READERS: tuple[Callable[[Part, bytes, str], Report | None], ...] = (
    _complaint,
    _status_report,
    _notice,
    _answer,
)


def _with_letter(report: Report, letter: Part | None, sender: str = "") -> Report:
    """*report* with what the returned *letter* says of itself."""
    if letter is None:
        return replace(report, returned_from=sender)
    traces = (_ENVELOPE_FROM.search(value) for value in letter.head.get("received", ()))
    return replace(
        report,
        returned_leave=letter.first("list-unsubscribe")[:_LEAVE],
        returned_id=letter.first("message-id").strip(" <>")[:_NOTE],
        returned_from=next(
            iter(
                [
                    *notice.addresses(letter.first("return-path")),
                    *filter(None, [sender]),
                    *(t[1] for t in traces if t),
                ]
            ),
            "",
        ),
        returned_to=_to(letter),
    )


def _to(letter: Part) -> str:
    return next(iter(notice.addresses(letter.first("to"))), "")
