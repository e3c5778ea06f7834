"""A delivery's letter: the stored variant for one reader, the same bytes whenever it is made (M5)."""

from typing import NamedTuple

from publisher.actions.house import House
from publisher.mail import message
from publisher.mail.address import domain, domain_of, mailbox
from publisher.mail.message import MailingList, Sender, Skeleton
from publisher.model.delivery import Delivery, Letter
from publisher.store import editions, notices, people
from publisher.subscribers.tokens import Claim

KEPT = 4  # skeletons in memory: letters are claimed in the order of variants, but those of several editions together


class Letters:
    """Makes letters; the skeletons of the variants at hand are kept."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._series = house.store.read(people.known_newsletters)
        self._kept: dict[int, Kept] = {}

    def __call__(self, delivery: Delivery) -> Letter:
        """The letter of *delivery*. Raises ValueError where its address cannot stand on an envelope."""
        kept = self._kept.pop(delivery.variant, None) or self.fetch(delivery.variant)
        self.keep(delivery.variant, kept)
        keys, layout = self._house.keys, self._house.layout
        wish, one = Claim(delivery.subscriber, kept.series), Claim(delivery.subscriber, kept.edition)
        leave, leave_by_mail = keys.sign_twice(wish)
        return message.letter(
            kept.skeleton,
            recipient=delivery.address,
            message_id_key=keys.sign("message-id", one),
            unsubscribe_url=layout.unsubscribe(leave),
            preferences_url=layout.preferences(keys.sign("preferences", wish)),
            leave_token=leave_by_mail,
            bounce_token=keys.sign_caseless("bounce", one) if self._house.mail.bounce_domain else "",
        )

    def has(self, variant: int) -> bool:
        """Whether the skeleton of this variant is at hand: then a letter is made without asking the store."""
        return variant in self._kept

    def keep(self, variant: int, fetched: "Kept") -> None:
        """Have it at hand, instead of what was not needed for longest."""
        self._kept[variant] = fetched
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]

    def fetch(self, number: int) -> "Kept":
        """The skeleton of this variant, in any thread. Raises Unwritable."""
        house = self._house
        variant = house.store.read(lambda c: editions.variant(c, number))
        edition = variant.edition
        if edition.newsletter not in self._series:
            self._series = house.store.read(people.known_newsletters)
        skeleton = message.skeleton(
            variant.content,
            edition,
            sender(house, edition.newsletter),
            archived_at=archived_at(house, edition.newsletter, edition.name),
        )
        return Kept(skeleton, edition.id, self._series[edition.newsletter].id)


def notice(house: House, delivery: Delivery) -> Letter:
    """The letter of a notice, the same bytes whenever it is made. Raises ValueError where its address cannot stand on
    an envelope, or it was cancelled since it was claimed."""
    one = house.store.read(lambda c: notices.get(c, delivery.id))
    newsletter, leave, leave_by_mail = None, "", ""
    if one.wish:  # to who gets a newsletter: it belongs to that list, and is left as the list is (H1)
        reader, number = one.wish
        series = house.store.read(people.known_newsletters).values()
        newsletter = next(each.name for each in series if each.id == number)
        leave, leave_by_mail = house.keys.sign_twice(Claim(reader, number))
    return message.notice(
        one.content,
        sender(house, newsletter),
        kind=one.kind,
        key=house.keys.sign("message-id", Claim(delivery.id, 0)),  # no edition has the number 0
        recipient=delivery.address,
        sent=one.created,
        attached=one.attached,
        unsubscribe_url=house.layout.unsubscribe(leave) if leave else "",
        leave_token=leave_by_mail,
    )


class Kept(NamedTuple):
    """What all letters of a variant have in common."""

    skeleton: Skeleton
    edition: int
    series: int  # the newsletter's number


def sender(house: House, newsletter: str | None) -> Sender:
    """Who a newsletter's letters come from; None: those that belong to no list. A newsletter that left the
    configuration keeps its name."""
    settings = house.mail
    name, address = mailbox(settings.sender)
    return Sender(
        name=name or house.site.title,
        address=address,
        reply_to=mailbox(settings.reply_to)[1] if settings.reply_to else "",
        domain=domain_of(address),
        bounce_domain=domain(settings.bounce_domain) if settings.bounce_domain else "",
        list=None if newsletter is None else _list(house, newsletter, address),
        signer=house.signer,
    )


def _list(house: House, newsletter: str, address: str) -> MailingList:
    known = house.newsletters.get(newsletter)
    return MailingList(
        id=f"{newsletter}.{domain_of(address)}",
        title=known.title if known else newsletter,
        owner=mailbox(house.mail.reply_to or house.mail.sender)[1],
        archive=house.layout.newsletter(newsletter) if house.layout.pages else "",
        bulk=house.mail.precedence,
    )


def archived_at(house: House, newsletter: str, name: str) -> str:
    """The URL of the page of an edition of that *name*; "" where it has none."""
    return house.layout.edition(newsletter, name) if name and house.layout.pages else ""
