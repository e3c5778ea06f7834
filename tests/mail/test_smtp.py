import asyncio
import ssl
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest
import uvloop
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from hypothesis import given
from hypothesis import strategies as st

from publisher.mail import smtp
from publisher.mail.carrier import Carrier, Down
from publisher.mail.dialogue import dotted
from publisher.mail.relay import Relay, parse
from publisher.mail.smtp import SmtpCarrier
from publisher.model.delivery import Letter, Reply, Stage
from tests.mail.bags import Letters
from tests.patience import LONG

LETTER = Letter(
    "b@example.org", "reader@example.net", b"Subject: x\r\n\r\n.\r\n..dots\r\nend\r\n", "1.x", False
)
BIG = Letter(
    "b@example.org",
    "reader@example.net",
    b"Subject: x\r\n\r\n" + b"x" * 70 * 1024 * 1024 + b"\r\n",
    "1.y",
    False,
)
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
TIMEOUT, SHORT = LONG, 0.8  # seconds; the short one where silence is what happens
factory: Callable[[], asyncio.AbstractEventLoop] | None = None
pipelining = False
T = TypeVar("T")


@pytest.fixture(autouse=True, params=["asyncio", "asyncio pipelining", "uvloop pipelining"])
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test runs on both loops, whose transports differ, with and without PIPELINING."""
    global factory, pipelining  # noqa: PLW0603
    factory = uvloop.new_event_loop if "uvloop" in request.param else None
    pipelining = "pipelining" in request.param
    yield
    factory, pipelining = None, False


def run(main: Coroutine[Any, Any, T]) -> T:
    async def within() -> T:
        async with asyncio.timeout(2 * LONG):
            return await main

    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(within())


@asynccontextmanager
async def peer(talk: Talk) -> AsyncIterator[Relay]:
    """A relay on loopback that follows *talk*."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", 0)
    async with server:
        yield Relay("smtp", "127.0.0.1", server.sockets[0].getsockname()[1])


def script(**replies: bytes | None) -> Talk:
    """A relay that answers each verb with *replies*, else as it should; None: it closes the connection instead."""
    normal = {
        "connect": b"220 ready\r\n",
        "ehlo": b"250-me\r\n250 PIPELINING\r\n" if pipelining else b"250-me\r\n250 8BITMIME\r\n",
        "mail": b"250 ok\r\n",
        "rcpt": b"250 ok\r\n",
        "data": b"354 go\r\n",
        "dot": b"250 2.0.0 queued\r\n",
        "rset": b"250 ok\r\n",
        "quit": b"221 bye\r\n",
    }
    answers = normal | replies

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        refused = False

        async def say(what: str) -> bool:
            answer = b"503 5.5.1 not now\r\n" if refused and what in ("rcpt", "data") else answers[what]
            writer.write(answer or b"")
            await writer.drain()
            return answer is not None

        if not await say("connect"):
            return
        while line := await reader.readline():
            verb = line[:4].strip().lower().decode()
            if not await say(verb):
                return
            if verb in ("mail", "rcpt", "rset"):
                refused |= (answers[verb] or b"")[:1] in (b"4", b"5")
                refused &= verb != "rset"
            if verb == "data" and not refused and (answers["data"] or b"").startswith(b"354"):
                while await reader.readuntil(b"\r\n") != b".\r\n":
                    pass
                if not await say("dot"):
                    return

    return talk


async def attempt(
    relay: Relay, letter: Letter = LETTER, timeout: float = TIMEOUT
) -> tuple[Stage, Reply, bool]:
    """What was said of the letter, and whether the connection would have taken another one."""
    bag = Letters(letter)
    await carried(relay, bag, timeout)
    ((_, stage, reply),) = bag.told
    return stage, reply, bag.emptied


async def carried(relay: Relay, bag: Letters, timeout: float = TIMEOUT) -> None:
    """One connection with *bag*."""
    carrier: Carrier = SmtpCarrier(relay, hello="test.example", timeout=timeout)
    await carrier.open()
    try:
        await carrier.converse(bag)
    finally:
        await carrier.close()


async def scripted(timeout: float = TIMEOUT, /, **replies: bytes | None) -> tuple[Stage, Reply, bool]:
    async with peer(script(**replies)) as relay:
        return await attempt(relay, timeout=timeout)


