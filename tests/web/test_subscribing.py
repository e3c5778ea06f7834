"""Who signs up, confirms, leaves and comes back, through the doors; and what the doors tell nobody."""

import asyncio
import random
import string
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from publisher.actions import choices, erasing, importing, joining, leaving, plan, readers, slots, yearly
from publisher.model.people import Reach, Said, Wish
from publisher.store import consents, ledger, people
from publisher.subscribers import addresses, imports, tokens
from publisher.subscribers.limits import SITE as WHOLE
from publisher.subscribers.tokens import PURPOSES, Claim
from publisher.text.words import LANGUAGES, words
from publisher.web.asking import SAME
from tests.conftest import SITE
from tests.web.doors import Doors

MakeDoors = Callable[..., Doors]
ANN = "ann@example.net"
ASKED = words("ar").text(SAME[0])


def wishes(doors: Doors, address: str = ANN) -> dict[str, Wish]:
    person = choices.reader(doors.house, address)
    return {
        each.newsletter.name: each.state for each in choices.subscribed(doors.house, person.id, doors.clock())
    }


def said(doors: Doors, address: str = ANN) -> list[tuple[Said, str, str]]:
    person = choices.reader(doors.house, address)
    found = doors.house.store.read(lambda c: consents.of(c, person.id))
    return [(each.event, each.form, each.ip) for each in found]


def confirmed(doors: Doors, address: str = ANN, **changes: Any) -> None:
    doors.join(address, **changes)
    assert 200 == doors.ask(doors.link("confirm", "confirm"), "POST").status


def test_a_reader_comes_chooses_leaves_and_returns(make_doors: MakeDoors) -> None:  # L4 L5 H2 H3
    doors = make_doors()

    asked = doors.join(ANN, newsletter=["daily"])
    assert (200, {"daily": Wish.PENDING}) == (asked.status, wishes(doors)) and ASKED in asked.body
    link = doors.link("confirm", "confirm")
    before = doors.dump()
    assert [200, 200] == [doors.ask(link, method).status for method in ("GET", "HEAD")]
    assert before == doors.dump()

    assert "<h1>تم تأكيد اشتراكك</h1>" in doors.ask(link, "POST", ip="192.0.2.9").body
    assert {"daily": Wish.ACTIVE} == wishes(doors)
    assert [(Said.ASKED, "page", "192.0.2.7"), (Said.CONFIRMED, "letter", "192.0.2.9")] == said(doors)
    once = doors.dump()
    assert 200 == doors.ask(link, "POST").status
    assert once == doors.dump()

    page = doors.ask(doors.link("welcome", "preferences"))
    assert 200 == page.status
    doors.ask(doors.link("welcome", "preferences"), "POST", page.form() | {"category": "رياضة"})
    leave = doors.link("welcome", "u")
    gone = doors.ask(leave, "POST", b"List-Unsubscribe=One-Click")
    assert (200, {"daily": Wish.ENDED}) == (gone.status, wishes(doors))
    assert f"{leave}/undo" in gone.body
    ended = doors.dump()
    assert [200] * 3 == [doors.ask(f"{leave}{end}").status for end in ("", "/all", "/undo")]
    assert 200 == doors.ask(leave, "POST").status
    assert ended == doors.dump()

    back = doors.ask(f"{leave}/undo", "POST")
    person = choices.reader(doors.house, ANN)
    (mine,) = choices.subscribed(doors.house, person.id, doors.clock())
    assert (200, Wish.ACTIVE, ("رياضة",)) == (back.status, mine.state, mine.choices.categories)
    assert [Said.ASKED, Said.CONFIRMED, Said.LEFT, Said.RETURNED] == [each for each, *_ in said(doors)]


