"""The editors' pages: off by themselves, shut to strangers, and what they do is what the verbs do."""

import asyncio
import io
import re
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_string, policy
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from argon2 import PasswordHasher
from lxml import html
from PIL import Image

from publisher import config, private
from publisher.config import AdminSettings, WebSettings
from publisher.errors import BadInput
from publisher.model.digest import Release
from publisher.model.people import Consent, Reach, Said, Wish
from publisher.pages.admin import chart
from publisher.store import articles, choices, ledger, people
from publisher.store.store import Store
from publisher.subscribers.tokens import Claim
from publisher.text.reasons import retold
from publisher.text.words import LANGUAGES, words
from publisher.verbs import exporting, paging
from publisher.web.admin import counting
from publisher.web.admin.articles import safe_name
from publisher.web.admin.door import FORM
from publisher.web.admin.login import FROM_ONE, IDLE, Entry, Gate
from publisher.web.admin.saying import READERS, consent, size, standing
from publisher.web.app import application
from publisher.web.limits import UPLOAD
from tests.digests import letters
from tests.newsroom import ANN, BOB, SLOT, Desk, minutes, parsed
from tests.patience import LONG

WORD = "كلمة سر طويلة"
CONFIG = """\
[site]
id = "5a0f5a52-0f3c-4f29-9a0b-6f1a3d1b7c11"
title = "x"
url = "https://news.example.org"
language = "ar"
"""


class Browser:
    """An editor's browser, without a socket."""

    def __init__(self, desk: Desk, **admin: Any) -> None:
        root = desk.house.root
        (root / "config.toml").write_text(CONFIG, "utf-8")
        stamp = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(WORD)
        private.put(root / "state" / "admin.password", stamp.encode())
        has = AdminSettings(**({"password_file": "state/admin.password"} | admin))
        self._settings = replace(config.load(root, {}), web=WebSettings(admin=has))
        self.session = desk.session
        self.session.in_daemon = True
        self._editors: dict[str, Entry] = {}
        self.begin()
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []
        self.answered: Callable[[], object] = lambda: None

    def begin(self) -> None:
        """The server begins, as it does with other settings."""
        lines = ["a line of the log"]
        self.app = application(
            self.session, list, list, self._settings, lines=lambda: lines, editors=self._editors
        )

    def ask(
        self, path: str, method: str = "GET", body: bytes = b"", peer: str = "127.0.0.1", **headers: str
    ) -> tuple[int, dict[str, str], str]:
        path, _, query = path.partition("?")
        sent = {"host": "127.0.0.1:8080", "content-type": "application/x-www-form-urlencoded"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        said: list[Any] = []

        async def send(message: Any) -> None:
            said.append(message)
            self.answered()

        heard: list[bytes] = []

        async def receive() -> Any:
            if heard:  # the browser stays
                await asyncio.Event().wait()
            heard.append(body)
            return {"type": "http.request", "body": body, "more_body": False}

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": (peer, 1),
            "server": ("127.0.0.1", 8080),
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
        }
        asyncio.run(self.app(scope, receive, send))
        found: dict[str, str] = {}
        for name, value in said[0]["headers"]:
            found[name.decode()] = value.decode()
            if name == b"set-cookie":
                self.set_cookies.append(value.decode())
                key, _, rest = value.decode().partition("=")
                self.cookies[key] = rest.partition(";")[0].strip('"')
        return said[0]["status"], found, b"".join(each.get("body", b"") for each in said[1:]).decode()

    def token(self, page: str) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.ask(page)[2])
        assert found
        return found[1]

    def post(self, path: str, page: str = "/admin/", **fields: str) -> tuple[int, dict[str, str], str]:
        return self.ask(path, "POST", urlencode({"token": self.token(page)} | fields).encode())

    def enter(self, password: str = WORD, **headers: str) -> int:
        token = self.token("/admin/login")
        body = urlencode({"token": token, "password": password}).encode()
        return self.ask("/admin/login", "POST", body, **headers)[0]

    def upload(self, path: str, name: str, data: bytes, **fields: str) -> tuple[int, dict[str, str], str]:
        fields = {"token": self.token("/admin/")} | fields
        parts = [
            f'--x\r\ncontent-disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()
        ]
        head = f'--x\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = "".join(parts).encode() + head.encode() + data + b"\r\n--x--\r\n"
        return self.ask(path, "POST", body, content_type="multipart/form-data; boundary=x")


