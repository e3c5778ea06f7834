"""aiosmtplib with a pool of connections that stay open, on uvloop where it is there; --key: signed by dkimpy."""

import asyncio

import aiosmtplib
from common import SENDER, given, letters


def main() -> None:
    words = given()
    todo = letters(words.letter, words.letters)
    key = words.key.read_bytes() if words.key else b""

    def signed(letter: bytes) -> bytes:
        if not key:
            return letter
        import dkim

        names = [b"from", b"to", b"subject", b"date", b"message-id", b"list-unsubscribe"]
        return bytes(dkim.sign(letter, b"s", b"example.org", key, include_headers=names)) + letter

    async def work() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=words.port, start_tls=False) as client:
            for address, letter in todo:
                await client.sendmail(SENDER, [address], signed(letter))

    async def everybody() -> None:
        await asyncio.gather(*(work() for _ in range(words.connections)))

    try:
        from uvloop import new_event_loop
    except ImportError:
        new_event_loop = asyncio.new_event_loop
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(everybody())


if __name__ == "__main__":
    main()
