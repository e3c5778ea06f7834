"""What every action is handed: a site's settings and its open doors."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from publisher import __version__
from publisher.articles.parse import Rules
from publisher.articles.settings import ArticleSettings
from publisher.errors import Unknown
from publisher.feeds.settings import FeedSettings
from publisher.layout import Layout
from publisher.mail.dkim import Signer
from publisher.mail.settings import MailSettings
from publisher.model.digest import Newsletter
from publisher.model.site import Site
from publisher.pages.settings import PageSettings
from publisher.store import articles, facts
from publisher.store.nights import BackupSettings, Nights
from publisher.store.store import Store
from publisher.subscribers.tokens import Keys
from publisher.templating import Templates


@dataclass(slots=True)
class Memory:
    """What the last run found out and the next can use; lost without harm."""

    digits: tuple[tuple[str, str], ...] | None = None  # by language; None: not asked yet
    faults: set[str] = field(default_factory=set)  # articles whose text cannot be shown, in words; told once
    kept: set[int] = field(
        default_factory=set
    )  # cancelled editions of which letters had left: their pages stay
    unerased: str = ""  # what of erased people is still there because it cannot be deleted; "": nothing
    compressed: bool = False  # whatever this process wrote so far has its companions
    looked: datetime | None = (
        None  # when it was last asked what is due; before, every due time is reckoned anew
    )


@dataclass(frozen=True, slots=True)
class House:
    """One site, opened."""

    root: Path
    site: Site
    layout: Layout
    templates: Templates
    store: Store
    keys: Keys
    articles: ArticleSettings
    feeds: FeedSettings
    pages: PageSettings
    mail: MailSettings
    newsletters: Mapping[str, Newsletter]
    backup: BackupSettings = field(default_factory=BackupSettings)
    signer: Signer | None = None  # of letters (H8): read by whoever is going to send some
    mails: bool = True  # whether the mail that came back, and what plays a relay, lies on this host
    workers: int = 1  # processes that may read and render at once
    memory: Memory = field(default_factory=Memory)

    @property
    def folder(self) -> Path:
        """The article folder."""
        return self.root / self.articles.folder

    @property
    def out(self) -> Path:
        """The output folder, the document root."""
        return self.root / self.feeds.folder

    @property
    def nights(self) -> Nights:
        """The nightly backups."""
        return Nights(self.root / self.backup.folder, self.site.id)

    @property
    def rules(self) -> Rules:
        """What reading an article needs to know of the site."""
        return Rules(self.site.language, self.site.timezone, self.site.url)

    @property
    def theme(self) -> str:
        """What every page is made from beside what it shows: the program, the site, what has lists, the templates,
        and whether one can sign up for something."""
        common = repr((self.site, self.layout, bool(self.newsletters)))
        return facts.digest(__version__.encode(), common.encode(), self.templates.fingerprint("web"))

    def learnt(self, *, anew: bool = True) -> "House":
        """The house with what the store knows of the site: the digits its articles are written in. Not *anew*: what
        it knew when it was asked last will do."""
        if anew or self.memory.digits is None:
            self.memory.digits = self.store.read(articles.digits)
        digits = tuple(dict.fromkeys((*self.site.digits, *(self.memory.digits or ()))))
        return replace(self, site=replace(self.site, digits=digits))

    def newsletter(self, name: str | None) -> tuple[Newsletter, ...]:
        """The newsletter of this name; all where None. Raises Unknown for a name that is none of ours."""
        if name is None:
            return tuple(self.newsletters.values())
        if name not in self.newsletters:
            known = ", ".join(self.newsletters) or "none; add [[newsletters]] to config.toml"
            raise Unknown(f"there is no newsletter {name!r}", "", f"the newsletters are: {known}")
        return (self.newsletters[name],)