@pytest.fixture
def desk(make_desk) -> Desk:
    made: Desk = make_desk(approve="required")
    made.article(2)
    made.at(SLOT - minutes(60))
    return made


@pytest.fixture
def browser(desk, monkeypatch) -> Browser:
    monkeypatch.setattr(counting, "PATIENCE", LONG)
    made = Browser(desk)
    assert 303 == made.enter()
    return made


PAGES = [
    "/admin/",
    "/admin/subscribers",
    "/admin/subscribers/1",
    "/admin/editions",
    "/admin/editions/1",
    "/admin/articles",
    "/admin/log",
]
POSTS = [
    "/admin/language", "/admin/logout", "/admin/subscribers/add", "/admin/subscribers/import", "/admin/subscribers/1",
    "/admin/editions/1", "/admin/editions/test", "/admin/articles/upload", "/admin/articles/publish",
    "/admin/articles/correct",
]  # fmt: skip


def test_they_are_off_where_no_password_file_is_named(desk):  # threat 11
    browser = Browser(desk, password_file="")

    assert {404} == {browser.ask(path)[0] for path in ["/admin", "/admin/login", "/admin/style.css", *PAGES]}


def test_strangers_and_who_comes_through_an_unknown_proxy_see_nothing(desk):  # threat 11
    browser = Browser(desk)

    assert 403 == browser.ask("/admin/login", peer="192.0.2.7")[0]
    assert 403 == browser.ask("/admin/login", x_forwarded_for="127.0.0.1")[0]
    assert 200 == browser.ask("/admin/login")[0]


def test_without_a_session_every_page_leads_to_the_login(desk):  # threat 11
    browser = Browser(desk)

    for path in PAGES:
        status, headers, _ = browser.ask(path)
        assert (303, "/admin/login") == (status, headers["location"])
    for path in POSTS:
        assert 303 == browser.ask(path, "POST")[0]


@pytest.mark.parametrize("path", POSTS)
def test_no_form_acts_without_its_token_or_from_elsewhere(browser, path):  # threat 11
    body = urlencode({"token": browser.token("/admin/")}).encode()

    assert 403 == browser.ask(path, "POST", b"token=forged")[0]
    assert 403 == browser.ask(path, "POST", body, origin="https://evil.example")[0]
    assert 403 == browser.ask(path, "POST", body, origin="null")[0]
    assert 403 == browser.ask(path, "POST", body, sec_fetch_site="same-site")[0]


def test_the_cookie_is_strict_and_secure_where_the_site_is(desk):  # threat 11
    plain = Browser(desk)
    plain.enter()
    cookie = next(each for each in plain.set_cookies if each.startswith("nashir-admin="))
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Secure" not in cookie

    secure = Browser(desk)
    token = secure.token("/admin/login")
    body = urlencode({"token": token, "password": WORD}).encode()
    secure.ask("/admin/login", "POST", body, host="news.example.org")
    cookie = next(each for each in secure.set_cookies if each.startswith("__Host-nashir-admin="))
    assert "Secure" in cookie and "HttpOnly" in cookie and "Path=/" in cookie and "Domain" not in cookie


def test_wrong_passwords_are_limited_also_for_who_knows_the_right_one(desk):  # threat 11
    browser = Browser(desk)

    assert [403] * FROM_ONE == [browser.enter("wrong") for _ in range(FROM_ONE)]
    assert 429 == browser.enter()


def test_a_session_ends_with_idleness_a_new_password_and_logging_out(desk, browser):  # threat 11
    assert 200 == browser.ask("/admin/")[0]
    browser.post("/admin/logout")
    assert 303 == browser.ask("/admin/")[0]

    browser.enter()
    file = desk.house.root / "state" / "admin.password"
    file.write_text(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("another word"), "ascii")
    assert 303 == browser.ask("/admin/")[0]

    at = [0.0]
    gate = Gate(file, clock=lambda: at[0])
    entered = asyncio.run(gate.enter("another word", "127.0.0.1"))
    assert entered and gate.of(entered[0])
    at[0] = IDLE + 1
    assert gate.of(entered[0]) is None


