"""What becomes of the rows of a list (L7), by what their readers are to the site: nobody is brought back against their
will."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from publisher.model.people import Reach, Wish
from publisher.subscribers import lifecycle
from publisher.subscribers.imports import Row

_EVENTS = {Reach.BOUNCED: "bounce", Reach.COMPLAINED: "complain", Reach.SUPPRESSED: "suppress"}

Fate = tuple[str, str]  # what becomes of a row (a count of actions.importing.Imported), and why


class Standing(NamedTuple):
    """What somebody is to the site: whether they can be reached, and their wish for each newsletter in question."""

    reach: Reach
    wishes: tuple[Wish | None, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a list may change: the wishes for the newsletters *names*. `confirmed`: the operator vouches for the consent
    of those whom the list does not call gone. `erased`: whether the person with this key of an address was (L8)."""

    names: Sequence[str]
    confirmed: bool
    erased: Callable[[str], bool]

    def settled(self, row: Row) -> Fate | None:
        """What becomes of a row whoever its reader is, and why; None: that depends."""
        if row.address is None:
            return "refused", row.reason
        if row.wishes is not None and row.reach is Reach.REACHABLE and not set(row.wishes) & set(self.names):
            theirs = "none of these newsletters is this site's" if row.wishes else ""
            return "refused", theirs or "no newsletter of this site in this row"
        return ("kept", "asked to be erased") if self.erased(row.address.key) else None

    def judge(
        self,
        rows: Sequence[Row],
        settled: Sequence[Fate | None],
        standings: dict[str, Standing],
    ) -> list[Fate]:
        """What becomes of each row, in order; *settled* is what `settled` says of them. *standings*, by the keys of
        addresses, are moved on; who has none is a stranger."""
        judged: list[Fate] = []
        stranger = Standing(Reach.REACHABLE, (None,) * len(self.names))
        everywhere = {wish: (wish,) * len(self.names) for wish in Wish}
        moves = dict[tuple[Standing, Reach, tuple[Wish | None, ...]], tuple[Standing, Fate]]()
        for row, fate in zip(rows, settled, strict=True):
            if fate:
                judged.append(fate)
                continue
            assert row.address
            key = row.address.key
            said = everywhere[row.wish] if row.wishes is None else tuple(map(row.wishes.get, self.names))
            move = standings.get(key, stranger), row.reach, said
            if move not in moves:  # many rows, few of them different
                moves[move] = self._next(*move)
            standings[key] = moves[move][0]
            judged.append(moves[move][1])
        return judged

    def _next(self, before: Standing, reach: Reach, said: tuple[Wish | None, ...]) -> tuple[Standing, Fate]:
        if reach is not Reach.REACHABLE:
            after = lifecycle.reach(before.reach, _EVENTS[reach])
            if after is before.reach:
                return before, ("kept", f"{after} already")
            return before._replace(reach=after), ("gone", f"{reach}, says the list")
        wishes = tuple(
            self._wish(before.reach, wish, new) for wish, new in zip(before.wishes, said, strict=True)
        )
        return before._replace(wishes=wishes), _became(before, wishes)

    def _wish(self, reach: Reach, before: Wish | None, said: Wish | None) -> Wish | None:
        if said is None:
            return before
        if said is Wish.ENDED:
            return lifecycle.wish(before, "gone")
        event = "confirm" if self.confirmed and said is not Wish.PENDING else "ask"
        if not (reach is Reach.REACHABLE or (event == "ask" and lifecycle.may_ask(reach))):
            return before
        after = lifecycle.wish(before, event)
        if said is Wish.PAUSED and after is Wish.ACTIVE and before is not Wish.ACTIVE:
            return lifecycle.wish(after, "pause")
        return after


def _became(before: Standing, wishes: tuple[Wish | None, ...]) -> Fate:
    """What became of a row whose reader is reachable, as far as the list knows, and why."""
    fresh = [new for new, old in zip(wishes, before.wishes, strict=True) if new is not old]
    if fresh:
        left = all(wish is Wish.ENDED for wish in fresh)
        return ("gone", "left, says the list") if left else ("added", "")
    if before.reach is not Reach.REACHABLE:
        return "kept", f"{before.reach} here"
    return ("kept", "unsubscribed here") if Wish.ENDED in wishes else ("already", "")
