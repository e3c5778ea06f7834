"""Files beside an article: published with it, changed with it, gone with it."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import feedparser
import pytest
from lxml import html as lxml_html
from PIL import Image
from sqlalchemy import event

from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.articles import folder, pictures
from publisher.articles.settings import ArticleSettings
from publisher.digests.compose import compose
from publisher.digests.select import Selection
from publisher.errors import Unreadable
from publisher.store import articles, media
from publisher.verbs import reading
from tests.articles.test_word_documents import paragraph, shown, word

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

    Publishes = Callable[..., Published]

URL = "https://news.example.org/"
SECRET = b"SecretCam"


def picture(width: int = 900, height: int = 600, kind: str = "JPEG", colour: str = "teal") -> bytes:
    tags = Image.Exif()
    tags[0x010F] = SECRET.decode()
    out = BytesIO()
    Image.new("RGB", (width, height), colour).save(out, kind, exif=tags)
    return out.getvalue()


def story(body: str, **fields: str) -> str:
    head = {"title": "خبر", "slug": "news", "date": "2026-01-01", **fields}
    return "\n".join(["---", *(f"{key}: {value}" for key, value in head.items()), "---", "", body])


def files(house: House) -> dict[str, bytes]:
    """What is published beside the pages of articles."""
    found = {str(p.relative_to(house.out)): p.read_bytes() for p in house.out.rglob("*") if p.is_file()}
    return {
        path: data
        for path, data in found.items()
        if "/" in path and not path.endswith(".html") and not path.startswith("newsletter/")
    }


def images(house: House, page: str = "news/index.html") -> list[dict[str, str]]:
    shown = lxml_html.fromstring((house.out / page).read_bytes())
    return [dict(each.attrib) for each in shown.iter("img")]


def warnings(house: House) -> list[str]:
    return [warning for each in house.store.read(articles.listing) for warning in each.warnings]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of the pictures that are decoded."""
    lengths: list[int] = []
    real = pictures.renditions

    def counted(data: bytes) -> pictures.Pictures:
        lengths.append(len(data))
        return real(data)

    monkeypatch.setattr("publisher.articles.pictures.renditions", counted)
    return lengths


