"""`preview` and `test-send` on a real site: what they show and mail, and that they leave no trace."""

import asyncio
import email
import json
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from lxml import html

from publisher.actions.init import create
from publisher.config import load
from publisher.digests.scheme import shown_in
from publisher.errors import BadInput, BadState, Exit, Unreachable
from publisher.verbs import previewing, table
from publisher.verbs import session as sessions
from tests.commands import nashir

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def clock() -> datetime:
    return NOW


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create(tmp_path / "site", "Asia/Baghdad")
    config = tmp_path / "site" / "config.toml"
    text = config.read_text("utf-8").replace("http://127.0.0.1:8080", "https://news.example.org")
    config.write_text(text, "utf-8")
    return tmp_path / "site"


@pytest.fixture
def change(folder: Path) -> Callable[[str, str], None]:
    def change(old: str, new: str) -> None:
        config = folder / "config.toml"
        text = config.read_text("utf-8")
        assert old in text
        config.write_text(text.replace(old, new), "utf-8")

    return change


@pytest.fixture
def article(folder: Path) -> Callable[[str, str], None]:
    def article(name: str, text: str) -> None:
        path = folder / "articles" / name
        path.write_text(text, "utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))

    return article


@pytest.fixture
def does(folder: Path) -> Callable[..., dict[str, Any]]:
    """Runs a writing verb on the site."""

    def does(verb: str, **arguments: Any) -> dict[str, Any]:
        with sessions.writing(load(folder, {}), clock) as session, asyncio.Runner() as runner:
            return runner.run(table.run(session, verb, arguments))

    return does


@pytest.fixture
def previews(folder: Path) -> Callable[..., dict[str, Any]]:
    def previews(newsletter: str | None = None) -> dict[str, Any]:
        with sessions.reading(load(folder, {})) as house:
            return previewing.preview(house, newsletter=newsletter, now=NOW)

    return previews


@pytest.fixture
def sends(folder: Path) -> Callable[..., dict[str, Any]]:
    def sends(address: str = "me@example.org", **options: Any) -> dict[str, Any]:
        settings = load(folder, {})
        words = {"newsletter": None, "language": None} | options
        with sessions.reading(settings) as house:
            return previewing.test_send(house, sessions.ways(settings), address=address, now=NOW, **words)

    return sends


@pytest.fixture
def published(does: Callable[..., dict[str, Any]], article: Callable[[str, str], None]) -> None:
    """A site with a reader in Arabic, one in Hebrew, and an article that both have not had."""
    does("publish")
    for address, language in (("a@example.org", None), ("b@example.org", "he"), ("c@example.org", "he")):
        does("subscribers add", address=address, confirmed=True, language=language)
    article("park.txt", "حديقة جديدة على ضفة النهر\nافتُتحت أمس حديقة جديدة بعد عامين من العمل.\n")
    does("publish")


def letter(data: bytes) -> Message:
    return email.message_from_bytes(data, policy=default)


def state(folder: Path) -> dict[str, list[Any]]:
    """Every row of the database, by table."""
    with closing(sqlite3.connect(folder / "state" / "nashir.db")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in names}


@pytest.mark.usefixtures("published")
def test_the_page_shows_the_next_edition_in_every_language_of_its_readers(
    previews: Callable[..., dict[str, Any]],
) -> None:  # R10
    (one,) = previews()["previews"]
    page = Path(one["page"]).read_text("utf-8")

    assert (["ar", "he"], 3, True, 1) == (one["languages"], one["readers"], one["new"], one["items"])
    assert "2026-11-24T04:00:00+00:00" == one["next_due"]
    assert "حديقة جديدة على ضفة النهر" in page
    assert re.search(r'<html lang="ar" dir="rtl">', page)
    for name in (
        "daily.light.html",
        "daily.dark.html",
        "daily.he.light.html",
        "daily.he.dark.html",
        "daily.welcome.light.html",
    ):
        assert f'src="{name}"' in page
        assert Path(one["page"]).with_name(name).is_file()
    assert [] == re.findall(r"(?:src|href)=\"(?!daily|#|https://news\.example\.org/)[^\"]*\"", page)
    assert "<script" not in page
    listed = html.fromstring(page).xpath('//ul[@class="plain soft"]/li')
    assert ["עברית · مقال واحد · قارئان", "العربية · مقال واحد · قارئ واحد"] == [
        " ".join(each.text_content().split()) for each in listed
    ]
    assert "built-in" not in page
    (due,) = html.fromstring(page).xpath("//dt[.='الموعد التالي']/following-sibling::dd/text()")
    assert due.endswith(" – ٧:٠٠ صباحًا")


@pytest.mark.usefixtures("published")
def test_nothing_is_to_be_mended_in_what_we_make(previews: Callable[..., dict[str, Any]]) -> None:  # R10
    assert [] == [each for one in previews()["previews"] for each in one["findings"]]


@pytest.mark.usefixtures("published")
def test_a_template_of_the_site_is_looked_at(
    folder: Path, previews: Callable[..., dict[str, Any]]
) -> None:  # R10
    (folder / "templates" / "mail").mkdir(parents=True)
    (folder / "templates" / "mail" / "welcome.html.j2").write_text(
        '{% extends "mail/base.html.j2" %}{% block main %}'
        '<tr><td><p style="float: left">{{ heading }}</p></td></tr>{% endblock %}',
        "utf-8",
    )
    (one,) = previews()["previews"]
    found = {each["name"]: each for each in one["findings"]}

    assert {"float", "block-without-dir", "not-one-h1"} <= set(found)
    assert {"welcome"} == {each["in"] for each in found.values()}
    assert "float: left" in found["float"]["found"]
    assert "Outlook does not know float" in Path(one["page"]).read_text("utf-8")


@pytest.mark.usefixtures("published")
def test_looking_leaves_no_trace(
    folder: Path, previews: Callable[..., dict[str, Any]], sends: Callable[..., dict[str, Any]]
) -> None:  # R10
    before = state(folder)
    previews()
    sends()

    assert before == state(folder)
    assert {0o600} == {path.stat().st_mode & 0o777 for path in (folder / "state" / "preview").iterdir()}
    assert 0o700 == (folder / "state" / "preview").stat().st_mode & 0o777


@pytest.mark.usefixtures("published")
def test_what_was_sent_is_shown_again_where_nothing_is_new(
    does: Callable[..., dict[str, Any]], previews: Callable[..., dict[str, Any]]
) -> None:
    assert 3 == does("send", now=True)["sent"]
    (one,) = previews()["previews"]

    assert (False, 0, 2) == (one["new"], one["readers"], one["items"])
    assert "لا جديد الآن" in Path(one["page"]).read_text("utf-8")


@pytest.mark.usefixtures("published")
def test_several_newsletters_have_a_page_that_leads_to_theirs(
    change: Callable[[str, str], None],
    does: Callable[..., dict[str, Any]],
    previews: Callable[..., dict[str, Any]],
) -> None:
    more = '[[newsletters]]\nname = "{}"\ntitle = "{}"\nschedule = "{}"\n{}\n[web]'
    change("[web]", more.format("now", "عاجل", "instant", ""))
    change("[web]", more.format("sport", "رياضة", "weekly sat 07:00", 'categories = ["رياضة"]'))
    does("publish")
    found = previews()

    assert (["daily", "now"], ["sport"]) == ([one["newsletter"] for one in found["previews"]], found["empty"])
    assert [1, None] == [found["previews"][1]["items"], found["previews"][1]["next_due"]]
    index = Path(found["index"]).read_text("utf-8")
    for one in found["previews"]:
        assert f'href="{Path(one["page"]).name}"' in index
        assert f'href="{Path(found["index"]).name}"' in Path(one["page"]).read_text("utf-8")
    with pytest.raises(BadInput, match="sport has no article to show"):
        previews("sport")


@pytest.mark.usefixtures("published")
def test_an_article_is_data_on_the_page_too(
    article: Callable[[str, str], None],
    does: Callable[..., dict[str, Any]],
    previews: Callable[..., dict[str, Any]],
) -> None:  # threat 3
    article("evil.txt", "خبر <script>alert(1)</script> {{ 7*7 }} </div></main>\nنص الخبر كما هو.\n")
    does("publish")
    (one,) = previews()["previews"]
    page = Path(one["page"]).read_text("utf-8")

    assert "<script" not in page and "{{ 7*7 }}" in page
    assert 1 == page.count("</main>")


@pytest.mark.parametrize(
    "scheme, holds",
    [("light", ["(max-width: 0)", 'content="light"']), ("dark", ["(min-width: 0)", 'content="dark"'])],
)
def test_a_letter_is_shown_by_day_and_by_night(scheme: Any, holds: list[str]) -> None:
    html = '<meta name="color-scheme" content="light dark"><style>@media (prefers-color-scheme: dark) {p{}}</style>'

    shown = shown_in(html, scheme)

    assert all(each in shown for each in holds)
    assert "prefers" not in shown


class Relay:
    """A real SMTP server on loopback, that answers as it is told."""

    def __init__(self, **options: Any) -> None:
        self.got = list[tuple[str, list[str], bytes]]()
        self.rcpt, self.data = "250 2.1.5 ok", "250 2.0.0 kept as 7"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            self._loop.create_server(lambda: SMTP(self, loop=self._loop, **options), "127.0.0.1", 0),
            self._loop,
        ).result()
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: Any) -> str:  # noqa: N802
        if self.rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        self.got.append((envelope.mail_from or "", envelope.rcpt_tos, envelope.original_content or b""))
        if not self.data and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()  # it has the letter, and drops the connection
        return self.data

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        """End the conversations too: the loop closes with none of them pending."""
        self._server.close()
        talking = asyncio.all_tasks() - {asyncio.current_task()}
        for each in talking:
            each.cancel()
        await asyncio.gather(*talking, return_exceptions=True)


