"""What is done beside letters and articles: planning, pings, old letters, sign-ups that end, mail that came back."""

import asyncio
from functools import partial

from publisher.actions import erasing, joining, retention, yearly
from publisher.actions.intake import Taken
from publisher.actions.reckoning import Reckoned
from publisher.daemon.common import Common, gathered, log, masked, now
from publisher.errors import PublisherError
from publisher.store.pings import Kind
from publisher.verbs import pinging, returning, writing

TURN = (
    600.0  # seconds that one look at old letters may take: one that takes hours is taken for one that hangs
)
MINUTE = 60  # seconds before an erasure that was held up is tried again


def _is_over(stop: asyncio.Event, loop: asyncio.AbstractEventLoop, enough: float) -> bool:
    return stop.is_set() or loop.time() > enough


class Keeping:
    """Tasks of whoever leads."""

    def __init__(self, common: Common) -> None:
        self._common, self._session, self._problems = common, common.session, common.problems

    async def plan_forever(self) -> None:
        """Plan what is due at every tick, also while letters leave."""
        common = self._common
        while await common.turn(common.due):
            common.due.clear()
            try:
                if not common.fenced():
                    self._templates(await writing.plan_due(self._session))
            except* PublisherError as group:
                self._problems.trouble("planning", group.exceptions[0])
            else:
                self._problems.over("planning")
            common.letters.set()
            common.chunks.set()

    def _templates(self, problems: list[str]) -> None:
        before = self._problems.said("plan")
        for problem in problems:
            if problem not in before:
                log.error("plan", problem=problem)
        self._problems.over("plan")
        if problems:
            self._problems.has("plan", "; ".join(problems))

    async def ping_forever(self) -> None:
        """Tell hubs and search engines what changed: after each publish, and again where one did not take it."""
        common, house = self._common, self._session.house
        while pinging.wanted(house) and await common.turn(common.news):
            common.news.clear()
            try:
                for told in await pinging.ping(self._session, common.stop.is_set):
                    if told.news:
                        what = "feeds" if told.kind is Kind.HUB else "pages"
                        log.info("pinged", to=told.target, **{what: told.news})
                deaf = await asyncio.to_thread(pinging.troubles, house)
            except PublisherError as error:
                self._problems.trouble("ping", error)
                continue
            self._problems.over("ping")
            known = common.remarks.get("pings", [])
            for kind, problem in deaf:
                if problem in known:
                    continue
                if kind is Kind.HUB:
                    log.warning("hub", problem=problem)
                else:
                    log.warning("indexnow", problem=problem)
            common.remarks["pings"] = [problem for _, problem in deaf]

    async def compact_forever(self) -> None:
        """Old letters become counts and bits (S8), in pieces so small that nobody waits for them."""
        common, loop = self._common, asyncio.get_running_loop()
        while await common.turn(common.old):
            common.old.clear()
            enough = loop.time() + TURN
            stop = partial(_is_over, common.stop, loop, enough)
            compact = partial(retention.compact, self._session.house, now(), stop)
            try:
                letters = await asyncio.to_thread(compact)
            except PublisherError as error:
                self._problems.trouble("ledger", error)
                continue
            self._problems.over("ledger")
            if letters:
                log.info("compacted", letters=letters)
            await self._sweep()
            if loop.time() > enough:  # there may be more
                common.old.set()

    async def erase_forever(self) -> None:
        """An erasure that something held up, or that was asked for on another host, is finished; where the mail is
        not, the lists of the erased become one (L8)."""
        common = self._common
        while await common.turn(common.erasures):
            common.erasures.clear()
            try:
                async with self._session.erasing:
                    left = await asyncio.to_thread(erasing.finish, self._session.house) is None
            except PublisherError as error:
                self._problems.trouble("erasing", error)
                continue
            self._problems.over("erasing")
            if left:
                asyncio.get_running_loop().call_later(MINUTE, common.erasures.set)

    async def _sweep(self) -> None:
        """Sign-ups that nobody confirmed end (L4), and readers are asked once a year (L9)."""
        house, moment, stopping = self._session.house, now(), self._common.stop.is_set
        try:
            ended = await asyncio.to_thread(partial(joining.sweep, house, moment, stopping))
            asked = 0
            if not self._session.fenced:
                asked = await asyncio.to_thread(partial(yearly.ask, house, moment, stopping))
        except PublisherError as error:
            self._problems.trouble("sweep", error)
            return
        self._problems.over("sweep")
        if ended or asked:
            log.info("swept", unconfirmed=ended, asked=asked)

    async def take_in_forever(self) -> None:
        """Read what came back by mail (B1), and draw the consequences (B2)."""
        common, boxes, known = self._common, None, list[str]()
        while await common.turn(common.post):
            common.post.clear()
            unread: list[str] = []
            with gathered(unread):
                if boxes is None:  # made once: a mailbox knows how far it was read
                    boxes = [*filter(None, [await asyncio.to_thread(returning.configured, self._session)])]
            for each in [*returning.piped(self._session), *(boxes or ())]:
                with gathered(unread):
                    self._took_in(taken := await returning.take(self._session, each, common.stop.is_set))
                    unread += taken.troubles
            with gathered(unread):
                self._reckoned(await returning.reckon(self._session))
            for problem in unread:
                if problem not in known:
                    log.warning("mailbox", problem=problem)
            common.remarks["mailbox"] = known = unread

    def _took_in(self, taken: Taken) -> None:
        if taken.counts:
            log.info(
                "returned", **{what.replace(" ", "_"): n for what, n in taken.counts.items()}, kept=taken.kept
            )
        self._reckoned(taken.reckoned)

    def _reckoned(self, done: Reckoned) -> None:
        for each in done.changes:
            log.info("reader", number=each.subscriber, address=masked(each.address), state=each.state)
        for edition in done.stopped:
            log.error(
                "edition",
                number=edition,
                problem="too many of its readers do not exist; what has not left is held",
            )
        for problem in done.problems:
            log.error("edition", problem=problem)
