"""The pictures, recordings and attachments of an article (A13): what it names, and what is published of that."""

from dataclasses import dataclass
from typing import Literal

Use = Literal["picture", "recording", "attachment", "embedded", "article"]
LINK = "text/html"  # the type of an article that another links to: nothing beside a page has it
LOST = ""  # ... and of a file that is not published: only its words are shown

# What may be published beside an article, by the ending of its name. Nothing that a browser would run on the site's
# own address: no HTML, SVG or script.
PICTURES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
}
RECORDINGS = {
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "webm": "video/webm",
    "ogv": "video/ogg",
    "mov": "video/quicktime",
}
ATTACHMENTS = {
    "pdf": "application/pdf",
    "epub": "application/epub+zip",
    "zip": "application/zip",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
    "geojson": "application/geo+json",
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "gpx": "application/gpx+xml",
    "rtf": "application/rtf",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
ENDINGS = {
    kind: end for end, kind in reversed(PICTURES.items())
}  # of a picture's type, the first that says it
TYPES = PICTURES | RECORDINGS | ATTACHMENTS


def ending(path: str) -> str:
    """The ending of a file's name in lower case, without its dot; "" where there is none."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A file that an article names by a path."""

    path: str  # relative to the article's own folder, or from the top with "/", as text.urls.beside makes it
    use: Use
    alt: str = ""  # what a picture shows, in words
    line: int | None = None  # of the article's file
    in_text: bool = True  # False: only the front matter names it


@dataclass(frozen=True, slots=True)
class Shown:
    """A published file as one output shows it."""

    url: str  # absolute, percent-encoded ASCII
    type: str
    length: int  # bytes
    width: int = 0  # of pictures: pixels; else 0
    height: int = 0
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A file made for publication; `path` is relative to the article's page. Of a LINK it is the slug of the article
    that is meant, "" where there is none."""

    path: str
    type: str
    length: int
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Media:
    """What is published for a Reference."""

    reference: str  # its path
    page: Made
    letter: Made | None  # a picture small enough for letters; None for what is no picture
    alt: str = ""
    in_text: bool = True
