"""Door: an SMTP relay, over aiosmtplib.

aiosmtplib connects, does TLS and AUTH; the dialogue of a letter runs on its transport, one command at a time, because
its one-call `data()` hides how far a letter came (S2).
"""

import asyncio
import re
import ssl
from functools import cache
from typing import cast

import aiosmtplib

from publisher.mail.carrier import BeforeContent, Down
from publisher.mail.relay import Relay
from publisher.mail.wire import Wire
from publisher.model.delivery import Letter, Reply, Stage

_DOTS = re.compile(rb"(?m)^\.")
_PATH = re.compile(r"[^\s<>\"\x00-\x20\x7f-\x9f\ud800-\udfff]*")
_NO_UTF8 = Reply(553, "5.6.7 the relay takes no address with letters beyond ASCII (SMTPUTF8)")
_NO_PATH = Reply(553, "5.1.3 not an address for an SMTP envelope")
_FAREWELL = 2.0  # seconds: nothing hangs on the reply to QUIT
_FINAL = 5.0  # times the timeout: the relay may think longer about a whole letter (RFC 5321, 4.5.3.2.6)


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates of this machine, read once: 28 ms a connection otherwise."""
    return ssl.create_default_context()


class SmtpCarrier:
    """One connection to *relay*; *hello* is the name we greet with, *timeout* seconds are for every answer."""

    def __init__(
        self, relay: Relay, *, hello: str, timeout: float, tls: ssl.SSLContext | None = None
    ) -> None:
        self._relay, self._hello, self._timeout, self._tls = relay, hello, timeout, tls
        self._client: aiosmtplib.SMTP | None = None
        self._wire: Wire | None = None

    @property
    def alive(self) -> bool:
        return self._wire is not None and self._wire.alive

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
            raise Down(Stage.CONNECT, Reply(max(error.code, 0), error.message)) from error
        except TimeoutError as error:
            raise Down(Stage.CONNECT, Reply(0, str(error) or "no answer in time")) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Down(Stage.CONNECT, Reply(0, str(error) or type(error).__name__)) from error

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
            client.close()
            raise

    async def send(self, letter: Letter, before_content: BeforeContent) -> tuple[Stage, Reply]:
        """See Carrier.send."""
        client, wire = self._client, self._wire
        if client is None or wire is None:
            return Stage.CONNECT, Reply(0, "not connected")
        if not (_PATH.fullmatch(letter.sender) and letter.recipient and _PATH.fullmatch(letter.recipient)):
            return Stage.RCPT, _NO_PATH
        if letter.needs_utf8 and not client.supports_extension("smtputf8"):
            return Stage.RCPT, _NO_UTF8
        for stage, command, agreed in _envelope(letter):
            reply = await wire.ask(command)
            if reply.code not in agreed:
                return await self._refused(wire, stage, reply)
        try:
            await before_content()
        except BaseException:
            wire.hang_up("the ledger stopped this letter")  # a lone dot would send an empty one
            raise
        return await _content(wire, _dotted(letter.data))

    async def _refused(self, wire: Wire, stage: Stage, reply: Reply) -> tuple[Stage, Reply]:
        if not 400 <= reply.code < 600:
            wire.hang_up(f"{reply.code} at {stage}")
            return stage, Reply(0, f"unexpected: {reply.code} {reply.text}" if reply.code else reply.text)
        if wire.alive and (await wire.ask(b"RSET")).code != 250:
            wire.hang_up("RSET refused")
        return stage, reply

    async def close(self) -> None:
        """QUIT, where the relay still listens."""
        client, wire, self._client, self._wire = self._client, self._wire, None, None
        if wire is not None:
            if wire.alive:
                wire.write_now(b"QUIT\r\n")
                await wire.reply(min(1.0, _FAREWELL / self._timeout))
            wire.hang_up("closed by us")
        if client is not None:
            client.close()


def _envelope(letter: Letter) -> tuple[tuple[Stage, bytes, tuple[int, ...]], ...]:
    options = b" BODY=8BITMIME SMTPUTF8" if letter.needs_utf8 else b""  # RFC 6531, 3.1; pitfalls: never else
    return (
        (Stage.MAIL, b"MAIL FROM:<" + letter.sender.encode() + b">" + options, (250,)),
        (Stage.RCPT, b"RCPT TO:<" + letter.recipient.encode() + b">", (250, 251)),
        (Stage.DATA, b"DATA", (354,)),
    )


def _dotted(data: bytes) -> bytes:
    """*data* with the dots doubled that begin a line (RFC 5321, 4.5.2). Base64 holds none: in a letter nothing needs a
    look behind its headers."""
    last = data.rfind(b".") + 1
    if not data.startswith(b".") and data.find(b"\n.", 0, last) < 0:
        return data
    return _DOTS.sub(b"..", data)


async def _content(wire: Wire, data: bytes) -> tuple[Stage, Reply]:
    """Without its dot a letter is not sent (RFC 5321, 4.1.1.4): a connection lost before leaves no doubt."""
    if (early := await wire.write(data)) is not None:
        return Stage.DATA, early
    wire.write_now(b".\r\n")
    return Stage.CONTENT, await wire.reply(_FINAL)
