"""A letter of an edition, for nobody: the stored one where it has left, else as it would leave."""

from publisher.actions.coming import nobodys_links
from publisher.actions.house import House
from publisher.actions.letters import archived_at, sender
from publisher.mail import message
from publisher.model.delivery import Letter
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Content, Edition

KEY = "nobody"  # in the Message-ID, where a reader's letter has a word of its own


def specimen(house: House, edition: Edition, content: Content, recipient: str) -> Letter:
    """The letter with this *content* as a reader gets it; its links and its Message-ID are nobody's. Who it comes
    from, and whether it is signed, is as the configuration has it now."""
    links = nobodys_links(house)
    return message.assemble(
        content,
        edition,
        sender(house, edition.newsletter),
        recipient=recipient,
        message_id_key=KEY,
        unsubscribe_url=links[UNSUBSCRIBE_SLOT],
        preferences_url=links[PREFERENCES_SLOT],
        archived_at=archived_at(house, edition.newsletter, edition.name),
    )
