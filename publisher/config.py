"""config.toml and the environment to settings: the only reader of both. Every error names file, line and mend.

Each room declares its own frozen dataclass; here they are composed, and the keys people write are mapped to them.
`NASHIR__MAIL__RELAY=smtp://127.0.0.1:2525` overrides `relay` of `[mail]`.
"""

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from functools import cache, partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from publisher.articles import links
from publisher.articles.settings import ArticleSettings
from publisher.digests import due, window
from publisher.errors import BadConfig, NotASite
from publisher.feeds import aliases, websub
from publisher.feeds.settings import FeedSettings
from publisher.layout import LISTS
from publisher.mail.address import ascii_mailbox, domain, mailbox
from publisher.mail.intake.settings import check as check_bounces
from publisher.mail.rates import FORMS as RATES
from publisher.mail.rates import tightest
from publisher.mail.relay import FORMS as RELAYS
from publisher.mail.settings import (
    SHARES,
    TIMES,
    DomainSettings,
    MailSettings,
    canary,
    check_selectors,
    one_or_many,
    relays,
    signing_domain,
    spread,
)
from publisher.model.digest import Approve, AskYearly, Frequency, Newsletter
from publisher.model.feed import Kind
from publisher.model.media import PICTURES, ending
from publisher.model.site import Ai, Calendar, Letterhead, Months, Site
from publisher.pages import indexnow
from publisher.pages.settings import PageSettings
from publisher.text.clean import one_line, tidy
from publisher.text.direction import of_tag
from publisher.text.language import canonical
from publisher.text.urls import url
from publisher.text.week import weekdays, weekend
from publisher.text.words import LANGUAGES

FILE = "config.toml"
PREFIX = "NASHIR__"
T = TypeVar("T")
Path_ = tuple[str | int, ...]
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
class Source:
    """What the settings were read from."""

    path: Path
    text: str = field(repr=False)  # may hold a password
    variables: Mapping[Path_, str]  # names of those that override a key

    def place(self, at: Path_) -> str:
        """Where the key at this path is written, for a person: file and line, or the variable."""
        if variable := self.variables.get(at):
            return f"the environment's {variable}"
        return f"{self.path}:{line_of(self.text, at)}"


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
    source: Source