def test_a_session_outlives_other_settings_and_not_another_password(desk, browser):  # threat 11
    browser.begin()
    assert 200 == browser.ask("/admin/")[0]
    file = desk.house.root / "state" / "admin.password"
    file.write_text(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("another word"), "ascii")
    browser.begin()
    assert 303 == browser.ask("/admin/")[0]


def test_a_password_that_others_can_read_lets_nobody_in(desk, browser):  # threat 9
    file = desk.house.root / "state" / "admin.password"
    file.chmod(0o640)

    assert 303 == browser.ask("/admin/")[0]
    assert asyncio.run(Gate(file).enter(WORD, "127.0.0.1")) is None


@pytest.mark.parametrize("path", [*PAGES, "/admin/login", "/admin/style.css"])
def test_no_cache_keeps_a_page_and_nothing_in_it_runs_or_is_framed(browser, path):  # threat 11
    status, headers, body = browser.ask(path)

    assert (200, "no-store") == (status, headers["cache-control"])
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script" not in body and ' style="' not in body


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_made_in_every_language(browser, language):
    browser.post("/admin/language", language=language)

    for path in PAGES:
        status, _, body = browser.ask(path)
        tree = html.fromstring(body)
        assert (200, language) == (status, tree.get("lang"))
        assert ("ltr" if language == "en" else "rtl") == tree.get("dir")


def test_an_edition_is_held_released_and_cancelled_after_it_was_asked_twice(desk, browser):  # D8
    here = "/admin/editions/1"

    browser.post(here, do="hold")
    assert Release.HELD is desk.edition().release
    browser.post(here, do="release")
    assert Release.RELEASED is desk.edition().release
    assert 200 == browser.post(here, do="cancel")[0]
    assert Release.RELEASED is desk.edition().release
    browser.post(here, do="cancel", sure="yes")
    assert Release.CANCELLED is desk.edition().release


def test_the_letter_is_shown_in_a_sandbox(browser):
    status, headers, body = browser.ask("/admin/editions/1/html")

    assert 200 == status and "خبر" in body
    assert "sandbox" in headers["content-security-policy"]
    assert "text/plain" in browser.ask("/admin/editions/1/text")[1]["content-type"]


def test_the_headers_are_those_of_the_edition_and_lead_nobody_anywhere(desk, browser):
    assert "Subject:" in browser.ask("/admin/editions/1/headers")[2]  # as it would leave
    desk.decide("release")
    desk.at(SLOT)
    desk.article(3)
    head = message_from_string(browser.ask("/admin/editions/1/headers")[2], policy=policy.default)
    edition = desk.edition()
    sent = parsed(desk.relay.got[-1])

    assert "1:daily:digest:exampleorg" == head["feedback-id"]
    own = {"To", "Message-ID", "List-Unsubscribe", "Content-Type"}
    assert [(name, str(text)) for name, text in sent.items() if name not in own] == [
        (name, str(text)) for name, text in head.items() if name not in own
    ]
    assert f"https://news.example.org/newsletter/daily/{edition.name}/" == head["archived-at"].strip("<>")
    assert ANN not in str(head) and BOB not in str(head)
    token = head["list-unsubscribe"].partition("/u/")[2].partition(">")[0]
    assert Claim(0, 0) == desk.house.keys.read("unsubscribe", token)
    assert 404 == browser.ask("/admin/editions/9/headers")[0] == browser.ask("/admin/editions/1/raw")[0]


def test_a_form_larger_than_any_of_ours_is_named_as_such(browser):
    status, _, body = browser.ask("/admin/articles/correct", "POST", b"text=" + b"a" * (FORM + 1))

    assert (400, "This is no form of ours, or it is too large.\n") == (status, body)


