"""A delivery's letter: the stored variant for one reader, the same bytes whenever it is made (M5)."""

from publisher.actions.house import House
from publisher.mail import message
from publisher.mail.address import domain_of, mailbox
from publisher.mail.message import Sender, Skeleton
from publisher.model.delivery import Delivery, Letter
from publisher.store import editions, people
from publisher.subscribers.tokens import Claim


class Letters:
    """Makes letters; the skeleton of the variant at hand is kept, since they are claimed in variant order."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._series = house.store.read(people.known_newsletters)
        self._kept: dict[int, Skeleton] = {}

    def __call__(self, delivery: Delivery) -> Letter:
        """The letter of *delivery*. Raises ValueError where its address cannot stand on an envelope."""
        frame = self._kept.get(delivery.variant)
        if frame is None:
            frame = self._skeleton(delivery.variant)
            self._kept = {delivery.variant: frame}
        keys, house = self._house.keys, self._house
        series = self._series[frame.edition.newsletter]
        return message.letter(
            frame,
            recipient=delivery.address,
            message_id_key=keys.sign("message-id", Claim(delivery.subscriber, frame.edition.id)),
            unsubscribe_url=house.layout.unsubscribe(
                keys.sign("unsubscribe", Claim(delivery.subscriber, series.id))
            ),
        )

    def _skeleton(self, number: int) -> Skeleton:
        variant = self._house.store.read(lambda c: editions.variant(c, number))
        if variant.edition.newsletter not in self._series:
            self._series = self._house.store.read(people.known_newsletters)
        return message.skeleton(
            variant.content, variant.edition, sender(self._house, variant.edition.newsletter)
        )


def sender(house: House, newsletter: str) -> Sender:
    """Who a newsletter's letters come from. A newsletter that left the configuration keeps its name."""
    name, address = mailbox(house.mail.sender)
    known = house.newsletters.get(newsletter)
    return Sender(
        name=name or house.site.title,
        address=address,
        reply_to=mailbox(house.mail.reply_to)[1] if house.mail.reply_to else "",
        domain=domain_of(address),
        bounce=address,
        list_id=f"{newsletter}.{domain_of(address)}",
        list_title=known.title if known else newsletter,
        owner=address,
        home=house.layout.home,
    )
