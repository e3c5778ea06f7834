"""Door: a folder on an IMAP server (RFC 9051, RFC 3501), by the standard library's client, from a thread.

UIDs grow (RFC 9051, 2.3.1.1), so how far the folder was read is one number; it is told when what came before it was
dealt with. Whatever is not for us can stay there, and is never fetched twice.
"""

import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from publisher.errors import PublisherError, Unreachable
from publisher.mail.intake.mailbox import MOST, Fate, Mail
from publisher.mail.intake.settings import Account
from publisher.text.quote import unsaid

TIMEOUT = 30  # seconds for one answer
SESSION = 600  # seconds for all of it: a server that drips is cut off
TRIES = 3  # sessions that may end at the same message before it is passed over
_FLAGS = {Fate.DONE: r"\Seen \Answered", Fate.KEPT: r"\Flagged"}
_GONE = r"\Deleted"
_MEND = "look at mail.bounces.imap and the server's log"


class Imap:
    """The folder of *account*, read on from *position* ("UIDVALIDITY:UID"; "": from its beginning)."""

    piped = False

    def __init__(
        self,
        account: Account,
        position: str = "",
        *,
        keep: bool = False,
        tls: ssl.SSLContext | None = None,
        seconds: float = TIMEOUT,
    ) -> None:
        """*tls*: whom to trust; by default the certificates that the machine trusts. *seconds* for one answer."""
        self.name, self.position = str(account), position
        self.troubles: list[str] = []
        self._account, self._keep = account, keep
        self._tls, self._seconds = tls, seconds
        self._client: imaplib.IMAP4 | None = None
        self._validity, self._fetching, self._tries = "", 0, 0

    @contextmanager
    def open(self) -> Iterator[Iterator[Mail]]:
        """See Mailbox.open."""
        self.troubles.clear()
        with self._explained():
            self._client = client = self._connect()
        end = threading.Timer(SESSION, _cut_off, [client])
        end.daemon = True
        end.start()
        try:
            with self._explained():
                self._login(client)
                self._select(client)
            yield self._messages(client)
            with suppress(OSError, imaplib.IMAP4.error):
                client.logout()
        finally:
            end.cancel()
            self._client = None
            with suppress(OSError, imaplib.IMAP4.error):
                client.shutdown()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ssl.SSLError as error:  # its certificate, or none
            what = getattr(error, "verify_message", "") or error.reason or str(error)
            raise Unreachable(f"the IMAP server's TLS cannot be used: {what}", self.name, _MEND) from error
        except PublisherError:
            raise
        except Exception as error:  # the library raises anything at an answer that is none
            # The library's words may be bytes of the server, as text.
            words = unsaid(str(error), self._account.user, self._account.password)
            said = words.removeprefix("b'").rstrip("'")[:200] or type(error).__name__
            raise Unreachable(f"the IMAP server did not do it: {said}", self.name, _MEND) from error

    def _connect(self) -> imaplib.IMAP4:
        host, port = self._account.host, self._account.port
        if not self._account.tls:  # on this machine alone
            return imaplib.IMAP4(host, port, self._seconds)
        # Without a context of ours the library takes any certificate.
        context = self._tls or ssl.create_default_context()
        return imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=self._seconds)

    def _login(self, client: imaplib.IMAP4) -> None:
        user, password = self._account.user, self._account.password
        try:
            if "AUTH=PLAIN" in client.capabilities:
                client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
            else:
                client.login(user, password)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, UnicodeEncodeError) as error:
            said = "" if isinstance(error, UnicodeEncodeError) else f": {unsaid(str(error), user, password)}"
            mend = "look at the user in mail.bounces.imap, and the password"
            raise Unreachable(f"the IMAP server refused the login{said}", self.name, mend) from None

    def _select(self, client: imaplib.IMAP4) -> None:
        answer, words = client.select(_quoted(self._account.folder))
        if answer != "OK":
            said = (words[0] or b"").decode("ascii", "replace")
            mend = "write another folder at the end of mail.bounces.imap"
            raise Unreachable(f"the IMAP folder cannot be opened: {said}", self.name, mend)
        validity = client.response("UIDVALIDITY")[1][0]
        self._validity = validity.decode("ascii", "replace") if isinstance(validity, bytes) else "0"

    def _messages(self, client: imaplib.IMAP4) -> Iterator[Mail]:
        with self._explained():
            yield from self._new(client)

    def _new(self, client: imaplib.IMAP4) -> Iterator[Mail]:
        validity, _, upto = self.position.partition(":")
        after = int(upto) if validity == self._validity and upto.isdecimal() else 0
        # "5:*" always holds the last message, whatever its number.
        found = _told(client.uid("SEARCH", f"UID {after + 1}:*", "UNDELETED"))
        numbers = (int(each) for each in re.findall(rb"\b\d{1,10}\b", b" ".join(found)))
        for uid in sorted({number for number in numbers if number > after}):
            if mail := self._fetch(client, uid):
                yield mail

    def _fetch(self, client: imaplib.IMAP4, uid: int) -> Mail | None:
        """The message; None for one that the server does not give, which is passed over."""
        self._tries = self._tries + 1 if self._fetching == uid else 1
        self._fetching = uid
        if self._tries > TRIES:
            self._lost(uid, f"the connection was lost {TRIES} times")
            return None
        answer, parts = client.uid("FETCH", str(uid), f"(RFC822.SIZE BODY.PEEK[]<0.{MOST}>)")
        for part in parts:
            if isinstance(part, tuple) and b"BODY[]" in part[0].upper():
                size = re.search(rb"RFC822\.SIZE (\d+)", b" ".join(_bytes(parts)), re.IGNORECASE)
                data = bytes(part[1][:MOST])
                return Mail(str(uid), data, max(int(size[1]) if size else 0, len(part[1])))
        if answer != "OK":  # else somebody removed it
            self._lost(uid, "it was not given out")
        return None

    def _lost(self, uid: int, why: str) -> None:
        self.troubles.append(f"{self.name}: message {uid} cannot be read: {why}")

    def finish(self, fates: Sequence[tuple[str, Fate]]) -> None:
        """See Mailbox.finish."""
        client = self._client
        assert client, "the mailbox is open"
        with self._explained():
            for fate in (Fate.KEPT, Fate.DONE):
                uids = ",".join(key for key, each in fates if each is fate)
                if uids:
                    remove = fate is Fate.DONE and not self._keep
                    _told(
                        client.uid("STORE", uids, "+FLAGS.SILENT", f"({_GONE if remove else _FLAGS[fate]})")
                    )
                    if remove:
                        self._expunge(client, uids)
        if fates:
            self.position = f"{self._validity}:{max(int(key) for key, _ in fates)}"

    def _expunge(self, client: imaplib.IMAP4, uids: str) -> None:
        if "UIDPLUS" in client.capabilities:  # RFC 4315: these and no others
            _told(client.uid("EXPUNGE", uids))
        else:
            _told(client.expunge())


def _told(answer: tuple[str, list[bytes | None]]) -> list[bytes]:
    """What the server told. Raises imaplib's error where it refused."""
    state, words = answer
    said = _bytes(words)
    if state != "OK":
        raise imaplib.IMAP4.error(b" ".join(said).decode("ascii", "replace"))
    return said


def _bytes(parts: Sequence[object]) -> list[bytes]:
    """The words of an answer without its literals' contents."""
    firsts = (part[0] if isinstance(part, tuple) else part for part in parts)
    return [each for each in firsts if isinstance(each, bytes)]


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _cut_off(client: imaplib.IMAP4) -> None:
    with suppress(OSError):
        client.socket().shutdown(socket.SHUT_RDWR)
