"""What becomes of letters one behind the other, for each way in which the relay may take or refuse each of them: our
dialogue against the sink, whose log is the oracle."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.mail.dialogue import Dialogue, dotted
from publisher.model.delivery import Letter, Stage
from tests.mail.bags import Letters
from tests.mail.pipe import Chopped, connected
from tests.sink import Fault, Post, Session
from tests.sink import Stage as At


class Way(NamedTuple):
    """How the relay treats a letter, and what is to be told of it."""

    fault: Fault | None
    stage: Stage
    code: int
    taken: bool = False  # the relay has it
    ends: bool = False  # it ends the connection


CONTENT, DATA, MAIL, RCPT = Stage.CONTENT, Stage.DATA, Stage.MAIL, Stage.RCPT
NO, NOT_NOW = "5.1.1 no", "4.2.2 not now"
WAYS = {
    "good": Way(None, CONTENT, 250, taken=True),
    "rcpt-no": Way(Fault("rcpt", "reply", 550, NO), RCPT, 550),
    "rcpt-later": Way(Fault("rcpt", "reply", 450, NOT_NOW), RCPT, 450),
    "rcpt-drop": Way(Fault("rcpt", "drop"), RCPT, 0, ends=True),
    "data-later": Way(Fault("data", "reply", 451, NOT_NOW), DATA, 451),
    "content-no": Way(Fault("content", "reply", 554, NO), CONTENT, 554),
    "content-later": Way(Fault("content", "reply", 451, NOT_NOW), CONTENT, 451),
    "content-drop": Way(Fault("body", "drop", bytes=10), CONTENT, 0, ends=True),
    "taken-drop": Way(Fault("content", "accept-drop"), CONTENT, 0, taken=True, ends=True),
}
OTHERS = {
    "good": WAYS["good"],
    "mail-no": Way(Fault("mail", "reply", 550, NO), MAIL, 550),
    "mail-later": Way(Fault("mail", "reply", 452, NOT_NOW), MAIL, 452),
    "mail-drop": Way(Fault("mail", "drop"), MAIL, 0, ends=True),
    "rcpt-421": Way(Fault("rcpt", "reply", 421, NOT_NOW), RCPT, 421, ends=True),
    "data-no": Way(Fault("data", "reply", 554, NO), DATA, 554),
    "data-drop": Way(Fault("data", "drop"), DATA, 0, ends=True),
    "content-421": Way(Fault("content", "reply", 421, NOT_NOW), CONTENT, 421, ends=True),
    "taken-but": Way(Fault("content", "accept-reply", 451, NOT_NOW), CONTENT, 451, taken=True),
    "garbage": Way(Fault("content", "garbage"), CONTENT, 0, ends=True),
}


def letter(place: int, way: str) -> Letter:
    body = f"Message-ID: <{place}@x>\r\nSubject: {way}\r\n\r\n.\r\n..dots {place}\r\nend\r\n".encode()
    return Letter(f"{way}@us.example", f"reader{place}@them.example", body, str(place), needs_utf8=False)


@dataclass
class Relay:
    """The sink's script: a letter is treated as its sender says."""

    ways: dict[str, Way]

    def __call__(self, stage: At, session: Session) -> Fault | None:
        way = self.ways.get(session.sender.partition("@")[0])
        return way.fault if way and way.fault and way.fault.at == stage else None


async def drive(
    post: Post, ways: dict[str, Way], names: Sequence[str], sizes: Sequence[int] = (), turns: int = 0
) -> int:
    """Send letters that are treated like this over one connection after the other, and hold what was told of them
    against the log; returns how many connections that took. Replies come in pieces of these *sizes*, if any, gathered
    for so many *turns* of the loop."""
    post.clear()
    post.script, post.connections = Relay(ways), 0
    letters = [letter(place, name) for place, name in enumerate(names)]
    bag = Letters(*letters)
    while bag.waiting:
        before = len(bag.told)
        wire = await connected(post, Chopped(sizes, turns) if sizes else None)
        await Dialogue(wire, bag, pipelining=post.pipelining, utf8=False).run()
        wire.hang_up("done")
        assert [] == bag.out, names
        assert len(bag.told) > before, names  # no connection for nothing

    told = {each.name: (stage, reply.code) for each, stage, reply in bag.told}
    assert len(names) == len(bag.told) == len(told), names
    assert {str(n): (ways[name].stage, ways[name].code) for n, name in enumerate(names)} == told, names
    taken = [each for each, name in zip(letters, names, strict=True) if ways[name].taken]
    assert Counter((f"<{each.name}@x>", each.recipient) for each in taken) == post.accepted, names
    shas = {(f"<{each.name}@x>", each.recipient): {sha(each)} for each in taken}
    assert shas == post.shas, names
    assert not post.violations, (names, post.violations)
    return post.connections


def sha(each: Letter) -> str:
    """Of the content as it stands on the wire."""
    return hashlib.sha1(dotted(each.data), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("pipelining", [True, False], ids=["pipelining", "one by one"])
def test_four_letters_in_each_of_nine_ways(pipelining: bool, first: str) -> None:  # S2 X5
    async def main() -> None:
        post = Post(pipelining=pipelining)
        for rest in product(WAYS, repeat=3):
            names = (first, *rest)
            connections = await drive(post, WAYS, names)
            assert 1 + sum(WAYS[name].ends for name in names[:-1]) == connections, names

    asyncio.run(main())


@pytest.mark.parametrize("pipelining", [True, False], ids=["pipelining", "one by one"])
def test_three_letters_in_each_of_ten_other_ways(pipelining: bool) -> None:  # S2 X5
    async def main() -> None:
        post = Post(pipelining=pipelining)
        for names in product(OTHERS, repeat=3):
            await drive(post, OTHERS, names)

    asyncio.run(main())


def test_a_relay_that_wants_a_content_for_nobody_gets_a_lone_dot() -> None:  # S2
    """It answers DATA with 354 although it refused the recipient (RFC 2920, 3.1)."""

    async def main() -> None:
        post = Post(careless=True)
        for names in product(WAYS, repeat=3):
            connections = await drive(post, WAYS, names)
            assert 1 + sum(WAYS[name].ends for name in names[:-1]) == connections, names

    asyncio.run(main())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(WAYS | OTHERS)), min_size=1, max_size=5),
    st.lists(st.integers(1, 90), min_size=1, max_size=8) | st.just([1]),
    st.integers(0, 12),
    st.sampled_from([(True, False), (True, True), (False, False)]),
)
def test_replies_may_come_in_any_pieces(
    names: list[str], sizes: list[int], turns: int, kind: tuple[bool, bool]
) -> None:  # S2 X5
    pipelining, careless = kind

    async def main() -> None:
        await drive(Post(pipelining=pipelining, careless=careless), WAYS | OTHERS, names, sizes, turns)

    asyncio.run(main())
