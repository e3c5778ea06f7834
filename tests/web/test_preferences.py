"""A reader's own page over HTTP: what it shows, what its form does, and what it lets nobody do."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import lxml.html
import pytest

from publisher.actions import choices, preferences, readers
from publisher.actions.choices import Subscribed
from publisher.actions.house import House
from publisher.model.people import Wish
from publisher.store import people
from publisher.store.state import State
from publisher.subscribers.tokens import Claim
from publisher.text.words import LANGUAGES, words
from publisher.verbs.session import Session
from publisher.web.app import application
from tests.conftest import DAILY, Clock, MakeHouse, Write

ANN = "ann@example.org"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str

    @property
    def form(self) -> dict[str, list[str]]:
        """The fields as a browser would send them if their reader changed nothing."""
        (form,) = lxml.html.fromstring(self.body).forms
        found: dict[str, list[str]] = {}
        for name, value in form.form_values():
            found.setdefault(name, []).append(value)
        return found


class Site(NamedTuple):
    """A house with one reader, and its web server."""

    house: House
    clock: Clock
    app: Callable[..., Any]
    path: str  # of the reader's page

    def ask(self, path: str = "", method: str = "GET", form: Mapping[str, Any] | bytes = b"") -> Reply:
        return asyncio.run(self._ask(path or self.path, method, form))

    async def _ask(self, path: str, method: str, form: Mapping[str, Any] | bytes) -> Reply:
        body = form if isinstance(form, bytes) else urlencode(form, doseq=True).encode()
        said: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"content-type", b"application/x-www-form-urlencoded")],
        }
        await self.app(scope, receive, send)
        named = {name.decode(): value.decode() for name, value in said[0]["headers"]}
        return Reply(said[0]["status"], named, b"".join(each["body"] for each in said[1:]).decode())

    @property
    def mine(self) -> Subscribed:
        """What the reader has."""
        person = choices.reader(self.house, ANN)
        return choices.subscribed(self.house, person.id, self.clock())[0]

    def token(self, purpose: str, subscriber: int = 1) -> str:
        series = self.house.store.read(people.known_newsletters)["daily"]
        return self.house.keys.sign(purpose, Claim(subscriber, series.id))


@pytest.fixture
def make_site(
    make_house: MakeHouse, tmp_path: Any, clock: Clock, write: Write, publishes: Any
) -> Callable[..., Site]:
    def make(language: str | None = None, **changes: Any) -> Site:
        newsletter = replace(DAILY, **{"frequencies": ("daily", "weekly", "monthly")} | changes)
        house = make_house(tmp_path, newsletters={"daily": newsletter})
        write(house, "a.md", "---\ntitle: أول\ntags: [رياضة, ثقافة]\n---\n\nنص.\n")
        publishes(house)
        readers.add(house, ANN, None, clock(), confirmed=True, language=language)
        state = State(tmp_path / "state")
        session = Session(house, state, clock, lambda: pytest.fail("nothing is sent here"))
        site = Site(house, clock, application(session, list, list), "")
        return site._replace(path=f"/preferences/{site.token('preferences')}")

    return make


def test_looking_changes_nothing(make_site: Callable[..., Site]) -> None:  # H3
    site = make_site()
    before = site.mine

    shown, head = site.ask(), site.ask(method="HEAD")

    assert (200, 200) == (shown.status, head.status)
    assert before == site.mine
    assert "no-store" == shown.headers["cache-control"]
    assert "no-referrer" == shown.headers["referrer-policy"]
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert ANN not in shown.body


def test_what_is_sent_back_as_it_was_changes_nothing(make_site: Callable[..., Site]) -> None:  # L5 D4
    site = make_site()
    before = site.mine

    saved = site.ask(method="POST", form=site.ask().form)

    assert 200 == saved.status
    assert words("ar").text("Your preferences are saved.") in saved.body
    assert before == site.mine
    assert "" == site.mine.choices.schedule  # still the newsletter's own, and goes with it


def test_everything_can_be_chosen(make_site: Callable[..., Site]) -> None:  # L5 D4
    site = make_site()
    form = site.ask().form | {
        "often": "weekly",
        "weekday": "5",
        "at": "21:30",
        "zone": "Asia/Tehran",
        "category": ["ثقافة"],
        "language": "fa",
        "text_only": "yes",
    }

    saved = site.ask(method="POST", form=form)

    mine, again = site.mine, saved.form
    assert ("weekly sat 21:30", "Asia/Tehran") == (mine.choices.schedule, mine.choices.zone)
    assert (("ثقافة",), True) == (mine.choices.categories, mine.choices.text_only)
    assert "fa" == choices.reader(site.house, ANN).language
    assert words("fa").text("Your preferences are saved.") in saved.body  # in the language just chosen
    assert {name: [value] if isinstance(value, str) else value for name, value in form.items()} == again


@pytest.mark.parametrize("often, day, said", [("monthly", "31", "monthly 31 07:00"), ("daily", "3", "")])
def test_days_belong_to_what_needs_them(
    make_site: Callable[..., Site], often: str, day: str, said: str
) -> None:
    site = make_site()

    site.ask(method="POST", form=site.ask().form | {"often": often, "day": day})

    assert said == site.mine.choices.schedule


def test_what_a_form_leaves_out_stays_as_it_is(make_site: Callable[..., Site]) -> None:  # L5
    """A site's own template may show less than ours."""
    site = make_site()
    site.ask(method="POST", form=site.ask().form | {"often": "weekly", "weekday": "5", "at": "21:30"})
    before = site.mine

    assert 200 == site.ask(method="POST", form={"pause": "none", "often": "weekly"}).status
    assert 200 == site.ask(method="POST", form={"pause": "none"}).status
    assert before == site.mine