def test_a_letter_is_taken_and_the_connection_lives_on() -> None:
    bag = Letters(*(replace(LETTER, name=name) for name in "123"))

    async def main() -> None:
        async with peer(script()) as relay:
            await carried(relay, bag)

    run(main())

    assert [(Stage.CONTENT, Reply(250, "2.0.0 queued"))] * 3 == bag.outcomes
    assert bag.emptied


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA])
@pytest.mark.parametrize("code", [450, 451, 550, 554])
def test_a_refusal_is_told_with_its_stage_and_the_next_letter_goes(stage: Stage, code: int) -> None:  # S2
    found = run(scripted(**{stage: f"{code}-5.1.1 no\r\n{code} 5.1.1 such user\r\n".encode()}))

    assert (stage, Reply(code, "5.1.1 no 5.1.1 such user"), True) == found


def test_a_refused_content_is_told_as_such() -> None:
    assert (Stage.CONTENT, Reply(554, "5.6.0 no"), True) == run(scripted(dot=b"554 5.6.0 no\r\n"))


@pytest.mark.parametrize(
    "stage, verb", [("mail", "mail"), ("rcpt", "rcpt"), ("data", "data"), ("content", "dot")]
)
def test_a_421_ends_the_connection(stage: str, verb: str) -> None:  # S3
    assert (Stage(stage), Reply(421, "4.7.0 enough"), False) == run(
        scripted(**{verb: b"421 4.7.0 enough\r\n"})
    )


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        b"\x00\xff\xfe not smtp \x80\r\n",
        b"250-x\r\n" * 20_000,
        b"250 " + b"x" * 100_000,
        b"999 what\r\n",
        b"250-a\r\n",
        b"100 hm\r\n",
        b"25",
    ],
)
def test_silence_and_noise_are_no_reply(answer: bytes | None) -> None:  # S2 X5
    async def main() -> list[tuple[Stage, Reply, bool]]:
        waits = answer in (b"", b"250-a\r\n", b"25")
        verbs = ("mail", "rcpt", "data", "dot")
        return await asyncio.gather(*(scripted(SHORT if waits else TIMEOUT, **{v: answer}) for v in verbs))

    found = run(main())

    # Pipelined, where a reply is missing the next one stands in its place, and makes no sense there.
    first = Stage.RCPT if pipelining and answer in (b"", b"250-a\r\n") else Stage.MAIL
    stages = (first, Stage.RCPT, Stage.DATA, Stage.CONTENT)
    assert [(stage, 0, False) for stage in stages] == [
        (stage, reply.code, alive) for stage, reply, alive in found
    ]
    assert all(reply.text for _, reply, _ in found)


@pytest.mark.parametrize(
    "verb, answer", [("mail", b"354 go\r\n"), ("rcpt", b"220 x\r\n"), ("data", b"250 ok\r\n")]
)
def test_a_reply_that_makes_no_sense_ends_the_connection(verb: str, answer: bytes) -> None:
    stage, reply, alive = run(scripted(**{verb: answer}))

    assert (Stage(verb), 0, False) == (stage, reply.code, alive)


def test_replies_nobody_asked_for_are_not_taken_for_answers() -> None:
    stage, reply, alive = run(scripted(mail=b"250 ok\r\n250 ok\r\n250 ok\r\n", rcpt=b"550 5.1.1 no\r\n"))

    assert (Stage.DATA if pipelining else Stage.RCPT, 0, False) == (stage, reply.code, alive)


def test_a_goodbye_between_two_letters_costs_the_second_nothing() -> None:  # S3 X5
    second = replace(LETTER, name="2.x")
    bag = Letters(LETTER, second)

    async def main() -> None:
        async with peer(script(dot=b"250 ok\r\n421 4.7.0 no more\r\n")) as relay:
            await carried(relay, bag)

    run(main())

    assert [(LETTER, Stage.CONTENT, Reply(250, "ok"))] == bag.told
    assert [second] == list(bag.waiting)
    assert [(second, Reply(421, "4.7.0 no more"))] * pipelining == bag.returned
    assert not bag.emptied


def test_nothing_hangs_on_a_farewell() -> None:
    async def main() -> None:
        async with peer(script(quit=b"")) as relay:
            carrier = SmtpCarrier(relay, hello="test.example", timeout=LONG)
            await carrier.open()
            async with asyncio.timeout(LONG / 2):
                await carrier.close()

    run(main())