def test_the_page_says_how_large_a_file_may_be(browser):
    def most(page: str) -> str:
        return str(html.fromstring(browser.ask(page)[2]).xpath("string(//*[@id='most'])"))

    ar, en = words("ar"), words("en")

    assert "5 ميغابايت" in most("/admin/articles") and "25 ميغابايت" in most("/admin/articles")
    browser.post("/admin/language", language="fa")
    assert "۲۵۶ مگابایت" in most("/admin/subscribers")
    assert ["0.001 MB", "5 MB", "256 MB", "72.4 GB"] == [
        size(n, en, "latn") for n in (1000, 5e6, UPLOAD.size, 72.43e9)
    ]
    assert "٧٢٫٤ غيغابايت" == size(72.43e9, ar, "arab")


def test_a_reader_is_added_found_and_leaves(desk, browser):
    browser.post("/admin/subscribers/add", address="zoe@example.org", confirmed="yes")
    (found,) = desk.house.store.read(lambda c: people.page(c, contains="zoe@"))
    here = f"/admin/subscribers/{found.subscriber.id}"

    assert "zoe@example.org" in browser.ask("/admin/subscribers?q=zoe")[2]
    assert "zoe@example.org" in browser.ask(f"{here}/export")[2]
    assert "zoe@example.org" in browser.ask("/admin/subscribers.csv")[2]
    browser.post(here, do="pause", newsletter="daily")
    (found,) = desk.house.store.read(lambda c: people.page(c, contains="zoe@"))
    assert {"daily": "paused"} == found.newsletters
    browser.post(here, do="leave", newsletter="daily", sure="yes")
    (found,) = desk.house.store.read(lambda c: people.page(c, contains="zoe@"))
    assert {"daily": "ended"} == found.newsletters


def test_who_cannot_be_reached_is_active_in_no_list(desk, browser, tmp_path):  # L1 L7
    house = desk.house
    ann = house.store.read(lambda c: people.find(c, ANN))
    house.store.write(lambda c: people.set_reach(c, ann.id, Reach.COMPLAINED))
    file = tmp_path / "list.csv"

    exporting.everybody(house, file=file, out=sys.stdout.buffer, form="csv", newsletter=None, state="active")
    by_api = [each["address"] for each in paging.subscribers(house, state="active")["subscribers"]]

    assert BOB in by_api
    assert (
        len(by_api) == house.store.read(people.tally)["active"] == house.store.read(people.readers)["daily"]
    )
    for text in (file.read_text("utf-8"), browser.ask("/admin/subscribers?state=active")[2], str(by_api)):
        assert (True, False) == (BOB in text, ANN in text)
    assert ANN in browser.ask("/admin/subscribers?state=complained")[2]


def test_no_page_reads_the_store_where_all_others_are_answered(desk, browser, monkeypatch):  # X12
    """A read waits for the disk, and on the event loop everybody with it."""
    read, waited = Store.read, []

    def noting(store: Store, work: Any) -> Any:
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            waited.append(traceback.extract_stack()[-2])
        return read(store, work)

    desk.house.memory.digits = None
    fresh = Browser(desk)
    monkeypatch.setattr(Store, "read", noting)
    fresh.enter()
    paths = ["/subscribe", "/preferences/AAAA", "/u/AAAA", "/admin/subscribers.csv"]

    answers = [fresh.ask(path)[0] for path in [*PAGES, *paths, "/admin/subscribers/1/export"]]

    assert [200] * len(PAGES) == answers[: len(PAGES)]
    assert [200, 404, 404, 200, 200] == answers[len(PAGES) :]
    assert [] == waited


def test_a_list_is_looked_at_before_it_is_taken_and_never_stays(desk, browser):
    kept = desk.house.root / "state" / "uploads"
    browser.upload("/admin/subscribers/import", "list.csv", b"new@example.org\nnonsense\n", confirmed="yes")
    (own,) = kept.iterdir()
    (file,) = own.iterdir()

    assert (0o600, 0o700) == (file.stat().st_mode & 0o777, own.stat().st_mode & 0o777)
    assert [] == desk.house.store.read(lambda c: people.page(c, contains="new@"))
    browser.post("/admin/subscribers/import", kept=own.name, confirmed="yes")
    assert 1 == len(desk.house.store.read(lambda c: people.page(c, contains="new@")))
    assert [] == [*kept.iterdir()]


