"""A correction reaches those who were mailed the article, nobody else, and stands in feeds and on the page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree, html
from sqlalchemy import update

from publisher.actions import approval, choices, correction, erasing, plan, readers
from publisher.errors import BadInput
from publisher.model.delivery import Reply, Stage, State
from publisher.model.digest import Kind
from publisher.model.people import Wish
from publisher.store import corrections, editions, ledger, people
from publisher.store.tables import subscriptions
from publisher.verbs import table
from tests.newsroom import ANN, BOB, SLOT, Desk, minutes, parsed, tick

if TYPE_CHECKING:
    from publisher.model.article import Article

CAM, DAN = "cam@example.org", "dan@example.org"
WRONG = "كان الرقم 12 لا 21."


def corrected(desk: Desk, article: str = "2.md", text: str = WRONG) -> dict[str, Any]:
    return asyncio.run(table.run(desk.session, "correct", {"article": article, "text": text}))


def subjects(desk: Desk, address: str) -> list[str]:
    return [parsed(each)["Subject"] for each in desk.relay.got if each.recipient == address]


@pytest.fixture
def mailed(make_desk: Callable[..., Desk]) -> Desk:
    """Article 2 is in the letters of Ann and Bob, Cam came later, and article 3 was in no letter."""
    desk = make_desk(approve="none")
    desk.article(2)
    desk.at(SLOT)
    readers.add(desk.house, CAM, None, desk.clock(), confirmed=True)
    desk.article(3)
    return desk


def test_a_correction_reaches_exactly_those_whose_edition_carried_the_article(mailed: Desk) -> None:  # D9
    before = mailed.seen()
    done = corrected(mailed)
    mailed.at(SLOT + minutes(1))

    assert 2 == done["letters"]
    assert ["خبر 2", "تصحيح: خبر 2"] == subjects(mailed, ANN) == subjects(mailed, BOB)
    assert [] == subjects(mailed, CAM)
    assert before == mailed.seen()
    last = mailed.relay.got[-1]
    assert WRONG in parsed(last).get_body(("plain",)).get_content()


def test_a_correction_goes_once_also_where_it_is_planned_again(mailed: Desk) -> None:  # D7 D9
    corrected(mailed)
    for minute in (1, 2, 3):
        mailed.at(SLOT + minutes(minute))

    assert 2 == len(subjects(mailed, ANN))
    assert [Kind.CORRECTION, Kind.DIGEST] == [each.kind for each in mailed.editions()]


def test_two_corrections_are_two(mailed: Desk) -> None:  # D9
    corrected(mailed)
    corrected(mailed, text="والاسم سعيد.")
    mailed.at(SLOT + minutes(1))

    assert ["خبر 2", "تصحيح: خبر 2", "تصحيح: خبر 2"] == subjects(mailed, ANN)


def test_who_left_or_was_refused_the_letter_gets_no_correction(
    make_desk: Callable[..., Desk],
) -> None:  # D9 L1
    desk = make_desk(approve="none")
    readers.add(desk.house, DAN, None, desk.clock(), confirmed=True)
    desk.relay.answers[DAN] = (Stage.RCPT, Reply(550, "5.1.1 no such user"))
    desk.article(2)
    desk.at(SLOT)

    def leave(connection: Any) -> None:
        known = people.known_newsletters(connection)["daily"]
        ann = people.ensure(connection, {ANN: ANN}, desk.clock())[ANN]
        people.set_wishes(connection, [ann.id], known.id, Wish.ENDED, "left", desk.clock())

    desk.house.store.write(leave)
    desk.relay.answers.clear()
    corrected(desk)
    desk.at(SLOT + minutes(1))

    assert (["خبر 2"], ["خبر 2", "تصحيح: خبر 2"], []) == (
        subjects(desk, ANN),
        subjects(desk, BOB),
        subjects(desk, DAN),
    )


def test_a_reader_whose_letter_leaves_after_the_correction_gets_it_then(
    make_desk: Callable[..., Desk],
) -> None:  # D9
    """Bob's letter was put off, with the words it was planned with (M5)."""
    desk = make_desk(approve="none")
    desk.relay.answers[BOB] = (Stage.RCPT, Reply(451, "4.3.0 later"))
    desk.article(2)
    desk.at(SLOT)
    corrected(desk)
    desk.at(SLOT + minutes(1))
    assert ["خبر 2", "تصحيح: خبر 2"] == subjects(desk, ANN)
    assert [] == subjects(desk, BOB)
    desk.relay.answers.clear()
    desk.at(SLOT + minutes(6))
    desk.at(SLOT + minutes(7))

    assert ["خبر 2", "تصحيح: خبر 2"] == subjects(desk, BOB) == subjects(desk, ANN)


