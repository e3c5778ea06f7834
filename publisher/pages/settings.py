"""What a site may choose about its pages."""

from dataclasses import dataclass

from publisher.layout import LISTS


@dataclass(frozen=True, slots=True)
class PageSettings:
    """`[pages]` of config.toml."""

    enabled: bool = True  # False: feeds and letters only; another program makes the pages they link to
    per_page: int = 30  # articles on the home page, and first in each list
    lists: tuple[str, ...] = LISTS  # what has pages that list its articles
    link: str = "/:slug/"  # where new articles stand (A15)
    indexnow: str = ""  # where search engines are told of new, changed and gone pages (F24); "": nowhere
    indexnow_private: bool = False  # that may be on this machine or a private network
