"""What a site may choose about its feeds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """`[feeds]` of config.toml."""

    folder: str = "feeds"  # the output folder, the document root; relative to the site
    entries: int = 50  # how many of the newest articles a feed holds (F3)
    per: tuple[str, ...] = ("category", "author", "language")  # a feed for each of these
    archive: bool = True  # whether all articles stand in archive documents (RFC 5005)
    direction_metadata: bool = True  # ITS 2.0 (F5)
    aliases: tuple[str, ...] = ()  # old addresses of the feeds, written there too (A15)
    hub: tuple[str, ...] = ()  # WebSub hubs that are told of a change (F24)
    hub_private: bool = False  # a hub may be on this machine or a private network