def test_every_address_gets_the_same_answer(make_doors: MakeDoors) -> None:  # L2 threat 6
    doors = make_doors()
    confirmed(doors)
    names = {
        "new@example.net": None,
        ANN: None,
        "bounced@example.net": Reach.BOUNCED,
        "angry@example.net": Reach.COMPLAINED,
        "never@example.net": Reach.SUPPRESSED,
        "erased@example.net": Reach.ERASED,
    }
    for address, state in names.items():
        if state:
            readers.add(doors.house, address, None, doors.clock(), confirmed=True)
            number = choices.reader(doors.house, address).id
            doors.house.store.write(lambda c, n=number, s=state: people.set_reach(c, n, s))  # type: ignore[misc]
    doors.clock.forward(days=2)
    doors.letters()

    for path in ("/subscribe", "/preferences/"):
        answers = set()
        for address in names:
            form = doors.ask(path).form() | {"email": address}
            doors.clock.forward(seconds=5)
            answer = doors.ask(path, "POST", form)
            answers.add((answer.status, answer.body, tuple(answer.headers.items())))
        assert 1 == len(answers)

    mailed = {(row.recipient, row.kind) for row in doors.letters() if row.recipient != ANN}
    assert {("new@example.net", "confirm"), ("bounced@example.net", "confirm")} == mailed


def test_the_answer_does_not_wait_for_the_store(make_doors: MakeDoors) -> None:  # L2
    """How long it takes cannot depend on whom we know: whoever asks is looked for behind it."""
    doors = make_doors()
    form = doors.ask("/subscribe").form() | {"email": ANN}
    doors.clock.forward(seconds=5)
    assert () == doors.house.memory.digits  # asked for the form, once: no article has any

    def shut(*_: Any, **__: Any) -> Any:
        raise AssertionError("the answer asks the store")

    async def run() -> int:
        with pytest.MonkeyPatch.context() as patch:
            slow = asyncio.get_running_loop().create_future()
            patch.setattr(asyncio, "to_thread", lambda *_: slow)
            patch.setattr(type(doors.house.store), "read", shut)
            patch.setattr(type(doors.house.store), "write", shut)
            status = (await doors.request("/subscribe", "POST", form)).status
            await asyncio.sleep(0)
            slow.set_result(None)
        return status

    assert 200 == asyncio.run(run())
    assert [] == doors.letters()


def test_an_address_gets_one_letter_a_day_and_three_a_month(make_doors: MakeDoors) -> None:  # L3
    doors = make_doors()

    asked = joining.Ask(addresses.parse(ANN), ("daily",), "ar", "page", "", "")
    for _ in range(40 * 4):
        joining.ask(doors.house, asked, doors.clock())
        doors.clock.forward(hours=6)

    times = [row.created for row in doors.letters("confirm")]
    assert all(later - earlier >= timedelta(hours=24) for earlier, later in pairwise(times))
    assert 4 <= len(times) <= 6
    for n in range(len(times) - 3):
        assert times[n + 3] - times[n] >= timedelta(days=30)


def test_ten_thousand_posts_a_minute_stay_under_the_cap(make_doors: MakeDoors) -> None:  # L3
    doors = make_doors()
    stamped = tokens.stamp(doors.house.keys, int(doors.clock().timestamp()) - 10)
    chance = random.Random(7)

    async def flood() -> None:
        for n in range(1000):
            form = {"email": f"reader{n}@example.net", "newsletter": "daily", "shown": stamped}
            ip = ".".join(str(chance.randrange(1, 255)) for _ in range(4))
            assert 200 == (await doors.request("/subscribe", "POST", form, ip=ip)).status
        for finish in doors.session.on_stop:
            await finish()

    start = time.monotonic()
    asyncio.run(flood())

    most = WHOLE.most + (time.monotonic() - start) / WHOLE.every + 1
    assert 50 < len(doors.letters("confirm")) <= most


def test_a_form_of_another_site_needs_one_more_click(make_doors: MakeDoors) -> None:  # L3
    doors = make_doors()

    shown = doors.ask("/subscribe", "POST", {"email": ANN, "form": "embedded", "lang": "fa"})

    assert (200, []) == (shown.status, doors.letters())
    form = shown.form()
    assert ([ANN], ["daily"]) == (form["email"], form["newsletter"])
    doors.clock.forward(seconds=1)
    assert 'name="shown"' in doors.ask("/subscribe", "POST", form).body  # no person is that quick
    doors.clock.forward(seconds=3)
    answer = doors.ask("/subscribe", "POST", form)
    assert words("fa").text(SAME[0]) in answer.body
    assert [("confirm", "fa")] == [(row.kind, row.language) for row in doors.letters()]
    assert {("asked", "embedded")} == {(str(event), where) for event, where, _ in said(doors)}


