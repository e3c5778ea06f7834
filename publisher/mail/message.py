"""The bytes of a letter: a function of (variant, subscriber), today and on every retry (M1, M5, M6).

What all readers of a variant share is made once, a `Skeleton`; a letter adds what is its reader's own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b
from html import escape
from urllib.parse import quote

from publisher.mail.address import domain_of, local_part, on_the_wire
from publisher.mail.dkim import Seal, Signer
from publisher.mail.headers import address_field, raw_field, text_field
from publisher.mail.slots import Slotted, base64_lines
from publisher.model.delivery import Letter
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Content, Edition

_KEY = re.compile(r"[A-Za-z0-9_-]+")
_CASELESS = re.compile(r"[a-z0-9]{0,62}")  # with "b+" before it no longer than a local part may be
_URL = re.compile(r"[!-;=?-~]+")  # printable ASCII without angle brackets
_PLAIN = re.compile(r"[a-zA-Z0-9._+-]{1,64}@[a-zA-Z0-9.-]{1,150}")
_NOT_IN_A_BODY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SLOTS = (UNSUBSCRIBE_SLOT, PREFERENCES_SLOT)
_OWN = ("to", "message-id")  # header fields that differ from reader to reader ...
_LEAVING = ("list-unsubscribe", "list-unsubscribe-post")  # ... and those of a list
_CONSTANT = 2  # pieces of a body before the first that is its reader's
_PART = "Content-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"


_MESSAGE = (
    "Content-Type: {}\r\nContent-Transfer-Encoding: {}\r\n"
    'Content-Disposition: attachment; filename="message.eml"\r\n\r\n'
)
_LONGEST_LINE = 998  # octets (RFC 5322, 2.1.1)


@dataclass(frozen=True, slots=True)
class MailingList:
    """The list that a newsletter's letters belong to (RFC 2369, RFC 2919)."""

    id: str  # "daily.news.example", without angle brackets
    title: str
    owner: str  # the address that answers for it
    archive: str = ""  # URL of its page, ASCII; "" = it has none
    bulk: bool = True  # say so to programs that answer by themselves (H5)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a letter comes from. Addresses are ASCII, their domain in A-labels."""

    name: str
    address: str  # also the envelope's sender where there is no bounce domain
    reply_to: str  # an address, or ""
    domain: str  # of Message-ID
    bounce_domain: str = ""  # where bounces go, each to an address of its own (H7); "" = to `address`
    list: MailingList | None = None  # None: the letter belongs to no list and nobody can leave it
    signer: Signer | None = None  # None: the relay signs (H8)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """All of a letter that is the same for every reader of a variant."""

    sender: Sender
    stem: str  # what Message-IDs begin with: the edition's number
    sent: datetime  # the Date, UTC
    head: bytes  # From ... Date
    message_id: tuple[bytes, bytes]  # the field, before and behind a reader's key
    # The URL to leave by mail, before and behind a token, and without one; None: it belongs to no list.
    leaving: tuple[bytes, bytes, bytes] | None
    tail: bytes  # list and MIME headers, and the blank line
    parts: tuple[tuple[bytes, Slotted, bool], ...]  # what stands before a part; whether that is HTML
    end: bytes
    slots: frozenset[str]  # of all parts
    seal: Seal | None  # what signs its letters


def skeleton(content: Content, edition: Edition, sender: Sender, *, archived_at: str = "") -> Skeleton:
    """*content* ready for its readers; made once a variant. *archived_at* is the URL of the edition's page, if it has
    one. Raises ValueError where an address, URL or id of *sender* cannot stand in a header."""
    feedback = f"{edition.id}:{edition.newsletter}:{edition.kind}"
    return _frame(content, sender, str(edition.id), edition.planned, feedback, archived_at)


def letter(
    frame: Skeleton,
    *,
    recipient: str,
    message_id_key: str,
    unsubscribe_url: str = "",
    preferences_url: str = "",
    leave_token: str = "",
    bounce_token: str = "",
) -> Letter:
    """The letter of *frame* to *recipient*, the same for the same arguments.

    *message_id_key* is the caller's HMAC of the subscriber, in URL-safe base64 or hex. *leave_token* is for leaving by
    mail (H1), *bounce_token* for the envelope's sender (H7); both go into local parts, so they are lower-case ASCII
    letters and digits. Raises ValueError where one of them cannot stand where it should, or where the frame has a
    slot, or a list, whose URL is missing.
    """
    sender, to = frame.sender, on_the_wire(recipient)
    if not _KEY.fullmatch(message_id_key):
        raise ValueError(f"not a key for a Message-ID: {message_id_key!r}")
    if not (_CASELESS.fullmatch(leave_token) and _CASELESS.fullmatch(bounce_token)):
        raise ValueError(f"not a token for an address: {leave_token or bounce_token!r}")
    urls = {UNSUBSCRIBE_SLOT: unsubscribe_url, PREFERENCES_SLOT: preferences_url}
    texts, markup = _values({slot: urls[slot] for slot in frame.slots})
    own = [
        _to(to),
        *(frame.message_id[0], message_id_key.encode(), frame.message_id[1]),
        *_leaving(frame.leaving, unsubscribe_url, leave_token),
    ]
    body: list[bytes] = []
    for before, slotted, is_html in frame.parts:
        body.append(before)
        body += slotted.lines(markup if is_html else texts)
    body.append(frame.end)
    signatures = frame.seal.fields(b"".join(own), body[_CONSTANT:]) if frame.seal else b""
    envelope = sender.address
    if sender.bounce_domain and bounce_token:
        envelope = f"b+{bounce_token}@{sender.bounce_domain}"
    name = f"{int(frame.sent.timestamp())}.{frame.stem}_{message_id_key}.{sender.domain}"
    data = b"".join((signatures, frame.head, *own, frame.tail, *body))
    return Letter(envelope, to, data, name, needs_utf8=not local_part(to).isascii())


