"""What all hosts of a site must agree on: who leads notes what its config.toml says, and the others compare theirs.

Not among it: what a host may have of its own (relays and their logins, rates and connections, files of keys, folders).
"""

import json
from dataclasses import fields
from typing import Any

from publisher.actions.house import House
from publisher.errors import BadConfig, BadState
from publisher.mail.settings import signing_domain
from publisher.store import facts
from publisher.store.store import Store

SAME = "copy config.toml from the scheduler's host; if this one is right, copy it there"
# In whose name a letter leaves, and where its links lead: no letter leaves where these differ.
GRAVE = ("[mail] from", "[mail] reply_to", "[mail] bounce_domain", "[mail.dkim] domain", "[site] url")
_LETTERS = (
    *("precedence", "editors", "postal", "direction_marks", "html_limit", "canary", "spread"),
    *("on_unknown", "ledger_days", "goodbye"),
)


def agreed(house: House) -> dict[str, str]:
    """A digest of each part of config.toml that must be the same on all hosts, by its name there."""
    mail, site = house.mail, house.site
    signs = signing_domain(mail) if mail.sender else ""
    parts: dict[str, Any] = dict(
        zip(GRAVE, (mail.sender, mail.reply_to, mail.bounce_domain, signs, site.url), strict=True)
    )
    parts["[site]"] = _values(site, without=("id", "url"))
    parts["[mail]"] = {name: getattr(mail, name) for name in _LETTERS}
    parts |= {f"[[newsletters]] {name}": _values(each) for name, each in house.newsletters.items()}
    return {name: facts.digest(repr(value).encode()) for name, value in parts.items()}


def _values(of: Any, without: tuple[str, ...] = ()) -> dict[str, str]:
    return {each.name: str(getattr(of, each.name)) for each in fields(of) if each.name not in without}


def note(house: House) -> None:
    """This process leads: what it was told counts. Raises Unwritable."""
    said = json.dumps(agreed(house))
    house.store.beside(lambda c: facts.put(c, facts.AGREED, said))


def differing(house: House) -> tuple[str, ...]:
    """Which parts of config.toml are others here than where the site is led from; none where nobody has led yet."""
    if not house.store.database.shared:
        return ()
    said = house.store.read(lambda c: facts.get(c, facts.AGREED))
    theirs: dict[str, str] = json.loads(said) if said else {}
    ours = agreed(house) if theirs else {}
    return tuple(name for name in (ours | theirs) if ours.get(name) != theirs.get(name))


def line(differs: tuple[str, ...]) -> str:
    """That these parts differ, for a person; "" where none does."""
    if not differs:
        return ""
    return f"config.toml says something else here than on the scheduler's host: {', '.join(differs)}. Mend: {SAME}"


def grave(differs: tuple[str, ...]) -> str:
    """Why no letter may leave from this host; "" where it may."""
    wrong = [each for each in differs if each in GRAVE]
    return f"{', '.join(wrong)} is not what the scheduler's config.toml says" if wrong else ""


def must_agree(house: House) -> None:
    """Raises BadState where a letter would leave from here in another name."""
    if why := grave(differing(house)):
        raise BadState(f"no letter leaves from here: {why}", str(house.root / "config.toml"), SAME)


def same_site(store: Store, site: str, *, writing: bool) -> None:
    """A database that many hosts use knows whose it is. Raises BadConfig where that is another site than *site*."""
    known = store.read(lambda c: facts.get(c, facts.SITE))
    if known is None and writing:
        known = store.write(lambda c: facts.put_once(c, facts.SITE, site))
    if known not in (None, site):
        what = f"the database is that of another site: its site.id is {known}, and here it is {site}"
        raise BadConfig(
            what, "config.toml", "copy config.toml from the site's other hosts, or see [store] url"
        )