def test_programs_fill_in_what_people_do_not_see(make_doors: MakeDoors) -> None:  # L3
    doors = make_doors()

    trapped, honest = doors.join(ANN, website="https://spam.example"), doors.join("bob@example.net")

    assert trapped.body == honest.body
    assert ["bob@example.net"] == [row.recipient for row in doors.letters()]


@pytest.mark.parametrize("stale", ["", "x", "old"])
def test_a_form_that_is_too_old_or_not_ours_sends_nothing(make_doors: MakeDoors, stale: str) -> None:  # L3
    doors = make_doors()
    stamped = (
        tokens.stamp(doors.house.keys, int(doors.clock().timestamp()) - 86401) if stale == "old" else stale
    )

    again = doors.join(ANN, shown=stamped)

    assert (200, []) == (again.status, doors.letters())
    assert 'name="shown"' in again.body


@pytest.mark.parametrize(
    "wrong", ["", "ann", "ann@", "a b@example.net", "x@\u202eexample.net", "ann@" + "e" * 300]
)
def test_what_is_no_address_is_said_so(make_doors: MakeDoors, wrong: str) -> None:  # L6
    doors = make_doors()

    answer = doors.join(wrong)

    assert (400, []) == (answer.status, doors.letters())
    assert words("ar").text("This is no e-mail address.") in answer.body


def test_who_chooses_no_newsletter_is_asked_to(make_doors: MakeDoors) -> None:
    doors = make_doors()

    answer = doors.join(ANN, newsletter=[])

    assert (400, []) == (answer.status, doors.letters())
    assert words("ar").text("Choose at least one.") in answer.body


def test_a_known_reader_gets_the_ways_to_their_pages(make_doors: MakeDoors) -> None:  # L2 L5
    doors = make_doors()
    confirmed(doors)
    doors.clock.forward(days=2)

    doors.join(ANN)

    assert words("ar").text("You are subscribed already.") in doors.letters("links")[-1].text
    assert 200 == doors.ask(doors.link("links", "preferences")).status
    assert {"daily": Wish.ACTIVE, "weekly": Wish.ACTIVE} == wishes(doors)


def test_a_link_of_last_week_begins_nothing(make_doors: MakeDoors) -> None:  # L4
    doors = make_doors()
    doors.join(ANN)
    link = doors.link("confirm", "confirm")
    doors.clock.forward(days=7, minutes=1)

    assert 2 == joining.sweep(doors.house, doors.clock())
    late = doors.ask(link, "POST")

    assert (200, {}) == (late.status, wishes(doors))
    assert words("ar").text("This link is too old, or was used") in late.body
    assert doors.house.layout.subscribe() in late.body
    doors.clock.forward(days=30)
    assert 0 == joining.sweep(doors.house, doors.clock())
    tables = doors.dump()
    assert [[], [], []] == [tables[name] for name in ("subscribers", "consents", "notices")]
    assert 200 == doors.ask(link).status


def test_who_asks_again_while_strangers_are_swept_away_is_none(
    make_doors: MakeDoors, monkeypatch: pytest.MonkeyPatch
) -> None:  # L4
    doors = make_doors()
    doors.join(ANN)
    doors.join("bob@example.net")
    doors.clock.forward(days=40)
    real = joining._forget

    def late(connection: Connection, **found: Any) -> None:
        asked = joining.Ask(addresses.parse(ANN), ("daily",), "ar", "page", "", "")
        people_of = people.find(connection, asked.address.key)
        assert people_of
        joining._note(
            connection, doors.house, asked, joining._Plan("confirm", people_of, ("daily",)), doors.clock()
        )
        real(connection, **found)

    monkeypatch.setattr(joining, "_forget", late)
    joining.sweep(doors.house, doors.clock())

    assert [ANN] == [each.subscriber.address for each in doors.house.store.read(people.page)]
    assert {"daily": Wish.PENDING} == wishes(doors)


def test_who_is_erased_while_they_confirm_stays_out(
    make_doors: MakeDoors, monkeypatch: pytest.MonkeyPatch
) -> None:  # L8
    doors = make_doors()
    doors.join(ANN)
    link = doors.link("confirm", "confirm")
    person, real = choices.reader(doors.house, ANN), erasing.lift

    def lift(*arguments: Any) -> None:
        erasing.erase(doors.house, person.id, doors.clock())
        real(*arguments)

    monkeypatch.setattr(erasing, "lift", lift)
    doors.ask(link, "POST")

    assert erasing.Known(doors.house)(addresses.parse(ANN).key)


