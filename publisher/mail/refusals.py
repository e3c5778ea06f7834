"""What a refusal is about: the address, the letter, or us (S3). Tables; nothing here knows of a letter's state."""

import re

from publisher.mail.bounces import table
from publisher.model.delivery import Reply, Stage
from publisher.model.report import Kind
from publisher.model.stop import Stop

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\d)")

_TOO_BIG = "5.3.4"
_SENDER = frozenset({"5.1.7", "5.1.8"})
_CONTENT = ("5.6.", "5.2.3", _TOO_BIG)  # or the beginning of such
# ... but these mean letters beyond ASCII in an address (RFC 6531).
_ADDRESS = frozenset({"5.6.7", "5.6.8", "5.6.9", "5.6.10"})
_FULL = re.compile(r"mail ?(?:box|folder) (?:is )?full|over ?quota|quota exceeded", re.IGNORECASE)
_GREY = re.compile(
    r"gr[ae]y.?list|come back (?:later|in)|try(?:ing)? again (?:later|in)|retry (?:later|in)", re.IGNORECASE
)

# What is to be mended. By text first: servers disagree about the codes. The codes: RFC 7372, RFC 8689, and Microsoft's
# 5.7.5xx.
_REASONS: tuple[tuple[Stop, re.Pattern[str], frozenset[str]], ...] = tuple(
    (stop, re.compile(text, re.IGNORECASE), frozenset(details.split()))
    for stop, text, details in (
        (
            Stop.PTR,
            r"\bptr\b|reverse.?(?:dns|host|name|lookup|ip)|\brdns\b|no (?:host)?name for"
            r"|cannot find your (?:reverse )?host",
            "7.25",
        ),
        (Stop.TLS, r"starttls|\b(?:tls|ssl)\b|encrypt", "7.10 7.30"),
        (
            Stop.LOGIN,
            r"auth(?:entication|orization)? (?:is )?(?:required|needed|failed|credentials)|log ?in first"
            r"|must (?:first )?(?:authenticate|log ?in)|relay(?:ing)? (?:access )?(?:denied|not (?:permitted|allowed))"
            r"|unable to relay|not (?:permitted|allowed) to relay",
            "7.3 7.8 7.9 7.11",
        ),
        (
            Stop.AUTHENTICATION,
            r"\b(?:spf|dkim|dmarc|arc)\b|authenticat|sender (?:id|policy)|envelope sender|spoof|impersonat",
            "7.20 7.21 7.22 7.23 7.24 7.26 7.27 7.29 7.509 7.515",
        ),
        (
            Stop.COMPLAINTS,
            r"spam|junk|\bblock|listed|\b[dr]?bl\b|reputation|complain|unsolicited|bulk|banned|abus|suspicious"
            r"|\bTSS\d\d|S3140|S3150|rate.?limit|unusual rate|too (?:many|much) (?:mail|messages)",
            "7.28 7.606 7.750",
        ),
    )
)


def enhanced(text: str) -> str:
    """The status code that *text* begins with (RFC 3463): "5.1.1"; "" without one."""
    found = _ENHANCED.match(text)
    return found[1] if found else ""


def of_us(stage: Stage, reply: Reply) -> bool:
    """Whether we are refused, and no reader: X.7.X, a sender or a relay that is not let in, or words that say so, as
    they do in a bounce (B1). A server that makes every stranger wait means nobody (greylisting)."""
    status, text = enhanced(reply.text), reply.text
    if reply.code < 400 or reply.code == 421:
        return False
    if reply.code < 500:
        return status.startswith("4.7.") and not _GREY.search(text)
    if status == _TOO_BIG or status in _ADDRESS:
        return False
    if status.startswith("5.7.") or status in _SENDER:
        return True
    return not _of_content(reply) if stage is Stage.MAIL else _says_so(reply)


def _says_so(reply: Reply) -> bool:
    found = table.meaning(reply.text)
    if found.known and found.kind is not Kind.US:
        return False
    named = any(pattern.search(reply.text) for _, pattern, _ in _REASONS)
    return named or (found.known and not _of_content(reply))


def is_gone(reply: Reply) -> bool:
    """Whether the address does not exist, or not any more: as the same words mean in a bounce (B1)."""
    return reply.code >= 500 and table.meaning(reply.text).kind is Kind.HARD


def is_full(reply: Reply) -> bool:
    """Whether the mailbox is, or its server is out of order: another day it may not be."""
    found = table.meaning(reply.text)
    return found.kind is Kind.SOFT and (found.known or (not enhanced(reply.text) and reply.code == 552))


def stays_full(reply: Reply) -> bool:
    """Whether a server asks us to wait because this one mailbox is full, and not for strangers or its own disk."""
    status = enhanced(reply.text)
    return status == "4.2.2" or (not status and bool(_FULL.search(reply.text)))


def of_letter(stage: Stage, reply: Reply) -> bool:
    """Whether the letter itself is refused: once it was read, and not for its reader, or for its size or content."""
    if reply.code < 500 or is_gone(reply) or is_full(reply):
        return False
    return stage is Stage.CONTENT or _of_content(reply)


def is_ours(reply: Reply) -> bool:
    """Whether a letter that waits after this answer was put off for our sake or its own, and not for its reader's."""
    return not is_full(reply) if reply.code >= 500 else of_us(Stage.RCPT, reply)


def _of_content(reply: Reply) -> bool:
    status = enhanced(reply.text)
    if status.startswith(_CONTENT) and status not in _ADDRESS:
        return True
    return any(word in reply.text.lower() for word in table.OF_LETTER)


def reason(stage: Stage, reply: Reply) -> Stop:
    """What is to be mended where `of_us` holds."""
    if stage is Stage.MAIL and reply.code in (530, 535, 538):
        return Stop.LOGIN
    detail = enhanced(reply.text).partition(".")[2]
    by_text = (stop for stop, pattern, _ in _REASONS if pattern.search(reply.text))
    by_code = (stop for stop, _, details in _REASONS if detail in details)
    return next(by_text, None) or next(by_code, Stop.US)