@dataclass(frozen=True, slots=True)
class _SiteTable:
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
class _NewsletterTable:
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
class _File:
    """config.toml as written."""

    site: _SiteTable
    articles: ArticleSettings = field(default_factory=ArticleSettings)
    feeds: FeedSettings = field(default_factory=FeedSettings)
    pages: PageSettings = field(default_factory=PageSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    newsletters: tuple[_NewsletterTable, ...] = ()
    web: WebSettings = field(default_factory=WebSettings)


# How to mend a key whose reader says only what is wrong.
_MENDS = {
    "id": "put back the UUID that `nashir init` wrote",
    "language": 'write a language tag, as "ar" or "az-Arab"',
    "from": 'write "Name <news@example.org>"',
    "reply_to": 'write "editor@example.org"',
    "editors": 'write ["editor@example.org"]',
    "bounce_domain": 'write "bounces.example.org"',
    "relay": f"write {RELAYS}",
    "rate": f"write {RATES}",
    "canary": f"write {SHARES}",
    "spread": f"write {TIMES}",
}

# What a key of each kind should be, and how it is written.
_KINDS: dict[Any, tuple[str, str]] = {
    str: ("text", 'write it in double quotes: {} = "..."'),
    int: ("a whole number", "write a number: {} = {}"),
    float: ("a number", "write a number: {} = {}"),
    bool: ("true or false", "write it without quotes: {} = {}"),
    tuple[str, ...]: ("a list of texts", 'write {} = ["...", "..."]'),
}
_TEXTS = "text or a list of texts"  # of a key in _ONE_OR_MANY

# Lists of which people may write the only one alone.
_ONE_OR_MANY = {
    ("mail", "relay"),
    ("mail", "rate"),
    ("mail", "editors"),
    ("feeds", "hub"),
    ("site", "calendar"),
    ("site", "weekend"),
}

# Keys of people that are no names in Python.
_WRITTEN = {(MailSettings, "sender"): "from"}


def load(root: Path, environment: Mapping[str, str]) -> Settings:
    """The settings of the site in *root*. Raises NotASite where there is no config.toml, BadConfig with file, line
    and mend for the first thing that cannot be used."""
    path = root / FILE
    try:
        source = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise NotASite(
            "there is no config.toml", str(root), "`nashir init DIR` makes a site; -C names one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(
            f"cannot be read: {error}", str(path), "it must be a readable file in UTF-8"
        ) from error
    try:
        raw = tomllib.loads(source)
    except RecursionError as error:
        raise BadConfig(
            "lists and tables stand too deep in each other", str(path), "write them flat"
        ) from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{path}:{line[1] if line else len(source.splitlines())}"
        raise BadConfig(f"not TOML: {error}", where, "write key = value, text in double quotes") from error
    return _Reader(path, source, raw, environment).settings()


class _Reader:
    """One reading of a configuration, with what is needed to say where something is wrong."""

    def __init__(self, path: Path, source: str, raw: dict[str, Any], environment: Mapping[str, str]) -> None:
        self._path, self._raw = path, raw
        self._overrides: dict[Path_, str] = {}
        self._source = Source(path, source, self._overrides)
        for name, value in sorted(environment.items()):
            if name.startswith(PREFIX):
                self._override(name, value)

    def _override(self, name: str, value: str) -> None:
        keys: Path_ = tuple(
            int(key) if key.isascii() and key.isdecimal() else key.lower()
            for key in name.removeprefix(PREFIX).split("__")
        )
        place: Any = self._raw
        try:
            for key in keys[:-1]:
                place = place.setdefault(key, {}) if isinstance(place, dict) else place[key]
            place[keys[-1]] = _plain_or_json(value)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise BadConfig(
                "names no setting", name, "write NASHIR__TABLE__KEY, as NASHIR__MAIL__RELAY"
            ) from error
        self._overrides[keys] = name

    def settings(self) -> Settings:
        file = self._table(_File, self._raw, ())
        self._check(("mail",), "html_limit", lambda: _between(file.mail.html_limit, 20_000, 102_000))
        site = replace(self._site(file.site), letterhead=_letterhead(file.mail))
        # Who bounces is found out over weeks (B2).
        self._check(("mail",), "ledger_days", lambda: _between(file.mail.ledger_days, 30, 3650))
        self._check(("mail",), "connections", lambda: _between(file.mail.connections, 1, 100))
        self._check(("mail",), "timeout", lambda: _between(file.mail.timeout, 1, 3600))
        self._check(("feeds",), "folder", lambda: self._apart(file.feeds.folder, file.articles.folder))
        self._check(("mail",), "relay", lambda: self._unpublished(file))
        if file.mail.sender or file.newsletters or file.mail.dkim.key_file:
            self._check(("mail",), "from", lambda: ascii_mailbox(file.mail.sender))
        self._check(("mail",), "editors", lambda: [mailbox(each) for each in file.mail.editors])
        self._limits(file.mail)
        if file.mail.reply_to:
            self._check(("mail",), "reply_to", lambda: ascii_mailbox(file.mail.reply_to))
        if file.mail.bounce_domain:
            self._check(("mail",), "bounce_domain", lambda: domain(file.mail.bounce_domain))
        self._check(("mail", "bounces"), "imap", lambda: check_bounces(file.mail.bounces))
        self._check(("mail", "bounces"), "maildir", lambda: self._aside(file))
        self._check(("mail", "bounces"), "every", lambda: _between(file.mail.bounces.every, 5, 86400))
        self._check(("mail", "dkim"), "selector", lambda: check_selectors(file.mail.dkim))
        if file.mail.dkim.key_file:
            self._check(("mail", "dkim"), "domain", lambda: signing_domain(file.mail))
        self._check(("articles",), "settle", lambda: _between(file.articles.settle, 0, 3600))
        self._check(("articles",), "scan_every", lambda: _between(file.articles.scan_every, 1, 86400))
        self._check(("articles",), "max_bytes", lambda: _between(file.articles.max_bytes, 1000, 10**9))
        self._check(
            ("articles",), "max_media_bytes", lambda: _between(file.articles.max_media_bytes, 1000, 10**10)
        )
        self._check(("web",), "listen", lambda: file.web.address)
        self._check(("web",), "trusted_proxies", lambda: file.web.trusted)
        self._check(("web", "api"), "per_minute", lambda: _between(file.web.api.per_minute, 1, 100_000))
        for table, key, secret in (
            (("web", "api"), "token_file", file.web.api.token_file),
            (("web", "admin"), "password_file", file.web.admin.password_file),
            (("web",), "metrics_token_file", file.web.metrics_token_file),
        ):
            self._check(table, key, partial(self._hidden, secret, file))
        self._check(("web", "admin"), "allow", lambda: file.web.admin.networks)
        self._check(("web", "admin"), "language", lambda: _spoken(file.web.admin.language))
        self._check(("feeds",), "entries", lambda: _between(file.feeds.entries, 1, 1000))
        self._check(("feeds",), "per", lambda: _kinds(file.feeds.per, get_args(Kind), "feeds"))
        self._check(("feeds",), "aliases", lambda: aliases.read(file.feeds.aliases))
        self._check(("feeds",), "hub", lambda: websub.read(file.feeds))
        self._check(("pages",), "per_page", lambda: _between(file.pages.per_page, 1, 500))
        self._check(("pages",), "lists", lambda: _kinds(file.pages.lists, LISTS, "lists"))
        self._check(("pages",), "link", lambda: links.check(file.pages.link))
        self._check(("pages",), "indexnow", lambda: indexnow.read(file.pages))
        newsletters = tuple(
            self._newsletter(table, n, site, file.mail.editors) for n, table in enumerate(file.newsletters)
        )
        for n, newsletter in enumerate(newsletters):
            if newsletter.name in {other.name for other in newsletters[:n]}:
                raise self._bad(
                    ("newsletters", n, "name"), f"two newsletters are named {newsletter.name}", "rename one"
                )
        return Settings(
            self._path.parent,
            site,
            file.articles,
            file.feeds,
            file.pages,
            file.mail,
            newsletters,
            file.web,
            self._source,
        )

    def _limits(self, mail: MailSettings) -> None:
        self._check(("mail",), "rate", lambda: tightest(mail.rate))
        letters = mail.letters_per_connection
        self._check(("mail",), "letters_per_connection", lambda: _between(letters, 0, 100_000))
        self._check(("mail",), "canary", lambda: canary(mail))
        self._check(("mail",), "spread", lambda: spread(mail))
        known: dict[str, str] = {}
        for name, found in mail.domains.items():
            at = ("mail", "domains", name)
            here = self._recipients(name, at)
            if here in known:
                raise self._bad(at, f"{name!r} is the domain {known[here]!r} again", "keep one of the tables")
            known[here] = name
            self._check(at, "rate", partial(tightest, found.rate))
            self._check(at, "connections", partial(_between, found.connections, 0, 100))

    def _recipients(self, name: str, at: Path_) -> str:
        """The recipient domain *name* in A-labels."""
        try:
            return domain(name)
        except ValueError as error:
            what = f"{name!r} is an address" if name.strip("@").count("@") else f"{name!r} is no domain"
            meant = _header(("mail", "domains", name.rpartition("@")[2].strip(".") or "example.org"))
            mend = f"write what stands behind the @ of addresses: {meant}"
            if "*" in name:
                mend = "write a table for each domain; the rate of all letters together is that of [mail]"
            raise self._bad(at, what, mend) from error

    def _aside(self, file: _File) -> None:
        """Mail that comes back lies where it is neither published nor taken for articles, nor for letters that left."""
        written = file.mail.bounces.maildir
        if not written:
            return
        root = self._path.parent.resolve()
        folder = (root / written).resolve()
        if found := self._public(folder, file):
            raise ValueError(f'{written!r} lies in {found}; name a Maildir elsewhere, as "/var/mail/bounces"')
        for relay in relays(file.mail):
            if relay.scheme == "maildir" and folder == (root / relay.path).resolve():
                raise ValueError(
                    f"{written!r} is where letters go, the relay; name the Maildir they come back to"
                )

    def _unpublished(self, file: _File) -> None:
        """Letters hold personal links: a Maildir they go to is neither published nor taken for articles."""
        for relay in relays(file.mail):
            if relay.scheme == "maildir" and (
                found := self._public((self._path.parent / relay.path).resolve(), file)
            ):
                raise ValueError(
                    f'{relay.path!r} lies in {found}; name a Maildir elsewhere, as "maildir:outbox"'
                )

    def _hidden(self, written: str, file: _File) -> None:
        """A file with a secret lies where nothing is published."""
        if written and (found := self._public((self._path.parent / written).resolve(), file)):
            raise ValueError(f'{written!r} lies in {found}; write "keys/{Path(written).name}"')

    def _public(self, folder: Path, file: _File) -> str:
        """Which folder of the site that others see *folder* lies in, in words; "" where it lies in none."""
        root = self._path.parent.resolve()
        for out, what in ((file.feeds.folder, "is published"), (file.articles.folder, "holds articles")):
            if folder.is_relative_to((root / out).resolve()):
                return f"{out!r}, which {what}"
        return ""

    def _apart(self, out: str, articles: str) -> None:
        """The output is served to everybody: it must not be, hold or lie in what is not meant for them."""
        root = self._path.parent.resolve()
        output = (root / out).resolve()
        for private in (root / "config.toml", root / "state", root / "templates", root / articles):
            if private.resolve().is_relative_to(output) or output.is_relative_to(private.resolve()):
                raise ValueError(
                    f'{out!r} would publish {private.name}; give the output a folder of its own, "feeds"'
                )

    def _site(self, table: _SiteTable) -> Site:
        at = ("site",)
        zone = self._check(at, "timezone", lambda: _zone(table.timezone))
        language = self._check(at, "language", lambda: canonical(table.language))
        region = self._check(at, "region", lambda: _region(table.region, table.timezone))
        days_off = self._check(at, "weekend", lambda: weekdays(table.weekend))
        return Site(
            id=str(self._check(at, "id", lambda: UUID(table.id))),
            title=self._check(at, "title", lambda: _words(table.title)),
            description=_line(table.description),
            url=self._check(at, "url", lambda: _url(table.url)),
            language=language,
            direction=of_tag(language),
            region=region,
            timezone=zone,
            author=_line(table.author),
            digits=self._check(at, "digits", lambda: _digits(table.digits, language)),
            months=self._check(at, "months", lambda: _one_of(table.months, get_args(Months))),
            calendars=self._check(at, "calendar", lambda: _calendars(table.calendar)),
            hijri_offset=int(self._check(at, "hijri_offset", lambda: _between(table.hijri_offset, -2, 2))),
            weekend=days_off or weekend(region),
            ai=self._check(at, "ai", lambda: _one_of(table.ai, get_args(Ai))),
            license=self._check(at, "license", lambda: _license(table.license)),
            picture=self._check(at, "icon", lambda: _picture(table.icon)),
        )

    def _newsletter(
        self, table: _NewsletterTable, number: int, site: Site, editors: Sequence[str]
    ) -> Newsletter:
        at: Path_ = ("newsletters", number)
        self._check(at, "name", lambda: _name(table.name))
        self._check(at, "schedule", lambda: due.parse(table.schedule))
        self._check(at, "frequencies", lambda: _chosen(table))
        self._check(at, "welcome_items", lambda: _between(table.welcome_items, 0, 50))
        self._check(at, "approve", lambda: _approval(table, editors))
        self._check(at, "approve_before", lambda: _between(table.approve_before, 5, 1440))
        self._check(at, "ask_yearly", lambda: _one_of(table.ask_yearly, get_args(AskYearly)))
        self._check(at, "window", lambda: window.parse(table.window) if table.window else None)
        self._check(at, "opening", lambda: _below(table.opening))
        self._check(at, "template", lambda: _name(table.template))
        self._check(at, "max_items", lambda: _between(table.max_items, 1, 200))
        self._check(at, "max_lateness", lambda: _between(table.max_lateness, 60, 7 * 86400))
        values = {f.name: getattr(table, f.name) for f in fields(table)}
        return Newsletter(**values | {"title": _line(table.title) or site.title})

    def _check(self, at: Path_, key: str, make: Callable[[], T]) -> T:
        try:
            return make()
        except ValueError as error:
            what, _, mend = str(error).partition("; ")
            raise self._bad((*at, key), f"{key}: {what}", mend or _MENDS.get(key, "")) from error

    def _table(self, kind: type[T], raw: object, at: Path_) -> T:
        """*raw* as a *kind*: its keys known, its values of the right type."""
        if not isinstance(raw, dict):
            raise self._bad(at, f"{at[-1]} is not a table", f"write {_header(at)} on a line of its own")
        known = {_WRITTEN.get((kind, f.name), f.name): f for f in fields(kind)}  # type: ignore[arg-type]
        for key in raw:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                mend = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
                raise self._bad((*at, key), f"{key} is no setting", mend)
        values = {f.name: self._value(f, raw[key], (*at, key)) for key, f in known.items() if key in raw}
        missing = [key for key, f in known.items() if key not in raw and _required(f)]
        if missing:
            what = f"{missing[0]} = ... to {_header(at)}" if at else _header(missing)
            raise self._bad(at, f"{missing[0]} is missing", f"add {what}")
        return kind(**values)

    def _value(self, wanted: Field[Any], raw: object, at: Path_) -> object:
        kind = wanted.type
        if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__"):
            return self._table(kind, raw, at)
        if kind == Mapping[str, DomainSettings]:
            if not isinstance(raw, dict):
                raise self._bad(at, "domains is no list of tables", 'write [mail.domains."example.org"]')
            return {name: self._domain(each, (*at, name)) for name, each in raw.items()}
        if kind == tuple[_NewsletterTable, ...]:
            if not isinstance(raw, list):
                raise self._bad(at, "newsletters is no list of tables", "write [[newsletters]]")
            return tuple(self._table(_NewsletterTable, each, (*at, n)) for n, each in enumerate(raw))
        if (at[0], at[-1]) in _ONE_OR_MANY and isinstance(raw, str):
            raw = one_or_many(raw)
        if type(raw) is kind:
            return raw
        if kind == tuple[str, ...] and isinstance(raw, (list, tuple)) and all(type(e) is str for e in raw):
            return tuple(raw)
        # Only what is of another kind waits for pydantic to be loaded: it converts it, or says what is wrong.
        from pydantic import ValidationError

        try:
            return _adapter(kind).validate_python(raw)  # type: ignore[arg-type]
        except ValidationError as error:
            what, mend = _KINDS.get(kind, ("", "see docs/configuration.md"))
            if (at[0], at[-1]) in _ONE_OR_MANY:
                what = _TEXTS
            what = what or error.errors()[0]["msg"].removeprefix("Input should be ")
            shown = "" if at[0] == "mail" else f", it is {raw!r}"  # a relay's URL may hold a password
            usual = json.dumps(None if wanted.default is MISSING else wanted.default)
            mend = _MENDS.get(str(at[-1])) or mend.format(at[-1], usual)
            raise self._bad(at, f"{at[-1]} should be {what}{shown}", mend) from error

    def _domain(self, raw: object, at: Path_) -> DomainSettings:
        """A table of [mail.domains]."""
        parts, inner = at, raw
        limits = {each.name for each in fields(DomainSettings)}
        while isinstance(inner, dict) and (
            deeper := next((key for key in inner if key not in limits and isinstance(inner[key], dict)), "")
        ):
            parts, inner = (*parts, deeper), inner[deeper]
        if parts != at:  # [mail.domains.gmail.com] is "com" in "gmail"
            name = ".".join(map(str, parts[2:]))
            mend = f"write it in quotes: {_header((*parts[:2], name))}"
            raise self._bad(parts, f"the name of the domain {name} is not in quotes", mend)
        return self._table(DomainSettings, raw, at)

    def _bad(self, at: Path_, what: str, mend: str) -> BadConfig:
        return BadConfig(what, self._source.place(at), mend)


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _header(at: Sequence[str | int]) -> str:
    """The line that begins the table at this path: [mail.domains."gmail.com"], [[newsletters]]."""
    names = [str(key) for key in at if isinstance(key, str)]
    name = ".".join(key if re.fullmatch(r"[\w-]+", key, re.ASCII) else f'"{key}"' for key in names)
    return f"[[{name}]]" if isinstance(at[-1], int) or name == "newsletters" else f"[{name}]"


def _required(wanted: Field[Any]) -> bool:
    return wanted.default is MISSING and wanted.default_factory is MISSING


_PARTS = re.compile(r"""\s*("[^"]*"|'[^']*'|[^."'\s]+)""")  # of a key: a."b.c".d
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w.-])+)\s*=""")


def line_of(source: str, at: Sequence[str | int]) -> int:
    """The line (1 = first) of a TOML *source* where the key at this path stands; else its table's line; else 1."""
    tables: dict[str, int] = {}
    here: Path_ = ()
    best, depth = 1, 0
    for number, line in enumerate(source.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        key = _KEY.match(line)
        if header:
            name = header[2]
            if header[1] == "[[":
                tables[name] = tables.get(name, -1) + 1
                here = (*name.split("."), tables[name])
            else:
                here = tuple(part.strip("\"'") for part in _PARTS.findall(name))
            found = here
        elif key:
            found = (*here, *(part.strip("\"'") for part in _PARTS.findall(key[1])))
        else:
            continue
        common = min(len(found), len(at))
        if tuple(at[:common]) == found[:common] and common > depth:
            best, depth = number, common
    return best


def _plain_or_json(value: str) -> Any:
    """A list or table is written as JSON in the environment; everything else is the text itself."""
    try:
        return json.loads(value) if value[:1] in {"[", "{"} else value
    except (ValueError, RecursionError):
        return value


def _spoken(tag: str) -> None:
    if tag and tag not in LANGUAGES:
        raise ValueError(f"{tag!r} is no language of these pages; write one of {', '.join(LANGUAGES)}")


def _words(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; give the site a name")
    return _line(text)


def _letterhead(mail: MailSettings) -> Letterhead:
    postal = tuple(filter(None, map(_line, mail.postal.splitlines())))
    return Letterhead(postal, mail.direction_marks, mail.html_limit)


def _line(text: str) -> str:
    """Words of the configuration as one clean line: they stand in headers, titles and feeds."""
    return one_line(tidy(text)[0])


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f'{name!r} is no time zone; write "Asia/Baghdad"') from error


def _url(text: str) -> str:
    found = url(text, text)
    parts = urlsplit(found or "")
    if (
        not found
        or parts.scheme not in {"http", "https"}
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise ValueError(f'{text!r} is no site\'s URL; write "https://news.example.org"')
    return found.rstrip("/")


def _license(text: str) -> str:
    found = url(text, text) if text.strip() else ""
    if found is None or (found and urlsplit(found).scheme not in {"http", "https"}):
        raise ValueError(
            f'{text!r} is no URL; write the licence\'s, as "https://creativecommons.org/licenses/by/4.0/"'
        )
    return found


def _picture(text: str) -> str:
    """The path of a picture below the site's folder; whether it is there is seen when it is published."""
    path = _below(text)
    if path and ending(path) not in PICTURES:
        raise ValueError(f"{text!r} is no picture; save it as one of {', '.join(PICTURES)}")
    return path


def _below(text: str) -> str:
    path = text.strip().removeprefix("./")
    if any(part in {"", ".", ".."} for part in path.split("/")) and path:
        raise ValueError(f"{text!r} does not lie below the site; put the file there and write its name")
    return path


def _chosen(table: _NewsletterTable) -> None:
    for word in table.frequencies:
        if word not in get_args(Frequency):
            raise ValueError(f"{word!r} is no frequency; choose of {', '.join(get_args(Frequency))}")
    if table.frequencies and table.schedule == "instant":
        raise ValueError("nobody chooses when an instant newsletter comes; leave them out")


def _approval(table: _NewsletterTable, editors: Sequence[str]) -> None:
    if table.approve == "none":
        return
    if not editors:
        raise ValueError('nobody can approve; add editors = ["editor@example.org"] to [mail]')
    if table.frequencies:
        raise ValueError(
            "editors cannot look at letters that come at any hour; leave out frequencies, or approve"
        )


def _networks(written: Sequence[str]) -> Networks:
    try:
        return tuple(ip_network(each.strip()) for each in written)
    except ValueError as error:
        raise ValueError(f'{error}; write addresses and networks, as ["127.0.0.1", "10.0.0.0/8"]') from None


def _region(written: str, zone: str) -> str:
    if not written:
        from babel.core import get_global

        return str(get_global("zone_territories").get(zone, "001"))
    if not re.fullmatch(r"[A-Za-z]{2}|\d{3}", written):
        raise ValueError(f'{written!r} is no region; write two letters, as "IQ"')
    return written.upper()


def _one_of(word: str, words: tuple[T, ...]) -> T:
    for each in words:
        if each == word:
            return each
    raise ValueError(f"{word!r} is none; choose of {', '.join(map(str, words))}")


def _calendars(words: Sequence[str]) -> tuple[Calendar, ...]:
    if not words:
        raise ValueError('is empty; write ["gregorian"]')
    return tuple(dict.fromkeys(_one_of(word, get_args(Calendar)) for word in words))


def _digits(word: str, language: str) -> tuple[tuple[str, str], ...]:
    """As `Site.digits`: Latin ones stand in any language, the others in the site's own."""
    kind = _one_of(word, ("auto", "latn", "arab", "arabext"))
    if kind == "auto":
        return ()
    return (("" if kind == "latn" else language.partition("-")[0], kind),)


def _kinds(words: Sequence[str], known: Sequence[str], what: str) -> None:
    for word in words:
        if word not in known:
            raise ValueError(f"{word!r} has no {what}; choose of {', '.join(known)}")


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", text):
        raise ValueError(f"{text!r} cannot be a name; use a-z, 0-9, - and _")
    return text


def _between(number: float, least: int, most: int) -> float:
    if not least <= number <= most:
        raise ValueError(f"{number} is not between {least} and {most}; choose one that is")
    return number