def assemble(
    content: Content,
    edition: Edition,
    sender: Sender,
    *,
    recipient: str,
    message_id_key: str,
    unsubscribe_url: str = "",
    preferences_url: str = "",
    archived_at: str = "",
) -> Letter:
    """The letter of one reader; see `skeleton` and `letter`, which are for many."""
    return letter(
        skeleton(content, edition, sender, archived_at=archived_at),
        recipient=recipient,
        message_id_key=message_id_key,
        unsubscribe_url=unsubscribe_url,
        preferences_url=preferences_url,
    )


def notice(
    content: Content,
    sender: Sender,
    *,
    kind: str,
    key: str,
    recipient: str,
    sent: datetime,
    attached: bytes | None = None,
    unsubscribe_url: str = "",
    leave_token: str = "",
) -> Letter:
    """A letter to one person that is no edition's: a confirmation, a goodbye, a preview for editors. Its content has no
    slots. *attached*, a message as it came, goes with it. With *unsubscribe_url* and *leave_token*, as `letter` has
    them, it belongs to the list of *sender*; without them to none, whatever *sender* says.

    *kind* is a word of ASCII letters and digits, "confirm". *key* is an HMAC of whom it is for; with *sent*, the Date,
    it makes the Message-ID: another try of the same letter repeats both. Raises ValueError as `letter` does.
    """
    if not _KEY.fullmatch(kind):
        raise ValueError(f"not a kind of letter: {kind!r}")
    stem = f"{kind}-{int(sent.timestamp())}"
    whose = sender if unsubscribe_url else replace(sender, list=None)
    frame = _frame(content, whose, stem, sent, kind, attached=attached)
    return letter(
        frame,
        recipient=recipient,
        message_id_key=key,
        unsubscribe_url=unsubscribe_url,
        leave_token=leave_token,
    )


def message_id(stem: str | int, key: str, domain: str) -> str:
    """The Message-ID of one letter (M5): the same on every retry, no address inside. *stem* is the edition's
    number."""
    return f"<{stem}.{key}@{domain}>"


def _frame(
    content: Content,
    sender: Sender,
    stem: str,
    sent: datetime,
    feedback: str,
    archived_at: str = "",
    attached: bytes | None = None,
) -> Skeleton:
    head = [
        address_field("From", sender.name, sender.address),
        address_field("Reply-To", "", sender.reply_to) if sender.reply_to else b"",
        text_field("Subject", content.subject),
        raw_field("Date", format_datetime(sent.astimezone(UTC))),
    ]
    tail = [
        *_of_the_list(sender.list),
        raw_field("Archived-At", f"<{archived_at}>") if archived_at else b"",  # RFC 5064
        raw_field("Feedback-ID", f"{feedback}:{_feedback_sender(sender.domain)}"),
        raw_field("Auto-Submitted", "auto-generated"),
        # Not "All": Exchange would then keep the bounce reports to itself (H5).
        raw_field("X-Auto-Response-Suppress", "OOF, AutoReply, RN, NRN"),
        raw_field("MIME-Version", "1.0"),
    ]
    text, html = Slotted(_body(content.text), _SLOTS), Slotted(_body(content.html), _SLOTS)
    parts: tuple[tuple[bytes, Slotted, bool], ...] = ((b"", text, False),)
    end, slots = b"", text.names
    if content.html:
        mark = f"nashir_{stem}"  # "_" is not in base64's alphabet, so no line of a part can be a boundary
        tail.append(raw_field("Content-Type", f'multipart/alternative; boundary="{mark}"'))
        parts = (
            (f"--{mark}\r\n{_PART.format('plain')}\r\n".encode(), text, False),
            (f"--{mark}\r\n{_PART.format('html')}\r\n".encode(), html, True),
        )
        end, slots = f"--{mark}--\r\n".encode(), text.names | html.names
    else:
        tail.append(_PART.format("plain").encode())
    if attached is not None:
        mark, message = _enclosed(attached)
        before = f"--{mark}\r\n".encode()
        parts = ((before + tail.pop() + b"\r\n" + parts[0][0], *parts[0][1:]), *parts[1:])
        tail.append(raw_field("Content-Type", f'multipart/mixed; boundary="{mark}"'))
        end += before + message + f"\r\n--{mark}--\r\n".encode()
    first, last = b"".join(head), b"".join(tail)
    seal = None
    if sender.signer:
        own = _OWN + (_LEAVING if sender.list else ())
        seal = sender.signer.seal(first + last, own, parts[0][0] + text.start, sent)
    ids, leaving = _message_id(stem, sender.domain), _by_mail(sender)
    return Skeleton(sender, stem, sent, first, ids, leaving, last + b"\r\n", parts, end, slots, seal)


