"""What the columns of exported lists are called, and what their words mean for a reader (L7)."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from publisher.errors import BadInput
from publisher.model.people import Reach, Said, Wish
from publisher.subscribers import addresses
from publisher.subscribers.addresses import Address
from publisher.subscribers.exports import plain

Consents = tuple[tuple[Said, datetime, str], ...]  # what was said, when (UTC), from which network address


class Row(NamedTuple):
    """One row of a list: its line (1 = first), what it gives as an address, and the address, or why there is none."""

    line: int
    given: str
    address: Address | None
    reason: str = ""
    wish: Wish = Wish.ACTIVE  # of every newsletter that `wishes` does not name
    wishes: Mapping[str, Wish] | None = None  # None: the list is of one newsletter and does not say which
    reach: Reach = Reach.REACHABLE
    language: str = ""
    said: Consents = ()
    file: str = ""  # within a ZIP


State = Wish | Reach


def _listed(words: str) -> list[str]:
    return words.split(", ")


# Headings are compared without case, marks and what stands between their words.
ADDRESS = frozenset(
    {
        *("email", "e mail", "address", "email address", "e mail address", "mail", "subscriber email"),
        *("البريد", "البريد الإلكتروني", "البريد الالكتروني", "بريد إلكتروني", "عنوان البريد"),
        *("ایمیل", "رایانامه", "پست الکترونیکی", "نشانی ایمیل", "ای میل", "ای میل پتہ", "برقی پتہ"),
        *("אימייל", "דואל", "דואר אלקטרוני", "כתובת אימייל", "ئیمەیڵ", "ئیمەیل", "پۆستی ئەلیکترۆنی"),
    }
)
LANGUAGE = frozenset(["language", "lang", "locale", "اللغة", "زبان", "שפה", "زمان"])
_STATUS = frozenset(
    ["status", "الحالة", "وضعیت", "סטטוס", "מצב", "حالت", "دۆخ", "الوضع", "statut", "estado", "durum"]
)
# Of whoever has a word we do not know in one of these nothing is said: they hold other things elsewhere.
PERHAPS = frozenset(["type", "subscriber type", "subscription", "state", *(_STATUS - {"status"})])
_ENDED = _listed(
    "unsubscribed, unsubscribe, ended, disabled, opted out, opt out, left, cancelled, canceled, inactive, removed, "
    "deleted, non subscribed, not subscribed, never subscribed, do not contact, do not email, "
    "ملغى, ملغي, ملغى الاشتراك, ألغى الاشتراك, ألغت الاشتراك, إلغاء الاشتراك, غير مشترك, محذوف, "
    "لغو شده, لغو عضویت, لغو اشتراک, عضویت لغو شده, غیرفعال, حذف شده, "
    "הוסר, הוסרה, בוטל, ביטל, לא רשום, לא פעיל, מחוק, ان سبسکرائب, غیر فعال, ہٹایا گیا, "
    "وازی هێناوە, ناچالاک, سڕاوەتەوە, désabonné, désinscrit, abgemeldet, ausgetragen, dado de baja, cancelado, "
    "disiscritto, cancellato, aboneliği iptal, отписан, отписался"
)
_BOUNCED = _listed(
    "bounced, cleaned, bounce, hard bounced, hard bounce, invalid, undeliverable, مرتد, برگشت خورده, חזר"
)
WORDS: dict[str, State] = {
    **dict.fromkeys(("active", "subscribed", "enabled", "confirmed", "reachable"), Wish.ACTIVE),
    **dict.fromkeys(("pending", "unconfirmed", "not confirmed"), Wish.PENDING),
    "paused": Wish.PAUSED,
    **dict.fromkeys(_ENDED, Wish.ENDED),
    **dict.fromkeys(_BOUNCED, Reach.BOUNCED),
    **dict.fromkeys(("complained", "complaint", "abuse", "spam", "spam complaint"), Reach.COMPLAINED),
    **dict.fromkeys(("blocklisted", "blacklisted", "suppressed", "blocked", "erased"), Reach.SUPPRESSED),
}
# What no cell says by chance: it is heard in whatever column it stands.
_LOUD = frozenset(
    spelt
    for word, state in WORDS.items()
    if state not in (Wish.ACTIVE, Wish.PAUSED)
    and word not in ("left", "ended", "spam", "invalid", "removed", "ملغي")
    for spelt in (word, word.replace(" ", "_"), word.replace(" ", "-"), word.replace(" ", ""))
)
# A column alone that says that somebody is not to be mailed, by words in its heading: where it holds anything but a no
# (a yes, a time, a reason), and where it holds a no. What is about something else is left out. Nobody can know every
# program's words, and who is mailed against their will is worse off than who is not: the words are wide.
_BESIDE = re.compile(r"\b(links?|urls?|tokens?|counts?|hash|id|rates?|scores?|pages?|keys?)\b")
GONE: tuple[tuple[re.Pattern[str], State], ...] = (
    (
        re.compile(r"\b(un ?sub(s|scribed?|scription)?|opt(ed)? ?out|deleted|removed|disabled|inactive)\b"),
        Wish.ENDED,
    ),
    (re.compile(r"\b(do ?not (e ?mail|mail|contact))\b|^(cancell?ed|left)( at| on| date)?$"), Wish.ENDED),
    (
        re.compile("(ألغى|ألغت|إلغاء) الاشتراك|لغو (عضویت|اشتراک)|הוסר|ביטול|בוטל|ان سبسکرائب|وازی هێنا"),
        Wish.ENDED,
    ),
    (re.compile(r"\binvalid\b"), Reach.BOUNCED),
    (re.compile(r"\b(cleaned?|bounced|hard bounced?)\b"), Reach.BOUNCED),
    (re.compile(r"\b(complain(ed|t)|spam|abuse)\b"), Reach.COMPLAINED),
    (re.compile(r"\b((black|block|deny) ?list(ed)?|blocked|suppress(ed|ion)?)\b"), Reach.SUPPRESSED),
)
STAYS: tuple[tuple[re.Pattern[str], State], ...] = (
    (
        re.compile(r"(is )?subscribed( to .*)?|opt(ed)? ?in|(is )?(active|enabled)|newsletter|mailing list"),
        Wish.ENDED,
    ),
    (re.compile(r"accepts (e ?mail )?marketing|accepts e ?mail|(e ?mail|marketing) consent"), Wish.ENDED),
    (re.compile(r"(is )?(confirmed|verified)|e ?mail (confirmed|verified)"), Wish.PENDING),
)
FALSE = frozenset({"false", "no", "0", "f", "n", "off", "لا", "خیر", "לא", "نہیں", "نەخێر"})
NOTHING = FALSE | {"", "-", "none", "null", "n/a", "never", "0000-00-00", "0000-00-00 00:00:00"}
CONSENT = {
    "optin": Said.ASKED,
    "confirm": Said.CONFIRMED,
}  # Mailchimp: OPTIN_TIME, OPTIN_IP, CONFIRM_TIME, ...
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
WORD = 100  # characters of a cell that tells something, at the most
OWN = "newsletter:"
NAMED = re.compile(r"<\s*([^<>]*@[^<>]*?)\s*>\s*\Z")  # Mailman: Layla <layla@example.org>
_GRAVITY: tuple[State, ...] = (
    Wish.ACTIVE, Wish.PAUSED, Wish.PENDING, Wish.ENDED, Reach.BOUNCED, Reach.COMPLAINED, Reach.SUPPRESSED,
)  # fmt: skip


def heading(text: str) -> str:
    """*text* as headings and states are compared: `unsubscribedAt` is `unsubscribed at`."""
    words = _HUMP.sub(" ", addresses.bare(text))
    return " ".join(words.casefold().replace("_", " ").replace("-", " ").replace("״", "").split())


class Columns:
    """What is where in a list with these *headings*. `always`: what the list's own name says of everybody in it."""

    def __init__(
        self, headings: Sequence[str], always: State = Wish.ACTIVE, address: int | None = None
    ) -> None:
        names = [heading(each) for each in headings]
        at = {name: place for place, name in reversed(list(enumerate(names)))}
        self._always = always
        known = [place for place, name in enumerate(names) if name in ADDRESS]
        # "Address" may be where somebody lives, and is theirs only where nothing else is.
        self._address = min(known, key=lambda place: names[place] == "address", default=address)
        self._language = next((place for place, name in enumerate(names) if name in LANGUAGE), None)
        self._own = [
            (place, addresses.bare(each)[len(OWN) :])
            for place, each in enumerate(headings)
            if addresses.bare(each).casefold().startswith(OWN)
        ]
        # "State" is ours; elsewhere it may be where somebody lives.
        strict = {"status", "subscription status", "subscriber status", *(["state"] if self._own else [])}
        self._status = [
            (place, name in strict)
            for place, name in enumerate(names)
            if name in strict or name in PERHAPS or name.rpartition(" ")[2] == "status"
        ]
        self._marks = [
            *((place, state, _filled) for place, state in _marked(names, GONE, re.Pattern.search)),
            *(
                (place, state, FALSE.__contains__)
                for place, state in _marked(names, STAYS, re.Pattern.fullmatch)
            ),
        ]
        self._consent = [
            (said, at[f"{name} time"], at.get(f"{name} ip"))
            for name, said in CONSENT.items()
            if f"{name} time" in at
        ]
        own = [place for place, _ in self._own]
        status = [place for place, _ in self._status]
        marks = [place for place, *_ in self._marks]
        language = [] if self._language is None else [self._language]
        self._telling = sorted({*own, *status, *marks, *language})
        # Many rows say the same of their readers.
        self._meaning = lru_cache(maxsize=1024)(self._understood)

    @property
    def known(self) -> bool:
        """Whether one of the headings is an address's."""
        return self._address is not None

    def row(self, line: int, fields: Sequence[str], file: str = "") -> Row:
        """What a row says."""
        place = self._address or 0
        given = fields[place] if place < len(fields) else ""
        given, address, reason = _address(given)
        if address is None:
            return Row(line, given, None, reason, file=file)
        width = len(fields)
        cells = tuple([fields[place][:WORD] if place < width else "" for place in self._telling])
        # Most cells of most lists are a name or a number: that much each of them costs.
        loud = tuple([each for each in fields if each.casefold() in _LOUD]) if width > 1 else ()
        try:
            wish, wishes, reach, language = self._meaning(cells, loud)
        except BadInput as error:
            return Row(line, given, None, error.what, file=file)
        said = tuple(self._said(fields)) if self._consent else ()
        return Row(line, given, address, "", wish, wishes, reach, language, said, file)

    def _understood(
        self, cells: tuple[str, ...], loud: tuple[str, ...]
    ) -> tuple[Wish, Mapping[str, Wish] | None, Reach, str]:
        """What the *cells* of a row that tell something of its reader say, and those that are *loud* wherever they
        stand. Raises BadInput."""
        fields = {
            place: plain(addresses.bare(cell)) for place, cell in zip(self._telling, cells, strict=True)
        }
        state = self._state(fields, [] if self._own else loud)
        return (
            state if isinstance(state, Wish) else Wish.ENDED,
            {name: _wish(word) for place, name in self._own if (word := fields[place])}
            if self._own
            else None,
            state if isinstance(state, Reach) else Reach.REACHABLE,
            "" if self._language is None else fields[self._language],
        )

    def _state(self, fields: Mapping[int, str], loud: Sequence[str]) -> State:
        """The gravest of all that the row says."""
        found = [self._always, *(WORDS[word] for each in loud if (word := heading(each)) in WORDS)]
        for place, strict in self._status:
            if word := heading(fields[place]):
                if word in WORDS:
                    found.append(WORDS[word])
                elif strict:
                    raise BadInput(f"{ascii(word)[:40]} is no state of a reader that is known")
        found += [state for place, state, is_so in self._marks if is_so(fields[place].casefold())]
        return max(found, key=_GRAVITY.index)

    def _said(self, fields: Sequence[str]) -> list[tuple[Said, datetime, str]]:
        return [
            (said, at, shown(_at(fields, ip))[:45])
            for said, time, ip in self._consent
            if (at := moment(_at(fields, time)))
        ]


