"""A picture as it lies in the folder to the bytes that are published (A13): nothing in it but what is seen, upright,
no larger than a page shows it; and a second one for letters."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageCms

from publisher.articles import strip
from publisher.errors import Unreadable

RULES = 1  # counts up when other bytes are made from the same picture: then all are made again
PAGE, LETTER = 1600, 600  # pixels of the longer side, at most
LETTER_BYTES = 150_000
LARGEST = 80_000_000  # pixels of a JPEG, which is read at the size it is needed in ...
LARGEST_PLAIN = 25_000_000  # ... and of any other picture, which is not
_SCANS = 64  # of a progressive JPEG: an honest one has ten, and each is a pass over the whole picture
_DRAWN = 1_500_000_000  # ... these, together, over so many pixels
_ORIENTATION = 0x0112  # (Exif 3.0, 4.6.5)
_FORMATS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}
_STARTS = {
    "JPEG": re.compile(rb"\xff\xd8"),
    "PNG": re.compile(rb"\x89PNG"),
    "GIF": re.compile(rb"GIF8[79]a"),
    "WEBP": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "AVIF": re.compile(rb".{4}ftypavi[fs]", re.DOTALL),
}
_STRIP = {"JPEG": strip.jpeg, "PNG": strip.png, "GIF": strip.gif, "WEBP": strip.webp}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_IN_LETTERS = frozenset(("image/jpeg", "image/png", "image/gif"))  # what every mail program shows
_SAVE = {
    "JPEG": {"quality": 85, "progressive": True, "optimize": True},
    "PNG": {},
    "GIF": {},
    "WEBP": {"quality": 82, "method": 3},
    "AVIF": {"quality": 70, "speed": 9},
}
_AGAIN = "save it again as JPEG or PNG"
_SMALLER = "make it smaller: a page shows 1,600 pixels"


class Rendition(NamedTuple):
    """A picture ready to be published."""

    data: bytes
    type: str
    width: int
    height: int


class Pictures(NamedTuple):
    """What is made of one picture; `letter` is `page` where that will do."""

    page: Rendition
    letter: Rendition
    note: str = ""


def renditions(data: bytes) -> Pictures:
    """The picture *data* for pages and for letters. The same bytes give the same bytes.

    Without EXIF, XMP, comments and thumbnails; turned as its EXIF says; the colour profile is kept. Where nothing has
    to be turned or scaled, no pixel changes. Animations stay what they are, at their size.

    Raises Unreadable for what is no JPEG, PNG, GIF, WebP or AVIF picture, is broken, or too large to be read.
    """
    with _named_faults():
        kind = _kind(data)
        # Before Pillow sees the file: taking it apart is bounded, and refuses what is not whole.
        stripped = _STRIP[kind](data) if kind in _STRIP else b""
        return _made(data, kind, stripped)


class Marks(NamedTuple):
    """A site's picture, as PNG."""

    icon: Rendition  # square
    logo: Rendition


def marks(data: bytes, icon: int, logo: int) -> Marks:
    """The picture *data* as a mark of at most *icon* pixels a side, with clear borders where it is not square, and
    as one of at most *logo* pixels. Otherwise as `renditions`; never larger than it is."""
    with _named_faults():
        kind = _kind(data)
        if kind in _STRIP:
            _STRIP[kind](data)  # taking it apart is bounded, and refuses what is not whole
        with _opened(data, kind) as image:
            _bound(image, kind, data)
            still = _still(image)
        still.thumbnail((icon, icon), Image.Resampling.LANCZOS)
        square = _squared(still)
        still.thumbnail((logo, logo), Image.Resampling.LANCZOS)
        return Marks(_saved(square, "PNG", optimize=True), _saved(still, "PNG", optimize=True))


