"""An Edition is a newsletter at one slot; a Variant its content for all readers who get the same items in the
same language and options."""

from dataclasses import dataclass
from datetime import datetime

from publisher.model.article import Direction

# Stands in a rendered variant where each reader's own unsubscribe URL goes. U+FDD0 and U+FDD1 are noncharacters:
# no article can hold them (the cleaning door removes them).
UNSUBSCRIBE_SLOT = "\ufdd0unsubscribe\ufdd1"


@dataclass(frozen=True, slots=True)
class Newsletter:
    """A digest definition: one [[newsletters]] table of config.toml."""

    name: str  # ASCII: part of addresses and URLs
    title: str
    subject: str  # a Jinja template; "" = D10's default
    schedule: str  # "daily 07:00", "weekly sat 07:00", "monthly 1 07:00", "cron ..."
    categories: tuple[str, ...]  # only articles in one of these; () = all
    template: str  # templates/mail/{template}.html.j2 and .txt.j2
    max_items: int
    max_lateness: int  # seconds (D5)


@dataclass(frozen=True, slots=True)
class Edition:
    id: int
    newsletter: str
    slot: str  # a UTC instant ("2026-11-23T04:00:00Z") or "now:<instant>"
    planned: datetime  # UTC; the Date of every letter (M5)
    expires: datetime  # UTC; the end of its life (DESIGN "Life of an edition")
    upto_seq: int  # the newest article it may hold


@dataclass(frozen=True, slots=True)
class Content:
    """A variant as rendered. UNSUBSCRIBE_SLOT stands where a reader's own URL goes."""

    subject: str  # one line, no header encoding
    html: str
    text: str
    language: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Variant:
    id: int
    edition: Edition
    content: Content