def test_a_slow_drip_is_no_reply() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        await reader.readline()
        writer.write(b"250 me\r\n")
        await reader.readline()
        for octet in b"250-" + b"x" * 1000:
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(0.05)

    async def main() -> tuple[Stage, Reply, bool]:
        async with peer(talk) as relay:
            return await attempt(relay, timeout=SHORT)

    assert (Stage.MAIL, Reply(0, "no reply in time"), False) == run(main())


@pytest.mark.parametrize("closes", [True, False])
def test_a_content_without_its_dot_is_not_in_doubt(closes: bool) -> None:  # S2
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"220 hi\r\n", b"250 me\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            writer.write(answer)
            await reader.readline()
        await (asyncio.sleep(0.1) if closes else asyncio.sleep(3))

    async def main() -> tuple[Stage, Reply, bool]:
        async with peer(talk) as relay:
            return await attempt(relay, BIG, TIMEOUT if closes else SHORT)

    stage, reply, alive = run(main())

    assert (Stage.DATA, 0, False) == (stage, reply.code, alive)


def test_the_ledger_commits_before_the_first_byte_of_the_content() -> None:  # S1
    seen = list[bytes]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"220 hi\r\n", b"250 me\r\n", b"250 ok\r\n", b"250 ok\r\n"):
            writer.write(answer)
            await reader.readline()
        writer.write(b"354 go\r\n")
        while chunk := await reader.read(65536):
            seen.append(chunk)
            if chunk.endswith(b"\r\n.\r\n"):
                writer.write(b"250 ok\r\n")
            elif chunk == b"QUIT\r\n":
                break

    async def main() -> None:
        async def commit(letter: Letter) -> bool:
            await asyncio.sleep(0.2)
            assert [] == seen
            seen.append(b"<commit>")
            return True

        bag = Letters(LETTER, before=commit)
        async with peer(talk) as relay:
            await carried(relay, bag)
        assert [(Stage.CONTENT, Reply(250, "ok"))] == bag.outcomes

    run(main())

    assert b"<commit>" + b"Subject: x\r\n\r\n..\r\n...dots\r\nend\r\n.\r\n" == b"".join(seen).removesuffix(
        b"QUIT\r\n"
    )


@given(
    st.lists(st.sampled_from([b".", b"..", b"a", b"a.b", b"\r\n", b"\r\n.", b"=", b""]), max_size=12).map(
        b"".join
    )
)
def test_a_dot_that_begins_a_line_is_doubled(data: bytes) -> None:  # S2 threat 2
    lines = [b"." + line if line.startswith(b".") else line for line in data.split(b"\r\n")]

    assert b"\r\n".join(lines) == dotted(data)


def test_no_content_leaves_when_the_ledger_cannot_commit() -> None:  # S1
    got = list[bytes]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"220 hi\r\n", b"250 me\r\n", b"250 ok\r\n", b"250 ok\r\n"):
            writer.write(answer)
            await reader.readline()
        writer.write(b"354 go\r\n")
        got.append(await reader.read())

    async def main() -> None:
        async def full(letter: Letter) -> bool:
            raise OSError("disk full")

        async with peer(talk) as relay:
            with pytest.raises(OSError, match="disk full"):
                await carried(relay, Letters(LETTER, before=full))
            await asyncio.sleep(0.05)

    run(main())

    assert b"" == b"".join(got)


@pytest.mark.parametrize(
    "address", ["a@example.org\r\nDATA", "a b@example.org", "a@x> SIZE=1", "", "\ud800@example.org", 'a"@x']
)
def test_an_address_says_nothing_else_to_the_relay(address: str) -> None:
    async def main() -> tuple[Stage, Reply, bool]:
        async with peer(script()) as relay:
            return await attempt(relay, Letter("b@example.org", address, b"x\r\n", "1", False))

    stage, reply, alive = run(main())

    assert (Stage.RCPT, 553, True) == (stage, reply.code, alive)


def test_a_utf8_address_is_undeliverable_where_the_relay_cannot() -> None:  # M8
    letter = Letter("b@example.org", "قارئ@example.net", b"To: \xd9\x82\r\n\r\nx\r\n", "1", True)

    async def main() -> tuple[Stage, Reply, bool]:
        async with peer(script()) as relay:
            return await attempt(relay, letter)

    stage, reply, alive = run(main())

    assert (Stage.RCPT, 553, True) == (stage, reply.code, alive)