def test_a_correction_that_is_put_off_keeps_no_other_reader_waiting(
    make_desk: Callable[..., Desk],
) -> None:  # D9
    """Bob's letter leaves after the correction; Ann's mailbox is full when hers should."""
    desk = make_desk(approve="none")
    desk.relay.answers[BOB] = (Stage.RCPT, Reply(451, "4.3.0 later"))
    desk.article(2)
    desk.at(SLOT)
    desk.relay.answers = {ANN: (Stage.RCPT, Reply(452, "4.2.2 mailbox full"))}
    corrected(desk)
    desk.at(SLOT + minutes(6))
    desk.at(SLOT + minutes(7))

    assert ["خبر 2", "تصحيح: خبر 2"] == subjects(desk, BOB)
    assert ["خبر 2"] == subjects(desk, ANN)


def test_a_letter_that_outlives_its_edition_is_followed_by_the_correction(
    make_desk: Callable[..., Desk],
) -> None:  # D9 S3
    """Bob reads a daily newsletter weekly: his letters live for three days."""
    desk = make_desk(approve="none", frequencies=("daily", "weekly"))
    weekly = choices.Change(schedule="weekly sat 07:00")
    choices.choose(desk.house, choices.reader(desk.house, BOB), None, weekly, desk.clock())
    desk.relay.answers[BOB] = (Stage.RCPT, Reply(451, "4.3.0 later"))
    desk.article(2)
    for hour in range(26):
        desk.at(SLOT + minutes(60 * hour))
    corrected(desk)
    desk.relay.answers.clear()
    for hour in range(26, 32):
        desk.at(SLOT + minutes(60 * hour))

    assert ["خبر 2", "تصحيح: خبر 2"] == subjects(desk, BOB) == subjects(desk, ANN)


def test_each_reader_gets_it_in_their_language_and_form(mailed: Desk) -> None:  # D9
    def choose(connection: Any) -> None:
        found = people.ensure(connection, {ANN: ANN, BOB: BOB}, mailed.clock())
        people.set_language(connection, found[ANN].id, "he")
        row = update(subscriptions).where(subscriptions.c.subscriber == found[BOB].id)
        connection.execute(row.values(text_only=True))

    mailed.house.store.write(choose)
    corrected(mailed)
    mailed.at(SLOT + minutes(1))

    assert "תיקון: חבר" not in subjects(mailed, ANN)[1]
    assert subjects(mailed, ANN)[1].lstrip("\u200f").startswith("תיקון")
    (bob,) = [each for each in mailed.relay.got if each.recipient == BOB][1:]
    assert not parsed(bob).is_multipart()


def test_an_article_that_two_editions_carried_is_corrected_once(
    make_desk: Callable[..., Desk],
) -> None:  # D7 D9
    desk = make_desk(approve="none")
    desk.article(2)
    desk.at(SLOT)
    readers.add(desk.house, CAM, None, desk.clock(), confirmed=True)
    welcome = replace(desk.house.newsletters["daily"], welcome_items=2)
    desk.house = replace(desk.house, newsletters={"daily": welcome})
    desk.article(3)
    desk.at(SLOT + minutes(24 * 60))
    assert 2 == len(desk.editions())
    done = corrected(desk)
    desk.at(SLOT + minutes(24 * 60 + 1))

    assert done["letters"] == sum("تصحيح: خبر 2" in subjects(desk, each) for each in (ANN, BOB, CAM))
    assert subjects(desk, ANN).count("تصحيح: خبر 2") == 1


