"""Values to paths and URLs: the only place that joins either.

The output folder is the document root. A URL is absolute, percent-encoded ASCII (RFC 3986; the host in A-labels);
a path is relative to the output folder.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal
from unicodedata import normalize
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from publisher.model.article import Article
from publisher.model.media import Media, Shown

RSS, ATOM, JSON, CSS = "rss.xml", "atom.xml", "feed.json", "feed.css"
HOME, STYLE, NOT_FOUND = "index.html", "style.css", "404.html"
STATE, CONTROL = "state", "control.sock"  # a site's state folder, and the daemon's socket in it

# First path segments that are not an article's: our own files, and what the daemon answers.
RESERVED = frozenset(
    [
        "a",
        "admin",
        "api",
        "archive",
        "author",
        "category",
        "confirm",
        "feed",
        "healthz",
        "lang",
        "metrics",
        "newsletter",
        "opml.xml",
        "preferences",
        "u",
        "robots.txt",
        "rss.xml",
        "atom.xml",
        "feed.json",
        "feed.css",
        "index.html",
        "style.css",
        "404.html",
        "sitemap.xml",
    ]
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything of one site stands; *root* is `site.url`, without a slash at the end."""

    root: str

    def url(self, path: str) -> str:
        """The URL of the file or folder *path* below the document root; "index.html" is left out."""
        return f"{self.root}/{quote(path.removesuffix(HOME), safe='/')}"

    @property
    def home(self) -> str:
        return self.url("")

    def article(self, slug: str) -> str:
        """The URL of an article."""
        return self.url(article_path(slug))

    def media(self, article: Article, medium: Literal["feed", "page", "letter"]) -> dict[str, Shown]:
        """What is published beside *article*, by the path its text names it by; in a letter pictures are small."""
        return {each.reference: self.shown(article, each, small=medium == "letter") for each in article.media}

    def shown(self, article: Article, media: Media, *, small: bool = False) -> Shown:
        """One file of *article*; a picture's *small* version is for letters."""
        made = media.letter if small and media.letter else media.page
        url = self.url(media_path(article.slug, made.path))
        return Shown(url, made.type, made.length, made.width, made.height, media.alt)

    def unsubscribe(self, token: str) -> str:
        """The URL of a reader's unsubscribe page (H1); *token* is ASCII."""
        return self.url(f"u/{token}")


def article_path(slug: str) -> str:
    """The file of an article's page."""
    return str(PurePosixPath(slug, HOME))


def media_path(slug: str, name: str) -> str:
    """The file of *name*, beside the page of the article with this *slug*."""
    return str(PurePosixPath(article_path(slug)).parent / name)


def article_id(site: str, path: str, number: int = 1) -> str:
    """The identity made from the site's id and the file's path in NFC (RFC 9562, 5.5); the *number*-th article
    that wants the same one gets its own."""
    name = normalize("NFC", path) + (f"\0{number}" if number > 1 else "")
    return uuid5(UUID(site), name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")).urn


def declared_id(value: str) -> str:
    """The identity an author declared (A9) as an ASCII URI: a UUID or a URI as it is, anything else hashed."""
    try:
        return UUID(value).urn
    except ValueError:
        pass
    scheme, colon, rest = value.partition(":")
    if colon and rest and value.isascii() and value.isprintable() and " " not in value and scheme.isalnum():
        return value
    return uuid5(NAMESPACE_URL, value).urn


def feed_id(site: str) -> str:
    """The identity of the site's feed."""
    return UUID(site).urn