@pytest.mark.parametrize(
    "replies, code",
    [
        ({"connect": b"554 5.7.1 go away\r\n"}, 554),
        ({"connect": b"421 busy\r\n"}, 421),
        ({"connect": None}, 0),
        ({"connect": b""}, 0),
        ({"connect": b"garbage\r\n"}, None),
        ({"connect": b"220-x\r\n" * 20_000}, None),
        ({"ehlo": None}, 0),
        ({"ehlo": b""}, 0),
        ({"ehlo": b"421 no\r\n"}, 421),
        ({"ehlo": b"\xff\xfe\x00\r\n"}, None),
    ],
)
def test_a_relay_that_is_down_says_so_before_any_letter(
    replies: dict[str, bytes | None], code: int | None
) -> None:
    async def main() -> Down:
        async with peer(script(**replies)) as relay:
            carrier = SmtpCarrier(
                relay, hello="test.example", timeout=SHORT if b"" in replies.values() else TIMEOUT
            )
            with pytest.raises(Down) as down:
                await carrier.open()
            await carrier.close()
            return down.value

    down = run(main())

    assert down.stage is Stage.CONNECT
    assert code is None or code == down.reply.code
    assert down.reply.text and down.reply.code >= 0


@pytest.mark.parametrize(
    ("said", "most"),
    [
        ("10485760", 10_485_760),
        (" 0 ", 0),
        ("", 0),
        ("many", 0),
        ("٣", 0),
        ("9" * 20, 10**20 - 1),
        ("9" * 5000, 0),
    ],
)
def test_the_size_that_a_relay_names_is_a_number_or_nothing(said: str, most: int) -> None:
    assert most == smtp._most(said)


def test_nobody_listening_is_down(unused_port: int) -> None:
    async def main() -> None:
        with pytest.raises(Down):
            await SmtpCarrier(
                Relay("smtp", "127.0.0.1", unused_port), hello="test.example", timeout=TIMEOUT
            ).open()

    run(main())


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_stripped_starttls_gives_no_password_away() -> None:  # S6
    heard = list[bytes]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        while line := await reader.readline():
            heard.append(line)
            writer.write(b"250-me\r\n250 AUTH PLAIN LOGIN\r\n")

    async def main() -> None:
        async with peer(talk) as relay:
            stripped = Relay("smtp+starttls", relay.host, relay.port, "me", "secret")
            with pytest.raises(
                Down, match=r"offers no encryption \(STARTTLS\) on this port: try smtps://.*owner$"
            ):
                await SmtpCarrier(stripped, hello="test.example", timeout=TIMEOUT).open()

    run(main())

    assert [b"EHLO test.example\r\n"] == heard


def test_a_relay_that_quotes_the_login_brings_no_password_into_the_log() -> None:  # S6, threat 9
    password = "canary-3f9c"

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = b""
        writer.write(b"220 hi\r\n")
        while line := await reader.readline():
            heard += line.strip() + b" "
            quoted = heard + password.encode()
            auth = line.startswith(b"AUTH")
            writer.write(b"535 5.7.8 no: " + quoted + b"\r\n" if auth else b"250-me\r\n250 AUTH PLAIN\r\n")

    async def main() -> str:
        async with peer(talk) as relay:
            known = Relay("smtp", relay.host, relay.port, "me", password)
            with pytest.raises(Down) as down:
                await SmtpCarrier(known, hello="test.example", timeout=TIMEOUT).open()
        return str(down.value)

    said = run(main())

    assert "535: 5.7.8 no: EHLO test.example AUTH PLAIN … …" in said
    assert password not in said and b64encode(f"\0me\0{password}".encode()).decode() not in said


class Inbox:
    """aiosmtpd's handler: keeps what was accepted."""

    def __init__(self) -> None:
        self.letters = list[tuple[str, list[str], bytes, bool]]()
        self.logins = list[tuple[bytes, bytes]]()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        self.letters.append((envelope.mail_from or "", envelope.rcpt_tos, content, session.ssl is not None))
        return "250 2.0.0 kept"

    def login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"secret", handled=data.password == b"secret")