@pytest.fixture
def relay() -> Iterator[Relay]:
    relay = Relay()
    yield relay
    relay.close()


@pytest.mark.usefixtures("published")
def test_a_test_letter_is_what_readers_would_get(
    relay: Relay, change: Callable[[str, str], None], sends: Callable[..., dict[str, Any]]
) -> None:  # R10
    change('relay = "maildir:outbox"', f'relay = "smtp://127.0.0.1:{relay.port}"')
    (sent,) = sends("me@example.org")["letters"]
    ((envelope, recipients, data),) = relay.got
    message = letter(data)

    assert (True, "content", 250) == (sent["taken"], sent["stage"], sent["code"])
    assert ("news@example.org", ["me@example.org"]) == (envelope, recipients)
    assert "تجربة: حديقة جديدة على ضفة النهر" == str(message["Subject"]) == sent["subject"]
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in message.walk()][1:]
    assert message["List-Unsubscribe"] and message["Feedback-ID"]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    "language, subject",
    [("en", "Test: \u200fحديقة جديدة على ضفة النهر\u200f"), ("he", "בדיקה: حديقة جديدة على ضفة النهر")],
)
def test_a_test_letter_says_so_in_its_language(
    language: str, subject: str, folder: Path, sends: Callable[..., dict[str, Any]]
) -> None:
    (sent,) = sends(language=language)["letters"]
    (path,) = (folder / "outbox" / "new").iterdir()

    assert subject == sent["subject"] == str(letter(path.read_bytes())["Subject"])


