"""Whom a site tells of its pages, and the words."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.pages import engines, indexnow
from publisher.pages.settings import PageSettings
from publisher.subscribers.tokens import Keys
from tests.engines import running
from tests.hub import running as running_hub

MESSAGE = b'{"host": "a", "key": "k", "keyLocation": "https://a/k.txt", "urlList": []}'


def test_the_door_is_a_url_as_ascii_and_none_by_itself() -> None:  # F24
    assert not indexnow.read(PageSettings())
    assert "https://xn--mgbh0fb.example/indexnow" == indexnow.read(
        PageSettings(indexnow=" https://مثال.example/indexnow ")
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1"])
def test_a_door_next_door_has_to_be_meant(host: str) -> None:  # threat 8
    with pytest.raises(ValueError, match="indexnow_private = true"):
        indexnow.read(PageSettings(indexnow=f"http://{host}:8000/"))

    meant = PageSettings(indexnow=f"http://{host}:8000/", indexnow_private=True)
    assert meant.indexnow == indexnow.read(meant)


@pytest.mark.parametrize("raw", ["https://user:secret@engines.example.org/", "ftp://a:secret@b.example/"])
def test_a_login_is_not_repeated(raw: str) -> None:  # threat 9
    with pytest.raises(ValueError, match="login") as caught:
        indexnow.read(PageSettings(indexnow=raw))

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["localhost:8080", "10.1.2.3", "[fd00::1]:80", "intranet", "news.local", "a.home.arpa"]
)
def test_no_search_engine_reaches_such_an_address(host: str) -> None:  # F24
    told = PageSettings(indexnow="https://engines.example.org/")

    assert f"none of them reaches http://{host}." in indexnow.useless(told, f"http://{host}")
    assert not indexnow.useless(PageSettings(), f"http://{host}")


@pytest.mark.parametrize("host", ["news.example.org", "93.184.216.34", "[2606:4700::1111]", "localhost.ch"])
def test_these_they_reach(host: str) -> None:  # F24
    assert not indexnow.useless(PageSettings(indexnow="https://engines.example.org/"), f"https://{host}/blog")


def test_a_site_below_a_path_names_its_host_and_where_its_key_is() -> None:  # F24
    at = "https://example.org:8443/blog/k.txt"
    said = indexnow.message("https://example.org:8443/blog", "k", at, ["https://example.org:8443/blog/one/"])

    assert {
        "host": "example.org:8443",
        "key": "k",
        "keyLocation": at,
        "urlList": ["https://example.org:8443/blog/one/"],
    } == json.loads(said)


@given(st.lists(st.integers(0, 300_000), max_size=30), st.integers(0, 5))
def test_a_ping_is_a_megabyte_and_ten_thousand_pages_at_the_most(sizes: list[int], many: int) -> None:  # F24
    urls = ["u" * size for size in sizes] + ["u"] * (many * 4000)
    count = indexnow.fitting(urls)

    assert min(1, len(urls)) <= count <= 10_000
    assert count == 1 or len(json.dumps(urls[:count])) <= 1_000_002
    assert count in (len(urls), 10_000) or len(json.dumps(urls[: count + 1])) > 1_000_000


def test_the_key_is_the_site_s_own_and_tells_nothing_of_its_secret() -> None:  # F24
    one, other = Keys({1: bytes(32)}), Keys({1: bytes(31) + b"x"})

    assert one.public("indexnow") == Keys({1: bytes(32)}).public("indexnow")
    assert 3 == len({one.public("indexnow"), other.public("indexnow"), one.public("other")})
    assert not one.secrets[1].hex().startswith(one.public("indexnow"))


def test_a_redirect_is_not_followed() -> None:  # threat 8
    with running_hub() as trap, running(lambda _: b"k") as peer:
        peer.answers.append((307, {"Location": trap.url}))
        reply = engines.ping(peer.url, MESSAGE, private=True)

        assert [] == trap.pings
    assert (307, f"307 {trap.url}") == (reply.status, reply.words)


def test_an_answer_that_drips_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:  # threat 8
    assert 5 == engines.SECONDS
    monkeypatch.setattr(engines, "SECONDS", 0.5)
    with running(lambda _: b"k") as peer:
        peer.answers.append("drip")
        start = time.monotonic()
        reply = engines.ping(peer.url, MESSAGE, private=True)

    assert 0 == reply.status
    assert time.monotonic() - start < 25  # the drip goes on for half a minute


def test_a_name_that_leads_next_door_is_refused_when_it_is_resolved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # threat 8
    with running(lambda _: b"k") as peer:
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", peer.port))])
        refused = engines.ping(f"http://engines.example.org:{peer.port}/", MESSAGE, private=False)

        assert [] == peer.messages
    assert 0 == refused.status
    assert "pages.indexnow_private = true allows that" in refused.words
