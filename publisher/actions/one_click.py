"""The letter that each newsletter would mail now, looked at for one-click unsubscribing (RFC 8058)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.policy import default

from publisher.actions.coming import coming
from publisher.actions.house import House
from publisher.doctor import letter
from publisher.doctor.table import symptom
from publisher.errors import BadInput
from publisher.mail.keyfiles import signer
from publisher.model.symptom import Looked, Symptom

READER = "reader@example.org"  # it is mailed to nobody


def look(house: House, now: datetime, page: Callable[[str], str]) -> Looked:
    """*page* opens the page behind an unsubscribe link, and says why it cannot; it is asked once. Raises BadConfig
    where a letter cannot be made."""
    house = replace(house, signer=signer(house.mail, house.root))
    found: list[Symptom] = []
    seen, opened = [], False
    for newsletter in house.newsletters.values():
        try:
            edition = coming(house, newsletter, now)
        except BadInput:
            continue  # nothing to show yet
        made = message_from_bytes(edition.letter(edition.content(None), READER).data, policy=default)
        seen.append(newsletter.name)
        found += letter.judge(made, newsletter.name)
        link = letter.link(made)
        if link.startswith("https://") and not opened:
            opened = True
            if why := page(link):
                found.append(symptom("unsubscribe-closed", link.partition("/u/")[0] + "/u/…", why))
    return Looked(", ".join(seen) or "no newsletter has an article to show", tuple(found))
