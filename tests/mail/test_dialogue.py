"""The dialogue of letters over secured connections, with long letters, and with relays that follow no rule."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import Any, TypeVar

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.mail.carrier import Down
from publisher.mail.dialogue import Dialogue
from publisher.mail.relay import parse
from publisher.mail.smtp import SmtpCarrier
from publisher.mail.wire import Wire
from publisher.model.delivery import Letter, Reply, Stage
from tests import patience
from tests.mail.bags import Letters
from tests.mail.pipe import Chopped, End, Far, connected
from tests.sink import Fault, Post, Script, Session, Sink, certificate
from tests.sink import Stage as At

TIMEOUT = patience.LONG
T = TypeVar("T")
Factory = Callable[[], asyncio.AbstractEventLoop] | None


@pytest.fixture(params=["asyncio", "uvloop"])
def factory(request: pytest.FixtureRequest) -> Factory:
    return uvloop.new_event_loop if request.param == "uvloop" else None


@pytest.fixture(params=["pipelining", "one by one"])
def pipelining(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "pipelining")


def run(main: Coroutine[Any, Any, T], factory: Factory = None) -> T:
    async def within() -> T:
        async with asyncio.timeout(2 * TIMEOUT):
            return await main

    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(within())


def letter(number: int, size: int = 0) -> Letter:
    body = b"".join(b".%d %s\r\n" % (at, b"x" * 70) for at in range(size // 78)) or b"short\r\n"
    data = f"Message-ID: <{number}@us.example>\r\n\r\n".encode() + body
    return Letter("b@us.example", f"reader{number}@them.example", data, str(number), needs_utf8=False)


async def carried(
    url: str, post: Sink, *letters: Letter, timeout: float = TIMEOUT, trusted: bool = True
) -> Letters:
    """What one connection to the sink makes of *letters*. Raises Down."""
    relay = parse(f"{url}:{post.port}")
    tls = ssl.create_default_context(cafile=str(certificate()[1])) if trusted else None
    carrier, bag = SmtpCarrier(relay, hello="us.example", timeout=timeout, tls=tls), Letters(*letters)
    await carrier.open()
    await carrier.converse(bag)
    await carrier.close()
    return bag


class Secured(Sink):
    """A sink that speaks TLS from the first byte on."""

    async def listening(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Session(self), "127.0.0.1", 0, ssl=certificate()[0])


def sink(scheme: str, *faults: Fault | str, **options: Any) -> Sink:
    """A sink for connections of this scheme."""
    if scheme == "smtps":
        return Secured(*faults, **options)
    return Sink(*faults, tls=certificate()[0] if scheme == "smtp+starttls" else None, **options)


def outcomes(bag: Letters) -> list[tuple[str, Stage, int]]:
    return [(each.name, stage, reply.code) for each, stage, reply in bag.told]


LONG = letter(1, 20_000_000)
WHERE = {"smtp": "127.0.0.1", "smtps": "localhost", "smtp+starttls": "localhost"}


@pytest.mark.parametrize("scheme", WHERE)
def test_letters_of_any_length_come_whole(scheme: str, pipelining: bool, factory: Factory) -> None:  # S2 S6
    sizes = (0, 65_000, 3_000_000, 0, 70_000)
    letters = [letter(number, size) for number, size in enumerate(sizes)]
    with sink(scheme, pipelining=pipelining) as post:
        bag = run(carried(f"{scheme}://{WHERE[scheme]}", post, *letters), factory)

    assert [(each.name, Stage.CONTENT, 250) for each in letters] == outcomes(bag)
    assert {(f"<{n}@us.example>", f"reader{n}@them.example") for n in range(5)} == set(post.accepted)
    assert not post.violations


@pytest.mark.parametrize("scheme", WHERE)
@pytest.mark.parametrize("do", ["drop", "reset"])
def test_a_long_letter_that_is_cut_was_not_sent(
    do: Any, scheme: str, pipelining: bool, factory: Factory
) -> None:  # S2 X5
    """Its dot never left. The letter behind it has not even been said."""
    with sink(scheme, Fault("body", do, bytes=100_000), pipelining=pipelining) as post:
        bag = run(carried(f"{scheme}://{WHERE[scheme]}", post, LONG, letter(2)), factory)

    assert [("1", Stage.DATA, 0)] == outcomes(bag)
    assert [letter(2)] == list(bag.waiting)
    assert not post.accepted and not post.violations


def test_a_relay_that_takes_no_byte_more_is_left(pipelining: bool, factory: Factory) -> None:  # X5
    with Sink(Fault("body", "stall", bytes=100_000), pipelining=pipelining) as post:
        bag = run(carried("smtp://127.0.0.1", post, LONG, letter(2), timeout=1.0), factory)

    assert [("1", Stage.DATA, 0)] == outcomes(bag)
    assert "the relay took nothing in time" == bag.told[0][2].text
    assert [letter(2)] == list(bag.waiting)


LOGIN = ("me", "secret")


@pytest.mark.parametrize(
    "fault, code",
    [
        ("starttls:reply;code=454", 454),
        ("starttls:drop", 0),
        ("starttls:stall", 0),
        ("starttls:garbage", 0),
        ("starttls:inject;text=250 2.0.0 welcome", 0),
        ("auth:reply;code=535", 535),
        ("auth:reply;code=454", 454),
        ("auth:drop", 0),
        ("auth:stall", 0),
    ],
)
def test_where_a_connection_cannot_be_secured_nothing_leaves(
    fault: str, code: int, factory: Factory
) -> None:  # X5 S6
    with sink("smtp+starttls", fault, password=LOGIN) as post, pytest.raises(Down) as down:
        run(
            carried(
                "smtp+starttls://me:secret@localhost",
                post,
                letter(1),
                timeout=1.0 if "stall" in fault else TIMEOUT,
            ),
            factory,
        )

    assert code in (0, down.value.reply.code)
    assert Stage.CONNECT is down.value.stage
    assert not post.accepted
    assert not {"a password in clear"} & set(post.violations)


def test_a_wrong_password_or_a_stranger_is_down(factory: Factory) -> None:  # X5 S6
    with sink("smtp+starttls", password=LOGIN) as post:
        with pytest.raises(Down, match="535"):
            run(carried("smtp+starttls://me:wrong@localhost", post, letter(1)), factory)
        with pytest.raises(Down, match=r"(?i)certificate"):
            run(carried("smtp+starttls://me:secret@localhost", post, letter(1), trusted=False), factory)

    assert not post.accepted


def test_what_is_said_before_the_lock_closes_is_not_heard_behind_it(factory: Factory) -> None:  # S6 X5
    """Replies that somebody put behind that to STARTTLS, in clear, answer nothing that is said in TLS, and what was
    offered in clear is not believed (RFC 3207, 4.2; CVE-2011-0411)."""
    heard = list[bytes]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        await reader.readline()
        writer.write(b"250-me\r\n250-PIPELINING\r\n250-SMTPUTF8\r\n250 STARTTLS\r\n")
        await reader.readline()
        evil = b"250-evil\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n"
        writer.write(b"220 go\r\n" + evil)
        await writer.start_tls(certificate()[0])
        replies = iter([b"250 me\r\n", b"250 ok\r\n", b"550 5.1.1 no\r\n", b"250 ok\r\n", b"221 bye\r\n"])
        while line := await reader.readline():
            heard.append(line)
            writer.write(next(replies))
        writer.close()

    async def main() -> Letters:
        bag = Letters(letter(1))
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        async with server:
            relay = parse(f"smtp+starttls://localhost:{server.sockets[0].getsockname()[1]}")
            tls = ssl.create_default_context(cafile=str(certificate()[1]))
            carrier = SmtpCarrier(relay, hello="us.example", timeout=TIMEOUT, tls=tls)
            await carrier.open()
            await carrier.converse(bag)
            await carrier.close()
        return bag

    bag = run(main(), factory)

    assert [("1", Stage.RCPT, 550)] == outcomes(bag)
    assert [b"EHLO", b"MAIL", b"RCPT", b"RSET", b"QUIT"] == [line[:4] for line in heard]


# In memory.


def behave(**faults: Fault) -> Callable[[At, Session], Fault | None]:
    """A script: the fault at a stage, each time."""
    return lambda stage, session: faults.get(stage)


async def conversed(post: Post, bag: Letters, near: End | None = None) -> Wire:
    wire = await connected(post, near)
    await Dialogue(wire, bag, pipelining=post.pipelining, utf8=False).run()
    assert [] == bag.out
    return wire


def test_a_refused_reset_ends_the_connection_and_costs_nobody_anything(pipelining: bool) -> None:  # S2
    async def main() -> tuple[Letters, Post]:
        no = Fault("rcpt", "reply", 550, "5.1.1 no")
        post = Post(behave(rcpt=no, rset=Fault("rset", "reply", 500)), pipelining=pipelining)
        bag = Letters(letter(1), letter(2), letter(3))
        await conversed(post, bag)
        return bag, post

    bag, post = run(main())

    assert [("1", Stage.RCPT, 550)] == outcomes(bag)
    assert [letter(2), letter(3)] == list(bag.waiting)
    assert not post.violations


def test_no_dot_is_sent_where_the_sender_was_refused_and_the_recipient_taken() -> None:  # S2
    """It would be an empty letter."""

    class Odd(Session):
        def _mail(self, line: bytes) -> None:
            super()._mail(line)
            self._out[-1:] = [b"451 4.3.0 not now\r\n"]

    async def main() -> tuple[Letters, Post]:
        post, bag = Post(), Letters(letter(1), letter(2))
        wire = await connected(post, session=Odd)
        await Dialogue(wire, bag, pipelining=True, utf8=False).run()
        return bag, post

    bag, post = run(main())

    assert [("1", Stage.MAIL, 451)] == outcomes(bag)
    assert [letter(2)] == list(bag.waiting)
    assert not post.accepted


def test_a_connection_waits_for_letters_while_a_reset_is_answered() -> None:  # S2
    """The answer to RSET may come while there is no letter at hand: it was asked for."""

    class Slow(Letters):
        async def take(self) -> Letter | None:
            await asyncio.sleep(0.05)
            found = super().ahead()
            self.emptied |= found is None
            return found

        def ahead(self) -> Letter | None:
            return None

    async def main() -> tuple[Letters, Post]:
        post = Post(Script(["rcpt:reply;code=550;text=5.1.1;first=1"]))
        bag = Slow(letter(1), letter(2), letter(3))
        await conversed(post, bag)
        return bag, post

    bag, post = run(main())

    assert [("1", Stage.RCPT, 550), ("2", Stage.CONTENT, 250), ("3", Stage.CONTENT, 250)] == outcomes(bag)
    assert 1 == post.connections
    assert bag.emptied


def test_a_letter_cancelled_at_the_last_moment_does_not_leave_and_takes_nobody_with_it(
    pipelining: bool,
) -> None:  # S7
    async def main() -> tuple[Letters, Post]:
        async def may(each: Letter) -> bool:
            return each.name != "2"

        post = Post(pipelining=pipelining)
        bag = Letters(*map(letter, range(1, 5)), before=may)
        while bag.waiting:
            await conversed(post, bag)
        return bag, post

    bag, post = run(main())

    assert [(name, Stage.CONTENT, 250) for name in "134"] == outcomes(bag)
    assert {f"reader{n}@them.example" for n in (1, 3, 4)} == set(post.by_recipient)
    assert 2 == post.connections


def test_a_goodbye_while_the_ledger_works_keeps_the_content_here(pipelining: bool) -> None:  # S1 S2 X5
    async def main() -> tuple[Letters, Post]:
        post = Post(pipelining=pipelining)

        async def slow(each: Letter) -> bool:
            (session,) = post.live
            session._say(b"421 4.4.2 timeout\r\n")
            session._end_here()
            await asyncio.sleep(0.05)
            return True

        bag = Letters(letter(1), letter(2), before=slow)
        await conversed(post, bag)
        return bag, post

    bag, post = run(main())

    assert [("1", Stage.DATA, Reply(421, "4.4.2 timeout"))] == [
        (each.name, stage, reply) for each, stage, reply in bag.told
    ]
    assert [letter(2)] == list(bag.waiting)
    assert not post.accepted


ODD = st.sampled_from(
    b"250 ok|250 ok|354 go|354 go|550 5.1.1 no|451 later|421 bye|250-more|250|220 hi|99 x|\xff\xfe|2".split(
        b"|"
    )
)


class Mad(Far):
    """A relay that answers each flight of words with some replies, whatever it was, and leaves when it has no more:
    when it is asked for them, or *at_once*."""

    def __init__(self, flights: list[list[bytes]], *, at_once: bool = False) -> None:
        super().__init__()
        self._flights, self._at_once = flights.copy(), at_once
        self.heard, self.protocol = b"", asyncio.Protocol()

    def arrives(self, data: bytes) -> None:
        self.heard += data
        replies = self._flights.pop(0) if self._flights else None
        if replies:
            self.write(b"\r\n".join(replies) + b"\r\n")
        if replies is None or (self._at_once and not self._flights):
            self.close()

    def gone(self) -> None:
        self._closing = True


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(ODD, max_size=6), max_size=8),
    st.booleans(),
    st.lists(st.integers(1, 40), min_size=1, max_size=4),
)
def test_whatever_a_relay_says_each_letter_has_one_end(
    flights: list[list[bytes]], pipelining: bool, sizes: list[int]
) -> None:  # S2 X5
    async def main() -> tuple[Letters, bytes]:
        near, far = Chopped(sizes, 0), Mad(flights)
        near.other, far.other = far, near
        bag = Letters(*map(letter, range(1, 4)))
        wire = Wire(near, 0.01)
        await Dialogue(wire, bag, pipelining=pipelining, utf8=False).run()
        wire.hang_up("done")
        return bag, far.heard

    bag, heard = run(main())

    assert [] == bag.out
    told = [each for each, *_ in bag.told]
    assert sorted(each.name for each in [*told, *bag.waiting]) == ["1", "2", "3"]
    for each, stage, _ in bag.told:
        content = each.data in heard
        assert content == (stage is Stage.CONTENT)
        assert content == (each in bag.begun) or stage is Stage.DATA
    # Each content stands behind its own envelope.
    at = [(heard.find(f"RCPT TO:<{each.recipient}>".encode()), heard.find(each.data)) for each in bag.begun]
    assert all(0 <= first < then for first, then in at if then >= 0)
    assert all(before < after for (_, before), (_, after) in pairwise(x for x in at if x[1] >= 0))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_noise_is_never_a_yes(noise: bytes, sizes: list[int]) -> None:  # S2 X5
    """In the place of the reply to a content."""

    async def main() -> Letters:
        flights = [[b"250 ok", b"250 ok", b"354 go"], [noise]]
        near, far = Chopped(sizes, 0), Mad(flights, at_once=True)
        near.other, far.other = far, near
        bag = Letters(letter(1))
        await Dialogue(Wire(near, TIMEOUT), bag, pipelining=True, utf8=False).run()
        return bag

    ((_, stage, reply),) = run(main()).told

    assert Stage.CONTENT is stage
    first = noise.partition(b"\n")[0].removesuffix(b"\r")
    says_yes = first[:3].isdigit() and first[:1] == b"2" and first[3:4] in (b"", b" ", b"-")
    assert says_yes or not 200 <= reply.code < 300