def test_of_a_list_that_nobody_vouches_for_nothing_is_left_either(make_doors: MakeDoors) -> None:  # L4 L7
    doors = make_doors()
    for confirmed_, line in ((False, f"{ANN}\n"), (True, "bob@example.net\n")):
        rows = imports.rows([line])
        importing.import_rows(doors.house, rows, None, doors.clock(), confirmed=confirmed_, dry_run=False)
    assert [] == doors.letters()
    doors.clock.forward(days=31)

    assert 2 == joining.sweep(doors.house, doors.clock())

    assert ["bob@example.net"] == [row[1] for row in doors.dump()["subscribers"]]


def test_an_old_link_does_not_bring_back_who_left(make_doors: MakeDoors) -> None:  # L1 L4
    doors = make_doors()
    confirmed(doors)
    link = doors.link("confirm", "confirm")
    doors.ask(doors.link("welcome", "u"), "POST")
    before = wishes(doors)

    doors.ask(link, "POST")

    assert before == wishes(doors)


def test_each_of_two_links_begins_what_it_asked_for(make_doors: MakeDoors) -> None:  # L4
    doors = make_doors()
    doors.join(ANN, newsletter=["daily"])
    first = doors.link("confirm", "confirm")
    doors.clock.forward(days=1)
    doors.join(ANN)
    second = doors.link("confirm", "confirm")

    doors.ask(first, "POST")
    assert {"daily": Wish.ACTIVE, "weekly": Wish.PENDING} == wishes(doors)
    daily, weekly = (doors.house.newsletters[name].title for name in ("daily", "weekly"))
    asked = doors.ask(second).body
    assert (True, False) == (weekly in asked, daily in asked)
    doors.ask(second, "POST")

    assert {"daily": Wish.ACTIVE, "weekly": Wish.ACTIVE} == wishes(doors)
    assert 2 == [event for event, *_ in said(doors)].count(Said.CONFIRMED)
    assert 2 == len(doors.letters("welcome"))
    once = doors.dump()
    assert [200, 200] == [doors.ask(each, "POST").status for each in (first, second)]
    assert once == doors.dump()


def test_a_second_link_does_not_bring_back_who_left(make_doors: MakeDoors) -> None:  # L1 L4
    doors = make_doors()
    doors.join(ANN, newsletter=["daily"])
    first = doors.link("confirm", "confirm")
    doors.clock.forward(days=1)
    doors.join(ANN)
    second = doors.link("confirm", "confirm")
    doors.ask(first, "POST")
    doors.ask(doors.link("welcome", "u"), "POST")

    assert words("ar").text("This link is too old, or was used") not in doors.ask(second, "POST").body

    assert {"daily": Wish.ENDED, "weekly": Wish.ACTIVE} == wishes(doors)


def test_who_left_may_ask_again(make_doors: MakeDoors) -> None:  # L1 L4
    doors = make_doors()
    confirmed(doors, newsletter=["daily"])
    doors.ask(doors.link("welcome", "u"), "POST")
    doors.clock.forward(days=2)

    doors.join(ANN, newsletter=["daily"])
    assert {"daily": Wish.ENDED} == wishes(doors)
    doors.ask(doors.link("confirm", "confirm"), "POST")

    assert {"daily": Wish.ACTIVE} == wishes(doors)


def test_a_bounced_reader_who_confirms_is_reachable(make_doors: MakeDoors) -> None:  # L4 B2
    doors = make_doors()
    readers.add(doors.house, ANN, None, doors.clock(), confirmed=True)
    person = choices.reader(doors.house, ANN)
    doors.house.store.write(lambda c: people.set_reach(c, person.id, Reach.BOUNCED))

    confirmed(doors)

    assert Reach.REACHABLE is choices.reader(doors.house, ANN).state


