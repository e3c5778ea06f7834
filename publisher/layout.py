"""Values to paths and URLs: the only place that joins either.

The output folder is the document root. A URL is absolute, percent-encoded ASCII (RFC 3986; the host in A-labels);
a path is relative to the output folder.
"""

import re
from base64 import b32encode
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Literal
from unicodedata import normalize
from urllib.parse import quote, unquote, urljoin, urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from publisher.model.article import Article
from publisher.model.media import LINK, LOST, TYPES, Media, Shown

RSS, ATOM, JSON, CSS = "rss.xml", "atom.xml", "feed.json", "feed.css"
FEEDS = (ATOM, RSS, JSON)  # a feed in each format
OPML = "opml.xml"
FEED_PAGE = "feed.html"  # beside each feed: what a browser shows instead of it (F21)
ARCHIVE = "archive"  # the folder of the archive documents (RFC 5005)
ICON, LOGO = "icon.png", "logo.png"  # the site's picture (F15)
HOME, STYLE, NOT_FOUND = "index.html", "style.css", "404.html"
ROBOTS, SITEMAP, NEWS = "robots.txt", "sitemap.xml", "sitemap-news.xml"
PERMALINKS = "a"  # the folder of the short addresses (A16)
COMPANIONS = {"br": ".br", "gzip": ".gz"}  # what a file's companion in each content coding ends in
LISTS = ("category", "author", "language", "archive")  # what may have pages that list its articles
STATE, CONTROL = "state", "control.sock"  # a site's state folder, and the daemon's socket in it
BOUNCES = "bounces"  # the Maildir in it: what a mail server pipes to us
UPLOADS = "uploads"  # the folder in it: a list of readers that an editor looks at before it is taken in

# First path segments that are not an article's: our own files, and what the daemon answers.
RESERVED = frozenset(
    [
        "a",
        "admin",
        "api",
        "approve",
        "archive",
        "author",
        "category",
        "confirm",
        "erase",
        "feed",
        "healthz",
        "lang",
        "metrics",
        "newsletter",
        "opml.xml",
        "preferences",
        "subscribe",
        "u",
        "robots.txt",
        "rss.xml",
        "atom.xml",
        "feed.json",
        "feed.css",
        "feed.html",
        "icon.png",
        "logo.png",
        "index.html",
        "style.css",
        "404.html",
        "sitemap.xml",
        "sitemap-news.xml",
    ]
)

