"""Mailman 3's delivery of one posting: its agent for lists with VERP and full personalisation, as its outgoing runner
calls it, with its database (SQLite). It has one connection; nobody of the recipients is a member with a name."""

import email
from email.policy import compat32

from common import given, letters

CONFIGURATION = """\
[mailman]
site_owner: owner@example.org
layout: here
[paths.here]
var_dir: {folder}
[mta]
smtp_host: 127.0.0.1
smtp_port: {port}
incoming: mailman.mta.null.NullMTA
max_sessions_per_connection: 0
verp_personalized_deliveries: yes
verp_delivery_interval: 1
[archiver.prototype]
enable: no
"""


def main() -> None:
    words = given()
    folder = words.folder / "mailman"
    folder.mkdir(exist_ok=True)
    config = folder / "mailman.cfg"
    config.write_text(CONFIGURATION.format(folder=folder / "var", port=words.port))

    from mailman.core.initialize import initialize

    initialize(str(config))
    from mailman.app.lifecycle import create_list
    from mailman.database.transaction import transaction
    from mailman.email.message import Message
    from mailman.interfaces.domain import IDomainManager
    from mailman.interfaces.listmanager import IListManager
    from mailman.interfaces.mailinglist import Personalization
    from mailman.mta.deliver import deliver
    from zope.component import getUtility

    name = "news@example.org"
    with transaction():
        found = getUtility(IListManager).get(name)
        if found is None:
            if "example.org" not in getUtility(IDomainManager):
                getUtility(IDomainManager).add("example.org")
            found = create_list(name)
        found.personalize = Personalization.full
    _, letter = next(letters(words.letter, 1))
    message = email.message_from_bytes(letter, Message, policy=compat32)
    recipients = {address for address, _ in letters(words.letter, words.letters)}
    with transaction():
        deliver(found, message, {"recipients": recipients, "verp": True})


if __name__ == "__main__":
    main()
