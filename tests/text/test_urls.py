from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.text.urls import beside, srcset, url

BASE = "https://news.example/story/"


@pytest.mark.parametrize(
    ("raw", "resolved"),
    [
        ("/صور/a b.png", "https://news.example/%D8%B5%D9%88%D8%B1/a%20b.png"),
        ("img.png?q=ا&x=1#ف", "https://news.example/story/img.png?q=%D8%A7&x=1#%D9%81"),
        ("#note-1", "https://news.example/story/#note-1"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("http://مثال.example", "http://xn--mgbh0fb.example/"),
        ("http://%D9%85%D8%AB%D8%A7%D9%84.example/", "http://xn--mgbh0fb.example/"),
        ("HTTP://News.Example:8080/%d8%a7%zz", "http://news.example:8080/%d8%a7%25zz"),
        (" https://a.example/\n[x]{y}|\"'<>^` ", "https://a.example/%5Bx%5D%7By%7D%7C%22'%3C%3E%5E%60"),
        ("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/"),
        ("mailto:desk@news.example?subject=خبر", "mailto:desk@news.example?subject=%D8%AE%D8%A8%D8%B1"),
    ],
)
def test_absolute_ascii_is(raw: str, resolved: str) -> None:
    assert resolved == url(raw, BASE)  # F11
    assert resolved == url(resolved, BASE)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "javascript:alert(1)",
        "java\nscript:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "tel:1",
        "mailto:",
        "http://",
        "http:///x",
        "http://[::1",
        "http://a:99999/",
        "http://a:b/",
        "http://ex ample/",
        "http://a..b\u2488/",
    ],
)
def test_no_url_is(raw: str) -> None:
    assert url(raw, BASE) is None


@settings(deadline=None)
@given(st.text() | st.text("htps:/@[]%.#?ا0 \\x-").map(lambda text: f"http://{text}"))
def test_any_text_is_a_url_of_ours_or_none(raw: str) -> None:
    found = url(raw, BASE)

    if found is not None:
        assert found.isascii() and found.isprintable() and " " not in found
        assert urlsplit(found).scheme in ("http", "https", "mailto")
        assert found == url(found, BASE)


def test_a_source_set_keeps_the_candidates_that_are_urls() -> None:
    raw = "a.png 1x, صورة.png 2x,javascript:x 3x, //c.example/d,e.png, f.png 100w"

    assert srcset(raw, lambda each: url(each, BASE)) == (
        "https://news.example/story/a.png 1x, https://news.example/story/%D8%B5%D9%88%D8%B1%D8%A9.png 2x,"
        " https://c.example/d,e.png, https://news.example/story/f.png 100w"
    )
    assert srcset(" , ,", lambda each: url(each, BASE)) is None


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("pic.jpg", "pic.jpg"),
        (" ./img//x.png?w=3#top ", "img/x.png"),
        ("../media/y.jpg", "../media/y.jpg"),
        ("a/../b.jpg", "b.jpg"),
        ("%D8%B5%D9%88%D8%B1%D8%A9.jpg", "صورة.jpg"),
        ("a%20b.jpg", "a b.jpg"),
        ("%E9.jpg", "\udce9.jpg"),
        ("آ.jpg", "\u0622.jpg"),
        ("https://example.org/a.jpg", None),
        ("//example.org/a.jpg", None),
        ("/top.jpg", "/top.jpg"),
        ("%2F../img/top.jpg", "/img/top.jpg"),
        ("img\\a.jpg", "img/a.jpg"),
        ("img%5Ca.jpg", "img/a.jpg"),
        ("\\\\server\\a.jpg", None),
        ("%2F%2Fserver/a.jpg", None),
        ("صورة #1.jpg", "صورة #1.jpg"),
        ("img/why?.png", "img/why?.png"),
        ("a.jpg#b.jpg", "a.jpg"),
        ("story#part", "story"),
        ("data:image/png;base64,AA", None),
        ("mailto:a@b.example", None),
        ("#part", None),
        ("?q=1", None),
        ("folder/", None),
        ("a%00.jpg", None),
        ("..", None),
        ("", None),
    ],
)
def test_a_relative_path_is_read_as_the_file_it_names(raw: str, path: str | None) -> None:  # A13
    assert path == beside(raw)


@given(st.text() | st.text(alphabet="./\\%20:a\u0627\u0623?#"))
def test_a_path_never_leads_out_of_the_top_and_stays_what_it_is(raw: str) -> None:  # threat 5
    path = beside(raw)

    if path is not None:
        assert not path.startswith("//")
        assert ".." not in (path[1:] if path.startswith("/") else path.lstrip("./")).split("/")
        assert path == beside(quote(path, errors="surrogateescape"))