def test_leaving_all_is_taken_back_as_a_whole_for_a_day(make_doors: MakeDoors) -> None:  # L5
    doors = make_doors()
    confirmed(doors)
    leave = doors.link("welcome", "u")

    doors.ask(f"{leave}/all", "POST")
    assert {"daily": Wish.ENDED, "weekly": Wish.ENDED} == wishes(doors)
    doors.clock.forward(hours=23, minutes=59)
    doors.ask(f"{leave}/undo", "POST")
    assert {"daily": Wish.ACTIVE, "weekly": Wish.ACTIVE} == wishes(doors)

    doors.ask(leave, "POST")
    doors.clock.forward(hours=24, minutes=1)
    late = doors.ask(f"{leave}/undo", "POST")
    assert words("ar").text("It is too late to take it back. You can subscribe again.") in late.body
    assert [Wish.ACTIVE, Wish.ENDED] == sorted(wishes(doors).values())


def test_what_had_not_left_is_neither_lost_nor_sent_twice(
    make_doors: MakeDoors, write: Any, publishes: Any
) -> None:  # L5 D1 H2
    doors = make_doors()
    confirmed(doors, newsletter=["daily"])
    house, leave = doors.house, doors.link("welcome", "u")
    daily = house.newsletters["daily"]
    write(house, "b.md", "خبر\nنص.\n")
    publishes(house)
    number = slots.edition_now(house, daily, doors.clock(), include_existing=False)
    assert number
    plan.plan(house, number, doors.clock())

    doors.ask(leave, "POST")
    doors.ask(f"{leave}/undo", "POST")
    doors.clock.forward(hours=1)
    again = slots.edition_now(house, daily, doors.clock(), include_existing=False)
    assert again
    plan.plan(house, again, doors.clock())

    rows = house.store.read(lambda c: ledger.listing(c, None, []))
    assert ["cancelled", "queued"] == sorted(str(row.state.name).lower() for row in rows)


def test_a_last_letter_is_written_where_the_site_wants_one(make_doors: MakeDoors) -> None:  # L5
    doors = make_doors()
    confirmed(doors, newsletter=["daily"])
    leave = doors.link("welcome", "u")
    doors.ask(leave, "POST")
    assert [] == doors.letters("goodbye")

    doors.ask(f"{leave}/undo", "POST")
    polite = replace(doors.house, mail=replace(doors.house.mail, goodbye=True))
    person = choices.reader(polite, ANN)
    token = polite.keys.sign("unsubscribe", Claim(person.id, 1))
    found = leaving.who_leaves(polite, token, doors.clock())
    assert found
    assert (1,) == leaving.go(polite, found, doors.clock(), everything=False, ip="")

    assert 200 == doors.ask(doors.link("goodbye", "u")).status
    assert doors.link("goodbye", "u").endswith("/undo")


def tokens_of(doors: Doors) -> dict[str, str]:
    """A genuine token for each purpose."""
    person = choices.reader(doors.house, ANN)
    made = {"erase": int(doors.clock().timestamp()), "held": int(doors.clock().timestamp())}
    return {
        purpose: doors.house.keys.sign(purpose, Claim(person.id, made.get(purpose, 1)))
        for purpose in PURPOSES
    }


DOORS = {
    "/u/{}": "unsubscribe",
    "/u/{}/undo": "unsubscribe",
    "/u/{}/all": "unsubscribe",
    "/confirm/{}": "confirm",
    "/preferences/{}": "preferences",
    "/preferences/{}/still": "preferences",
    "/preferences/{}/own": "preferences",
    "/preferences/{}/held": "held",
    "/approve/{}": "approval",
    "/erase/{}": "erase",
}


def test_no_token_opens_another_door(make_doors: MakeDoors) -> None:  # H4 threat 6
    doors = make_doors()
    confirmed(doors)
    genuine = tokens_of(doors)
    before = doors.dump()

    answers = {
        (reply.status, reply.body)
        for door, own in DOORS.items()
        for purpose, token in genuine.items()
        if purpose != own
        for method in (["GET"] if own == "held" else ["GET", "POST"])
        for reply in [doors.ask(door.format(token), method)]
    }

    assert [404] == [status for status, _ in answers]
    assert before == doors.dump()


def test_three_hundred_mutations_are_nobodys(make_doors: MakeDoors) -> None:  # H4 threat 6
    doors = make_doors()
    confirmed(doors)
    chance, letters = random.Random(20), string.ascii_letters + string.digits + "-_"
    genuine, before, answers = tokens_of(doors), doors.dump(), set()

    for n in range(300):
        door, own = sorted(DOORS.items())[n % len(DOORS)]
        token = list(genuine[own])
        match n % 3:
            case 0:
                place = chance.randrange(len(token))
                token[place] = chance.choice(letters.replace(token[place], ""))
            case 1:
                del token[chance.randrange(len(token))]
            case _:
                token.insert(chance.randrange(len(token)), chance.choice(letters))
        reply = doors.ask(door.format("".join(token)), "GET" if own == "held" else "POST")
        answers.add((reply.status, reply.body))

    assert [404] == [status for status, _ in answers]
    assert before == doors.dump()


