"""A Newsletter is a digest definition; an Edition is it at one slot; a Variant its content for all readers who get the
same items in the same language and options."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from html import escape
from typing import Literal

from publisher.model.article import Direction
from publisher.model.media import Shown
from publisher.model.stop import Stopped

# Stand in a rendered variant where each reader's own URLs go. U+FDD0 and U+FDD1 are noncharacters: no article can
# hold them (the cleaning door removes them).
UNSUBSCRIBE_SLOT = "\ufdd0unsubscribe\ufdd1"
PREFERENCES_SLOT = "\ufdd0preferences\ufdd1"

Frequency = Literal["daily", "weekly", "monthly"]
Approve = Literal["none", "notify", "required"]


class Kind(StrEnum):
    """What an edition is: a digest, an instant newsletter's letter, a correction of an article that was mailed."""

    DIGEST = "digest"
    ARTICLE = "article"
    CORRECTION = "correction"


class Release(StrEnum):
    """Whether an edition may leave (D8)."""

    PROPOSED = (
        "proposed"  # the editors have its preview; what happens at its slot is the newsletter's `approve`
    )
    RELEASED = "released"
    HELD = "held"  # nothing leaves but what is on the wire
    CANCELLED = "cancelled"


# Whether readers are asked once a year if they still want it, and whether without an answer it goes on or ends (L9).
AskYearly = Literal["no", "keep", "end"]


@dataclass(frozen=True, slots=True)
class Newsletter:
    """A digest definition: one [[newsletters]] table of config.toml."""

    name: str  # ASCII: part of addresses and URLs
    title: str
    subject: str  # a Jinja template; "" = D10's default
    schedule: str  # "daily 07:00", "weekly sat 07:00", "monthly 1 07:00", "cron ...", "instant"
    categories: tuple[str, ...]  # only articles in one of these; () = all
    template: str  # templates/mail/{template}.html.j2 and .txt.j2
    max_items: int
    max_lateness: int  # seconds (D5)
    frequencies: tuple[
        Frequency, ...
    ] = ()  # what each reader may choose, with hour and zone; () = nothing (D4)
    welcome_items: int = 0  # articles from before the subscription in a reader's first letter (D3)
    approve: Approve = "none"
    approve_before: int = 60  # minutes before a slot at which the editors get its preview (D8)
    window: str = ""  # "07:00-22:00": letters leave only then, retries too (D5); "" = always
    weekends: bool = True  # whether anything is due on the days of `site.weekend` (D5)
    order: Literal["newest", "oldest"] = "newest"  # of what is not pinned (D6)
    group: bool = False  # items stand below the headings of their first categories (D6)
    ask_yearly: AskYearly = "no"
    opening: str = ""  # a text file below the site: what the editor says first, in one edition (D6)

    @property
    def instant(self) -> bool:
        """Whether each article is a letter of its own (D4)."""
        return self.schedule == "instant"


@dataclass(frozen=True, slots=True)
class Edition:
    """One dated issue of a newsletter."""

    id: int
    newsletter: str
    slot: str  # a UTC instant ("2026-11-23T04:00:00+00:00"), "now:<instant>", "article:<id>", "correct:<n>"
    planned: datetime  # UTC; the Date of every letter (M5)
    expires: datetime  # UTC; the end of its life, where a delivery has none of its own
    upto_seq: int  # the newest article it may hold
    kind: Kind = Kind.DIGEST
    release: Release = Release.RELEASED
    opening: str = ""  # what the editor says first: paragraphs of plain text
    name: str = ""  # of its page in the newsletter's archive: "2026-11-23"; "" = it has none
    from_seq: int | None = None  # it holds what comes after this one; None: each reader's watermark says (D1)
    stopped: Stopped | None = None  # why we held it ourselves


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of what the editor says first."""

    text: str  # plain
    language: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Piece:
    """An article as a letter told of it. All text is plain."""

    title: str
    excerpt: str  # "" where the letter had no room for it
    url: str
    category: str  # the first; "" below a heading that says it
    byline: str
    spoken: str  # the language of `byline`
    language: str
    direction: Direction
    picture: Shown | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Pieces below one heading, "" where the letter has none."""

    heading: str
    language: str
    direction: Direction
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What an edition's letter says, without how it is set and without what is for its reader alone: what the page of
    the edition and its entry in the newsletter's feed are made of (F16)."""

    title: str  # the newsletter's
    opening: tuple[Passage, ...]
    sections: tuple[Section, ...]
    more: int  # articles that did not fit

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(piece for section in self.sections for piece in section.pieces)


@dataclass(frozen=True, slots=True)
class Content:
    """A variant as rendered. The slots stand where a reader's own URLs go."""

    subject: str  # one line, no header encoding
    html: str  # "" where the readers want text only
    text: str
    language: str
    direction: Direction
    told: Told | None = None  # of an edition's letter

    def filled(self, urls: Mapping[str, str]) -> "Content":
        """It with a URL in each slot of *urls*, to be looked at; letters are made from bytes (mail/message)."""
        html, text = self.html, self.text
        for slot, url in urls.items():
            html, text = html.replace(slot, escape(url)), text.replace(slot, url)
        return replace(self, html=html, text=text)


@dataclass(frozen=True, slots=True)
class Variant:
    """The content of an edition for all readers who get the same items in the same language and options."""

    id: int
    edition: Edition
    content: Content


@dataclass(frozen=True, slots=True)
class Issue:
    """An edition as its newsletter's archive and feed show it: as it was mailed, whatever was edited since (M5, F16).
    What feeds ask of an article they can ask of it."""

    id: str  # urn:uuid:...
    seq: int  # its place in the order of editions
    newsletter: str  # its name
    name: str  # of its page: "2026-11-23"
    title: str  # the subject, without marks of ours
    summary: str  # plain text, one line
    language: str  # of title and summary, by their letters: the subject may be somebody's headline
    direction: Direction
    spoken: str  # the language of what stands around its articles
    side: Direction  # ... and its direction
    published: datetime  # UTC: the moment it is dated by
    told: Told
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    adopted: None = None  # no older feed had it

    @property
    def updated(self) -> datetime:
        """It is never changed."""
        return self.published
