"""What the editor says first in an edition (D6): the text file of `opening`, each text once."""

import hashlib
from datetime import datetime, timedelta

from publisher.actions.house import House
from publisher.articles import folder
from publisher.errors import BadConfig, Unreadable
from publisher.model.digest import Newsletter
from publisher.store.people import Series
from publisher.text.clean import Undecodable, decode, tidy

LARGEST = 20_000  # bytes
SPAN = timedelta(hours=24)  # in which readers who choose their hour all have their turn


def note(house: House, newsletter: Newsletter, series: Series, now: datetime) -> str:
    """The text for an edition that starts *now*; "" where there is none, or it has been said. Where readers choose
    their hours it stands in all letters of a day. Raises BadConfig where the file cannot be read."""
    text = read(house, newsletter)
    lasts = bool(newsletter.frequencies) and series.opened is not None and now - series.opened < SPAN
    return text if lasts or fingerprint(text) != series.opening else ""


def fingerprint(text: str) -> str:
    """What a text is known by when it has been said."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(house: House, newsletter: Newsletter) -> str:
    """What the editor says first in an edition of *newsletter*; "" where there is nothing. Raises BadConfig where the
    file cannot be read as text."""
    if not newsletter.opening:
        return ""
    where = f"newsletters.{newsletter.name}.opening"
    try:
        if folder.glance(house.root, newsletter.opening) is None:
            return ""  # there is nothing to say
        data = folder.read(house.root, newsletter.opening, LARGEST).data
        text, _ = tidy(decode(data)[0])
    except (Unreadable, Undecodable) as error:
        raise BadConfig(f"{newsletter.opening}: {error}", where, "mend the file, or remove it") from error
    return text.strip()