@pytest.fixture
def two(make_desk: Callable[..., Desk]) -> Desk:
    """Article 2 is in the letters of two newsletters: Ann and Bob read both, Cam the one, Dan the other."""
    desk = make_desk(approve="none")
    daily = desk.house.newsletters["daily"]
    sport = replace(daily, name="sport", title="رياضة")
    desk.house = replace(desk.house, newsletters={"daily": daily, "sport": sport})
    for address, name in ((ANN, "sport"), (BOB, "sport"), (CAM, "daily"), (DAN, "sport")):
        readers.add(desk.house, address, [name], desk.clock(), confirmed=True)
    desk.publishes(desk.house)  # the archive of the new newsletter ends here
    desk.article(2)
    desk.at(SLOT)
    assert [2, 2, 1, 1] == [len(subjects(desk, each)) for each in (ANN, BOB, CAM, DAN)]
    return desk


def test_a_reader_of_two_newsletters_that_carried_it_gets_one_correction(two: Desk) -> None:  # D9
    done = corrected(two)
    two.at(SLOT + minutes(1))
    two.at(SLOT + minutes(2))

    assert [1, 1, 1, 1] == [subjects(two, each).count("تصحيح: خبر 2") for each in (ANN, BOB, CAM, DAN)]
    assert [3, 1] == sorted((each["letters"] for each in done["editions"]), reverse=True)
    assert 4 == done["letters"]


def test_two_corrections_of_two_newsletters_are_two_letters(two: Desk) -> None:  # D9
    corrected(two)
    corrected(two, text="والاسم سعيد.")
    two.at(SLOT + minutes(1))

    assert [2, 2] == [subjects(two, each).count("تصحيح: خبر 2") for each in (ANN, DAN)]


def test_who_leaves_one_newsletter_before_its_correction_left_gets_that_of_the_other(
    two: Desk,
) -> None:  # D9 L1
    ann = choices.reader(two.house, ANN)
    first, second = correction.correct(two.house, "2.md", WRONG, two.clock()).editions
    plan.plan(two.house, first, two.clock())
    daily = two.house.store.read(people.known_newsletters)["daily"].id
    two.house.store.write(lambda c: people.set_wishes(c, [ann.id], daily, Wish.ENDED, "left", two.clock()))
    plan.plan(two.house, second, two.clock())
    two.at(SLOT + minutes(1))

    assert 1 == subjects(two, ANN).count("تصحيح: خبر 2")


def test_an_article_that_no_letter_carried_is_corrected_on_the_site_alone(mailed: Desk) -> None:  # D9
    done = corrected(mailed, "3.md")

    assert (False, [], 0) == (done["carried"], done["editions"], done["letters"])
    assert WRONG in mailed.house.out.joinpath("atom.xml").read_text("utf-8")


def test_where_nobody_who_was_mailed_it_is_a_reader_still_that_is_told(mailed: Desk) -> None:  # D9
    for address in (ANN, BOB):
        person = mailed.house.store.read(partial(people.find, key=address))
        assert person
        erasing.erase(mailed.house, person.id, mailed.clock())

    done = corrected(mailed)

    assert (True, [], 0) == (done["carried"], done["editions"], done["letters"])


@pytest.mark.parametrize(
    "name", ["2.md", "articles/2.md", "./articles/2.md", "id", "slug", "url", "encoded", "short"]
)
def test_the_article_is_named_in_any_way(name: str, mailed: Desk, on_site: Callable[..., Any]) -> None:  # D9
    article: Article = on_site(mailed.house)["2.md"]
    url = mailed.house.layout.article(article.slug)
    words = {
        "id": article.id,
        "slug": article.slug,
        "url": url,
        "encoded": url.removeprefix("https://news.example.org"),
        "short": mailed.house.layout.permalink(article.id),
    }

    assert article.id == corrected(mailed, words.get(name, name))["article"]["id"]


@pytest.mark.parametrize("article, text", [("nothing", WRONG), ("2.md", " \n "), ("2.md", "x" * 10_001)])
def test_what_cannot_be_corrected_is_said(article: str, text: str, mailed: Desk) -> None:  # D9
    with pytest.raises(BadInput):
        correction.correct(mailed.house, article, text, mailed.clock())
    assert 1 == len(mailed.editions())