@pytest.mark.parametrize("asked, days", [("week", 7), ("month", 30), ("open", None)])
def test_a_pause_begins_and_ends(
    make_site: Callable[..., Site], asked: str, days: int | None
) -> None:  # L5 D4
    site = make_site()

    paused = site.ask(method="POST", form=site.ask().form | {"pause": asked})

    zone = ZoneInfo("Asia/Baghdad")
    assert Wish.PAUSED is site.mine.state
    until = site.mine.choices.resumes
    assert days == (until and (until.astimezone(zone).date() - site.clock().astimezone(zone).date()).days)
    assert (["kept"] if days else ["open"]) == paused.form["pause"]
    site.ask(method="POST", form=paused.form)  # sent again: the end does not move
    assert (Wish.PAUSED, until) == (site.mine.state, site.mine.choices.resumes)

    site.ask(method="POST", form=paused.form | {"pause": "none"})
    assert (Wish.ACTIVE, None) == (site.mine.state, site.mine.choices.resumes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"often": "hourly"},
        {"often": "weekly", "weekday": "9"},
        {"often": "weekly", "weekday": "sat"},
        {"often": "weekly", "weekday": "9" * 5000},
        {"often": "weekly", "weekday": "٣"},
        {"at": "25:00"},
        {"zone": "Mars/Olympus"},
        {"zone": "../../etc/passwd"},
        {"category": "لا وجود له"},
        {"pause": "ever"},
        {"language": "<script>"},
        {"language": "xx"},
        {"often": "monthly", "day": "0"},
    ],
)
def test_what_the_page_does_not_offer_is_refused_whole(
    make_site: Callable[..., Site], wrong: dict[str, str]
) -> None:
    site = make_site()
    before = site.mine
    form = site.ask().form | {"text_only": "yes", "often": "daily", "at": "09:00"} | wrong

    refused = site.ask(method="POST", form=form)

    assert 400 == refused.status
    assert words("ar").text("Something in the form cannot be used. Nothing was changed.") in refused.body
    assert before == site.mine


@pytest.mark.parametrize("body", [b"a" * (1 << 17), "اسم=قيمة".encode(), b"&".join([b"x=y"] * 300)])
def test_what_is_no_form_is_refused(make_site: Callable[..., Site], body: bytes) -> None:
    site = make_site()

    assert 400 == site.ask(method="POST", form=body).status


MULTIPART = b'--x\r\nContent-Disposition: form-data; name="pause"\r\n\r\nkept\r\n--x--\r\n'


