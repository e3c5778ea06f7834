"""The page where editors decide: GET shows, POST acts, and only who was given the link."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import html

from publisher.actions import approval
from publisher.model.digest import Release
from publisher.subscribers.tokens import Claim
from publisher.templating import Templates
from publisher.verbs import writing
from publisher.web.app import application
from tests.newsroom import ANN, BOB, SLOT, Desk, minutes
from tests.web.conftest import Reply


def ask(desk: Desk, path: str, method: str = "GET", body: bytes = b"") -> Reply:
    """One request to the whole application."""
    app = application(desk.session, list, list)
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"evil.example"), (b"content-type", b"application/x-www-form-urlencoded")],
        "client": None,
        "server": None,
    }
    asyncio.run(app(scope, receive, send))
    start, *bodies = said
    named = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], named, b"".join(each.get("body", b"") for each in bodies))


def door(desk: Desk) -> str:
    return urlsplit(approval.approval_url(desk.house, desk.edition().id)).path


def press(desk: Desk, button: str) -> Reply:
    return ask(desk, door(desk), "POST", f"decision={button}".encode())


def said(reply: Reply) -> str:
    return " ".join(html.fromstring(reply.body.decode()).text_content().split())


def buttons(reply: Reply) -> list[str]:
    return html.fromstring(reply.body.decode()).xpath("//button/@value")  # type: ignore[no-any-return]


@pytest.fixture
def asked(make_desk: Callable[..., Desk]) -> Desk:
    """An edition of two articles that waits for its release."""
    desk = make_desk(approve="required")
    desk.article(2)
    desk.article(3, title="About <script>alert(1)</script> & {{ 7*7 }}", language="en")
    desk.at(SLOT - minutes(60))
    return desk


def test_looking_changes_nothing(asked: Desk) -> None:  # D8 H3
    for method in ("GET", "HEAD"):
        for path in (door(asked), f"{door(asked)}/letter", f"{door(asked)}/text"):
            assert 200 == ask(asked, path, method).status

    assert Release.PROPOSED is asked.edition().release


def test_the_page_says_what_it_is_about_and_what_can_be_done(asked: Desk) -> None:  # D8
    page = ask(asked, door(asked))
    text = said(page)

    assert "خبر 2" in text and "مقالان" in text and "قارئان" in text and "نشرة الصباح" in text
    assert "لن تُرسل حتى يسمح أحد بإرسالها." in text
    assert ["release", "hold", "cancel"] == buttons(page)
    tree = html.fromstring(page.body.decode())
    assert ("ar", "rtl") == (tree.get("lang"), tree.get("dir"))
    assert ["ltr", "rtl"] == sorted(tree.xpath("//ul[@class='headlines']/li/@dir"))
    assert [] == tree.xpath("//script | //iframe")
    assert "49" not in text and "{{ 7*7 }}" in text


@pytest.mark.parametrize(
    "button, release, sentence",
    [
        (
            "release",
            Release.RELEASED,
            "سُمح بإرسالها. تُرسل السبت 21 تشرين الثاني 2026، الساعة 7:00 صباحًا.",
        ),
        ("hold", Release.HELD, "الإرسال موقوف"),
        ("cancel", Release.CANCELLED, "أُلغي إرسالها. ستأتي مقالاتها في الرسالة التالية."),
    ],
)
def test_a_button_acts_and_the_page_says_so_to_whoever_comes_next(
    button: str, release: Release, sentence: str, asked: Desk
) -> None:  # D8
    first, again, other = press(asked, button), press(asked, button), ask(asked, door(asked))

    assert release is asked.edition().release
    assert [200] * 3 == [each.status for each in (first, again, other)]
    assert all(sentence in said(each) for each in (first, again, other))
    assert button not in buttons(other)


@pytest.mark.parametrize("pressed", [None, "hold", "cancel"])
def test_the_page_of_what_a_later_edition_took_the_place_of_says_so(
    pressed: str | None, asked: Desk
) -> None:  # D8
    number, page = asked.edition().id, door(asked)
    if pressed:
        press(asked, pressed)
    asyncio.run(writing.send(asked.session, now=True))

    assert Release.CANCELLED is next(each.release for each in asked.editions() if each.id == number)
    assert "أُلغي إرسالها. أُرسلت مقالاتها في رسالة لاحقة." in said(ask(asked, page))


@pytest.mark.parametrize(
    "later, told", [(False, "أُرسلت مقالاتها في رسالة لاحقة."), (True, "ولن تُرسل بعد الآن.")]
)
def test_the_page_of_an_article_says_whether_it_was_sent_after_all(
    later: bool, told: str, make_desk: Callable[..., Desk]
) -> None:  # D8
    desk = make_desk(schedule="instant", approve="required")
    desk.article(2)
    desk.at(SLOT)
    page = door(desk)
    press(desk, "cancel")
    assert "ولن تُرسل بعد الآن." in said(ask(desk, page))
    if later:
        desk.article(3)
        desk.at(SLOT + minutes(1))
        desk.decide("release")
        desk.at(SLOT + minutes(2))
        desk.article(4)
        desk.at(SLOT + minutes(3))
    asyncio.run(writing.send(desk.session, now=True))

    assert told in said(ask(desk, page))


def test_what_was_released_on_the_page_leaves_and_the_page_tells(asked: Desk) -> None:  # D8
    press(asked, "release")
    asked.at(SLOT)

    assert Counter({ANN: 1, BOB: 1}) == asked.got(ANN, BOB)
    page = ask(asked, door(asked))
    assert "أُرسلت رسالتان" in said(page) and "أُرسلت." in said(page)
    assert [] == buttons(page)
    press(asked, "cancel")
    assert Release.RELEASED is asked.edition().release


@pytest.mark.parametrize("body", [b"", b"decision=erase", b"decision=", b"x" * 5000, b"\xff\xfe"])
def test_a_form_that_is_not_ours_does_nothing(body: bytes, asked: Desk) -> None:  # threat 6
    assert 400 == ask(asked, door(asked), "POST", body).status
    assert Release.PROPOSED is asked.edition().release


def test_only_the_link_from_the_letter_opens_the_page(asked: Desk) -> None:  # D8 H4 threat 6
    keys, number = asked.house.keys, asked.edition().id
    token = door(asked).rpartition("/")[2]
    others = [
        keys.sign(purpose, Claim(0, number))
        for purpose in ("unsubscribe", "preferences", "message-id", "bounce")
    ]
    mutated = [
        token[:place] + letter + token[place + 1 :]
        for place in range(len(token))
        for letter in "A_z7"
        if letter != token[place]
    ]
    gone = keys.sign("approval", Claim(0, number + 1))
    for each in (*others, gone, "x", token + "A", token[:-1], *mutated):
        for suffix in ("", "/letter"):
            assert 404 == ask(asked, f"/approve/{each}{suffix}").status, each
        if each in others[:2]:
            assert 404 == ask(asked, f"/approve/{each}", "POST", b"decision=cancel").status

    assert 404 == ask(asked, f"/u/{token}").status
    assert Release.PROPOSED is asked.edition().release


def test_the_page_and_the_letter_have_the_headers_of_personal_pages(asked: Desk) -> None:  # threat 7
    page, letter, text = (ask(asked, door(asked) + each) for each in ("", "/letter", "/text"))
    for reply in (page, letter, text):
        assert "no-store" == reply.headers["cache-control"]
        assert "nosniff" == reply.headers["x-content-type-options"]
        assert "no-referrer" == reply.headers["referrer-policy"]
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "sandbox" in letter.headers["content-security-policy"]
    assert "script-src" not in letter.headers["content-security-policy"]
    assert "text/plain; charset=utf-8" == text.headers["content-type"]


def test_the_letter_is_the_one_readers_get_without_their_links(asked: Desk) -> None:  # D8
    shown = ask(asked, f"{door(asked)}/letter").body.decode()

    assert "خبر 2" in shown and [] == html.fromstring(shown).xpath("//script")
    assert not any(mark in shown for mark in "\ufdd0\ufdd1")
    assert "خبر 2" in ask(asked, f"{door(asked)}/text").body.decode()


def test_a_template_that_cannot_be_used_stops_no_editor(asked: Desk) -> None:  # D8 R10
    own = asked.house.root / "templates"
    (own / "mail").mkdir(parents=True)
    asked.house = replace(asked.house, templates=Templates([own]))
    (own / "mail" / "digest.html.j2").write_text("{% broken")
    shown, held = ask(asked, door(asked)), press(asked, "hold")

    assert [200, 200] == [shown.status, held.status]
    assert Release.HELD is asked.edition().release
    assert ["release", "hold", "cancel"] == buttons(shown)
    assert "لا يمكن إعداد الرسالة الآن." in said(held) and "الإرسال موقوف" in said(held)
    assert "خبر 2" in said(shown) and "قارئان" in said(shown)
    (problem,) = html.fromstring(held.body.decode()).xpath("//p[@dir='ltr']")
    assert "digest.html.j2:1: the template cannot be used" in problem.text_content()
    assert [] == html.fromstring(held.body.decode()).xpath("//a[contains(@href, '/letter')]")
    for each in ("/letter", "/text"):
        reply = ask(asked, door(asked) + each)
        assert 503 == reply.status and b"digest.html.j2:1" in reply.body


def test_an_edition_whose_articles_left_says_so(asked: Desk) -> None:  # D8
    for name in ("2.md", "3.md"):
        (asked.house.folder / name).unlink()
    asked.publishes(asked.house, accept_removals=True)
    page = ask(asked, door(asked))

    assert "لم يبق فيها أي مقال." in said(page)
    assert 404 == ask(asked, f"{door(asked)}/letter").status
