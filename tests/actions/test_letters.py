"""Deliveries as letters: headers and links of the reader they are for, the same bytes whenever they are made."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from publisher.actions import plan, readers, slots
from publisher.actions.house import House
from publisher.actions.letters import Letters, sender
from publisher.actions.publish import Published
from publisher.layout import Layout
from publisher.mail.settings import MailSettings
from publisher.model.delivery import Delivery, Letter
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT
from publisher.store import editions, ledger, people
from publisher.store import tables as t
from publisher.subscribers.tokens import Claim
from tests.mail.signing import judged, signer
from tests.newsroom import ED, EVE, SLOT, newsroom

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

MAIL = MailSettings(sender="جريدة المثال <news@example.org>", bounce_domain="رجوع.example.org")
BOUNCES = "xn--rgbjz3d.example.org"


@pytest.fixture
def planned(
    house: House, write: Write, clock: Clock, publishes: Callable[..., Published]
) -> Callable[..., tuple[House, list[Delivery]]]:
    """A house, changed as asked for, with an edition planned for three readers, and its deliveries."""

    def make(**changes: Any) -> tuple[House, list[Delivery]]:
        changed = replace(house, **({"mail": MAIL} | changes))
        publishes(changed)
        for number in range(3):
            readers.add(changed, f"reader{number}@example.net", None, clock(), confirmed=True)
        write(changed, "a.txt", "افتتاح المكتبة\nافتتحت المكتبة أبوابها.\n")
        publishes(changed)
        edition = slots.edition_now(changed, changed.newsletters["daily"], clock(), include_existing=False)
        assert edition
        plan.plan(changed, edition, clock())
        with_slots = update(t.variants).values(
            text=f"{UNSUBSCRIBE_SLOT}\n{PREFERENCES_SLOT}\n",
            html=f"<p>{PREFERENCES_SLOT} {UNSUBSCRIBE_SLOT}</p>",
        )
        changed.store.write(lambda c: c.execute(with_slots))
        return changed, changed.store.write(lambda c: ledger.claim(c, clock(), 10))

    return make


def parsed(letter: Letter) -> EmailMessage:
    return BytesParser(policy=email.policy.default).parsebytes(letter.data)


def test_every_reader_has_links_of_her_own(planned) -> None:  # H1 H4 H7
    house, deliveries = planned()
    make = Letters(house)
    series = house.store.read(people.known_newsletters)["daily"].id
    for delivery in deliveries:
        letter = make(delivery)
        wish, one = Claim(delivery.subscriber, series), Claim(delivery.subscriber, delivery.edition)
        web, mail = re.findall(r"<(.*?)>", parsed(letter)["List-Unsubscribe"])
        text, html = cast(list[EmailMessage], list(parsed(letter).iter_parts()))
        unsubscribe, choices = text.get_content().split()
        leave, at = urlsplit(mail).path.split("@")
        bounce, bounces = letter.sender.split("@")

        assert delivery.address == parsed(letter)["To"] == letter.recipient
        assert web == unsubscribe
        assert f"<p>{choices} {unsubscribe}</p>" == html.get_content().strip()
        assert wish == house.keys.read("unsubscribe", unsubscribe.removeprefix("https://news.example.org/u/"))
        assert wish == house.keys.read(
            "preferences", choices.removeprefix("https://news.example.org/preferences/")
        )
        assert wish == house.keys.read_caseless("unsubscribe", leave.removeprefix("u+").upper())
        assert one == house.keys.read_caseless("bounce", bounce.removeprefix("b+").upper())
        assert [BOUNCES, BOUNCES] == [at, bounces]
        assert "reader" not in letter.sender + web + mail + parsed(letter)["Message-ID"]


def test_a_letter_made_again_has_the_same_bytes(planned) -> None:  # M5
    house, deliveries = planned()
    first, again = Letters(house), Letters(house)
    backwards = {delivery.id: again(delivery) for delivery in reversed(deliveries)}

    assert [backwards[delivery.id] for delivery in deliveries] == [first(each) for each in deliveries]
    assert 3 == len({letter.data for letter in backwards.values()})
    assert 3 == len({parsed(letter)["Message-ID"] for letter in backwards.values()})


def test_a_newsletters_page_and_the_editions_are_named(planned) -> None:  # H5
    house, (delivery, *_) = planned()
    name = house.store.read(lambda c: editions.variant(c, delivery.variant)).edition.name
    message = parsed(Letters(house)(delivery))

    assert "<https://news.example.org/newsletter/daily/>" == message["List-Archive"]
    assert name and f"<https://news.example.org/newsletter/daily/{name}/>" == message["Archived-At"]


def test_without_pages_no_page_is_named(planned) -> None:  # H5
    house, (delivery, *_) = planned(layout=Layout("https://news.example.org", pages=False))

    assert not {"List-Archive", "Archived-At"} & set(parsed(Letters(house)(delivery)).keys())


def test_bounces_go_to_the_sender_without_a_domain_for_them(planned) -> None:  # H1 H7
    house, (delivery, *_) = planned(mail=replace(MAIL, bounce_domain="", reply_to="Editor <ed@example.org>"))
    letter = Letters(house)(delivery)
    mail = re.findall(r"<mailto:(.*?)>", parsed(letter)["List-Unsubscribe"])[0]
    token = mail.removeprefix("ed@example.org?subject=unsubscribe%20")

    assert "news@example.org" == letter.sender
    assert delivery.subscriber == house.keys.read_caseless("unsubscribe", token).subscriber


@pytest.mark.parametrize("wanted", [True, False])
def test_precedence_is_a_setting(planned, wanted: bool) -> None:  # H5
    house, (delivery, *_) = planned(mail=replace(MAIL, precedence=wanted))

    assert ("bulk" if wanted else None) == parsed(Letters(house)(delivery))["Precedence"]


def test_a_letter_of_no_list_has_the_same_sender(planned) -> None:  # H5
    house, _ = planned()

    assert replace(sender(house, "daily"), list=None) == sender(house, None)


def test_what_readers_and_editors_get_is_signed(house, write, publishes, clock) -> None:  # H8 D8
    desk = newsroom(replace(house, signer=signer()), write, publishes, clock)
    desk.article(2)
    desk.at(SLOT - timedelta(hours=1))
    desk.at(SLOT)

    assert {ED, EVE, "ann@example.org", "bob@example.org"} == set(desk.relay.recipients())
    assert [[True, True]] * 4 == [judged(each.data) for each in desk.relay.got]
