"""The bytes of a letter: a function of (variant, subscriber), today and on every retry (M1, M5, M6)."""

import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from publisher.mail.address import domain_of, local_part, on_the_wire
from publisher.mail.headers import address_field, base64_lines, raw_field, text_field
from publisher.model.delivery import Letter
from publisher.model.digest import UNSUBSCRIBE_SLOT, Content, Edition

_KEY = re.compile(r"[A-Za-z0-9_-]+")
_NOT_IN_A_BODY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a newsletter comes from. Addresses have their domain in A-labels."""

    name: str
    address: str
    reply_to: str  # an address, or ""
    domain: str  # of Message-ID and List-ID, ASCII
    bounce: str  # envelope sender, ASCII
    list_id: str  # "daily.news.example", without angle brackets
    list_title: str
    owner: str  # the address that answers for the list
    home: str  # URL of the site, ASCII


@dataclass(frozen=True, slots=True)
class Skeleton:
    """All of an edition's letter that is the same for every reader of a variant."""

    edition: Edition
    sender: Sender
    head: bytes  # From ... Date
    tail: bytes  # MIME and list headers
    text: str
    html: str


def skeleton(content: Content, edition: Edition, sender: Sender) -> Skeleton:
    """*content* ready for its readers; made once a variant. Raises ValueError where an address, URL or id of
    *sender* cannot stand in a header."""
    head = [
        address_field("From", sender.name, sender.address),
        address_field("Reply-To", "", sender.reply_to) if sender.reply_to else b"",
        text_field("Subject", content.subject),
        raw_field("Date", format_datetime(edition.planned.astimezone(UTC))),
    ]
    feedback = re.sub(r"[^a-z0-9]", "", sender.domain)[
        :15
    ]  # Gmail: 5 to 15 characters, the same in every letter
    tail = [
        address_field("List-ID", sender.list_title, sender.list_id),
        raw_field("List-Help", f"<{_mailto(sender.owner, 'help')}>"),
        raw_field("List-Archive", f"<{sender.home}>"),
        raw_field("Feedback-ID", f"{edition.id}:{edition.newsletter}:digest:{feedback}"),
        raw_field("Auto-Submitted", "auto-generated"),
        # Not "All": Exchange would then keep the bounce reports to itself (H5).
        raw_field("X-Auto-Response-Suppress", "OOF, AutoReply, RN, NRN"),
        raw_field("Precedence", "bulk"),
        raw_field("MIME-Version", "1.0"),
        raw_field("Content-Type", f'multipart/alternative; boundary="{_boundary(edition)}"'),
    ]
    return Skeleton(edition, sender, b"".join(head), b"".join(tail), _body(content.text), _body(content.html))


def letter(frame: Skeleton, *, recipient: str, message_id_key: str, unsubscribe_url: str) -> Letter:
    """The letter of *frame* to *recipient*. *message_id_key* is the caller's HMAC of the subscriber, in URL-safe
    base64 or hex. Raises ValueError where one of them cannot stand in a header."""
    if not _KEY.fullmatch(message_id_key):
        raise ValueError(f"not a key for a Message-ID: {message_id_key!r}")
    edition, sender, to = frame.edition, frame.sender, on_the_wire(recipient)
    personal = [
        address_field("To", "", to),
        raw_field("Message-ID", message_id(edition.id, message_id_key, sender.domain)),
        raw_field("List-Unsubscribe", f"<{unsubscribe_url}>, <{_mailto(sender.owner, 'unsubscribe')}>"),
    ]
    if unsubscribe_url.startswith("https://"):  # RFC 8058, 3.1: one-click needs https
        personal.append(raw_field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    boundary = f"--{_boundary(edition)}".encode()
    data = b"".join(
        (
            frame.head,
            *personal,
            frame.tail,
            b"\r\n",
            boundary + b"\r\n",
            _part("plain", frame.text.replace(UNSUBSCRIBE_SLOT, unsubscribe_url)),
            boundary + b"\r\n",
            _part("html", frame.html.replace(UNSUBSCRIBE_SLOT, escape(unsubscribe_url))),
            boundary + b"--\r\n",
        )
    )
    name = f"{int(edition.planned.timestamp())}.{edition.id}_{message_id_key}.{sender.domain}"
    return Letter(sender.bounce, to, data, name, needs_utf8=not local_part(to).isascii())


def message_id(edition: int, key: str, domain: str) -> str:
    """The Message-ID of one letter (M5): the same on every retry, no address inside."""
    return f"<{edition}.{key}@{domain}>"


def assemble(
    content: Content,
    edition: Edition,
    sender: Sender,
    *,
    recipient: str,
    message_id_key: str,
    unsubscribe_url: str,
) -> Letter:
    """The letter of one reader; see `skeleton` and `letter`, which are for many."""
    frame = skeleton(content, edition, sender)
    return letter(frame, recipient=recipient, message_id_key=message_id_key, unsubscribe_url=unsubscribe_url)


def _body(text: str) -> str:
    """*text* with CRLF lines (RFC 2046, 4.1.1), without controls and lone surrogates (M4)."""
    lines = _NOT_IN_A_BODY.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return lines.replace("\n", "\r\n")


def _part(subtype: str, text: str) -> bytes:
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + base64_lines(text.encode())


def _boundary(edition: Edition) -> str:
    return f"nashir_{edition.id}"  # "_" is not in base64's alphabet, so no line of a part can be a boundary


def _mailto(address: str, subject: str) -> str:
    """RFC 6068; the local part percent-encoded."""
    return f"mailto:{quote(local_part(address))}@{domain_of(address)}?subject={subject}"