def stated(fields: Sequence[str]) -> str:
    """The first of *fields* that says that somebody is not to be mailed, or not yet; "" where none does."""
    return next((each for each in fields if WORDS.get(heading(each), Wish.ACTIVE) is not Wish.ACTIVE), "")


def addressed(line: int, given: str, file: str = "") -> Row:
    """A row with the address in *given*, alone or in angle brackets behind a name."""
    given, address, reason = _address(given)
    return Row(line, given, address, reason, file=file)


def _address(given: str) -> tuple[str, Address | None, str]:
    """What is shown of *given*, the address in it, and why there is none."""
    given = plain(addresses.bare(given))
    if not given:
        return "", None, "no address in this row"
    if shown(given) != given:
        return shown(given)[:80], None, "the address is not UTF-8; save the file as UTF-8"
    if given[-1] == ">" and (named := NAMED.search(given)):
        given = named[1]
    try:
        return given, addresses.parse(given), ""
    except BadInput as error:
        return given[:320], None, f"{error.where}: {error.what}"


def shown(text: str) -> str:
    """*text*; where it has bytes that are no UTF-8 (lone surrogates) its ASCII form, which can be written down."""
    return text if text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text) else ascii(text)


def moment(text: str) -> datetime | None:
    """A time as exports have it, `2024-03-05 10:11:12` (UTC where it has no zone) or RFC 3339, else None."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None


def _marked(
    names: Sequence[str], marks: Sequence[tuple[re.Pattern[str], State]], by: Callable[..., object]
) -> list[tuple[int, State]]:
    """The columns whose heading is one of *marks*, and what it stands for."""
    return [
        (place, state)
        for place, name in enumerate(names)
        for pattern, state in marks
        if by(pattern, name) and not _BESIDE.search(name) and name.rpartition(" ")[2] not in _STATUS
    ]


def _filled(word: str) -> bool:
    return word not in NOTHING


def _wish(word: str) -> Wish:
    state = WORDS.get(heading(word))
    if not isinstance(state, Wish):
        raise BadInput(f"{ascii(word)[:40]} is no state of a subscription")
    return state


def _at(fields: Sequence[str], place: int | None) -> str:
    return plain(addresses.bare(fields[place])) if place is not None and place < len(fields) else ""