class Posted(NamedTuple):
    inbox: Inbox
    replies: list[tuple[Stage, int]]
    down: Down | None


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


def trusting(cert: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(cert))


def serving(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


async def posted(url: str, *letters: Letter, tls: ssl.SSLContext | None = None, **options: Any) -> Posted:
    """Post *letters* to a real relay (aiosmtpd) at *url*, whose port is filled in."""
    inbox, loop = Inbox(), asyncio.get_running_loop()
    wrapped = options.pop("ssl", None)
    server = await loop.create_server(
        lambda: SMTP(inbox, loop=loop, authenticator=inbox.login, **options), "127.0.0.1", 0, ssl=wrapped
    )
    async with server:
        port = server.sockets[0].getsockname()[1]
        carrier = SmtpCarrier(parse(f"{url}:{port}"), hello="test.example", timeout=TIMEOUT, tls=tls)
        try:
            await carrier.open()
        except Down as down:
            return Posted(inbox, [], down)
        bag = Letters(*letters)
        await carrier.converse(bag)
        await carrier.close()
        return Posted(inbox, [(stage, reply.code) for stage, reply in bag.outcomes], None)


def test_a_real_relay_gets_the_very_bytes() -> None:
    utf8 = Letter(
        "b@example.org", "قارئ@example.net", "To: <قارئ@example.net>\r\n\r\nx\r\n".encode(), "2", True
    )
    again = replace(LETTER, name="3")
    got = run(posted("smtp://127.0.0.1", LETTER, utf8, again, enable_SMTPUTF8=True))

    assert [(Stage.CONTENT, 250)] * 3 == got.replies
    assert [LETTER.data, utf8.data, LETTER.data] == [letter[2] for letter in got.inbox.letters]
    assert ["قارئ@example.net"] == got.inbox.letters[1][1]
    assert "b@example.org" == got.inbox.letters[0][0]


def test_starttls_and_a_login_work(certificate: tuple[Path, Path]) -> None:  # S6
    options = {"tls_context": serving(certificate), "require_starttls": True, "auth_required": True}
    got = run(posted("smtp+starttls://me:secret@localhost", LETTER, tls=trusting(certificate[0]), **options))

    assert [(Stage.CONTENT, 250)] == got.replies
    assert [(LETTER.data, True)] == [(data, tls) for _, _, data, tls in got.inbox.letters]
    assert [(b"me", b"secret")] == got.inbox.logins


def test_a_wrong_password_is_down(certificate: tuple[Path, Path]) -> None:
    options = {"tls_context": serving(certificate), "require_starttls": True, "auth_required": True}
    got = run(posted("smtp+starttls://me:wrong@localhost", LETTER, tls=trusting(certificate[0]), **options))

    assert got.down is not None
    assert 535 == got.down.reply.code


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
@pytest.mark.parametrize(
    "host, said",
    [
        ("127.0.0.1", "write the relay's name in mail.relay as it is in the certificate"),  # another name
        ("localhost", "have this machine trust who signed it"),  # a stranger's signature
    ],
)
def test_a_certificate_is_checked(
    certificate: tuple[Path, Path], scheme: str, host: str, said: str
) -> None:  # S6
    tls, ours = trusting(certificate[0]) if host == "127.0.0.1" else None, serving(certificate)
    options = {"ssl": ours} if scheme == "smtps" else {"tls_context": ours}
    got = run(posted(f"{scheme}://{host}", LETTER, tls=tls, **options))

    assert str(got.down).startswith("no reply: the relay's certificate is refused, ")
    assert said in str(got.down) and ".:" not in str(got.down)
    assert len(str(got.down)) <= 200 + len("no reply: ")  # of more the ledger keeps the beginning
    assert [] == got.inbox.letters


def test_tls_where_none_is_spoken_is_said() -> None:  # S6
    got = run(posted("smtps://localhost", LETTER))

    assert str(got.down).endswith("the relay does not begin with TLS on this port: write smtp+starttls://")


def test_tls_from_the_first_byte_works(certificate: tuple[Path, Path]) -> None:  # S6
    got = run(posted("smtps://localhost", LETTER, tls=trusting(certificate[0]), ssl=serving(certificate)))

    assert [(Stage.CONTENT, 250)] == got.replies
    assert [LETTER.data] == [letter[2] for letter in got.inbox.letters]
