"""The dialogue of letters on one SMTP connection: pipelined (RFC 2920), else one command at a time (S2).

Pipelined, a letter costs one round trip: behind the content of one rides the envelope of the next (RFC 2920, 3.1),
so its reply and the three of that envelope come together. The content itself leaves only after the ledger has noted
what the letter before became, and that this one leaves (S1).
"""

import re
from collections.abc import Sequence

from publisher.mail.carrier import Bag
from publisher.mail.wire import Wire
from publisher.model.delivery import Letter, Reply, Stage

_AGREED = ((Stage.MAIL, (250,)), (Stage.RCPT, (250, 251)), (Stage.DATA, (354,)))
_DOTS = re.compile(rb"(?m)^\.")
_DOT, _RESET = b".\r\n", b"RSET\r\n"
_PATH = re.compile(r"[^\s<>\"\x00-\x20\x7f-\x9f\ud800-\udfff]*")
_NO_UTF8 = Reply(553, "5.6.7 the relay takes no address with letters beyond ASCII (SMTPUTF8)")
_NO_PATH = Reply(553, "5.1.3 not an address for an SMTP envelope")
_FINAL = 5.0  # times the timeout: the relay may think longer about a whole letter (RFC 5321, 4.5.3.2.6)
_AT_ONCE = 65536  # octets that leave together; of a content with more it is known whether all but the last of them did