def test_the_name_of_a_list_says_who_left_also_when_it_is_uploaded(desk, browser):  # L7
    kept = desk.house.root / "state" / "uploads"
    browser.upload(
        "/admin/subscribers/import", "../unsubscribed_x y.csv", b"Email Address\na@x.com\n", confirmed="yes"
    )
    (own,) = kept.iterdir()

    assert ["unsubscribed_x_y.csv"] == [file.name for file in own.iterdir()]
    browser.post("/admin/subscribers/import", kept=own.name, confirmed="yes")
    (found,) = desk.house.store.read(lambda c: people.page(c, contains="a@x.com"))
    assert {"ended"} == set(found.newsletters.values())


def test_an_uploaded_article_is_published_and_replaces_none_in_silence(desk, browser):
    path = desk.house.folder / "خبر جديد.md"

    browser.upload("/admin/articles/upload", "../../خبر جديد.md", "عنوان أول\n\nنص.\n".encode())
    assert "عنوان أول" in path.read_text("utf-8")
    assert "خبر جديد.md" in browser.ask("/admin/articles")[2]
    browser.upload("/admin/articles/upload", "خبر جديد.md", b"other\n")
    assert "عنوان أول" in path.read_text("utf-8")
    browser.upload("/admin/articles/upload", "خبر جديد.md", b"other\n", replace="yes")
    assert "other" in path.read_text("utf-8")
    assert [] == [each for each in desk.house.folder.iterdir() if each.name.endswith(".upload")]


@pytest.mark.parametrize("name", ["", ".md", ".hidden.md", "_draft.md", "a.exe", "a\0.md", "x" * 300 + ".md"])
def test_a_name_that_is_no_articles_is_refused(name):
    with pytest.raises(BadInput):
        safe_name(name)


def test_what_becomes_of_readers_nobody_vouches_for_is_said(desk, browser):  # L4 L7
    told = words("ar").text(
        "Who is not confirmed gets no letter, and what is pending ends after seven days, unless they sign up "
        "themselves or the list is imported again with your word for their consent."
    )
    path, name, rows = "/admin/subscribers/import", "list.csv", b"new@example.org\n"

    assert told in browser.upload(path, name, rows)[2]
    assert told not in browser.upload(path, name, rows, confirmed="yes")[2]


def test_a_path_is_cut_to_its_name():
    assert "passwd.md" == safe_name("../../etc/passwd.md") == safe_name("C:\\x\\passwd.md")


def test_what_is_refused_is_shown_with_its_line_and_isolated(desk, browser, write):
    write(desk.house, "bad.txt", "<?xml version='1.0'?>\n<a>x</a>\n")
    write(desk.house, "odd.md", "---\ntitle: &a x\n---\n\ny\n")
    desk.publishes(desk.house)
    tree = html.fromstring(browser.ask("/admin/")[2])

    assert "bad.txt:1" in tree.xpath("string(//ul[@class='refused'])")
    said = {
        (each.get("lang"), each.get("dir"), str(each.text))
        for each in tree.xpath("//ul[@class='refused']//p[@lang]")
    }
    assert {
        ("ar", "rtl", retold("looks like XML or HTML", words("ar")).text),
        ("ar", "rtl", retold("name it .html, or put the headline first", words("ar")).text),
        ("en", "ltr", "the front matter has an anchor or alias (& or *)"),
        ("ar", "rtl", retold("put the value in quotes", words("ar")).text),
    } == said


def test_a_title_that_begins_with_a_latin_word_stands_in_the_articles_own_direction(desk, browser, write):
    write(desk.house, "iphone.md", "---\ntitle: iPhone يصل إلى الأسواق\n---\n\nنص عربي طويل عن الهاتف.\n")
    desk.publishes(desk.house)

    for page in ("/admin/articles", "/admin/"):
        tree = html.fromstring(browser.ask(page)[2])
        (title,) = tree.xpath("//bdi[starts-with(., 'iPhone')]")
        assert ("rtl", "ar") == (title.get("dir"), title.xpath("string(ancestor-or-self::*[@lang][1]/@lang)"))
    assert [] == [each for each in tree.xpath("//bdi") if not each.get("dir")]