def _enclosed(data: bytes) -> tuple[str, bytes]:
    """A boundary, and a message as a part (RFC 2046). As message/rfc822 it may not be encoded (5.2.1): one that mail
    does not carry as it is goes as a file."""
    # No message holds its own hash, so none of its lines can be the boundary; and ours begin otherwise.
    mark = f"nashir+{blake2b(data, digest_size=16).hexdigest()}"
    if data.startswith(b"From "):  # how mail servers begin what they pipe (mbox)
        data = data.partition(b"\n")[2]
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    plain = data.isascii() and not re.search(rb"[\x00\r]", b"".join(lines))
    if plain and max(map(len, lines)) <= _LONGEST_LINE:
        return mark, _MESSAGE.format("message/rfc822", "7bit").encode() + b"\r\n".join(lines)
    return mark, _MESSAGE.format("application/octet-stream", "base64").encode() + base64_lines(data)


def _of_the_list(known: MailingList | None) -> list[bytes]:
    if known is None:
        return []
    return [
        address_field("List-ID", known.title, known.id),
        raw_field("List-Help", f"<{_mailto(known.owner, 'help')}>"),
        raw_field("List-Archive", f"<{known.archive}>") if known.archive else b"",
        raw_field("Precedence", "bulk") if known.bulk else b"",
    ]


def _to(address: str) -> bytes:
    """The field To; most addresses need no look at what they hold."""
    return f"To: <{address}>\r\n".encode() if _PLAIN.fullmatch(address) else address_field("To", "", address)


def _message_id(stem: str, domain: str) -> tuple[bytes, bytes]:
    before, _, behind = raw_field("Message-ID", message_id(stem, "key", domain)).partition(b"key@")
    return before, b"@" + behind


def _by_mail(sender: Sender) -> tuple[bytes, bytes, bytes] | None:
    """The URL to leave by mail (RFC 2369, 3.2), before and behind its token, which says whose it is: in its address,
    where mail to the bounce domain is ours, else in its subject. Then what stands there without one."""
    if sender.list is None:
        return None
    plain = _mailto(sender.list.owner, "unsubscribe")
    signed = f"{plain}%20TOKEN"
    if sender.bounce_domain:
        signed = f"mailto:u+TOKEN@{sender.bounce_domain}?subject=unsubscribe"
    before, _, behind = _uri(signed).partition(b"TOKEN")
    return before, behind, _uri(plain)


def _uri(url: str) -> bytes:
    return raw_field("List-Unsubscribe", f"<{url}>").partition(b" ")[2]


def _leaving(by_mail: tuple[bytes, bytes, bytes] | None, url: str, token: str) -> Sequence[bytes]:
    """How a program ends the subscription (RFC 2369, 3.2; RFC 8058): the web address, then by mail."""
    if by_mail is None:
        return ()
    if not _URL.fullmatch(url):
        raise ValueError("a letter of a list needs a URL to leave it")
    before, behind, plain = by_mail
    mail = (before, token.encode(), behind) if token else (plain,)
    fields = (b"List-Unsubscribe: <", url.encode(), b">,\r\n ", *mail)
    if url.startswith("https://"):  # RFC 8058, 3.1: one-click needs https
        return (*fields, b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    return fields


def _values(urls: Mapping[str, str]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """What stands in the slots of text and of HTML."""
    for slot, url in urls.items():
        if not _URL.fullmatch(url):
            raise ValueError(f"no URL for the slot {slot[1:-1]}: {url!r}")
    return (
        {slot: url.encode() for slot, url in urls.items()},
        {slot: escape(url).encode() for slot, url in urls.items()},
    )


def _body(text: str) -> str:
    """*text* with CRLF lines (RFC 2046, 4.1.1), without controls and lone surrogates (M4)."""
    lines = _NOT_IN_A_BODY.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return lines.replace("\n", "\r\n")


def _feedback_sender(domain: str) -> str:
    """Gmail: 5 to 15 characters, the same in every letter."""
    return re.sub(r"[^a-z0-9]", "", domain)[:15].ljust(5, "0")


@lru_cache(64)  # letter after letter has the same
def _mailto(address: str, subject: str) -> str:
    """RFC 6068; the local part and the subject percent-encoded."""
    return f"mailto:{quote(local_part(address))}@{domain_of(address)}?subject={quote(subject)}"
