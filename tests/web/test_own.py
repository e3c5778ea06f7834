"""What is held on a reader, and erasing it: only the reader's own mailbox has the way there."""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from publisher.actions import choices, erasing, readers
from publisher.model.delivery import State
from publisher.model.people import Reach, Subscriber, Wish
from publisher.store import people
from publisher.store.tables import notices
from publisher.subscribers.limits import ADDRESS
from publisher.subscribers.tokens import Claim
from publisher.text.words import words
from publisher.verbs import people as verbs
from publisher.web.asking import SAME
from tests.patience import LONG
from tests.web.doors import Doors

MakeDoors = Callable[..., Doors]
ANN = "ann@example.net"
AR = words("ar")
ERASED = AR.text("Everything about you is erased")
WAITS = AR.text("The last traces of you are erased as soon as what is under way has ended.")
LATE = AR.text("It was good for 24 hours. Ask for a new one.")


def forwarded(doors: Doors, **changes: Any) -> str:
    """The path of Ann's preferences, as it stands in every letter to her."""
    readers.add(doors.house, ANN, None, doors.clock(), **{"confirmed": True} | changes)
    number = doors.house.store.read(people.known_newsletters)["daily"].id
    return f"/preferences/{doors.house.keys.sign('preferences', Claim(ann(doors).id, number))}"


def ann(doors: Doors) -> Subscriber:
    return choices.reader(doors.house, ANN)


def test_who_was_forwarded_a_letter_neither_sees_nor_erases(make_doors: MakeDoors) -> None:  # L8 H4
    doors = make_doors()
    path = forwarded(doors)
    (token,) = path.split("/")[2:]

    shown = doors.ask(path)
    asking = shown.link("/own")

    assert "/erase/" not in shown.body and "/held" not in shown.body
    assert [404, 404, 404] == [
        doors.ask(f"/preferences/{token}/held").status,
        doors.ask(f"/erase/{token}").status,
        doors.ask(f"/erase/{token}", "POST").status,
    ]
    before = doors.dump()
    page = doors.ask(asking)
    assert (200, before) == (page.status, doors.dump())  # H3
    assert AR.text("Send me the letter") in page.body and ANN not in page.body
    answer = doors.ask(asking, "POST")
    assert all(AR.text(each) in answer.body for each in SAME)
    assert "/erase/" not in answer.body
    assert [ANN] == [row.recipient for row in doors.letters("own")]


def test_the_letter_leads_to_what_is_held_and_to_erasing_it(make_doors: MakeDoors) -> None:  # L8
    doors = make_doors()
    doors.ask(f"{forwarded(doors)}/own", "POST")
    held = next(line for line in doors.letters("own")[-1].text.split("\n") if line.endswith("/held"))
    erase = doors.link("own", "erase")

    given = doors.ask(held)
    assert 'attachment; filename="held.json"' == given.headers["content-disposition"]
    assert (ANN, "no-store") == (json.loads(given.body)["person"]["address"], given.headers["cache-control"])
    before = doors.dump()
    assert AR.text("Yes, erase everything") in doors.ask(erase).body
    assert before == doors.dump()  # H3
    for method in ("POST", "POST", "GET"):
        assert ERASED in doors.ask(erase, method).body
    assert ERASED in doors.ask(held).body
    tables = doors.dump()
    assert not any(ANN in str(tables[name]) for name in tables)


def test_each_purpose_opens_its_own_door_for_a_day(make_doors: MakeDoors) -> None:  # L8 H4
    doors = make_doors()
    doors.ask(f"{forwarded(doors)}/own", "POST")
    text = doors.letters("own")[-1].text
    held = next(line for line in text.split("\n") if line.endswith("/held"))
    erase = doors.link("own", "erase")
    swapped = [f"/erase/{held.split('/')[-2]}", f"/preferences/{erase.split('/')[-1]}/held"]

    assert [404, 404] == [doors.ask(path).status for path in swapped]
    doors.clock.forward(hours=24)
    assert [False, False] == [LATE in doors.ask(path).body for path in (held, erase)]
    doors.clock.forward(seconds=2)
    late = [doors.ask(held), doors.ask(erase), doors.ask(erase, "POST")]
    assert [True] * 3 == [LATE in each.body and "/preferences/" in each.body for each in late]
    assert Reach.REACHABLE is ann(doors).state
    assert doors.clock() >= doors.letters("own")[-1].expires  # it would lead nowhere


