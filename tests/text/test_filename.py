import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.articles import names
from publisher.text import filename


@pytest.mark.parametrize(
    "path, shared",
    [
        ("post.md", "post"),
        ("post.ar.md", "post"),
        ("post.he.html", "post"),
        ("ar/post.md", "post"),
        ("he/2026/post.txt", "2026/post"),
        ("blog/fa/post.docx", "blog/post"),
        ("ar/post.ar.md", "post"),  # the folder says it again
        ("en/post.ar.md", "en/post"),  # the folder is a place
        ("story.old.md", "story.old"),
        ("ar.md", "ar"),
        ("post.ku-Arab.md", "post"),
        ("caf\u0065\u0301.ar.md", "caf\u00e9"),
        ("photo.jpg", "photo.jpg"),
    ],
)
def test_versions_of_an_article_share_a_path(path: str, shared: str) -> None:  # A17
    assert shared == filename.untagged(path)


def test_what_ends_like_an_article_is_one() -> None:
    assert set(filename.ENDINGS) == set(names.KINDS)


@given(st.text("ar.he/md", max_size=20), st.sampled_from(["ar", "he", "fa"]))
def test_a_tag_more_or_less_is_the_same_article(stem: str, tag: str) -> None:
    if filename.language(f"{stem}.md") is None:  # no tag of its own
        assert filename.untagged(f"{stem}x.{tag}.md") == filename.untagged(f"{stem}x.md")
