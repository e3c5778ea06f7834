"""Hosts whose config.toml differ say so, and send nothing in another name."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from publisher.actions import agreement
from publisher.actions.house import House
from publisher.daemon.common import Common
from publisher.errors import BadConfig, BadState
from publisher.mail.settings import DkimSettings
from publisher.verbs import delivering, measuring
from tests.conftest import Clock


def mailing(house: House, **changes: Any) -> House:
    return replace(house, mail=replace(house.mail, **changes))


def common(house: House) -> Common:
    settings: Any = SimpleNamespace(source=SimpleNamespace(path=Path("config.toml")))
    session: Any = SimpleNamespace(house=house)
    lasting: Any = SimpleNamespace()
    return Common(settings, session, lasting)


def test_what_differs_is_named_and_what_a_host_may_have_of_its_own_is_not(house: House) -> None:  # X10
    own = {
        "relay": ("smtp://127.0.0.1:25",),
        "connections": 9,
        "rate": ("5/s",),
        "username": "u",
        "password": "p",
    }
    daily = house.newsletters["daily"]
    others = (
        mailing(house, **own),
        mailing(house, spread="1m"),
        mailing(house, sender="Else <else@example.org>"),
        replace(house, site=replace(house.site, title="Else")),
        replace(house, newsletters={"daily": replace(daily, max_items=7), "new": replace(daily, name="new")}),
        replace(house, newsletters={}),
    )
    assert () == agreement.differing(others[1])  # nobody has led yet
    agreement.note(house)

    assert [
        (),
        ("[mail]",),
        ("[mail] from",),
        ("[site]",),
        ("[[newsletters]] daily", "[[newsletters]] new"),
        ("[[newsletters]] daily",),
    ] == [agreement.differing(each) for each in others]


def test_the_domain_of_from_signs_whether_it_is_written_or_not(house: House) -> None:
    agreement.note(house)
    written = mailing(house, dkim=DkimSettings("example.org", "a", "keys/a"))
    assert () == agreement.differing(written)


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "E <else@example.org>"},
        {"reply_to": "else@example.org"},
        {"bounce_domain": "b.example.org"},
    ],
)
def test_a_worker_with_another_name_sends_nothing_until_it_agrees(
    house: House, changes: dict[str, str]
) -> None:  # X10
    other = mailing(house, **changes)
    worker = common(other)
    stopped: list[int] = []
    worker.on_strange = lambda: stopped.append(1)
    assert asyncio.run(worker.may_send())
    agreement.note(house)
    assert not asyncio.run(worker.may_send())
    (problem,) = worker.problems.lines()
    assert problem.startswith("no letter leaves from here: [mail] ")
    assert [1] == stopped
    with pytest.raises(BadState, match=r"copy config\.toml"):
        delivering.must_send(SimpleNamespace(fenced="", in_daemon=False, house=other))  # type: ignore[arg-type]
    agreement.note(other)
    assert asyncio.run(worker.may_send())
    assert ([], []) == (worker.problems.lines(), worker.remarks["agreement"])


def test_another_setting_is_a_warning_and_letters_leave(house: House) -> None:
    agreement.note(house)
    worker = common(mailing(house, postal="Else"))
    assert asyncio.run(worker.may_send())
    (line,) = worker.remarks["agreement"]
    assert "than on the scheduler's host: [mail]. Mend: copy config.toml" in line


def test_who_does_not_know_yet_whether_it_leads_sends_nothing(house: House) -> None:  # X10
    one = common(house)
    one.follows = lambda: None
    assert not asyncio.run(one.may_send())
    one.follows = lambda: False
    assert asyncio.run(one.may_send())


def test_a_database_knows_whose_site_it_is(house: House) -> None:  # X10
    agreement.same_site(house.store, "other", writing=False)
    agreement.same_site(house.store, "mine", writing=True)
    agreement.same_site(house.store, "mine", writing=True)
    for writing in (False, True):
        with pytest.raises(BadConfig, match="is mine, and here it is other"):
            agreement.same_site(house.store, "other", writing=writing)


def test_a_web_server_without_the_output_says_so(house: House, publishes: Any, clock: Clock) -> None:
    one = common(house)
    one.serves = True
    assert "" == measuring.unserved(house)
    publishes(house)
    assert "" == measuring.unserved(house)
    away = house.out.rename(house.root / "away")
    (problem,) = measuring.problems(house, clock())
    assert "the output folder is not there, or empty. Mend: mount it" in problem
    asyncio.run(one.look_at_output())
    assert [problem] == one.problems.lines()
    house.out.mkdir()
    assert problem == measuring.unserved(house)
    house.out.rmdir()
    away.rename(house.out)
    asyncio.run(one.look_at_output())
    assert [] == one.problems.lines()
