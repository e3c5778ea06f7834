"""Feedback loops: a reader pressed "this is spam" (ARF, RFC 5965; Microsoft's own form)."""

from dataclasses import dataclass

from publisher.mail.bounces import mime
from publisher.mail.bounces.mime import Part
from publisher.mail.bounces.notice import addresses
from publisher.model.report import Kind

TYPE = "message/feedback-report"
# RFC 5965, 7.3; RFC 6430; RFC 6591; opt-out is of its drafts, and still sent.
_KINDS = {
    "abuse": Kind.COMPLAINT,
    "fraud": Kind.COMPLAINT,
    "other": Kind.COMPLAINT,
    "opt-out": Kind.LEAVE,
    "opt-out-list": Kind.LEAVE,
    "not-spam": Kind.DELIVERED,
    "auth-failure": Kind.US,
    "virus": Kind.US,
}
_MICROSOFT = ("staff@hotmail.com", "staff@outlook.com")


@dataclass(frozen=True, slots=True)
class Feedback:
    kind: Kind
    type: str  # its own word
    recipient: str
    host: str
    sender: str  # of the returned letter's envelope


def read(part: Part) -> Feedback:
    """The fields of a feedback report's machine-readable *part*."""
    fields = mime.parse(mime.text_of(part).lstrip().encode("utf-8", "replace"))
    kind = fields.first("feedback-type").partition("(")[0].strip().lower()
    about = next((fields.first(n) for n in ("original-rcpt-to", "removal-recipient") if n in fields.head), "")
    return Feedback(
        _KINDS.get(kind, Kind.UNKNOWN),
        kind,
        next(iter(addresses(about)), ""),
        fields.first("reporting-mta").rpartition(";")[2].strip(),
        next(iter(addresses(fields.first("original-mail-from"))), ""),
    )


def is_microsofts(message: Part) -> bool:
    """Whether *message* is a complaint of Outlook's Junk Mail Reporting Program, which is no ARF."""
    return message.first("from").strip(" <>").lower() in _MICROSOFT and message.first(
        "subject"
    ).lower().startswith("complaint about message")
