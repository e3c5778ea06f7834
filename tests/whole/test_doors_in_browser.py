"""Readers' doors in a real browser: nothing for axe to find, nothing wider than a phone, and no need of a mouse."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn

from publisher.actions import choices, readers
from publisher.layout import Layout
from publisher.subscribers.tokens import Claim
from publisher.text.words import LANGUAGES, words
from publisher.web.asking import SAME
from tests.conftest import SITE
from tests.web.conftest import make_doors  # noqa: F401
from tests.web.doors import Doors
from tests.whole.axe import LOOKS, look, violations
from tests.whole.conftest import CHROMIUM

PATHS = {
    "/subscribe?lang={language}": "",
    "/preferences/?lang={language}": "",
    "/subscribe/embed?lang={language}": "",
    "/u/{token}": "unsubscribe",
    "/u/{token}/all": "unsubscribe",
    "/preferences/{token}": "preferences",
    "/preferences/{token}/still": "preferences",
    "/preferences/{token}/own": "preferences",
    "/erase/{token}": "erase",
}


@contextmanager
def served(make: Callable[..., Doors]) -> Iterator[Doors]:
    """The doors on a loopback port."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    doors = make(site=replace(SITE, url=url), layout=Layout(url))
    server = uvicorn.Server(uvicorn.Config(doors.app, log_level="error", lifespan="off", proxy_headers=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield doors
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def pages() -> Iterator[Callable[[int], Any]]:
    """Makes pages of a browser so many pixels wide."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield lambda width: browser.new_page(viewport={"width": width, "height": 900})
        browser.close()


def test_axe_finds_nothing_at_any_door_in_any_language(make_doors: Callable[..., Doors]) -> None:  # noqa: F811
    found = {}
    with served(make_doors) as doors, pages() as page_of:
        house, page = doors.house, page_of(360)
        for language in LANGUAGES:
            address = f"{language}@example.org"
            readers.add(house, address, None, doors.clock(), confirmed=True, language=language)
            number = choices.reader(house, address).id
            for path, purpose in PATHS.items():
                claim = Claim(number, int(doors.clock().timestamp()) if purpose == "erase" else 1)
                token = house.keys.sign(purpose, claim) if purpose else ""
                page.goto(house.site.url + path.format(language=language, token=token))
                for again, (width, scheme) in enumerate(LOOKS):
                    look(page, width, scheme)
                    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                    wrong = violations(page, again=bool(again))
                    if wrong or wide > 0:
                        found[path, language, width] = wrong, wide

    assert {} == found


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_reader_signs_up_and_leaves_without_a_mouse(
    make_doors: Callable[..., Doors],  # noqa: F811
    language: str,
) -> None:  # L2 L4 L5
    speak = words(language)
    with served(make_doors) as doors, pages() as page_of:
        page, site = page_of(360), doors.house.site.url
        page.goto(f"{site}/subscribe?lang={language}")
        doors.clock.forward(seconds=5)
        page.focus("#email")
        page.keyboard.type("ann@example.org")
        page.keyboard.press("Enter")
        page.get_by_text(speak.text(SAME[0])).wait_for()
        for _ in range(600):  # it is written behind the answer
            if doors.letters("confirm"):
                break
            page.wait_for_timeout(50)

        page.goto(site + doors.link("confirm", "confirm"))
        page.focus("main button")
        page.keyboard.press("Enter")
        page.get_by_text(
            speak.text("At the foot of every letter you can change what comes and when, or leave.")
        ).wait_for()

        page.goto(site + doors.link("welcome", "u"))
        for said in ("Take it back", "Home"):
            page.focus("main button")
            page.keyboard.press("Enter")
            page.get_by_text(speak.text(said)).first.wait_for()
            page.wait_for_load_state()
        assert page.url.endswith("/undo")
