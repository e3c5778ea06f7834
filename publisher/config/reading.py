"""One reading of a configuration, with what is needed to say where something is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from publisher.config.places import Keys, Source
from publisher.config.words import between
from publisher.errors import BadConfig
from publisher.mail.rates import FORMS as RATES
from publisher.mail.relay import FORMS as RELAYS
from publisher.mail.settings import SHARES, TIMES

T = TypeVar("T")

LONGEST = 300  # characters that say what is wrong: what was written there may be a whole file

# How to mend a key whose reader says only what is wrong.
MENDS = {
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


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read, and the words for what cannot be used of it."""

    source: Source

    @property
    def root(self) -> Path:
        """The site's folder."""
        return self.source.path.parent

    def check(self, at: Keys, key: str, make: Callable[[], T]) -> T:
        """What *make* makes of the *key* of the table at this path. Raises BadConfig where it raises ValueError, whose
        text is what is wrong, "; ", and the mend."""
        try:
            return make()
        except ValueError as error:
            what, _, mend = str(error).partition("; ")
            raise self.bad((*at, key), f"{key}: {what}", mend or MENDS.get(key, "")) from error

    def within(self, at: Keys, table: object, **limits: tuple[float, float]) -> None:
        """The numbers of the *table* at this path lie within these *limits*. Raises BadConfig."""
        for key, (least, most) in limits.items():
            self.check(at, key, partial(between, getattr(table, key), least, most))

    def bad(self, at: Keys, what: str, mend: str) -> BadConfig:
        """The error that says so, with the place; of a long value its beginning and its end."""
        if len(what) > LONGEST:
            what = f"{what[: LONGEST * 2 // 3]} … {what[3 - LONGEST // 3 :]}"
        return BadConfig(what, self.source.place(at), mend)