def test_scanners_change_nothing(make_doors: MakeDoors) -> None:  # H3
    doors = make_doors()
    confirmed(doors, newsletter=["daily"])
    genuine, before = tokens_of(doors), doors.dump()
    paths = [door.format(genuine[own]) for door, own in DOORS.items() if own != "approval"]

    for path in [*paths, "/subscribe", "/subscribe/embed", "/preferences", "/preferences/"]:
        assert [200, 200] == [doors.ask(path, method).status for method in ("GET", "HEAD")], path

    assert before == doors.dump()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_the_readers_language(make_doors: MakeDoors, language: str) -> None:  # R8
    doors = make_doors()
    speak = words(language)

    for path in ("/subscribe", "/preferences/", "/subscribe/embed"):
        reply = doors.ask(f"{path}?lang={language}", headers={"Accept-Language": "ar, en;q=0.1"})
        assert f'<html lang="{language}" dir="{speak.direction}">' in reply.body
    form = {"email": ANN, "newsletter": "daily", "lang": language}  # as a form of the site's pages sends it
    shown = doors.ask("/subscribe", "POST", form, headers={"Accept-Language": "ar"})
    assert f'<html lang="{language}" dir="{speak.direction}">' in shown.body
    assert speak.text("Which letters do you want?") in doors.ask(f"/subscribe?lang={language}").body


@pytest.mark.parametrize(
    ("site", "browser", "language"),
    [
        ("ar", "en, fr;q=0.5", "ar"),
        ("ar-EG", "he", "ar"),
        ("ps", "xx, fa;q=0.9, en;q=0.1", "fa"),
        ("ps", "de", "en"),
    ],
)
def test_without_a_wish_the_pages_speak_the_sites_language_and_where_we_cannot_the_browsers(
    make_doors: MakeDoors, site: str, browser: str, language: str
) -> None:  # R8
    doors = make_doors(site=replace(SITE, language=site))

    reply = doors.ask("/subscribe", headers={"Accept-Language": browser})

    assert f'<html lang="{language}" ' in reply.body


def test_who_leaves_one_newsletter_is_told_which_go_on(make_doors: MakeDoors) -> None:  # L5
    doors = make_doors()
    confirmed(doors)
    mail = replace(doors.house.mail, goodbye=True)
    person = choices.reader(doors.house, ANN)
    leave = f"/u/{doors.house.keys.sign('unsubscribe', Claim(person.id, 1))}"
    found = leaving.who_leaves(doors.house, leave.removeprefix("/u/"), doors.clock())
    assert found
    leaving.go(replace(doors.house, mail=mail), found, doors.clock(), everything=False, ip="")

    one = doors.ask(leave).body
    goodbye = doors.letters("goodbye")[-1].text
    all_ = doors.ask(f"{leave}/all", "POST").body

    for said in (one, goodbye):
        assert "نشرة الصباح" in said and "وما زلت مشتركًا في نشرة الأسبوع." in said
        assert "لن تصلك رسائل بعد الآن" not in said
    assert "لن تصلك رسائل بعد الآن" in all_ and "وما زلت" not in all_


def test_the_first_newsletter_with_all_topics_is_chosen_beforehand(make_doors: MakeDoors) -> None:
    doors = make_doors()
    daily, weekly = doors.house.newsletters.values()
    sport = replace(daily, categories=("رياضة",))

    some = make_doors(newsletters={"daily": sport, "weekly": weekly}).ask("/subscribe").form()
    none = make_doors(newsletters={"daily": sport}).ask("/subscribe").form()

    assert ["daily"] == doors.ask("/subscribe").form()["newsletter"]
    assert [["weekly"], ["daily"]] == [some["newsletter"], none["newsletter"]]