@pytest.mark.parametrize("body", [b"", b"text_only=yes", b"pause=", b"List-Unsubscribe=One-Click", MULTIPART])
def test_a_form_that_is_not_the_pages_own_takes_no_choice_away(
    make_site: Callable[..., Site], body: bytes
) -> None:  # L5
    site = make_site()
    chosen = {"category": ["ثقافة"], "text_only": "yes", "pause": "week"}
    site.ask(method="POST", form=site.ask().form | chosen)
    before = site.mine

    refused = site.ask(method="POST", form=body)

    assert 400 == refused.status
    assert before == site.mine and before.choices.text_only and Wish.PAUSED is before.state


def test_links_for_other_things_and_forged_ones_are_nobodys(
    make_site: Callable[..., Site],
) -> None:  # H4 threat 6
    site = make_site()
    good = site.token("preferences")
    forged = [good[:-1] + ("A" if good[-1] != "A" else "B"), good[1:], good + "A", "x", good.upper()]
    others = [site.token("unsubscribe"), site.token("approval"), site.token("preferences", subscriber=2)]
    before = site.mine

    answers = {
        site.ask(f"/preferences/{token}", "POST", {"pause": "open"}).status for token in forged + others
    }

    assert {404} == answers
    assert before == site.mine


def test_a_site_without_a_weekend_has_the_page_too(make_site: Callable[..., Site]) -> None:  # L5
    site = make_site()
    bare = replace(site.house, site=replace(site.house.site, weekend=()))
    found = preferences.opened(bare, site.token("preferences"), site.clock())

    assert found and 5 == found.page.weekday  # a week of Iraq begins on Saturday


def test_who_has_left_has_nothing_to_choose(make_site: Callable[..., Site]) -> None:  # L1
    site = make_site()
    leave = re.search(r'href="(https://[^"]*/u/[^"]*)"', site.ask().body)
    assert leave
    path = leave[1].removeprefix(site.house.site.url)

    assert Wish.ACTIVE is site.mine.state
    assert 200 == site.ask(path, "POST").status
    answer = site.ask(method="POST", form={"pause": "none"})

    assert (200, Wish.ENDED) == (answer.status, site.mine.state)
    assert 'name="pause"' not in answer.body
    assert words("ar").text("Take it back") in answer.body


def test_a_newsletter_that_offers_no_hours_asks_for_none(make_site: Callable[..., Site]) -> None:  # D4
    site = make_site(frequencies=(), categories=("رياضة",))
    form = site.ask().form

    assert not {"often", "at", "zone"} & set(form)
    site.ask(method="POST", form=form | {"category": "رياضة"})
    assert ("رياضة",) == site.mine.choices.categories


@pytest.mark.parametrize(
    ("language", "first"), [("ar", "رياضة"), ("he", "בישול"), ("en", "News"), ("ckb", "رياضة")]
)
def test_topics_in_the_script_of_the_page_come_first(
    make_site: Callable[..., Site], language: str, first: str
) -> None:
    site = make_site(language, categories=("C++ و Go", "בישול", "News", "رياضة"))

    offered = lxml.html.fromstring(site.ask().body).xpath("//input[@name='category']/@value")

    assert {first, "C++ و Go"} >= {offered[0]} and first in offered[:2]
    assert {"C++ و Go", "בישול", "News", "رياضة"} == set(offered)


def test_the_next_letter_is_told_by_the_readers_clock(make_site: Callable[..., Site]) -> None:  # R8 D4
    site = make_site("en")
    site.clock.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    saved = site.ask(method="POST", form=site.ask().form | {"zone": "Pacific/Kiritimati", "at": "20:00"})

    # 14 hours ahead of UTC: it is Saturday there already.
    assert "The next letter: Saturday, 21 November 2026, 8:00" in saved.body.replace("\u202f", " ").replace(
        "November 21, 2026", "21 November 2026"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_readers_language(make_site: Callable[..., Site], language: str) -> None:  # R8
    speak = words(language)
    body = make_site(language).ask().body

    assert f'<html lang="{language}" dir="{speak.direction}">' in body
    for said in ("Every day", "Time zone", "Topics", "A pause", "Save"):
        assert speak.text(said) in body