def test_asking_has_the_caps_of_a_strangers_form(make_doors: MakeDoors) -> None:  # L2 L3
    doors = make_doors()
    path = forwarded(doors)
    answers = {doors.ask(f"{path}/own", "POST").body for _ in range(ADDRESS.most + 2)}

    assert (1, 1) == (len(answers), len(doors.letters()))
    doors.clock.forward(hours=1)
    own = make_doors(doors.house.root)
    own.join(ANN)  # a stranger's forms use up what is theirs alone
    assert ["own", "links"] == [row.kind for row in own.letters()]
    doors.clock.forward(hours=24)
    assert path and not doors.letters("own")[1:]
    again = make_doors(doors.house.root)  # after a restart: the database knows
    again.ask(f"{path}/own", "POST")
    assert 2 == len(again.letters("own"))


@pytest.mark.parametrize("state", [Reach.COMPLAINED, Reach.SUPPRESSED])
def test_who_wants_no_mail_of_us_gets_the_same_page_and_no_letter(
    make_doors: MakeDoors, state: Reach
) -> None:  # L2 L3
    doors = make_doors()
    path = forwarded(doors)
    said = doors.ask(f"{path}/own", "POST").body
    other = make_doors(doors.house.root / "other")
    quiet = forwarded(other)
    other.house.store.write(lambda c: people.set_reach(c, ann(other).id, state))

    assert (said, []) == (other.ask(f"{quiet}/own", "POST").body, other.letters())


def test_who_left_everything_still_gets_the_ways(make_doors: MakeDoors) -> None:  # L8
    doors = make_doors()
    path = forwarded(doors)
    token = doors.house.keys.sign("unsubscribe", Claim(ann(doors).id, 1))
    doors.ask(f"/u/{token}/all", "POST")
    form = doors.ask("/preferences/").form() | {"email": ANN}
    doors.clock.forward(seconds=5)

    doors.ask("/preferences/", "POST", form)

    (row,) = doors.letters("links")
    assert AR.text("Here are the ways to what is known about you, and to erasing it.") in row.text
    assert 200 == doors.ask(doors.link("links", "erase")).status
    assert 200 == doors.ask(f"{path}/own").status


def test_a_letter_on_the_wire_is_told_of_until_it_is_over(
    make_doors: MakeDoors, monkeypatch: pytest.MonkeyPatch
) -> None:  # L8
    monkeypatch.setattr(erasing, "PATIENCE", 0.05)
    doors = make_doors()
    doors.ask(f"{forwarded(doors)}/own", "POST")
    erase = doors.link("own", "erase")
    doors.house.store.write(lambda c: c.execute(notices.update().values(state=State.SENDING)))

    for method in ("POST", "GET", "POST"):
        assert WAITS in doors.ask(erase, method).body
    assert {} == {
        each.newsletter.name: each.state
        for each in choices.subscribed(doors.house, ann(doors).id, doors.clock())
        if each.state is not Wish.ENDED
    }

    doors.house.store.write(lambda c: c.execute(notices.update().values(state=State.SENT, text="")))
    monkeypatch.setattr(erasing, "PATIENCE", LONG)
    assert 1 == erasing.finish(doors.house)
    assert ERASED in doors.ask(erase).body


def test_many_erasures_at_once_leave_the_threads_to_everybody_else(
    make_doors: MakeDoors, monkeypatch: pytest.MonkeyPatch
) -> None:  # L8
    doors = make_doors()
    doors.ask(f"{forwarded(doors)}/own", "POST")
    path, number = doors.link("own", "erase"), ann(doors).id
    begun, go, most = [], threading.Event(), 2

    def erase(*said: Any) -> None:
        begun.append(said[1])
        assert go.wait(LONG)

    monkeypatch.setattr(erasing, "erase", erase)

    async def run() -> list[Any]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(most))
        by_verb = [verbs.erase(doors.session, subscriber=number) for _ in range(most)]
        by_door = [doors.request(path, "POST") for _ in range(most)]
        all_of_them = [asyncio.create_task(each) for each in (*by_verb, *by_door)]
        try:
            while not begun:
                await asyncio.sleep(0.01)
            free = [await asyncio.wait_for(asyncio.to_thread(int), LONG / 2) for _ in range(20)]
            assert [0] * 20 == free
            assert [number] == begun  # the others wait without a thread
        finally:
            go.set()
        return await asyncio.gather(*all_of_them)

    asyncio.run(run())
    assert [number] * 2 * most == begun
