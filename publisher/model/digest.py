"""A Newsletter is a digest definition; an Edition is it at one slot; a Variant its content for all readers who get the
same items in the same language and options."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from publisher.model.article import Direction

# Stand in a rendered variant where each reader's own URLs go. U+FDD0 ... U+FDD3 are noncharacters: no article can
# hold them (the cleaning door removes them).
UNSUBSCRIBE_SLOT = "\ufdd0unsubscribe\ufdd1"
PREFERENCES_SLOT = "\ufdd0preferences\ufdd1"
# What stands between these is for the reader of a letter only: the archive page of its edition leaves it out.
PERSONAL, END_PERSONAL = "\ufdd2", "\ufdd3"

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


@dataclass(frozen=True, slots=True)
class Content:
    """A variant as rendered. The slots stand where a reader's own URLs go."""

    subject: str  # one line, no header encoding
    html: str  # "" where the readers want text only
    text: str
    language: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Variant:
    """The content of an edition for all readers who get the same items in the same language and options."""

    id: int
    edition: Edition
    content: Content