@pytest.mark.usefixtures("published")
def test_its_links_act_on_nobody(folder: Path, sends: Callable[..., dict[str, Any]]) -> None:  # H3, H4
    from publisher.actions import leaving

    sends()
    (path,) = (folder / "outbox" / "new").iterdir()
    token = re.search(r"/u/([\w-]+)>", str(letter(path.read_bytes())["List-Unsubscribe"]))
    assert token

    with sessions.reading(load(folder, {})) as house:
        assert leaving.who_leaves(house, token[1], clock()) is None


@pytest.mark.usefixtures("published")
def test_the_next_relay_is_tried_when_one_is_down(
    relay: Relay, change: Callable[[str, str], None], sends: Callable[..., dict[str, Any]]
) -> None:  # S5
    change('relay = "maildir:outbox"', f'relay = ["smtp://127.0.0.1:1", "smtp://127.0.0.1:{relay.port}"]')
    (sent,) = sends()["letters"]

    assert (True, f"smtp://127.0.0.1:{relay.port}") == (sent["taken"], sent["relay"])
    assert ["smtp://127.0.0.1:1"] == [each.partition(": ")[0] for each in sent["passed"]]
    assert 1 == len(relay.got)


@pytest.mark.usefixtures("published")
def test_no_letter_goes_in_clear_where_tls_is_asked_for(
    relay: Relay, change: Callable[[str, str], None], sends: Callable[..., dict[str, Any]]
) -> None:  # S6
    change('relay = "maildir:outbox"', f'relay = "smtp+starttls://127.0.0.1:{relay.port}"')

    with pytest.raises(Unreachable, match="no relay can be used"):
        sends()
    assert [] == relay.got


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    "address, language",
    [("nonsense", None), ("me@example.org", "tlh"), ("me@example.org", "ug"), ("me@example.org", "?!")],
)
def test_what_cannot_be_mailed_to_is_refused(
    address: str, language: str | None, sends: Callable[..., dict[str, Any]]
) -> None:
    with pytest.raises(BadInput):
        sends(address, language=language)


