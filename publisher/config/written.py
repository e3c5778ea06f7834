"""config.toml as written: its tables, with the keys that people know."""

from dataclasses import dataclass, field
from typing import Literal

from publisher.articles.settings import ArticleSettings
from publisher.config.settings import StoreSettings, WebSettings
from publisher.feeds.settings import FeedSettings
from publisher.mail.settings import MailSettings
from publisher.model.digest import Approve, AskYearly, Frequency
from publisher.pages.settings import PageSettings
from publisher.store.nights import BackupSettings


@dataclass(frozen=True, slots=True)
class SiteTable:
    """[site] as written."""

    id: str
    title: str
    url: str
    language: str
    description: str = ""
    region: str = ""
    timezone: str = "UTC"
    author: str = ""
    months: str = "region"
    calendar: tuple[str, ...] = ("gregorian",)
    hijri_offset: int = 0
    digits: str = "auto"
    weekend: tuple[str, ...] = ()
    license: str = ""
    ai: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class NewsletterTable:
    """One [[newsletters]] as written."""

    name: str
    title: str = ""
    subject: str = ""
    schedule: str = "daily 07:00"
    categories: tuple[str, ...] = ()
    template: str = "digest"
    max_items: int = 20
    max_lateness: int = 6 * 3600
    frequencies: tuple[Frequency, ...] = ()
    welcome_items: int = 0
    approve: Approve = "none"
    approve_before: int = 60
    window: str = ""
    weekends: bool = True
    order: Literal["newest", "oldest"] = "newest"
    group: bool = False
    ask_yearly: AskYearly = "no"
    opening: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """config.toml as written."""

    site: SiteTable
    articles: ArticleSettings = field(default_factory=ArticleSettings)
    feeds: FeedSettings = field(default_factory=FeedSettings)
    pages: PageSettings = field(default_factory=PageSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    newsletters: tuple[NewsletterTable, ...] = ()
    web: WebSettings = field(default_factory=WebSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    backup: BackupSettings = field(default_factory=BackupSettings)


# Keys of people that are no names in Python.
KEYS = {(MailSettings, "sender"): "from"}

# Lists of which people may write the only one alone.
ONE_OR_MANY = {
    ("mail", "relay"),
    ("mail", "rate"),
    ("mail", "editors"),
    ("feeds", "hub"),
    ("site", "calendar"),
    ("site", "weekend"),
}
