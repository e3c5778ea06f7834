"""Addresses to places and back."""

from pathlib import PurePosixPath
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from publisher import layout
from publisher.layout import Layout

PARTS = st.text(st.characters(codec="utf-8"), max_size=20)


@given(
    st.lists(PARTS | st.sampled_from(["..", ".", "%2e%2e", "index.html", "a", "x.html", "\\"]), max_size=6)
)
def test_no_address_leads_out_or_onto_another(parts: list[str]) -> None:  # A15, threat 5
    try:
        slug = layout.place("/" + "/".join(parts), "https://x.example")
    except ValueError:
        return
    path = PurePosixPath(layout.article_path(slug))
    assert not path.is_absolute() and path.suffix in {".html", ".htm"}
    assert all(part.isprintable() or part for part in path.parts)
    assert not any(part.startswith(".") or "/" in part or "\0" in part for part in path.parts)
    assert all(len(part.encode()) <= 255 for part in path.parts)
    # No folder on the way is a file to another address.
    assert not any(part.lower().endswith((".html", ".htm", ".xml", ".json")) for part in path.parts[:-1])
    assert path.parts[0] not in layout.RESERVED


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=9),
        min_size=1,
        max_size=4,
    )
)
def test_an_address_of_the_site_is_the_place_it_came_from(parts: list[str]) -> None:  # A15
    at = Layout("https://x.example/blog")
    try:
        slug = layout.place("/" + "/".join(map(quote, parts)), at.root)
    except ValueError:
        return

    assert slug == layout.place(at.article(slug), at.root) == layout.place(slug, at.root)
    assert at.article(slug).isascii()


def test_a_site_in_a_folder_knows_its_own() -> None:  # A15
    place = lambda address: layout.place(address, "https://x.example/blog")  # noqa: E731

    assert "2014/x" == place("https://www.x.example/blog/2014/x/") == place("http://x.example:80/blog/2014/x")
    for other in ("https://x.example/blogger/x", "https://x.example/x/", "//y.example/blog/x"):
        try:
            place(other)
        except ValueError:
            continue
        raise AssertionError(other)


def test_only_a_whole_index_is_left_out_of_a_url() -> None:
    at = Layout("https://x.example")

    assert "https://x.example/x/" == at.url("x/index.html")
    assert "https://x.example/my-index.html" == at.url("my-index.html")
    assert "https://x.example/" == at.url("index.html")


def test_short_addresses_differ() -> None:  # A16
    assert 50_000 == len({layout.permalink_path(f"urn:uuid:{number}") for number in range(50_000)})


@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("/-_.~%آ "))))
def test_paths_are_quoted_as_urllib_quotes_them(path: str) -> None:  # A14, F11
    assert f"https://x.example/{quote(path, safe='/')}x" == Layout("https://x.example").url(f"{path}x")
