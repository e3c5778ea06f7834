"""Door: an SMTP relay, over aiosmtplib.

aiosmtplib connects, does TLS and AUTH; the dialogue of letters runs on its transport (mail/dialogue), because its one
call for a letter hides how far it came, and costs a round trip a command (S2).
"""

import asyncio
import ssl
from datetime import UTC, datetime
from functools import cache
from typing import cast

import aiosmtplib

from publisher.mail.carrier import Bag, Down
from publisher.mail.dialogue import Dialogue
from publisher.mail.relay import Relay
from publisher.mail.wire import Wire
from publisher.model.delivery import Reply, Stage
from publisher.model.relay import Offers
from publisher.text.quote import unsaid

_DIGITS = 20  # of the greatest size that a relay may name (RFC 1870, 5)
_FAREWELL = 2.0  # seconds: nothing hangs on the reply to QUIT
_NAMED = "write the relay's name in mail.relay as it is in the certificate"
_CERTIFICATE = {  # by OpenSSL's X509_V_ERR_..., x509_vfy.h
    9: "look at this machine's clock",
    10: "it has expired; its owner has to renew it",
    62: _NAMED,
    64: _NAMED,
}


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates of this machine, read once: 28 ms a connection otherwise."""
    return ssl.create_default_context()


def _plainly(error: BaseException) -> str:
    """What is wrong with a connection, and for TLS the mend: the words of the library name neither. Short: the ledger
    keeps some 200 characters."""
    said = str(error).rstrip(". ") or type(error).__name__
    if "STARTTLS extension not supported" in said:
        return "the relay offers no encryption (STARTTLS) on this port: try smtps:// and port 465, or ask its owner"
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        mend = _CERTIFICATE.get(
            cause.verify_code, "have this machine trust who signed it (update-ca-certificates)"
        )
        return f"the relay's certificate is refused, {cause.verify_message.rstrip('. ')}: {mend}"
    if cause is not None and cause.reason == "WRONG_VERSION_NUMBER":
        return "the relay does not begin with TLS on this port: write smtp+starttls://"
    return said


def _most(size: str) -> int:
    """The bytes that a letter may have for a relay that says this of its *size*; 0: it does not say."""
    said = size.strip()
    return int(said) if said.isascii() and said.isdecimal() and len(said) <= _DIGITS else 0


def _until(tls: ssl.SSLObject) -> datetime | None:
    """When the certificate of the other side ends."""
    said = str((tls.getpeercert() or {}).get("notAfter", ""))
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(said), UTC) if said else None


class SmtpCarrier:
    """One connection to *relay*; *hello* is the name we greet with, *timeout* seconds are for every answer."""

    def __init__(
        self, relay: Relay, *, hello: str, timeout: float, tls: ssl.SSLContext | None = None
    ) -> None:
        self._relay, self._hello, self._timeout, self._tls = relay, hello, timeout, tls
        self._client: aiosmtplib.SMTP | None = None
        self._wire: Wire | None = None

    async def open(self) -> None:
        """Connect, TLS, EHLO, AUTH, all within one timeout. Raises Down."""
        relay = self._relay
        try:
            client = aiosmtplib.SMTP(
                hostname=relay.host,
                port=relay.port,
                local_hostname=self._hello,
                timeout=self._timeout,
                use_tls=relay.scheme == "smtps",
                # Never None: that sends the password in clear where STARTTLS was stripped from the EHLO reply.
                start_tls=relay.scheme == "smtp+starttls",
                tls_context=None if relay.scheme == "smtp" else self._tls or _trusted(),
            )
            async with asyncio.timeout(self._timeout):
                await self._greet(client)
        except aiosmtplib.SMTPResponseException as error:
            said = unsaid(error.message, relay.username, relay.password)
            raise Down(Stage.CONNECT, Reply(max(error.code, 0), said)) from error
        except TimeoutError as error:
            raise Down(Stage.CONNECT, Reply(0, str(error) or "no answer in time")) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            said = unsaid(_plainly(error), relay.username, relay.password)
            raise Down(Stage.CONNECT, Reply(0, said)) from error

    async def _greet(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.connect()
            await client.ehlo()
            if self._relay.username:
                await client.login(self._relay.username, self._relay.password)
            if client.transport is None:
                raise ConnectionResetError("the relay closed the connection")
            transport = cast(
                asyncio.Transport, client.transport
            )  # uvloop's have its methods, but not its class
            self._client, self._wire = client, Wire(transport, self._timeout)
        except BaseException:
            if client.transport is not None:
                cast(
                    asyncio.Transport, client.transport
                ).abort()  # no farewell of TLS: 30 seconds with a deaf one
            client.close()
            raise

    def offers(self) -> Offers:
        """What the relay says of itself: once it is open."""
        client = self._client
        assert client is not None, "it was not opened"
        size = client.esmtp_extensions.get("size", "")
        tls = client.get_transport_info("ssl_object")
        return Offers(
            frozenset(client.esmtp_extensions),
            _most(size),
            (tls.version() or "") if tls else "",
            _until(tls) if tls else None,
            bool(self._relay.username),
        )

    async def converse(self, bag: Bag) -> Reply | None:
        """See Carrier.converse."""
        client, wire = self._client, self._wire
        assert client is not None and wire is not None, "it was not opened"
        offers = client.supports_extension
        return await Dialogue(wire, bag, pipelining=offers("pipelining"), utf8=offers("smtputf8")).run()

    async def close(self) -> None:
        """QUIT, where the relay still listens."""
        client, wire, self._client, self._wire = self._client, self._wire, None, None
        if wire is not None:
            if wire.alive:
                wire.write(b"QUIT\r\n", asks=1)
                await wire.reply(min(1.0, _FAREWELL / self._timeout))
            wire.hang_up("closed by us")
        if client is not None:
            client.close()