@pytest.mark.usefixtures("published")
def test_every_test_is_a_letter_of_its_own(folder: Path) -> None:
    for _ in range(2):
        nashir("-C", folder, "test-send", "me@example.org").check_returncode()

    assert 2 == len(list((folder / "outbox" / "new").iterdir()))


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    "rcpt, data, code, said",
    [
        ("250 2.1.5 ok", "250 2.0.0 kept as 7", Exit.DONE, "took it for me@example.org: 250 2.0.0 kept as 7"),
        (
            "550 5.1.1 no such user",
            "",
            Exit.FINDINGS,
            "did not take it (rcpt): 550 5.1.1 no such user. Mend: look at the address",
        ),
        (
            "250 2.1.5 ok",
            "451 4.3.0 later",
            Exit.FINDINGS,
            "did not take it (content): 451 4.3.0 later. Mend:",
        ),
        (
            "250 2.1.5 ok",
            "421 4.3.2 closing",
            Exit.FINDINGS,
            "did not take it (content): 421 4.3.2 closing. Mend:",
        ),
        ("250 2.1.5 ok", "", Exit.IO, "nobody knows whether"),
        ("", "", Exit.IO, "no relay can be used. Mend:"),
    ],
)
def test_the_answer_is_one_clear_line(
    rcpt: str,
    data: str,
    code: Exit,
    said: str,
    folder: Path,
    relay: Relay,
    change: Callable[[str, str], None],
) -> None:
    relay.rcpt, relay.data = rcpt, data
    port = relay.port if rcpt else 1
    change('relay = "maildir:outbox"', f'relay = "smtp://127.0.0.1:{port}"')

    done = nashir("-C", folder, "test-send", "me@example.org")

    assert code == done.returncode, done.stderr
    (line,) = (done.stdout if code == Exit.DONE else done.stderr).splitlines()
    assert said in line
    assert f"smtp://127.0.0.1:{port}" in line


@pytest.mark.usefixtures("published")
def test_a_relay_that_drops_the_connection_behind_the_content_may_have_the_letter(
    folder: Path, relay: Relay, change: Callable[[str, str], None], sends: Callable[..., dict[str, Any]]
) -> None:  # S2
    relay.data = ""
    change('relay = "maildir:outbox"', f'relay = "smtp://127.0.0.1:{relay.port}"')
    (sent,) = sends("me@example.org")["letters"]

    assert 1 == len(relay.got)
    assert (None, "content", 0) == (sent["taken"], sent["stage"], sent["code"])

    done = nashir("-C", folder, "test-send", "me@example.org")
    assert "no answer came (content): no reply" in done.stderr
    assert "did not take it" not in done.stderr


@pytest.mark.usefixtures("published")
def test_a_test_letter_leaves_while_the_fence_is_up(
    folder: Path, does: Callable[..., dict[str, Any]]
) -> None:  # S7
    (folder / "state" / "generation").write_text("9999\n", "ascii")
    with pytest.raises(BadState, match="nashir resume"):
        does("send", now=True)

    done = nashir("-C", folder, "--json", "test-send", "me@example.org")
    done.check_returncode()

    assert json.loads(done.stdout)["letters"][0]["taken"]