def test_it_stands_in_the_feeds_and_on_the_page(mailed: Desk, on_site: Callable[..., Any]) -> None:  # D9 F13
    article: Article = on_site(mailed.house)["2.md"]
    mailed.clock.forward(minutes=5)
    corrected(mailed, text="كان الرقم 12.\n\nThe name is Said.")

    out = mailed.house.out
    (entry,) = [
        each
        for each in etree.parse(out / "atom.xml").getroot().iterfind("{*}entry")
        if each.findtext("{*}id") == article.id
    ]
    assert "2026-11-21T04:05:00+00:00" == entry.findtext("{*}updated")
    content = html.fromstring(entry.findtext("{*}content") or "")
    page = html.fromstring(out.joinpath(article.slug, "index.html").read_text("utf-8"))
    for place in (content, page):
        first, second = place.xpath(
            "//p[contains(., 'كان الرقم 12.')] | //p[contains(., 'The name is Said.')]"
        )
        assert "تصحيح: كان الرقم 12." == first.text_content().strip()
        assert "ltr" == second.xpath("string(ancestor-or-self::*[@dir][1]/@dir)")
        (group,) = place.xpath("//*[@class='correction']")
        assert [first, second] == list(group)
        assert "rtl" == group.xpath("string(ancestor-or-self::*[@dir][1]/@dir)")
    item = next(
        each
        for each in json.loads(out.joinpath("feed.json").read_text("utf-8"))["items"]
        if each["id"] == article.id
    )
    assert "كان الرقم 12." in item["content_html"] and item["date_modified"] > item["date_published"]
    assert "كان الرقم 12." in out.joinpath("rss.xml").read_text("utf-8")


def test_the_correction_outlives_an_edit_of_the_article(
    mailed: Desk, on_site: Callable[..., Any]
) -> None:  # D9 F13
    corrected(mailed)
    at = mailed.clock()
    mailed.clock.forward(minutes=5)
    mailed.article(2, updated="2026-01-05")

    after: Article = on_site(mailed.house)["2.md"]
    assert [WRONG] == [each.text for each in after.corrections]
    assert at <= after.updated
    assert WRONG in mailed.house.out.joinpath("atom.xml").read_text("utf-8")


def test_a_correction_that_waits_for_a_letter_asks_for_nothing_meanwhile(
    make_desk: Callable[..., Desk],
) -> None:  # D9 F16
    desk = make_desk(approve="none")
    desk.article(2)
    desk.relay.answers[BOB] = (Stage.RCPT, Reply(450, "later"))
    desk.at(SLOT)
    corrected(desk)
    asked = list[int]()
    for minute in range(1, 5):
        desk.clock.now = SLOT + minutes(minute)
        session = desk.session
        session.on_planned = lambda: asked.append(1)
        asyncio.run(tick(session))

    assert [] == asked


def test_a_held_correction_waits(mailed: Desk) -> None:  # D8 D9
    corrected(mailed)
    approval.decide(mailed.house, mailed.edition().id, "hold", mailed.clock())
    mailed.at(SLOT + minutes(1))
    assert {State.SENT: 2, State.QUEUED: 2} == mailed.house.store.read(ledger.tally)
    approval.decide(mailed.house, mailed.edition().id, "release", mailed.clock())
    mailed.at(SLOT + minutes(2))

    assert 2 == len(subjects(mailed, ANN))
    assert SLOT == mailed.edition().planned  # as letters that had left would say (M5)
    assert mailed.house.store.read(lambda c: editions.progress(c, mailed.edition().id)).complete  # type: ignore[union-attr]


@pytest.mark.parametrize("said", ["تصحيح: ", "تصحيح : ", "Correction: ", "correction:\n", ""])
def test_a_correction_is_not_called_one_twice(mailed: Desk, said: str) -> None:  # D9
    done = corrected(mailed, text=f"{said}{WRONG}")
    article = mailed.house.store.read(lambda c: corrections.find(c, done["article"]["id"], "", ""))

    assert article
    assert [WRONG] == [each.text for each in article.corrections]


def test_a_correction_of_that_word_alone_has_no_words(mailed: Desk) -> None:  # D9
    with pytest.raises(BadInput, match="needs words"):
        corrected(mailed, text="تصحيح:")
