"""What config.toml comes to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

from publisher import private
from publisher.articles.settings import ArticleSettings
from publisher.config.places import Source
from publisher.feeds.settings import FeedSettings
from publisher.layout import STATE
from publisher.mail.settings import MailSettings
from publisher.model.digest import Newsletter
from publisher.model.site import Site
from publisher.pages.settings import PageSettings
from publisher.store.database import Database
from publisher.store.nights import BackupSettings
from publisher.store.sqlite import Sqlite
from publisher.store.state import State

Networks = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """[web.api]"""

    token_file: str = ""  # relative to the site; "": no API
    per_minute: int = 600  # requests of a token


@dataclass(frozen=True, slots=True)
class AdminSettings:
    """[web.admin]: the editors' pages, which are there only where a password file is named (threat 11)."""

    password_file: str = ""  # below the site's folder; what `nashir admin password` writes; "": no such pages
    allow: tuple[str, ...] = ("127.0.0.0/8", "::1/128")  # networks that may open them
    language: str = ""  # of the pages; "": the site's

    @property
    def networks(self) -> Networks:
        """Who may open them. Raises ValueError with the mend."""
        return _networks(self.allow)


@dataclass(frozen=True, slots=True)
class WebSettings:
    """[web]: declared here, since the web room stands above this one."""

    listen: str = "127.0.0.1:8080"  # host:port; [::1]:8080 for IPv6
    # Addresses and networks of the servers before us, whose X-Forwarded-For is believed (L3).
    trusted_proxies: tuple[str, ...] = ()
    metrics: Literal["local", "all", "off"] = "local"  # who may read /metrics
    metrics_token_file: str = ""  # who has what stands in it may as well, from anywhere
    api: ApiSettings = field(default_factory=ApiSettings)
    admin: AdminSettings = field(default_factory=AdminSettings)

    @property
    def trusted(self) -> Networks:
        """Those networks. Raises ValueError with the mend."""
        return _networks(self.trusted_proxies)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port. Raises ValueError with the mend."""
        host, _, port = self.listen.rpartition(":")
        if not host or not port.isdigit() or not 0 <= int(port) < 65536:
            raise ValueError(f'{self.listen!r} is no host:port; write "127.0.0.1:8080"')
        return host.strip("[]"), int(port)


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """[store]: where what the site knows is kept. Declared here, since the store opens what it is handed."""

    url: str = ""  # postgresql://user@host/name; "": SQLite, in the state folder
    password_file: str = ""  # relative to the site; "": the password is in the URL, PGPASSWORD or ~/.pgpass

    def database(self, root: Path, named: str = "store.password_file in config.toml") -> Database:
        """The database of the site in *root*; the password's file is *named* by what a person wrote. Raises BadConfig
        where it cannot be used."""
        if not self.url:
            return Sqlite(State(root / STATE).database)
        from publisher.store.postgres import Postgres

        return Postgres(self.url, self._password(root, named))

    def _password(self, root: Path, named: str) -> str:
        if not self.password_file:
            return ""
        return private.word(root / self.password_file, "the password", f"see {named}")


@dataclass(frozen=True, slots=True)
class Settings:
    """A site's whole configuration, checked."""

    root: Path  # the site's folder; relative paths of the configuration are relative to it
    site: Site
    articles: ArticleSettings
    feeds: FeedSettings
    pages: PageSettings
    mail: MailSettings
    newsletters: tuple[Newsletter, ...]
    web: WebSettings
    store: StoreSettings
    backup: BackupSettings
    source: Source


def _networks(written: Sequence[str]) -> Networks:
    try:
        return tuple(ip_network(each.strip()) for each in written)
    except ValueError as error:
        raise ValueError(f'{error}; write addresses and networks, as ["127.0.0.1", "10.0.0.0/8"]') from None