def test_a_picture_says_which_article_shows_it(desk, browser, write):
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "PNG")
    write(desk.house, "سوق.png", picture.getvalue())
    write(desk.house, "unused.png", picture.getvalue())
    write(desk.house, "market.md", "---\ntitle: السوق\n---\n\nنص.\n\n![السوق](سوق.png)\n")
    desk.publishes(desk.house)
    tree = html.fromstring(browser.ask("/admin/articles?state=skipped")[2])
    rows = [" ".join(each.text_content().split()) for each in tree.xpath("//ul[@class='refused card']/li")]

    say = words("ar").text
    assert [f"سوق.png – {say('Shown by')}: market.md", f"{say('Left out')} – unused.png"] == sorted(rows)


def test_a_picture_is_uploaded_beside_the_articles_and_the_page_says_how_to_show_it(desk, browser):
    browser.upload("/admin/articles/upload", "صورة السوق.png", b"\x89PNG")
    said = browser.ask("/admin/articles")[2]

    assert b"\x89PNG" == (desk.house.folder / "صورة السوق.png").read_bytes()
    assert f"![]({quote('صورة السوق.png')})" in said and "صورة السوق.png" in said


def test_a_name_that_cannot_be_used_is_shown_as_it_is_in_the_editors_language(browser):
    status, _, body = browser.upload("/admin/articles/upload", "صورة.svg", b"<svg/>")

    assert 400 == status
    assert "صورة.svg" in body and "\\u" not in body
    assert words("ar").text("this name cannot be used") in body


def test_an_article_is_corrected_from_its_row(desk, browser):  # D9
    tree = html.fromstring(browser.ask("/admin/articles")[2])
    link = tree.xpath("//a[contains(@href, '/admin/articles/correct')]/@href")[0]
    form = html.fromstring(browser.ask(link)[2])
    slug = form.xpath("//input[@name='article']/@value")[0]
    asked = html.fromstring(browser.post("/admin/articles/correct", article=slug, text="الصواب غدًا")[2])

    assert "خبر" in form.xpath("string(//p[@class='title'])")
    assert "الصواب غدًا" == asked.xpath("string(//blockquote)")
    assert 303 == browser.post("/admin/articles/correct", article=slug, text="الصواب غدًا", sure="yes")[0]
    told = [each.article.corrections for each in desk.house.store.read(articles.listing) if each.article]
    assert ["الصواب غدًا"] == [each.text for notes in told for each in notes]
    assert 404 == browser.ask("/admin/articles/correct?article=none")[0]


def test_a_reader_is_shown_with_what_they_are_to_the_site(desk, browser):
    say = words("ar").text
    here = "/admin/subscribers/1"

    def states() -> tuple[str, str]:
        row = html.fromstring(browser.ask("/admin/subscribers")[2]).xpath(
            "//ul[@class='rows card']/li[1]/span[1]"
        )
        page = html.fromstring(browser.ask(here)[2])
        return str(row[0].text_content()), str(page.xpath("string((//dd)[1])"))

    assert (say("Gets letters"),) * 2 == states()
    browser.post(here, do="pause", newsletter="daily")
    assert (say("Paused"),) * 2 == states()
    browser.post(here, do="leave", newsletter="daily", sure="yes")
    assert (say("Unsubscribed"),) * 2 == states()
    shown = browser.ask("/admin/subscribers?state=active")[2]
    assert ANN not in shown and BOB in shown


@pytest.mark.parametrize(
    "reach, wishes, expected",
    [
        (Reach.REACHABLE, [Wish.ENDED, Wish.ACTIVE], "active"),
        (Reach.REACHABLE, [Wish.PENDING, Wish.PAUSED], "paused"),
        (Reach.REACHABLE, [Wish.ENDED, Wish.PENDING], "pending"),
        (Reach.REACHABLE, [], "none"),
        (Reach.BOUNCED, [Wish.ACTIVE], "bounced"),
        (Reach.SUPPRESSED, [Wish.ENDED], "suppressed"),
    ],
)
def test_one_state_is_the_best_of_a_reader_or_why_no_letter_reaches_them(reach, wishes, expected):
    assert expected == standing(reach, wishes)
    assert expected in READERS


