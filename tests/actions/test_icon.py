"""The picture and the licence of a site, through the real store and the real output folder."""

import os
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from publisher.actions.house import House
from publisher.articles import pictures
from publisher.verbs.reading import check


def named(house: House, picture: str = "mark.png") -> House:
    return replace(house, site=replace(house.site, picture=picture))


def draw(path: Path, width: int, height: int, **options: object) -> None:
    image = Image.new("RGB", (width, height), "navy")
    image.save(path, **options)  # type: ignore[arg-type]
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1_000_000))


def sizes(house: House) -> dict[str, tuple[int, int]]:
    found = {}
    for name in ("icon.png", "logo.png"):
        if (house.out / name).is_file():
            with Image.open(house.out / name) as image:
                assert image.format == "PNG"
                found[name] = image.size
    return found


def documents(house: House) -> dict[str, str]:
    return {
        name: (house.out / name).read_text("utf-8")
        for name in ("rss.xml", "atom.xml", "feed.json", "index.html")
    }


@pytest.mark.parametrize(
    ("width", "height", "icon", "logo"),
    [
        (1000, 1000, (512, 512), (144, 144)),
        (1200, 600, (512, 512), (144, 72)),
        (300, 900, (512, 512), (48, 144)),
        (64, 64, (64, 64), (64, 64)),
    ],
)
def test_an_icon_and_a_logo_are_made_of_any_shape(
    width: int, height: int, icon: tuple[int, int], logo: tuple[int, int], house: House, publishes
) -> None:  # F15
    house = named(house)
    draw(house.root / "mark.png", width, height)

    written = publishes(house).written

    assert {"icon.png", "logo.png"} <= set(written)
    assert {"icon.png": icon, "logo.png": logo} == sizes(house)


def test_what_stands_around_a_picture_that_is_not_square_is_clear() -> None:  # F15
    out = BytesIO()
    Image.new("RGB", (400, 200), "red").save(out, "JPEG")

    with Image.open(BytesIO(pictures.marks(out.getvalue(), 512, 144).icon.data)) as icon:
        assert icon.size == (400, 400)
        assert (0, 255) == (icon.getpixel((5, 5))[3], icon.getpixel((200, 200))[3])  # type: ignore[index]


def test_nothing_of_the_pictures_maker_is_published(house: House, publishes) -> None:  # F15, A13
    house = named(house, "mark.jpg")
    tags = Image.Exif()
    tags[0x010F] = "SecretCam"
    draw(house.root / "mark.jpg", 600, 600, exif=tags)
    publishes(house)

    assert b"SecretCam" in (house.root / "mark.jpg").read_bytes()
    assert b"SecretCam" not in (house.out / "icon.png").read_bytes() + (house.out / "logo.png").read_bytes()


def test_feeds_and_pages_name_it(house: House, write, publishes) -> None:  # F15
    house = replace(
        named(house), site=replace(house.site, picture="mark.png", license="https://l.example.org/by")
    )
    write(house, "1.md", "---\ntitle: خبر\ndate: 2024-03-01\n---\nنص")
    draw(house.root / "mark.png", 800, 400)
    publishes(house)
    found = documents(house)

    assert "<url>https://news.example.org/logo.png</url>" in found["rss.xml"]
    assert "<icon>https://news.example.org/icon.png</icon>" in found["atom.xml"]
    assert "<logo>https://news.example.org/logo.png</logo>" in found["atom.xml"]
    assert '"icon": "https://news.example.org/icon.png"' in found["feed.json"]
    assert '<link rel="icon" type="image/png" href="/icon.png">' in found["index.html"]
    assert all("https://l.example.org/by" in found[name] for name in ("rss.xml", "atom.xml", "feed.json"))


def test_it_is_decoded_when_its_file_changes_and_not_before(
    house: House, publishes, monkeypatch: pytest.MonkeyPatch
) -> None:  # F15
    house = named(house)
    calls: list[int] = []
    marks = pictures.marks

    def counted(*given: Any) -> pictures.Marks:
        calls.append(1)
        return marks(*given)

    monkeypatch.setattr(pictures, "marks", counted)
    draw(house.root / "mark.png", 300, 300)
    for _ in range(3):
        publishes(house)
    assert [1] == calls
    draw(house.root / "mark.png", 200, 200)
    publishes(house)

    assert [1, 1] == calls
    assert (200, 200) == sizes(house)["icon.png"]


def test_what_somebody_deleted_is_made_again(house: House, publishes) -> None:
    house = named(house)
    draw(house.root / "mark.png", 300, 300)
    publishes(house)
    (house.out / "logo.png").unlink()
    publishes(house, verify=True)

    assert {"icon.png", "logo.png"} == set(sizes(house))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "there is no such file"),
        (b"no picture", "no picture of a kind"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
    ],
)
def test_a_bad_picture_is_named_once_and_stops_nothing(
    data: bytes | None, said: str, house: House, write, publishes
) -> None:  # F15
    house = named(house)
    write(house, "1.md", "---\ntitle: خبر\ndate: 2024-03-01\n---\nنص")
    if data is not None:
        (house.root / "mark.png").write_bytes(data)

    (note,) = publishes(house).notes

    assert note.startswith("mark.png, the site's icon: ") and said in note and "Mend: " in note
    assert () == publishes(house).notes
    assert "خبر" in documents(house)["rss.xml"]
    assert {} == sizes(house)


def test_a_picture_that_is_being_written_takes_the_last_one_from_nobody(house: House, publishes) -> None:
    house = named(house)
    draw(house.root / "mark.png", 300, 300)
    publishes(house)
    before = documents(house)
    whole = (house.root / "mark.png").read_bytes()
    (house.root / "mark.png").write_bytes(whole[: len(whole) // 2])
    publishes(house)

    assert before == documents(house)
    assert {"icon.png", "logo.png"} == set(sizes(house))


def test_a_site_that_names_none_any_more_has_none(house: House, publishes) -> None:
    draw(house.root / "mark.png", 300, 300)
    publishes(named(house))
    publishes(house)

    assert {} == sizes(house)
    assert not any("icon.png" in text or "logo.png" in text for text in documents(house).values())


def test_a_file_that_the_author_put_there_is_not_ours(house: House, publishes) -> None:
    publishes(house)
    draw(house.out / "icon.png", 10, 10)
    publishes(house)

    assert {"icon.png": (10, 10)} == sizes(house)


def test_a_link_leads_nowhere(house: House, publishes, tmp_path: Path) -> None:  # threat 5
    draw(tmp_path / "other.png", 30, 30)
    (house.root / "mark.png").symlink_to(tmp_path / "other.png")

    assert publishes(named(house)).notes
    assert {} == sizes(house)


def test_check_names_it_too_and_leaves_the_output_alone(house: House, clock) -> None:  # F15
    (house.root / "mark.png").write_bytes(b"no picture")
    for _ in range(2):
        said = [each["what"] for each in check(named(house), clock())["problems"]]
        assert 1 == sum("no picture of a kind" in each for each in said)
    draw(house.root / "mark.png", 300, 300)

    assert not any("no picture" in each["what"] for each in check(named(house), clock())["problems"])
    assert {} == sizes(house)
