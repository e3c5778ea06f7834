"""What a refusal means (B1): one table, by the server's code, its words and its name.

The first row that fits decides, and rows are in the order of how little they charge the reader with: what is about us,
then what may pass, then what is final. A code counts as a server's own only if it stands in its words: relays fill
`Status` with guesses (sendmail writes 5.1.1 for every 550, 5.1.3 for every 553).
"""

import re
from dataclasses import dataclass

from publisher.model.report import Kind

# X.Y.Z of RFC 3463, but not a part of an IP address or of a version.
_CODE = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?!\.?\d)", re.ASCII)
_REPLY = re.compile(r"(?<![\d.])([245]\d\d)(?=[ \-#]|$)", re.ASCII)
# Addresses and names of servers are not words: "mx.spam-filter.example said: 550 User unknown".
_NAMES = re.compile(
    r"(?<![\w.+=-])[\w.+=-]{1,320}@[\w.-]{1,255}|(?<![\w./@-])[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Row:
    """Fits where one of its *codes* (or their beginnings: "5.7."), one of its *words*, and one of its *hosts* is
    found; an empty list fits always."""

    kind: Kind
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """A kind, the code it is told by ("" if none), and whether a row said so or none did."""

    kind: Kind
    code: str
    known: bool


_MICROSOFT = ("outlook.com", "hotmail.com", "microsoft.com")
_FULL = (
    "mailbox full", "mailbox is full", "mailfolder is full", "inbox is full", "inbox full", "mail box full", "quota",
    "exceeds allowed size", "exceeded the local limit", "out of storage", "storage space", "disk space", "disk full",
    "postfach voll", "postfach ist voll", "boîte pleine", "boite pleine", "casella piena", "buzón lleno",
    "ящик переполнен", "صندوق البريد ممتلئ", "תיבת הדואר מלאה",
)  # fmt: skip
_OUR_QUOTA = ("sending quota", "sender quota", "sending limit", "daily quota for", "message quota per")
# What we send, and not who we are.
OF_LETTER = (
    "infected", "a virus", "virus found", "virus detected", "content rejected", "message content", "message rejected",
    "mail rejected", "message filtered", "header error", "message size", "mail size", "size limit", "too large",
    "too big", "maximum incoming", "maximum inbound", "message length", "attachment type", "attachment not allowed",
    "forbidden attachment",
)  # fmt: skip
_OF_US = (
    # who we are: the address, the network, the proof
    "blacklist", "black list", "blocklist", "block list", "blocked", "spamhaus", "dnsbl", "banned", "reputation",
    "reverse dns", "rdns", "ptr record", "helo", "client host rejected", "network not allowed", "access denied",
    "not accepting mail from", "refused to accept mail from", "sender rejected", "sender address rejected",
    "sender denied", "sender verify", "sender unknown", "sender domain", "domain of sender", "sender's domain",
    "unknown sender", "invalid sender", "envelope sender", "return path", "unauthenticated", "not authenticated",
    "smtp authentication", "without authentication", "authentication required", "password", "dmarc", "dkim", " spf",
    "relaying denied", "relay access denied", "unable to relay", "relay not permitted", "not permitted to relay",
    "smtp server of your isp", "send mail as",
    # how much we send
    "too many recipients", "too many messages", "too many connections", "frequency limited", "rate limit",
    "rate-limit", "throttl", "complaints", "unexpected volume", "sending rate",
    # what we send
    "spam", "unsolicited", "bulk email", "junk mail", "policy", "policies", "recipient preferences", "suspicious",
    *OF_LETTER,
)  # fmt: skip
_MAY_PASS = (
    "temporar", "try again later", "host not found, try again", "timed out", "timeout", "connection refused",
    "too many hops", "hop count", "loop", "rate that prevents", "too quickly", "service unavailable",
    "currently unavailable", "busy", "system error", "or mailbox unavailable", "deferred",
    "greylist", "graylist",
)  # fmt: skip
_GONE = (
    "user unknown", "unknown user", "unknown recipient", "unknown or illegal alias", "unknown local part",
    "no such user", "no such mailbox", "no such recipient", "no such person", "no such account", "no such address here",
    "no mailbox here by that name", "no account by that name", "not a known user", "not our customer",
    "mailbox does not exist", "mailbox doesn't exist", "mailbox not found", "mailbox unknown",
    "user does not exist", "user doesn't exist", "user not found", "user account not found",
    "account does not exist", "account that you tried to reach does not exist", "this user doesn't have a",
    "recipient does not exist", "recipient not found", "recipient address does not exist",
    "recipient no longer on server", "recipient name is not recognized", "recipnotfound", "address not found",
    "address couldn't be found", "address wasn't found",
    "address was not found", "address you entered couldn't be found", "address is wrong or no longer valid",
    "address no longer valid", "address no longer accepts mail", "invalid recipient", "invalid mailbox", "invalid user",
    "invalid final delivery userid",
    "not a valid mailbox", "not a valid recipient", "account is disabled", "account has been disabled",
    "account disabled", "disabled or discontinued", "mailbox disabled", "mailbox is disabled",
    "mailbox has been disabled", "not listed in domino directory", "no matches to nameserver query",
    "did not exactly match an",
    # the domain
    "host unknown", "unknown host", "host or domain name not found", "no such domain", "unknown domain",
    "domain not found", "domain does not exist", "null mx", "nullmx",
    # other tongues
    "utilisateur inconnu", "destinataire inconnu", "destinataire invalide", "adresse introuvable",
    "benutzer unbekannt", "empfänger unbekannt", "unbekannter empfänger", "adresse wurde nicht gefunden",
    "usuario desconocido", "destinatario desconocido", "no se ha encontrado la dirección",
    "utente sconosciuto", "destinatario sconosciuto", "indirizzo non trovato", "usuário desconhecido",
    "endereço não encontrado", "пользователь не найден", "ящик не существует", "адрес не найден",
    "لم يتم العثور على العنوان", "المستخدم غير موجود", "نشانی پیدا نشد", "הכתובת לא נמצאה",
    "ディレクトリには見つかりません", "ディレクトリのリストにありません", "アドレスが見つかりません", "找不到地址",
)  # fmt: skip

ROWS = (
    Row(Kind.HARD, ("5.4.1",), ("recipient address rejected: access denied",), _MICROSOFT),
    Row(Kind.US, words=_OUR_QUOTA),
    Row(Kind.SOFT, words=_FULL),
    Row(Kind.US, ("5.7.", "5.1.7", "5.1.8", "5.6.", "5.3.4", "5.2.3")),
    Row(Kind.US, words=_OF_US),
    Row(Kind.SOFT, ("4.", "5.2.2")),
    Row(Kind.SOFT, words=_MAY_PASS),
    Row(Kind.HARD, ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")),
    Row(Kind.HARD, words=_GONE),
    Row(Kind.HARD, ("5.5.0",), ("mailbox unavailable",), _MICROSOFT),
    Row(Kind.HARD, ("5.4.4",), ("host not found", "no data record", "name service error")),
    Row(Kind.HARD, ("5.4.310",), ("does not exist",)),
)


def meaning(text: str, status: str = "", host: str = "") -> Meaning:
    """What a server's words *text* mean for a reader, with the *status* another one reports and the name of the
    *host* that refused. What no row knows is SOFT."""
    lower = " ".join(text.lower().replace("’", "'").split())
    said = tuple(dict.fromkeys(_CODE.findall(lower)))
    given = tuple(_CODE.findall(status))
    replies = _REPLY.findall(lower)
    own = said or (() if replies else given)  # a reply without a code: its words alone can be final
    words = _NAMES.sub(" ", lower)
    where = f"{host.lower()} {lower}"
    for row in ROWS:
        final = row.kind is Kind.HARD
        code = _fitting(row.codes, own if final else said + given)
        if code is None or (row.hosts and not any(name in where for name in row.hosts)):
            continue
        if not row.words or any(word in (lower if final else words) for word in row.words):
            return Meaning(row.kind, code or _best(said, given, replies), True)
    return Meaning(Kind.SOFT, _best(said, given, replies), False)


def _fitting(codes: tuple[str, ...], found: tuple[str, ...]) -> str | None:
    """The code of *found* that is one of *codes* or begins with one that ends in a dot; "" where any is right."""
    if not codes:
        return ""
    return next(
        (c for c in found for code in codes if c == code or (code[-1] == "." and c.startswith(code))), None
    )


def _best(said: tuple[str, ...], given: tuple[str, ...], replies: list[str]) -> str:
    return next(iter((*said, *given, *replies)), "")