@pytest.mark.parametrize(
    "form, where",
    [
        ("page", "في الموقع"),
        ("unsubscribed by mail", "بالبريد"),
        ("import list.csv", "في قائمة: \u2068list.csv\u2069"),
        ("api shop", "من برنامج: \u2068shop\u2069"),
        ("elsewhere", "elsewhere"),
    ],
)
def test_what_a_reader_said_is_told_in_the_editors_words(form, where):  # L4
    at = datetime(2026, 11, 29, tzinfo=UTC)

    for event in Said:
        said, told = consent(Consent(1, 1, event, at, form), words("ar"))
        assert where == told and said.isascii() is False


def test_the_record_of_consent_names_the_newsletter(desk, browser):  # L4
    browser.post("/admin/subscribers/1", do="leave", newsletter="daily", sure="yes")
    said = html.fromstring(browser.ask("/admin/subscribers/1")[2]).xpath("string(//section[h2='الموافقة'])")

    assert words("ar").text("Unsubscribed") in said and desk.house.newsletters["daily"].title in said
    assert "left" not in said and "unsubscribed" not in said


def test_when_letters_come_is_chosen_by_the_readers_own_controls_where_that_is_offered(make_desk):  # D4
    desk = make_desk(frequencies=("daily", "weekly"))
    desk.article(2)
    desk.at(SLOT - minutes(60))
    browser = Browser(desk)
    browser.enter()
    here = "/admin/subscribers/1"
    offered = html.fromstring(browser.ask(here)[2])
    form = {
        "do": "choose",
        "newsletter": "daily",
        "often": "weekly",
        "weekday": "5",
        "at": "08:30",
        "language": "ar",
    }

    assert ["daily", "weekly"] == offered.xpath("//input[@name='often']/@value")
    assert 303 == browser.post(here, **form)[0]
    (chosen,) = desk.house.store.read(lambda c: choices.standings(c, 1))
    assert "weekly sat 08:30" == chosen.chosen.schedule
    assert 400 == browser.post(here, **form | {"often": "monthly"})[0]


def test_where_the_newsletter_offers_none_there_is_no_control_for_it(browser):  # D4
    assert [] == html.fromstring(browser.ask("/admin/subscribers/1")[2]).xpath(
        "//*[@name='often' or @name='at']"
    )


def test_who_is_refused_reads_in_the_sites_language_how_an_editor_gets_in(desk):  # threat 11
    status, headers, body = Browser(desk).ask("/admin/", x_forwarded_for="127.0.0.1")

    assert 403 == status and "no-store" == headers["cache-control"]
    assert ("ar", "rtl") == (html.fromstring(body).get("lang"), html.fromstring(body).get("dir"))
    assert "ssh -L 8080:127.0.0.1:8080 SERVER" in body and "allow" in body
    assert 'name="token" value=""' not in body and "/admin/login" not in body


@pytest.mark.sqlite
def test_a_list_of_editions_does_not_wait_for_the_count_of_their_letters(desk, browser, monkeypatch):
    may_end = threading.Event()
    count = ledger.by_edition

    def slow(*given):
        may_end.wait(LONG)
        return count(*given)

    monkeypatch.setattr(ledger, "by_edition", slow)
    monkeypatch.setattr(counting, "PATIENCE", 0.1)
    browser.answered = may_end.set
    status, headers, body = browser.ask("/admin/editions")

    assert (200, "5") == (status, headers.get("refresh"))
    assert words("ar").text("The numbers are being counted.") in body and "/admin/editions/1" in body


def test_a_column_has_its_number_above_and_its_name_below():
    (bar,) = chart([("edition 7", "7", [5, 0, 2])], ["a", "b", "c"], words("en"), letters.site())
    (day,) = chart([("Monday", "3", [4, 1])], ["came", "left"], words("fa"), letters.site(), signs=("+", "−"))

    assert [("7", "below"), ("7", "")] == [word[2:] for word in bar.words]
    assert [("۳", "below"), ("−۱", "left"), ("+۴", "came")] == [word[2:] for word in day.words]
    assert all(y < 120 for _, y, _, kind in (*bar.words, *day.words) if kind != "below")