# First path segments that the daemon answers: no file of ours stands there.
DYNAMIC = frozenset(
    [
        PERMALINKS,
        "admin",
        "api",
        "approve",
        "confirm",
        "erase",
        "healthz",
        "metrics",
        "preferences",
        "subscribe",
        "u",
    ]
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything of one site stands; *root* is `site.url`, without a slash at the end."""

    root: str
    pages: bool = True  # whether there are pages; without them no short address leads anywhere
    lists: tuple[str, ...] = LISTS  # what has pages that list its articles, where there are pages
    letters: bool = False  # whether there are newsletters, and so a page where one signs up

    def url(self, path: str) -> str:
        """The URL of the file or folder *path* below the document root; "index.html" is left out."""
        folder, slash, name = path.rpartition("/")
        return f"{self.root}/{_quoted(folder + slash if name == HOME else path)}"

    @property
    def home(self) -> str:
        return self.url("")

    def article(self, slug: str) -> str:
        """The URL of an article."""
        return self.url(article_path(slug))

    def permalink(self, identity: str) -> str:
        """The short ASCII URL of the article with this id (A16)."""
        return self.url(permalink_path(identity))

    def readable(self, slug: str, identity: str) -> str:
        """The URL of an article for plain text: the short one where its own is too long to be read (A16)."""
        url = self.article(slug)
        return self.permalink(identity) if self.pages and len(url) > _READABLE else url

    def media(self, article: Article, medium: Literal["feed", "page", "letter"]) -> dict[str, Shown]:
        """What is published beside *article*, by the path its text names it by; in a letter pictures are small."""
        return {each.reference: self.shown(article, each, small=medium == "letter") for each in article.media}

    def shown(self, article: Article, media: Media, *, small: bool = False) -> Shown:
        """One file of *article*; a picture's *small* version is for letters."""
        made = media.letter if small and media.letter else media.page
        if made.type == LINK:
            return Shown(self.article(made.path) if made.path else "", LINK, 0)
        if made.type == LOST:
            return Shown("", LOST, 0, alt=media.alt)
        url = self.url(media_path(article.slug, made.path))
        return Shown(url, made.type, made.length, made.width, made.height, media.alt)

    def has_list(self, kind: str) -> bool:
        """Whether a "category", an "author", a "language", the "archive" has pages."""
        return self.pages and kind in self.lists

    def listing(self, folder: str, month: str = "", part: int = 0) -> str:
        """The URL of the list of a label, or of the archive, as `list_path` has it."""
        return self.url(list_path(folder, month, part))

    def unsubscribe(self, token: str) -> str:
        """The URL of a reader's unsubscribe page (H1); *token* is URL-safe."""
        return f"{self.root}/u/{token}"

    def undo(self, token: str) -> str:
        """The URL of the page where a reader takes back that they left (L5); *token* is that of leaving."""
        return f"{self.unsubscribe(token)}/undo"

    def leave_all(self, token: str) -> str:
        """The URL of the page where a reader leaves all newsletters; *token* is that of leaving one."""
        return f"{self.unsubscribe(token)}/all"

    def still(self, token: str) -> str:
        """The URL of the page where a reader says that they still want it (L9); *token* is that of preferences."""
        return f"{self.preferences(token)}/still"

    def preferences(self, token: str) -> str:
        """The URL of the page where a reader chooses (D4); *token* is URL-safe."""
        return f"{self.root}/preferences/{token}"

    def subscribe(self) -> str:
        """The URL of the page where a reader signs up (L2)."""
        return f"{self.root}/subscribe"

    def confirmation(self, token: str) -> str:
        """The URL of the page where a reader says that they asked (L4); *token* is URL-safe."""
        return f"{self.root}/confirm/{token}"

    def erasure(self, token: str) -> str:
        """The URL of the page where a reader has all that is known of them erased (L8); *token* is URL-safe."""
        return f"{self.root}/erase/{token}"

    def own(self, token: str) -> str:
        """The URL of the page where a reader asks for the ways to all that is held on them (L8); *token* is that of
        preferences."""
        return f"{self.preferences(token)}/own"

    def held(self, token: str) -> str:
        """The URL where a reader gets all that is held on them (L8); *token* is URL-safe."""
        return f"{self.preferences(token)}/held"

    def approval(self, token: str) -> str:
        """The URL of the page where an editor holds or releases an edition (D8)."""
        return self.url(f"approve/{token}")

    def newsletter(self, name: str) -> str:
        """The URL of a newsletter's page, the list of its editions."""
        return self.url(newsletter_path(name))

    def edition(self, newsletter: str, name: str) -> str:
        """The URL of the page of an edition in the archive of its newsletter."""
        return self.url(edition_path(newsletter, name))

    def entry(self, newsletter: str, name: str) -> str:
        """Where an edition's entry in the newsletter's feed leads: to its page; without pages to the home page, by an
        address of its own, since readers tell entries by it as well."""
        return self.edition(newsletter, name) if self.pages else f"{self.home}#{newsletter}-{name}"

    def back_issues(self, newsletter: str, number: int) -> str:
        """The URL of a list of older editions, from 1 for the oldest."""
        return self.url(back_issues_path(newsletter, number))


def article_path(slug: str) -> str:
    """The file of an article's page: a slug that ends in .html is a file, any other a folder."""
    if slug.endswith(_PAGES):
        return slug
    if "." in slug or "//" in slug or slug.endswith("/"):
        return str(PurePosixPath(slug, HOME))
    return f"{slug}/{HOME}" if slug else HOME


@lru_cache(maxsize=1024)
def _quoted(path: str) -> str:
    """As urllib's quote has it, which goes through other letters byte by byte: all in hex, then back what may stay."""
    if path.isascii():
        return quote(path, safe="/")
    quoted = f"%{path.encode().hex('%')}".upper()
    for char in _UNQUOTED.intersection(path):
        quoted = quoted.replace(f"%{ord(char):02X}", char)
    return quoted


@lru_cache(maxsize=1024)
def permalink_path(identity: str) -> str:
    """The file of an article's short address (A16): 50 bits of a hash of its id, which never changes."""
    digest = blake2b(identity.encode(), digest_size=10).digest()
    return f"{PERMALINKS}/{b32encode(digest)[:10].decode().lower()}.html"


def newsletter_folder(name: str) -> str:
    """The folder of a newsletter's page and feeds."""
    return f"{_NEWSLETTERS}/{name}"


def newsletter_path(name: str) -> str:
    """The file of a newsletter's page."""
    return f"{newsletter_folder(name)}/{HOME}"


def edition_path(newsletter: str, name: str) -> str:
    """The file of the page of an edition."""
    return f"{newsletter_folder(newsletter)}/{name}/{HOME}"


def back_issues_path(newsletter: str, number: int) -> str:
    """The file of a list of older editions; an edition's own name is a date."""
    return f"{newsletter_folder(newsletter)}/{number}/{HOME}"


def companion(path: str, coding: str) -> str:
    """The file that holds *path* in the content *coding*, "gzip" or "br"; beside it (nginx's gzip_static)."""
    return path + COMPANIONS[coding]


def feed_page(path: str) -> str:
    """The page that a browser shows instead of the feed *path* (F21): beside it, and of a copy at an older address
    (A15) the site's."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + FEED_PAGE if name in FEEDS else FEED_PAGE


def is_reserved(slug: str) -> bool:
    """Whether the first part of *slug* is not for articles."""
    return slug.partition("/")[0] in RESERVED


def numbered(slug: str, mark: int | str) -> str:
    """The address beside *slug* with a number or a language: name-2, name-he.html."""
    ending = next((end for end in _PAGES if slug.endswith(end)), "")
    return f"{slug.removesuffix(ending)}-{mark}{ending}"


def place(address: str, root: str) -> str:
    """The slug, a word or a path without slashes at its ends, that *address* means on the site at *root*: an
    absolute URL of the site or a path, percent-encoded or not; NFC. What ends in .html is a file, all else a folder.

    Raises ValueError with the reason where it means none: another site, the home page, a place of ours, a way out.
    """
    parts, home = urlsplit(address.strip()), urlsplit(root)
    path = unquote(parts.path, errors="strict")
    if parts.scheme not in {"", "http", "https"}:
        raise ValueError("is no address of a web page")
    if parts.netloc:
        if _host(parts.netloc) != _host(home.netloc):
            raise ValueError("names another site")
        base = unquote(home.path.rstrip("/"))
        if not f"{path}/".startswith(f"{base}/"):
            raise ValueError(f"is not below {root}")
        path = path[len(base) :]
    segments = _segments(path)
    if segments and segments[-1] in _INDEX:
        segments.pop()
    if not segments:
        raise ValueError("is the home page" + (", since what follows a ? is no path" if parts.query else ""))
    if any(map(names_file, segments[:-1] if segments[-1].endswith(_PAGES) else segments)):
        raise ValueError("is no page: it ends in neither / nor .html")
    if segments[0] in RESERVED:
        raise ValueError(f"is in /{segments[0]}, which is Nashir's own")
    return "/".join(segments)


def old_place(link: str, root: str) -> str:
    """The slug that *link*, an absolute URL on whatever host, means on the site at *root*; "" where no article can
    stand there."""
    home = urlsplit(root)
    try:
        path = f"/{urlsplit(link).path.lstrip('/')}"
    except ValueError:
        return ""
    for address in (f"{home.scheme}://{home.netloc}{path}", path):
        try:
            return place(address, root)
        except ValueError:
            continue
    return ""


def absolute(link: str, root: str) -> str:
    """*link* from the home page of the site at *root*; "" where it is none."""
    try:
        return urljoin(f"{root}/", link.strip())
    except ValueError:
        return ""


def host(url: str) -> str:
    """The host of *url* without "www." and the usual ports; "" where it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return _host(parts.netloc) if parts.scheme in {"http", "https"} else ""


def feed_file(address: str, index: str) -> str:
    """The file of a feed at the path *address*: itself where it ends as feeds do, else *index* in that folder.

    Raises ValueError with the reason where no feed can stand there.
    """
    segments = _segments(unquote(address, errors="strict"))
    if not segments:
        raise ValueError("is the home page")
    if not names_feed(segments[-1]):
        segments.append(index)
    if len(segments) == 1 and segments[0] in RESERVED:
        raise ValueError("is written anyway")
    ours = segments[0] in (*_FEED_FOLDERS.values(), _NEWSLETTERS) and segments[-1] in {RSS, ATOM, JSON}
    if ours or segments[0] == ARCHIVE:
        raise ValueError(f"is a feed of ours, in /{segments[0]}")
    if segments[0] in DYNAMIC or any(map(names_file, segments[:-1])):
        raise ValueError("cannot hold a feed")
    return "/".join(segments)


def names_feed(path: str) -> bool:
    """Whether the file *path* may be a feed: ours are, at whatever address (A15), and the list of feeds, a sitemap."""
    return bool(_FEED.search(path))


def names_file(part: str) -> bool:
    """Whether *part* of a path ends as our files do. A folder's name never does: nothing stands in the way of
    another."""
    return bool(_FILE.search(part))


def _segments(path: str) -> list[str]:
    segments = [segment for segment in normalize("NFC", path).split("/") if segment]
    if any(map(_UNSAFE.search, segments)):
        raise ValueError("has a part that starts with a dot or cannot be a file's name")
    if max((len(each.encode()) for each in segments), default=0) > _LONGEST or len(segments) > _DEEPEST:
        raise ValueError(f"has a part of more than {_LONGEST} bytes, or more than {_DEEPEST} parts")
    return segments


_UNQUOTED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~/-")
_NEWSLETTERS = "newsletter"
_FEED_FOLDERS = {"category": "category", "author": "author", "language": "lang"}
_READABLE = 100  # characters; percent-encoded Arabic reaches 540
_PAGES = (".html", ".htm")
_INDEX = ("index.html", "index.htm")
_LONGEST, _DEEPEST = 240, 20  # bytes of a part (a file system's limit is 255), parts
_UNSAFE = re.compile(r"\A\.|[\x00-\x1f\x7f\\]|[\ud800-\udfff]")
_FILE = re.compile(
    rf"\.(?:html?|xml|json|rss|atom|rdf|css|txt|gz|br|files|{'|'.join(TYPES)})\Z", re.IGNORECASE
)
_FEED = re.compile(r"\.(?:xml|json|rss|atom|rdf)\Z", re.IGNORECASE)


def _host(netloc: str) -> str:
    host = netloc.rpartition("@")[2].lower().removeprefix("www.")
    return host.removesuffix(":80").removesuffix(":443")


def media_path(slug: str, name: str) -> str:
    """The file of *name*, beside the page of the article with this *slug*; of a page that shares its folder with
    others (name.html) in one of its own (name.files)."""
    path = PurePosixPath(article_path(slug))
    return str((path.parent if path.name == HOME else path.with_suffix(".files")) / name)


_uuid = cache(UUID)


def article_id(site: str, path: str, number: int = 1) -> str:
    """The identity made from the site's id and the file's path in NFC (RFC 9562, 5.5); the *number*-th article
    that wants the same one gets its own."""
    name = normalize("NFC", path) + (f"\0{number}" if number > 1 else "")
    return uuid5(_uuid(site), name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")).urn


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


def feed_id(site: str, key: str = "") -> str:
    """The identity of the site's feed, or of that of a label, by its key."""
    return uuid5(_uuid(site), f"feed\0{key}").urn if key else UUID(site).urn


def edition_id(site: str, newsletter: str, slot: str) -> str:
    """The identity of an edition: what the site's id, its newsletter and its slot make, for ever (F10)."""
    return uuid5(_uuid(site), f"edition\0{newsletter}\0{slot}").urn


def feed_folder(kind: str, slug: str) -> str:
    """The folder of the feed of a label: a "category", an "author", a "language"."""
    return f"{_FEED_FOLDERS[kind]}/{slug}"


def feed_files(folder: str) -> tuple[str, ...]:
    """The files of the feed in *folder*: one for each format, and the page that a browser shows."""
    return tuple(in_folder(folder, name) for name in (*FEEDS, FEED_PAGE))


def in_folder(folder: str, name: str) -> str:
    """The path of the file *name* in *folder*; "" is the document root."""
    return f"{folder}/{name}" if folder else name


def sitemap_path(number: int) -> str:
    """The file of a part of the sitemap: of the pages that are no article's for 0, of articles from 1 on."""
    return f"sitemap-{number}.xml"


def list_path(folder: str, month: str = "", part: int = 0) -> str:
    """The file of the list of the newest articles in the *folder* of a label; of the archive's overview in ARCHIVE;
    of a *month* ("2026-11") below it, and of a *part* of that from 1 for its oldest articles."""
    parts = [folder, *month.split("-")] if month else [folder]
    return "/".join([*parts, *([str(part)] if part else []), HOME])


def key_path(key: str) -> str:
    """The file that holds the key by which search engines know who tells them of pages (F24)."""
    return f"{key}.txt"


def archive_path(number: int) -> str:
    """The file of an archive document."""
    return f"{ARCHIVE}/{number}.xml"