def _squared(image: Image.Image) -> Image.Image:
    side = max(image.size)
    if image.width == image.height:
        return image.copy()  # with its profile; the caller scales the other on
    clear = Image.new("RGBA", (side, side))
    clear.paste(image.convert("RGBA"), ((side - image.width) // 2, (side - image.height) // 2))
    clear.info = {} if image.mode == "L" else dict(image.info)
    return clear


def _made(data: bytes, kind: str, stripped: bytes) -> Pictures:
    with _opened(data, kind) as image:
        _bound(image, kind, data)
        width, height = image.size
        moves = kind in ("GIF", "PNG", "WEBP") and bool(getattr(image, "is_animated", False))
        fits = stripped and max(width, height) <= PAGE and _orientation(image) == 1 and image.mode != "CMYK"
        still = _still(image)
        as_it_is = Rendition(stripped, _FORMATS[kind], width, height)
        page = as_it_is if moves or fits else _saved(still, kind)
        if page is as_it_is:
            _shows(page, kind)
        note = ""
        if moves and max(width, height) > PAGE:
            note = f"an animation of {width:,} × {height:,} pixels is published as large as it is"
        return Pictures(page, _letter(page, still, moves=moves), note)


def _shows(page: Rendition, kind: str) -> None:
    """Raises what Pillow raises where a stripped picture is damaged, though the one it was made from could be read."""
    if kind != "JPEG":  # whose parts are taken over byte by byte
        with _opened(page.data, kind) as image:
            image.load()


def _kind(data: bytes) -> str:
    """What the first bytes say."""
    for kind, start in _STARTS.items():
        if start.match(data):
            return kind
    known = ", ".join(_STARTS)
    raise Unreadable(f"no picture of a kind that is published ({known})", _AGAIN)


@contextmanager
def _opened(data: bytes, kind: str) -> Iterator[Image.Image]:
    with warnings.catch_warnings():
        # Pillow warns of pictures that it would refuse if they were twice as large; `_bound` refuses them sooner.
        warnings.simplefilter("ignore")
        with Image.open(BytesIO(data), formats=[kind]) as image:
            yield image


def _bound(image: Image.Image, kind: str, data: bytes) -> None:
    """Refuse pictures made to harm, or meant for a poster: what they unpack to is known before they are unpacked."""
    width, height = image.size
    most = LARGEST if kind == "JPEG" else LARGEST_PLAIN
    if width * height > most:
        raise Unreadable(
            f"the picture has {width:,} × {height:,} pixels, more than {most // 1_000_000} million",
            _SMALLER,
        )
    scans = data.count(b"\xff\xda") if kind == "JPEG" else 0
    if scans > _SCANS or scans * width * height > _DRAWN:
        raise Unreadable("the JPEG is drawn in more passes than any camera makes", _AGAIN)


def _orientation(image: Image.Image) -> int:
    """How its maker held the camera, 1 (upright) to 8; 1 where the EXIF cannot be read."""
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # whatever is wrong with the EXIF, it is not published
        return 1
    return found if found in _TURNS else 1


def _still(image: Image.Image) -> Image.Image:
    """The (first) picture, upright, as large as a page shows it, in a mode that every format takes; of what it knew
    beside its pixels only the colour profile is left."""
    turn, profile = _TURNS.get(_orientation(image)), image.info.get("icc_profile")
    if max(image.size) > PAGE:
        image.draft(None, (PAGE, PAGE))  # a JPEG is read at a half, a quarter, an eighth of its size
    image.load()
    if image.mode == "CMYK":
        image, profile = _as_rgb(image, profile), None
    elif image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB"):
        if image.mode.startswith("I"):  # 16 bits a pixel, which Pillow would cut off at white
            image = image.convert("I").point(lambda value: value * (1 / 257))
        image = image.convert("L" if image.mode in ("1", "I") else "RGB")
    image.thumbnail((PAGE, PAGE), Image.Resampling.LANCZOS)
    if turn is not None:
        image = image.transpose(turn)
    image.info = {"icc_profile": profile} if _fits(profile, image.mode) else {}
    return image


def _fits(profile: object, mode: str) -> bool:
    """Whether the colour profile is one for such pixels (ICC.1, 7.2.6)."""
    return isinstance(profile, bytes) and profile[16:20] == (b"GRAY" if mode == "L" else b"RGB ")


def _as_rgb(image: Image.Image, profile: object) -> Image.Image:
    if isinstance(profile, bytes):
        try:
            source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile: as if there were none
        else:
            if converted is not None:
                return converted
    return image.convert("RGB")


def _saved(image: Image.Image, kind: str, **options: object) -> Rendition:
    out = BytesIO()
    if kind == "JPEG" and image.mode == "RGBA":
        image = _on_white(image)
    settings = {**_SAVE[kind], "icc_profile": image.info.get("icc_profile"), **options}
    image.save(out, kind, exif=b"", xmp=b"", **settings)
    return Rendition(out.getvalue(), _FORMATS[kind], *image.size)


def _on_white(image: Image.Image) -> Image.Image:
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    paper.info = dict(image.info)
    return paper


def _letter(page: Rendition, still: Image.Image, *, moves: bool) -> Rendition:
    """The picture as letters show it: the page's where that will do; else a JPEG, or a PNG where one can see through
    it and that is small enough."""
    small = max(page.width, page.height) <= LETTER and len(page.data) <= LETTER_BYTES
    if small and not moves and page.type in _IN_LETTERS:
        return page
    still.thumbnail((LETTER, LETTER), Image.Resampling.LANCZOS)
    if still.mode == "RGBA" and 255 not in still.getchannel("A").getextrema()[:1]:
        made = _saved(still, "PNG")
        if len(made.data) <= LETTER_BYTES:
            return made
    for side, quality in ((LETTER, 82), (LETTER, 70), (LETTER, 55), (480, 55), (320, 50), (160, 40)):
        still.thumbnail((side, side), Image.Resampling.LANCZOS)
        made = _saved(still, "JPEG", quality=quality)
        if len(made.data) <= LETTER_BYTES:
            break
    return made


@contextmanager
def _named_faults() -> Iterator[None]:
    """Decoders raise whatever a broken file leads them to; all of it means the same."""
    try:
        yield
    except Unreadable:
        raise
    except Image.DecompressionBombError as error:  # before `_bound` can name the numbers
        raise Unreadable(
            f"the picture has more than {LARGEST // 1_000_000} million pixels", _SMALLER
        ) from error
    except Exception as error:
        raise Unreadable(
            f"the picture is broken ({str(error)[:100] or type(error).__name__})", _AGAIN
        ) from error
