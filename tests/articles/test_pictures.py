"""Pictures drawn here, with what cameras write into them, and what is published of them."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from publisher.articles import strip
from publisher.articles.pictures import LETTER_BYTES, Rendition, renditions
from publisher.errors import Unreadable
from tests.patience import took

SECRET = b"SecretCam-31.9539N"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FORMATS = ["JPEG", "PNG", "WEBP", "AVIF"]


def exif(orientation: int = 1) -> bytes:
    tags = Image.Exif()
    tags[0x010F] = SECRET.decode()  # Make
    tags[0x0112] = orientation
    place = tags.get_ifd(0x8825)
    place[1], place[2] = "N", (31.0, 57.0, 14.0)
    return tags.tobytes()


def drawn(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Red above, blue below: which side is up can be told."""
    image = Image.new(mode, (width, height), "red")
    image.paste("blue", (0, height // 2, width, height))
    return image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(made: Rendition) -> Image.Image:
    image = Image.open(BytesIO(made.data))
    image.load()
    assert image.size == (made.width, made.height)
    assert Image.MIME[str(image.format)] == made.type
    return image


def tells(made: Rendition) -> dict[str, object]:
    """What a picture says beside its pixels, read by Pillow."""
    image = opened(made)
    found = {key: image.info.get(key) for key in ("exif", "xmp", "comment", "XML:com.adobe.xmp", "photoshop")}
    found |= {"tags": dict(image.getexif()), "text": getattr(image, "text", {})}
    return {key: value for key, value in found.items() if value}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("size", [(400, 300), (2400, 1800)])
def test_nothing_of_its_maker_is_published(kind: str, size: tuple[int, int]) -> None:  # A13
    xmp = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    more: dict[str, Any] = {"xmp": xmp} if kind != "PNG" else {}
    data = saved(drawn(*size), kind, exif=exif(), icc_profile=SRGB, **more)

    made = renditions(data)

    assert SECRET in data
    for each in (made.page, made.letter):
        assert {} == tells(each)
        assert SECRET not in each.data
    assert SRGB == opened(made.page).info["icc_profile"] == opened(made.letter).info["icc_profile"]


def test_text_in_a_png_and_comments_in_jpeg_and_gif_are_left_out() -> None:  # A13
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", SECRET.decode())
    notes.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    for kind, options in (
        ("PNG", {"pnginfo": notes}),
        ("JPEG", {"comment": SECRET}),
        ("GIF", {"comment": SECRET}),
    ):
        data = saved(drawn(300, 200), kind, **options)
        assert SECRET in data
        assert SECRET not in renditions(data).page.data
        assert SECRET not in renditions(data + SECRET).page.data  # nor what stands behind the end


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("width, height", [(300, 200), (2100, 1400)])
def test_a_picture_taken_sideways_stands_upright(kind: str, width: int, height: int) -> None:  # A13
    # Orientation 6: the camera was held so that the first row is the right-hand side.
    lying = drawn(height, width).transpose(Image.Transpose.ROTATE_90)
    assert lying.size == (width, height)

    made = renditions(saved(lying, kind, exif=exif(6)))

    for each in (made.page, made.letter):
        image = opened(each).convert("RGB")
        assert image.width < image.height
        top, bottom = (image.getpixel((image.width // 2, y)) for y in (2, image.height - 3))
        assert isinstance(top, tuple) and isinstance(bottom, tuple)
        assert (True, False) == (top[0] > 200, top[2] > 60)
        assert (False, True) == (bottom[0] > 60, bottom[2] > 200)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_the_one_that_pillow_means(orientation: int) -> None:
    from PIL import ImageOps

    image = drawn(60, 40)
    image.paste("lime", (0, 0, 20, 10))
    data = saved(image, "PNG", exif=exif(orientation))
    expected = ImageOps.exif_transpose(Image.open(BytesIO(data)))

    assert expected.tobytes() == opened(renditions(data).page).tobytes()


def test_a_picture_that_fits_keeps_every_pixel() -> None:
    noise = Image.effect_noise((500, 400), 90).convert("RGB")
    for kind in ("JPEG", "PNG", "WEBP"):
        data = saved(noise, kind, exif=exif())

        assert Image.open(BytesIO(data)).tobytes() == opened(renditions(data).page).tobytes()


@pytest.mark.parametrize(
    "size, page, letter",
    [
        ((4000, 3000), (1600, 1200), (600, 450)),
        ((3000, 4000), (1200, 1600), (450, 600)),
        ((1600, 900), (1600, 900), (600, 338)),
        ((600, 10), (600, 10), (600, 10)),
        ((5000, 3), (1600, 1), (600, 1)),
    ],
)
def test_pictures_are_no_larger_than_they_are_shown(
    size: tuple[int, int], page: tuple[int, int], letter: tuple[int, int]
) -> None:  # A13
    made = renditions(saved(drawn(*size), "PNG"))

    assert (page, letter) == ((made.page.width, made.page.height), (made.letter.width, made.letter.height))


@pytest.mark.parametrize("kind", [*FORMATS, "GIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_letters_picture_is_small_and_of_a_kind_that_mail_programs_show(
    kind: str, mode: str
) -> None:  # A13
    if mode == "RGBA" and kind == "JPEG":
        mode = "L"
    noise = Image.effect_noise((1500, 1500), 120).convert(mode)
    if mode == "RGBA":
        noise.putalpha(Image.effect_noise(noise.size, 120))

    made = renditions(saved(noise, kind))

    assert len(made.letter.data) <= LETTER_BYTES
    assert max(made.letter.width, made.letter.height) <= 600
    assert made.letter.type in ("image/jpeg", "image/png", "image/gif")


def test_what_one_can_see_through_stays_so() -> None:
    image = Image.new("RGBA", (2000, 1000), (200, 0, 0, 0))
    image.paste((0, 0, 0, 255), (500, 250, 1500, 750))
    for each in renditions(saved(image, "PNG")):
        if isinstance(each, Rendition):
            assert opened(each).convert("RGBA").getpixel((1, 1))[3] == 0  # type: ignore[index]


def test_print_colours_become_screen_colours() -> None:
    made = renditions(saved(Image.new("CMYK", (300, 200), (0, 255, 255, 0)), "JPEG", exif=exif()))
    red, green, blue = opened(made.page).getpixel((9, 9))  # type: ignore[misc]

    assert opened(made.page).mode == "RGB"
    assert (True, True, True) == (red > 200, green < 80, blue < 80)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
def test_every_kind_of_png_is_read(mode: str) -> None:
    image = Image.new(mode, (2000, 1000))

    made = renditions(saved(image, "PNG"))

    assert (1600, 800) == opened(made.page).size


def test_deep_greys_keep_their_light() -> None:
    made = renditions(saved(Image.new("I;16", (2000, 1000), 40_000), "PNG"))

    assert abs(int(opened(made.page).getpixel((5, 5))) - 40_000 // 257) <= 2  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_stays_one_and_tells_nothing(kind: str) -> None:  # A13
    frames = [Image.new("RGB", (120, 80), (40 * n, 0, 0)) for n in range(6)]
    options: dict[str, Any] = {"comment": SECRET} if kind == "GIF" else {"exif": exif()}
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=80, loop=0, **options)

    made = renditions(data)

    before, after = Image.open(BytesIO(data)), opened(made.page)
    assert 6 == before.n_frames == after.n_frames  # type: ignore[attr-defined]
    for number in range(6):
        before.seek(number)
        after.seek(number)
        assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes()
    assert SECRET in data
    assert SECRET not in made.page.data
    assert "image/jpeg" == made.letter.type  # letters show the first of them


def test_a_large_animation_is_published_as_it_is_and_said_so() -> None:
    frames = [Image.new("RGB", (1800, 40), (90 * n, 0, 0)) for n in range(3)]

    made = renditions(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))

    assert (1800, 40) == (made.page.width, made.page.height)
    assert "as large as it is" in made.note


@pytest.mark.parametrize("kind", [*FORMATS, "GIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_picture_is_none(kind: str, share: float) -> None:  # A13
    data = saved(Image.effect_noise((300, 200), 90).convert("RGB"), kind)

    with pytest.raises(Unreadable, match=r"broken|no picture") as refused:
        renditions(data[: int(len(data) * share)])

    assert refused.value.mend


def png_of(width: int, height: int) -> bytes:
    """A small file that says it is a large picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    lines = zlib.compress(bytes(min((width // 8 + 1) * height, 20_000_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def many_chunks() -> bytes:
    whole = saved(drawn(40, 40), "PNG")
    junk = struct.pack(">I", 0) + b"juNk" + struct.pack(">I", zlib.crc32(b"juNk"))
    return whole[:33] + junk * 500_000 + whole[33:]


def many_scans() -> bytes:
    whole = saved(Image.effect_noise((800, 800), 90).convert("L"), "JPEG", progressive=True)
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + scan * (20_000_000 // len(scan)) + b"\xff\xd9"


def many_frames() -> bytes:
    whole = saved(drawn(4, 4).convert("P"), "GIF")
    at = whole.index(b"\x2c", 13)
    return whole[:-1] + whole[at:-1] * 400_000 + b"\x3b"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png_of(8_000, 8_000), id="more pixels than are read"),
        pytest.param(png_of(30_000, 30_000), id="a bomb"),
        pytest.param(png_of(2**31 - 1, 2**31 - 1), id="sizes at the limit"),
        pytest.param(many_chunks(), id="half a million chunks"),
        pytest.param(many_scans(), id="hundreds of passes"),
        pytest.param(many_frames(), id="frames without end"),
        pytest.param(b"\xff\xd8" + b"\xff" * 10_000_000, id="fill bytes without end"),
        pytest.param(
            b"GIF89a" + bytes([1, 0, 1, 0, 0, 0, 0]) + b"\x21\xfe" + b"\x01a" * 5_000_000, id="crumbs"
        ),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="svg"),
        pytest.param(b"%PDF-1.7", id="pdf"),
        pytest.param(b"II*\0" + bytes(100), id="tiff"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_pictures_made_to_harm_are_refused_at_once(data: bytes) -> None:  # A13
    def refused() -> None:
        with pytest.raises(Unreadable):
            renditions(data)

    assert took(refused, 2) < 2


@pytest.mark.parametrize("kind", [*FORMATS, "GIF"])
def test_the_same_picture_makes_the_same_bytes(kind: str) -> None:  # F2
    data = saved(Image.effect_noise((1700, 300), 90).convert("RGB"), kind)

    assert renditions(data) == renditions(data)


SAMPLES = [saved(drawn(40, 30), kind) for kind in (*FORMATS, "GIF")]


@settings(max_examples=150)
@given(st.binary(max_size=2000))
def test_any_bytes_are_a_picture_or_are_refused(data: bytes) -> None:
    try:
        made = renditions(data)
    except Unreadable:
        return
    opened(made.page)


@settings(max_examples=200)
@given(st.sampled_from(SAMPLES), st.data())
def test_a_damaged_picture_is_published_whole_or_refused(sample: bytes, data: st.DataObject) -> None:
    damaged = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        made = renditions(bytes(damaged))
    except Unreadable:
        return
    opened(made.page)
    opened(made.letter)


@settings(max_examples=300)
@given(st.sampled_from([strip.jpeg, strip.png, strip.gif, strip.webp]), st.sampled_from(SAMPLES), st.data())
def test_stripping_ends_and_stripping_twice_is_stripping_once(
    how: Any, sample: bytes, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(sample)))
    try:
        once = how(sample[:cut] + data.draw(st.binary(max_size=60)))
    except (ValueError, struct.error):
        return

    assert how(once) == once


def test_half_a_marker_at_the_end_is_none() -> None:  # A13
    whole = next(each for each in SAMPLES if each[:2] == b"\xff\xd8")
    broken = whole[: len(whole) - 2] + b"\xff"

    assert strip.jpeg(whole) == strip.jpeg(broken) == strip.jpeg(strip.jpeg(broken))