class Dialogue:
    """What one connection says. *pipelining* and *utf8*: whether the relay offers PIPELINING and SMTPUTF8."""

    def __init__(self, wire: Wire, bag: Bag, *, pipelining: bool, utf8: bool) -> None:
        self._wire, self._bag, self._pipelining, self._utf8 = wire, bag, pipelining, utf8

    async def run(self) -> Reply | None:
        """Carry what is in the bag; returns how the relay ended the connection, None where it did not. Raises what the
        bag raises; no content leaves then."""
        await (self._pipelined() if self._pipelining else self._one_by_one())
        return self._wire.ended

    async def _pipelined(self) -> None:
        wire, bag = self._wire, self._bag
        out: Letter | None = None  # its content is on the wire
        up = await self._start()  # its envelope is
        clearing = 0  # replies to what takes a refused envelope away
        while up or out or clearing:
            replies = await wire.replies(bool(out) + clearing + 3 * bool(up), _FINAL if out else 1.0)
            rode = out is not None or clearing > 0
            if out:
                self._taken(out, replies.pop(0) if replies else wire.silence)
                out = None
            elif clearing:
                rest, replies = replies[:clearing], replies[clearing:]
                if len(rest) == clearing and rest[-1].code != 250:  # the last is RSET's
                    wire.nonsense("RSET refused")
                    replies.clear()
                clearing = 0
            if up is None:
                up = await self._start()
                continue
            stage, refusal = _agreed(replies, wire.silence)
            if refusal is None:
                out, up = await self._content(up)
                continue
            if rode and stage is Stage.MAIL and refusal.code in (0, 421):
                bag.back(up, refusal)  # the connection ended with the letter before
            else:
                self._refused(up, stage, refusal)
            clearing = self._clear(replies)
            up = await self._start()

    async def _one_by_one(self) -> None:
        wire = self._wire
        while letter := await self._next():
            replies = list[Reply]()
            for command, (_, agreed) in zip(_envelope(letter), _AGREED, strict=True):
                replies.append(await wire.ask(command[:-2]))
                if replies[-1].code not in agreed:
                    break
            stage, refusal = _agreed(replies, wire.silence)
            if refusal is not None:
                self._refused(letter, stage, refusal)
                if wire.alive and (await wire.ask(b"RSET")).code != 250:
                    wire.nonsense("RSET refused")
                continue
            out, _ = await self._content(letter)
            if out:
                self._taken(out, await wire.reply(_FINAL))

    async def _content(self, letter: Letter) -> tuple[Letter | None, Letter | None]:
        """Send the content of *letter*, which the relay has agreed to take, and the envelope of the next; returns
        those of the two that are on the wire."""
        wire, bag = self._wire, self._bag
        begun = bag.begin(letter)
        following = self._ahead()  # made while the ledger works
        try:
            may = await begun
        except BaseException:
            wire.hang_up("the ledger stopped this letter")
            raise
        if not may:
            wire.hang_up("the letter was cancelled")  # a lone dot would send an empty one
        elif (early := wire.unasked()) is not None:
            bag.tell(letter, Stage.DATA, early)
        else:
            data = dotted(letter.data)
            envelope = _envelope(following) if following else ()
            last = max(0, len(data) - 1) // _AT_ONCE * _AT_ONCE
            for start in range(0, last, _AT_ONCE):
                wire.write(data[start : start + _AT_ONCE])
                await wire.drained()
            if (early := wire.unasked()) is None:
                wire.write(data[last:] if last else data, _DOT, *envelope, asks=1 + len(envelope))
                return letter, following
            # Without its dot a letter is not sent (RFC 5321, 4.1.1.4): that leaves no doubt.
            bag.tell(letter, Stage.DATA, early)
        if following:
            bag.back(following, wire.silence)
        return None, None

    def _clear(self, replies: Sequence[Reply]) -> int:
        """Take an envelope away that got these *replies*, one a refusal; returns how many more that will bring."""
        wire = self._wire
        codes = [reply.code for reply in replies]
        if wire.unasked() is not None:
            return 0
        if codes[2:] != [354]:
            wire.write(_RESET, asks=1)
            return 1
        if codes[1] in _AGREED[1][1]:
            wire.nonsense("354 after a refusal")  # a lone dot would send an empty letter
            return 0
        wire.write(_DOT, _RESET, asks=2)  # RFC 2920, 3.1: nobody gets it
        return 2

    def _taken(self, letter: Letter, reply: Reply) -> None:
        if 300 <= reply.code < 400:
            self._wire.nonsense(f"{reply.code} after a content")
        self._bag.tell(letter, Stage.CONTENT, reply)

    def _refused(self, letter: Letter, stage: Stage, reply: Reply) -> None:
        if 400 <= reply.code < 600:
            self._bag.tell(letter, stage, reply)
            return
        self._wire.nonsense(f"{reply.code} at {stage}")
        text = f"unexpected: {reply.code} {reply.text}" if reply.code else reply.text
        self._bag.tell(letter, stage, Reply(0, text))

    async def _start(self) -> Letter | None:
        """The next letter, its envelope on the wire."""
        letter = await self._next()
        if letter:
            self._wire.write(*_envelope(letter), asks=3)
        return letter

    async def _next(self) -> Letter | None:
        """The next letter that an envelope can be written for, while the relay listens."""
        while self._wire.unasked() is None and (letter := await self._bag.take()) is not None:
            if not self._fits(letter):
                continue
            if (early := self._wire.unasked()) is None:
                return letter
            self._bag.back(letter, early)
        return None

    def _ahead(self) -> Letter | None:
        while self._pipelining and (letter := self._bag.ahead()) is not None:
            if self._fits(letter):
                return letter
        return None

    def _fits(self, letter: Letter) -> bool:
        if not (_PATH.fullmatch(letter.sender) and letter.recipient and _PATH.fullmatch(letter.recipient)):
            self._bag.tell(letter, Stage.RCPT, _NO_PATH)
        elif letter.needs_utf8 and not self._utf8:
            self._bag.tell(letter, Stage.RCPT, _NO_UTF8)
        else:
            return True
        return False


def _envelope(letter: Letter) -> tuple[bytes, bytes, bytes]:
    options = b" BODY=8BITMIME SMTPUTF8" if letter.needs_utf8 else b""  # RFC 6531, 3.1; pitfalls: never else
    return (
        b"MAIL FROM:<" + letter.sender.encode() + b">" + options + b"\r\n",
        b"RCPT TO:<" + letter.recipient.encode() + b">\r\n",
        b"DATA\r\n",
    )


def _agreed(replies: Sequence[Reply], silence: Reply) -> tuple[Stage, Reply | None]:
    """Where an envelope was refused and the reply that did it, None where it was not."""
    for place, (stage, agreed) in enumerate(_AGREED):
        reply = replies[place] if place < len(replies) else silence
        if reply.code not in agreed:
            return stage, reply
    return Stage.CONTENT, None


def dotted(data: bytes) -> bytes:
    """*data* with the dots doubled that begin a line (RFC 5321, 4.5.2). Base64 holds none: in a letter nothing needs a
    look behind its headers."""
    last = data.rfind(b".") + 1
    if not data.startswith(b".") and data.find(b"\n.", 0, last) < 0:
        return data
    return _DOTS.sub(b"..", data)
