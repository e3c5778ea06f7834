import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.articles import names
from publisher.text import filename


@pytest.mark.parametrize("path", ["a.txt", "خبر.MD", "x/a.markdown", "a.mdx", "a.text", "a.html", "a.HTM",
                                  "a.docx", "---.md",
                                  "-.md", "تحرر.md.md", "_posts/a.md", "my-license-plate.md", "readme-later.md",
                                  "a\nb.txt", "a\udcce.txt"])  # fmt: skip
def test_path_is_an_article(path: str) -> None:  # A1 A2
    assert names.verdict(path) == ("article", "")


@pytest.mark.parametrize(
    "path",
    [".a.md", "_index.md", "~$a.md", "a.md~", ".a.md.swp", "a.md.swp", "a.txt.part", "a.txt.tmp", "Thumbs.db",
     "desktop.ini", ".~lock.a.docx#", "#a.md#", "a.txt.crdownload", "a.sync-conflict-20240101-120000-ABC.md",
     "a (conflicted copy 2024-01-01).md", "node_modules/x/a.md", "LICENSE", "LICENSE-DOCS.md", "README.md",
     "README.upstream.md", "readme.txt", "_drafts/a.md", "x/_templates/a.md", "archetypes/a.md", ".git/a.md"],
)  # fmt: skip
def test_path_is_skipped_without_worry(path: str) -> None:  # A6
    verdict, reason = names.verdict(path)

    assert verdict == "skipped"
    assert reason


@pytest.mark.parametrize("path, part", [("a.doc", "save it as .docx"), ("a.rtf", ".docx"), ("a.pdf", "PDF"),
                                        ("a.odt", "save it as"),
                                        ("a.jpg", "not an article"), ("4913", "not an article"), ("a.", "article"),
                                        ("md", "not an article")])  # fmt: skip
def test_other_files_are_named_with_the_mend(path: str, part: str) -> None:  # A2
    verdict, reason = names.verdict(path)

    assert verdict == "foreign"
    assert part in reason


@pytest.mark.parametrize(
    "path, language",
    [("post.ar.md", "ar"), ("ar/post.md", "ar"), ("fa/post.ar.md", "ar"), ("he/ar/post.md", "ar"), ("post.md", None),
     ("ar.md", None), ("post.ckb-IQ.md", "ckb-IQ"), ("post.old.md", None), ("art/post.md", None),
     ("post.ku-Arab.md", "ku-Arab")],
)  # fmt: skip
def test_language_is_read_from_the_path(path: str, language: str | None) -> None:  # A7
    assert language == filename.language(path)


@pytest.mark.parametrize("path, stem", [("a/b.ar.md", "b"), ("a/b.c.md", "b.c"), ("x/index.ar.md", "x"),
                                        ("index.md", "index"), ("-.md", "-")])  # fmt: skip
def test_stem_is_the_name_people_gave(path: str, stem: str) -> None:
    assert stem == names.stem(path)


@given(st.text())
def test_every_path_has_a_verdict_and_a_reason_unless_it_is_an_article(path: str) -> None:
    verdict, reason = names.verdict(path)

    assert (verdict == "article") == (reason == "")