def test_a_reader_of_a_year_is_asked_and_may_answer(make_doors: MakeDoors) -> None:  # L9
    daily = make_doors().house.newsletters["daily"]
    doors = make_doors(newsletters={"daily": replace(daily, ask_yearly="end")})
    confirmed(doors, newsletter=["daily"])
    assert 0 == yearly.ask(doors.house, doors.clock())
    doors.clock.forward(days=366)

    assert [1, 0] == [yearly.ask(doors.house, doors.clock()) for _ in range(2)]
    still = doors.link("yearly", "preferences")
    links = [line for line in doors.letters("yearly")[-1].text.splitlines() if line.endswith("/still")]
    assert 1 == len(links) and still
    before = doors.dump()
    doors.ask(links[0])
    assert before == doors.dump()
    doors.ask(links[0], "POST")
    doors.ask(links[0], "POST")
    assert [Said.ASKED, Said.CONFIRMED, Said.WISHED_ON] == [event for event, *_ in said(doors)]
    doors.clock.forward(days=60)
    assert 0 == yearly.ask(doors.house, doors.clock())
    assert {"daily": Wish.ACTIVE} == wishes(doors)

    doors.clock.forward(days=366)
    assert 1 == yearly.ask(doors.house, doors.clock())
    doors.leave_the_outbox()
    doors.clock.forward(days=29)
    yearly.ask(doors.house, doors.clock())
    assert {"daily": Wish.ACTIVE} == wishes(doors)
    doors.clock.forward(days=2)
    yearly.ask(doors.house, doors.clock())
    assert {"daily": Wish.ENDED} == wishes(doors)


def test_an_address_is_one_reader_however_it_is_spelt(make_doors: MakeDoors) -> None:  # L3 L6
    doors = make_doors()

    doors.join(ANN)
    doors.join(ANN.upper())

    assert 1 == len(doors.letters())
    assert addresses.parse(ANN).key == addresses.parse(ANN.upper()).key


def test_who_was_erased_may_sign_up_and_confirm_again(make_doors: MakeDoors) -> None:  # L8 L4
    doors = make_doors()
    confirmed(doors)
    erasing.erase(doors.house, choices.reader(doors.house, ANN).id, doors.clock())
    doors.clock.forward(days=2)
    confirmed(doors)
    erasing.finish(doors.house)

    assert {Wish.ACTIVE} == set(wishes(doors).values())


MAILED = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["ask", "confirm", "leave", "undo", *map(str, Reach), "day"]),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MAILED)
def test_only_reachable_readers_with_an_active_subscription_are_mailed(
    make_doors: MakeDoors, tmp_path_factory: pytest.TempPathFactory, events: list[tuple[int, str]]
) -> None:  # L1
    doors = make_doors(root=tmp_path_factory.mktemp("mailed"))
    house, links = doors.house, dict[int, str]()
    for who, event in events:
        address = f"reader{who}@example.net"
        found = house.store.read(lambda c, a=address: people.find(c, a))  # type: ignore[misc]
        now = doors.clock()
        if event == "ask":
            before = len(doors.letters("confirm"))
            asked = joining.Ask(addresses.parse(address), ("daily",), "ar", "page", "", "")
            joining.ask(house, asked, now)
            if len(doors.letters("confirm")) > before:
                links[who] = doors.link("confirm", "confirm").rpartition("/")[2]
        elif event == "confirm" and who in links:
            joining.confirm(house, links[who], now, wording="", ip="")
        elif event == "day":
            doors.clock.forward(days=2)
        elif found and event in ("leave", "undo"):
            token = house.keys.sign("unsubscribe", Claim(found.id, 1))
            if leaver := leaving.who_leaves(house, token, now):
                if event == "leave":
                    leaving.go(house, leaver, now, everything=False, ip="")
                else:
                    leaving.undo(house, leaver, now, ip="")
        elif found and event in set(map(str, Reach)):
            house.store.write(lambda c, p=found, e=event: people.set_reach(c, p.id, Reach(e)))  # type: ignore[misc]
    number = slots.edition_now(house, house.newsletters["daily"], doors.clock(), include_existing=True)
    if number:
        plan.plan(house, number, doors.clock())

    every = house.store.read(people.listing)
    wanted = {
        each.subscriber.address
        for each in every
        if each.subscriber.state is Reach.REACHABLE and each.newsletters.get("daily") is Wish.ACTIVE
    }
    rows = house.store.read(lambda c: ledger.listing(c, None, []))
    assert wanted == {row.address for row in rows}