@pytest.mark.postgresql
def test_a_picture_beside_an_article_is_published_with_its_size(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13
    write(house, "bundle/صورة.jpg", picture())
    write(house, "bundle/index.md", story("نص.\n\n![النهر](صورة.jpg)"))

    done = publishes(house)

    assert {"news/صورة.jpg", "news/letter/صورة.jpg"} == set(files(house))
    assert all(SECRET not in data for data in files(house).values())
    src = "/news/%D8%B5%D9%88%D8%B1%D8%A9.jpg"
    assert [{"src": src, "alt": "النهر", "width": "900", "height": "600"}] == images(house)
    assert set(files(house)) < set(done.written)
    assert [] == warnings(house)


@pytest.mark.parametrize(
    "article, file, written, published",
    [
        ("a.md", "pic.jpg", "pic.jpg", "pic.jpg"),
        ("b/index.md", "b/img/x.jpg", "./img/x.jpg", "img/x.jpg"),
        ("posts/a.md", "media/y.jpg", "../media/y.jpg", "media/y.jpg"),
        ("b/index.md", "b/صورة النهر.jpg", "صورة%20النهر.jpg", "صورة النهر.jpg"),
        ("b/index.md", "b/عکس.jpg", "%D8%B9%DA%A9%D8%B3.jpg", "عکس.jpg"),
        ("b/index.md", "b/caf%C3%A9.jpg", "caf%25C3%25A9.jpg", "caf%C3%A9.jpg"),
        ("b/index.md", "b/a.jpg", "a.jpg?width=300#top", "a.jpg"),
        ("b/index.md", "b/_DSC0042.jpg", "_DSC0042.jpg", "_DSC0042.jpg"),
    ],
)
def test_relative_paths_of_every_kind_are_found(
    article: str, file: str, written: str, published: str, house: House, write: Write, publishes: Publishes
) -> None:  # A13
    write(house, file, picture(500, 300))
    write(house, article, story(f"![]({written})"))

    publishes(house)

    assert [f"news/{published}"] == list(files(house))
    assert "500" == images(house)[0]["width"]


@pytest.mark.parametrize("on_disk, in_text", [("NFD", "NFC"), ("NFC", "NFD")])
def test_a_name_is_the_same_however_it_is_composed(
    on_disk: Any, in_text: Any, house: House, write: Write, publishes: Publishes
) -> None:  # A13
    name = "المدرسة آخر أُ.jpg"
    write(house, unicodedata.normalize(on_disk, name), picture(500, 300))
    write(house, "a.md", story(f"![](<{unicodedata.normalize(in_text, name)}>)"))

    publishes(house)

    assert [f"news/{unicodedata.normalize('NFC', name)}"] == list(files(house))
    assert [] == warnings(house)


def test_a_name_in_other_capitals_is_found_with_a_warning(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13
    write(house, "IMG/Photo.JPG", picture(500, 300))
    write(house, "a.md", story("نص.\n\n![](img/photo.jpg)"))

    publishes(house)

    assert ["news/IMG/Photo.JPG"] == list(files(house))
    said = ["line 9: img/photo.jpg is taken for IMG/Photo.JPG: write it like that"]
    assert said == warnings(house)
    write(house, "a.md", story("نص آخر.\n\n![](img/photo.jpg)"))
    publishes(house)
    assert said == warnings(house)


def test_what_cannot_be_published_is_named_with_its_line_and_the_article_stands(
    house: House, write: Write, publishes: Publishes, tmp_path: Path
) -> None:  # A13
    (tmp_path / "secret.jpg").write_bytes(picture())
    write(house, "b/cut.jpg", picture()[:300])
    write(house, "b/logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")
    write(house, "b/run.exe", b"MZ")
    (house.folder / "b" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    names = ["gone.jpg", "cut.jpg", "logo.svg", "link.jpg", "../../secret.jpg"]
    text = "\n\n".join([*(f"![]({name})" for name in names), "[برنامج](run.exe) [صفحة](other.md)"])
    write(house, "b/index.md", story(text))

    done = publishes(house)

    found = warnings(house)
    assert {} == files(house)
    assert 1 == done.published
    assert [7, 9, 11, 13, 15, 17, 17] == [int(each.split()[1].rstrip(":")) for each in found]
    for name, reason, each in zip(
        [*names, "run.exe", "other.md"],
        ["no such file", "broken", "SVG", "symbolic link", "outside", "kind", "no such article"],
        found,
        strict=True,
    ):
        assert name in each
        assert reason in each
    assert all(note.startswith("b/index.md:") for note in done.notes)
    assert 7 == len(done.notes)
    assert not publishes(house).notes  # said once


def test_an_unused_file_is_named_and_a_used_one_is_not_called_an_error(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13
    write(house, "used.jpg", picture())
    write(house, "unused.jpg", picture())
    write(house, "a.md", story("![](used.jpg)"))

    publishes(house)

    said = {each.path: each.reason for each in house.store.read(articles.listing)}
    assert "shown by a.md" == said["used.jpg"]
    assert said["unused.jpg"].startswith("not an article")


@pytest.mark.parametrize(
    "line",
    [
        "image: c.jpg",
        "featured_image: ./c.jpg",
        "thumbnail: c.jpg",
        "images: [c.jpg, b.jpg]",
        "cover: {image: c.jpg, alt: غلاف}",
        "cover:\n  image: c.jpg\n  relative: true",
        "الصورة: c.jpg",
        "الصورة البارزة: c.jpg",
        "تصویر شاخص: c.jpg",
        "תמונה: c.jpg",
        "extra:\n  image: c.jpg",
    ],
)
def test_a_declared_picture_stands_for_the_article(
    line: str, house: House, write: Write, publishes: Publishes
) -> None:  # A13
    write(house, "b.jpg", picture(400, 300))
    write(house, "c.jpg", picture(800, 400))
    write(house, "a.md", f"---\ntitle: خبر\nslug: news\n{line}\n---\n\n![](b.jpg)\n")

    publishes(house)

    item = json.loads((house.out / "feed.json").read_bytes())["items"][0]
    assert f"{URL}news/c.jpg" == item["image"]
    shown = images(house)
    assert ["/news/c.jpg", "/news/b.jpg"] == [each["src"] for each in shown]
    assert ("800", "400") == (shown[0]["width"], shown[0]["height"])


def test_a_declared_picture_that_the_text_shows_stands_once(
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "c.jpg", picture())
    write(house, "a.md", story("![النهر](./c.jpg)", image="c.jpg"))

    publishes(house)

    assert ["/news/c.jpg"] == [each["src"] for each in images(house)]


@pytest.mark.postgresql
def test_recordings_are_enclosures_with_their_type_and_length(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13, F11
    write(house, "b/talk.mp3", b"ID3" + bytes(5000))
    write(house, "b/film.mp4", bytes(7000))
    write(house, "b/report.pdf", b"%PDF" + bytes(90))
    write(
        house,
        "b/index.md",
        story('<audio src="talk.mp3" controls></audio>\n\n[فيلم](film.mp4)\n\n[تقرير](report.pdf)'),
    )

    publishes(house)

    talk, film = f"{URL}news/talk.mp3", f"{URL}news/film.mp4"
    assert {"news/talk.mp3", "news/film.mp4", "news/report.pdf"} == set(files(house))
    assert b"ID3" + bytes(5000) == files(house)["news/talk.mp3"]
    rss = feedparser.parse((house.out / "rss.xml").read_bytes()).entries[0]
    atom = feedparser.parse((house.out / "atom.xml").read_bytes()).entries[0]
    item = json.loads((house.out / "feed.json").read_bytes())["items"][0]
    first, second = (talk, "audio/mpeg", "5003"), (film, "video/mp4", "7000")
    assert [first] == [(each.href, each.type, each.length) for each in rss.enclosures]
    assert [first, second] == [(each.href, each.type, each.length) for each in atom.enclosures]
    assert [first, second] == [
        (each["url"], each["mime_type"], str(each["size_in_bytes"])) for each in item["attachments"]
    ]
    assert "image" not in item
    assert all(f'="{url}"' in item["content_html"] for url in (talk, film, f"{URL}news/report.pdf"))


def test_a_letter_shows_the_small_picture_by_its_whole_address(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A13
    write(house, "p.webp", picture(1500, 1000, "WEBP"))
    write(house, "a.md", story("![النهر](p.webp)"))
    publishes(house)
    newest = house.store.read(articles.newest)

    newsletter = house.newsletters["daily"]
    letter = compose(
        house.site, newsletter, Selection(tuple(newest), 0), house.layout, house.templates, clock()
    )

    (shown,) = lxml_html.fromstring(letter.html).iter("img")
    assert f"{URL}news/letter/p.webp.jpg" == shown.get("src")
    assert ("552", "368", "النهر") == (shown.get("width"), shown.get("height"), shown.get("alt"))
    assert (600, 400) == Image.open(BytesIO(files(house)["news/letter/p.webp.jpg"])).size


@pytest.mark.postgresql
def test_nothing_unchanged_is_read_or_written_again(
    house: House, write: Write, publishes: Publishes, decoded: list[int]
) -> None:  # A13
    path = write(house, "p.jpg", picture())
    write(house, "talk.mp3", bytes(900))
    write(house, "a.md", story("![](p.jpg) [كلمة](talk.mp3)"))
    publishes(house)
    inodes = {name: (house.out / name).stat().st_ino for name in files(house)}
    assert 1 == len(decoded)

    assert () == publishes(house).written
    assert () == publishes(house, verify=True).written
    write(house, "p.jpg", path.read_bytes())  # saved again, the same
    publishes(house)
    write(house, "a.md", story("نص آخر.\n\n![](p.jpg) [كلمة](talk.mp3)"))
    publishes(house)

    assert 1 == len(decoded)
    assert inodes == {name: (house.out / name).stat().st_ino for name in files(house)}


@pytest.mark.postgresql
def test_a_picture_that_changed_is_published_again_with_its_new_size(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13
    write(house, "p.jpg", picture(400, 300))
    write(house, "talk.mp3", bytes(900))
    write(house, "a.md", story("![](p.jpg)\n\n[كلمة](talk.mp3)"))
    publishes(house)
    before = files(house)

    write(house, "p.jpg", picture(300, 500, colour="navy"))
    write(house, "talk.mp3", bytes(1200))
    done = publishes(house)

    assert before["news/p.jpg"] != files(house)["news/p.jpg"]
    assert ("300", "500") == (images(house)[0]["width"], images(house)[0]["height"])
    pages = {"index.html", "news/index.html"}
    assert pages | {"news/p.jpg", "news/talk.mp3", "rss.xml", "atom.xml", "feed.json"} == set(done.written)
    assert b'length="1200"' in (house.out / "rss.xml").read_bytes()
    assert b'width="300"' in (house.out / "rss.xml").read_bytes()


@pytest.mark.postgresql
def test_a_picture_that_comes_later_is_shown_then(house: House, write: Write, publishes: Publishes) -> None:
    write(house, "a.md", story("![](P.jpg)"))
    publishes(house)
    assert 1 == len(warnings(house))

    write(house, "p.jpg", picture())
    publishes(house)

    assert ["news/p.jpg"] == [name for name in files(house) if "letter" not in name]
    assert "width" in images(house)[0]


@pytest.mark.postgresql
@pytest.mark.parametrize("how", ["text", "file", "article", "draft", "broken"])
def test_what_nobody_shows_any_more_is_gone(
    how: str, house: House, write: Write, publishes: Publishes
) -> None:  # A13
    write(house, "p.jpg", picture())
    write(house, "a.md", story("![](p.jpg)"))
    publishes(house)
    assert files(house)

    match how:
        case "text":
            write(house, "a.md", story("بلا صورة."))
        case "file":
            (house.folder / "p.jpg").unlink()
        case "article":
            (house.folder / "a.md").unlink()
        case "draft":
            write(house, "a.md", story("![](p.jpg)", draft="true"))
        case "broken":
            write(house, "a.md", b"\xff\xfe\x00")
    done = publishes(house)

    assert {} == files(house)
    assert {"news/p.jpg", "news/letter/p.jpg"} <= set(done.written)
    assert not (house.out / "news" / "letter").exists()
    assert () == publishes(house).written


@pytest.mark.postgresql
def test_an_article_that_comes_back_has_its_pictures_again(
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "p.jpg", picture())
    write(house, "a.md", story("![](p.jpg)"))
    publishes(house)
    before = files(house)
    write(house, "a.md", story("![](p.jpg)", draft="true"))
    publishes(house)

    write(house, "a.md", story("![](p.jpg)"))
    publishes(house)

    assert before == files(house)


def test_a_picture_of_a_held_article_waits_for_its_day(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:
    write(house, "p.jpg", picture())
    write(house, "a.md", story("![](p.jpg)", date="2026-11-21"))
    publishes(house)
    assert {} == files(house)

    clock.forward(days=2)
    publishes(house)

    assert "news/p.jpg" in files(house)
    assert "900" == images(house)[0]["width"]


def test_what_somebody_deleted_from_the_output_is_made_again(
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "p.jpg", picture())
    write(house, "a.md", story("![](p.jpg)"))
    publishes(house)
    before = files(house)
    (house.out / "news" / "p.jpg").unlink()

    done = publishes(house, verify=True)

    assert before == files(house)
    assert ("news/p.jpg",) == done.written


@pytest.mark.postgresql
def test_two_files_that_want_one_name_both_get_one(house: House, write: Write, publishes: Publishes) -> None:
    write(house, "posts/media/y.jpg", picture(500, 100))
    write(house, "media/y.jpg", picture(500, 200))
    write(house, "posts/a.md", story("![](media/y.jpg) ![](../media/y.jpg) ![](./media/../media/y.jpg)"))

    publishes(house)

    assert ["news/media/y-2.jpg", "news/media/y.jpg"] == sorted(files(house))
    assert ["100", "200", "100"] == [each["height"] for each in images(house)]


@pytest.mark.postgresql
def test_names_that_are_no_addresses_are_found(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13
    for number, name in enumerate(("صورة #1.jpg", "لماذا?.jpg", "img/x.jpg"), 1):
        write(house, name, picture(100 * number, 80))
    write(house, "news.md", story("![أ](<صورة #1.jpg>)\n\n![ب](<لماذا?.jpg>)\n\n![ج](img\\x.jpg)"))
    publishes(house)

    assert [] == warnings(house)
    assert ["100", "200", "300"] == [each["width"] for each in images(house)]
    assert {unquote(each["src"].lstrip("/")) for each in images(house)} == set(files(house))


def test_a_path_from_the_top_is_looked_for_in_both_folders(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13: as Hugo and Jekyll name what is in static/ and assets/
    body = "![أ](/images/a.jpg)\n\n![ب](/images/b.jpg)\n\n[ج](/images/c.pdf) [د](/feed.json) [ه](/about)"
    write(house, "posts/news.md", story(body, image="/images/a.jpg"))
    write(house, "images/a.jpg", picture(900, 600))
    (first,) = [each for each in publishes(house).notes if "b.jpg" in each]
    assert "neither the article folder nor the output folder has it" in first
    assert 2 == len(house.store.read(media.notes)[on_top(house)])
    assert ["news/images/a.jpg", "news/letter/images/a.jpg"] == sorted(files(house))
    assert ("/news/images/a.jpg", "900") == (images(house)[0]["src"], images(house)[0]["width"])

    (house.out / "images").mkdir()
    (house.out / "images" / "b.jpg").write_bytes(picture())
    (house.out / "images" / "c.pdf").write_bytes(b"%PDF")
    publishes(house, verify=True)
    assert {} == house.store.read(media.notes)
    assert (URL + "images/b.jpg") == images(house)[1]["src"]
    assert () == publishes(house, verify=True).written

    (house.out / "images" / "b.jpg").unlink()
    publishes(house, verify=True)
    assert 1 == len(house.store.read(media.notes)[on_top(house)])


def on_top(house: House) -> str:
    """The id of the newest article."""
    return house.store.read(articles.newest)[0].id


def test_a_picture_with_a_wrong_ending_takes_no_others_place(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13
    write(house, "p.png", picture(100, 80))
    write(house, "p.png.jpg", picture(120, 80))
    write(house, "news.md", story("![أ](p.png)\n\n![ب](p.png.jpg)"))
    publishes(house)

    found = files(house)
    shown = [(each["src"].rpartition("/")[2], int(each["width"])) for each in images(house)]
    assert [100, 120] == [width for _, width in shown]
    assert [100, 120] == [Image.open(BytesIO(found[f"news/{name}"])).width for name, _ in shown]
    assert () == publishes(house, verify=True).written


def test_a_letters_picture_takes_no_others_place(house: House, write: Write, publishes: Publishes) -> None:
    # A13: the large PNG becomes a JPEG in letters
    write(house, "p.png", picture(900, 700, "PNG", "red"))
    write(house, "p.png.jpg", picture(900, 800, "JPEG", "blue"))
    write(house, "news.md", story("![أ](p.png)\n\n![ب](p.png.jpg)"))
    publishes(house)

    small = [data for path, data in files(house).items() if "/letter/" in path]
    assert {(600, 467), (600, 533)} == {Image.open(BytesIO(data)).size for data in small}


def test_what_lies_below_another_articles_page_takes_no_place_of_its_own(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13: /gallery/ shows beach/1.jpg, and /gallery/beach/ its own 1.jpg
    write(house, "beach/1.jpg", picture(100, 80))
    write(house, "1.jpg", picture(120, 80))
    write(house, "above.md", story("![أ](beach/1.jpg)", url="/gallery/", title="فوق"))
    write(house, "below.md", story("![ب](1.jpg)", url="/gallery/beach/", title="تحت"))
    publishes(house)

    for page, width in (("gallery/index.html", 100), ("gallery/beach/index.html", 120)):
        (shown,) = images(house, page)
        data = (house.out / shown["src"].lstrip("/")).read_bytes()
        assert (width, str(width)) == (Image.open(BytesIO(data)).width, shown["width"])
    (house.folder / "below.md").unlink()
    publishes(house)
    assert ["gallery/beach/1.jpg"] == list(files(house))
    assert () == publishes(house, verify=True).written


@pytest.mark.parametrize("field", ["url", "aliases"])
def test_no_address_stands_where_a_file_stands(
    house: House, write: Write, publishes: Publishes, field: str
) -> None:  # A13, A15: else one article would stop all others
    write(house, "a.jpg", picture(100, 80))
    write(house, "a.jpg.d/b.jpg", picture(100, 80))
    write(house, "x/a.jpg/b.jpg", picture(100, 80))
    write(house, "x/news.md", story("![أ](../a.jpg)\n\n![ب](a.jpg/b.jpg)"))
    write(house, "other.md", story("نص", **{"slug": "other", "title": "آخر", field: "/news/a.jpg/"}))
    publishes(house)

    assert ["news/a-jpg/b.jpg", "news/a.jpg"] == sorted(files(house))
    assert (house.out / "other" / "index.html").is_file()
    assert any("/news/a.jpg/" in each for each in warnings(house))


def test_a_folder_that_is_named_like_ours_gets_another_name(
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "p.jpg", picture())
    write(house, "letter/p.jpg", picture(500, 100))
    write(house, "a.md", story("![](p.jpg) ![](letter/p.jpg)"))

    publishes(house)

    assert ["news/letter-/p.jpg", "news/letter/p.jpg", "news/p.jpg"] == sorted(files(house))
    assert ["600", "100"] == [each["height"] for each in images(house)]


def test_a_file_that_may_not_be_read_is_tried_at_every_run(
    house: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(house, "p.jpg", picture())
    write(house, "a.md", story("![](p.jpg)"))
    real = folder.opened

    def locked(root: Path, path: str) -> Any:
        if path == "p.jpg":
            raise Unreadable("the program may not read the file", "chmod +r the file")
        return real(root, path)

    with monkeypatch.context() as patch:
        patch.setattr("publisher.articles.folder.opened", locked)
        assert 1 == len(publishes(house).notes)
        assert not publishes(house).notes
        assert "may not read" in warnings(house)[0]
    publishes(house)

    assert "news/p.jpg" in files(house)
    assert [] == warnings(house)


def test_a_file_too_large_is_named(house: House, write: Write, publishes: Publishes) -> None:
    house = replace(house, articles=ArticleSettings(max_media_bytes=1000))
    write(house, "talk.mp3", bytes(1001))
    write(house, "a.md", story("[كلمة](talk.mp3)"))

    publishes(house)

    assert {} == files(house)
    assert "1,001 bytes, more than 1,000" in warnings(house)[0]
    publishes(replace(house, articles=ArticleSettings(max_media_bytes=2000)))
    assert ["news/talk.mp3"] == list(files(house))
    assert [] == warnings(house)


def test_an_ending_that_says_another_kind_gets_the_right_one_behind_it(
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "p.png", picture(300, 200, "JPEG"))
    write(house, "a.md", story("![](p.png)"))

    publishes(house)

    assert ["news/p.png.jpg"] == list(files(house))
    assert "/news/p.png.jpg" == images(house)[0]["src"]


def test_an_author_who_gives_one_side_gets_the_other(
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "p.jpg", picture(900, 600))
    tags = ['width="300"', 'height="300"', 'width="100" height="100"', 'width="50%"']
    write(house, "a.md", story("\n\n".join(f'<img src="p.jpg" {tag}>' for tag in tags)))

    publishes(house)

    sizes = [(each["width"], each["height"]) for each in images(house)]
    assert [("300", "200"), ("450", "300"), ("100", "100"), ("900", "600")] == sizes


def test_other_versions_of_a_picture_are_not_offered_and_sources_are_found(
    house: House, write: Write, publishes: Publishes
) -> None:
    write(house, "p.jpg", picture(900, 600))
    write(house, "w.webp", picture(900, 600, "WEBP"))
    markup = (
        '<picture><source srcset="w.webp 1x" type="image/webp">'
        '<img src="p.jpg" srcset="p.jpg 1x, p@2.jpg 2x"></picture>'
    )
    write(house, "a.html", f"<title>خبر</title><p>{markup}</p>")

    publishes(house)

    page = "خبر/index.html"
    (source,) = lxml_html.fromstring((house.out / page).read_bytes()).iter("source")
    assert "/%D8%AE%D8%A8%D8%B1/w.webp 1x" == source.get("srcset")
    assert "srcset" not in images(house, page)[0]


@pytest.mark.postgresql
def test_a_site_without_pictures_pays_one_question(house: House, write: Write, publishes: Publishes) -> None:
    for number in range(30):
        write(house, f"{number}.md", story("نص [رابط](https://example.org/).", slug=f"n{number}"))
    publishes(house)
    asked: list[str] = []
    engine = house.store._reader
    event.listen(engine, "before_cursor_execute", lambda *a: asked.append(a[2]))

    publishes(house)

    assert 1 >= len([statement for statement in asked if "FROM media" in statement])


def test_check_says_what_publish_would_and_writes_nothing(
    house: House, write: Write, clock: Clock
) -> None:  # A13
    write(house, "cut.jpg", picture()[:200])
    write(house, "a.md", story("![](cut.jpg)"))

    found = reading.check(house, clock())

    assert ["published", "skipped"] == sorted(each["status"] for each in found["articles"])
    assert any("cut.jpg is not published" in each["what"] for each in found["problems"])
    assert not house.out.exists()


@pytest.mark.postgresql
def test_a_run_cut_off_between_file_and_store_goes_on(
    house: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(house, "p.jpg", picture())
    write(house, "a.md", story("![](p.jpg)"))

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("publisher.store.media.keep", cut)
        with pytest.raises(KeyboardInterrupt):
            publishes(house)
    publishes(house)

    assert "900" == images(house)[0]["width"]
    assert {"news/p.jpg", "news/letter/p.jpg"} == set(files(house))


def test_the_same_folder_makes_the_same_bytes(
    house: House, write: Write, publishes: Publishes, make_house: Any, tmp_path: Path
) -> None:  # F2
    other = tmp_path / "other"
    other.mkdir()
    second = make_house(other)
    for each in (house, second):
        path = write(each, "p.jpg", picture(2000, 1500))
        os.utime(path, (1_700_000_000, 1_700_000_000))
        write(each, "a.md", story("![](p.jpg)"))
        publishes(each)

    one, two = (
        {str(p.relative_to(h.out)): p.read_bytes() for p in h.out.rglob("*") if p.is_file()}
        for h in (house, second)
    )
    assert one == two


def test_a_word_documents_pictures_are_published_like_others(
    house: House, write: Write, publishes: Publishes, decoded: list[int]
) -> None:  # A2, A13
    text = paragraph("افتتحت البلدية المكتبة العامة في وسط المدينة أمس.")
    pictures_ = {"media/image1.jpeg": picture(700, 500)}
    write(
        house, "خبر.docx", word(paragraph("عنوان", style="a1"), text, paragraph(shown(1)), pictures=pictures_)
    )

    publishes(house)

    (page, letter) = sorted(name for name in files(house) if "letter" not in name), "letter"
    assert 1 == len(page)
    assert all(SECRET not in data for data in files(house).values())
    (image,) = images(house, "عنوان/index.html")
    assert ("700", "500") == (image["width"], image["height"])
    assert page[0].removeprefix("عنوان/") == image["src"].rpartition("/")[2]
    item = json.loads((house.out / "feed.json").read_bytes())["items"][0]
    assert item["image"].endswith(image["src"])
    assert any(name.startswith(f"عنوان/{letter}/") for name in files(house))

    write(
        house,
        "خبر.docx",
        word(paragraph("عنوان", style="a1"), text, text, paragraph(shown(1)), pictures=pictures_),
    )
    publishes(house)
    assert 1 == len(decoded)


def test_of_a_picture_that_is_not_there_the_words_stay(
    house: House, write: Write, publishes: Publishes
) -> None:  # A13
    write(house, "here.jpg", picture(40, 30))
    text = (
        "قبل ![جسر على النهر](gone.jpg) بعد ![Old bridge](gone-2.jpg).\n\n![](gone-3.jpg)\n\n![هنا](here.jpg)"
    )
    write(house, "a.md", story(f"{text}\n\n[الملف](gone.pdf)"))

    publishes(house)

    page = (house.out / "news/index.html").read_text("utf-8")
    shown = [page, *((house.out / name).read_text("utf-8") for name in ("rss.xml", "atom.xml", "feed.json"))]
    assert ["/news/here.jpg"] == [each["src"] for each in images(house)]
    assert all("gone" not in each for each in shown)
    assert all("جسر على النهر" in each and "Old bridge" in each and "الملف" in each for each in shown)
    assert '<span dir="ltr">Old bridge</span>' in page
    assert "<p></p>" not in page
    assert 4 == len([each for each in warnings(house) if "there is no such file" in each])

    write(house, "gone.jpg", picture(50, 20))
    publishes(house)

    assert {"/news/gone.jpg", "/news/here.jpg"} == {each["src"] for each in images(house)}
