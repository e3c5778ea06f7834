"""What may leave now, over which relay and to which domain, and what the answers so far ask for (S3, S5).

One object for all connections of a sender, in memory and without a clock of its own: `now` is in seconds since 1970.
What must outlive the process is given out as values (`unsaved`). Its answers are only true for the moment: whoever asks
acts at once, on one thread.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from publisher.mail import rates, refusals
from publisher.mail.address import domain as ascii_domain
from publisher.mail.address import domain_of, on_the_wire
from publisher.mail.health import Change, Health
from publisher.mail.rates import AHEAD, Meter, Rate
from publisher.mail.settings import MailSettings, relays
from publisher.mail.verdict import escaped
from publisher.model.delivery import Delivery, Reply, Stage
from publisher.model.relay import Learnt
from publisher.model.stop import Stop

PATIENCE = 5.0  # seconds that a relay may be waited for before the next one is used
SAVE = 1.0  # seconds after which what was used up is worth saving, however little
# A domain that refuses us, not its readers, so often of the last letters is left alone, longer each time.
OF_LAST, REFUSING = 10, 5
PAUSES = (900.0, 3600.0, 14400.0)  # seconds
BREAKS = (60.0, 900.0, 3600.0)  # ... where connections end over its letters, which may be chance
# An edition is stopped where of its last letters so many are refused, of one domain counting only a few.
LATELY, TOO_MANY, OF_ONE_DOMAIN = 50, 6, 3  # more than 10 %
IN_A_ROW = 20  # refusals of the letter itself
EDITIONS = 100  # that are watched at a time
TURNS = 1000  # letters to one domain that wait for their turn in memory
KEPT = 60.0  # seconds that a turn is kept for a letter which does not come
DOMAINS = 1000  # that are remembered because they refused us, or a connection ended over a letter to them
DAY = 86400.0  # seconds after which that is forgotten
LOSSES = 10_000  # letters over which connections ended, that are remembered
GUESS = 0.5  # seconds between two answers of a domain, before it is known


@dataclass(frozen=True, slots=True)
class DomainLimits:
    """What the configuration says of one recipient domain."""

    rates: tuple[Rate, ...] = ()
    connections: int | None = None  # letters to it that are on their way at once


@dataclass(frozen=True, slots=True)
class Limits:
    """What the configuration says of relays and domains."""

    relays: tuple[str, ...]  # in order of preference, as people know them: without passwords
    connections: int
    rates: tuple[Rate, ...] = ()  # of each relay
    letters: int | None = None  # on one connection
    domains: Mapping[str, DomainLimits] = field(default_factory=dict)  # by A-labels in small letters


@dataclass(frozen=True, slots=True)
class Route:
    """A relay to use now; "" for none, then when to ask again and why."""

    relay: str
    wait: float = 0.0  # seconds
    why: str = ""
    down: bool = False  # none can be used; else one only takes no more just now


@dataclass(frozen=True, slots=True)
class Paused:
    """A recipient domain refuses us and is left alone for so many seconds."""

    domain: str
    reply: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Halt:
    """This edition is to be stopped (actions/stopping)."""

    edition: int
    reason: Stop
    reply: str


Action = Change | Paused | Halt


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What changed since it was saved: for store/buckets and store/relays."""

    buckets: dict[str, Any]
    relays: dict[str, Learnt]


class _Domain:
    """One recipient domain that has limits, or refused us lately."""

    def __init__(self, limits: DomainLimits, state: Any) -> None:
        self.meter = Meter(limits.rates, state)
        self.bound = limits != DomainLimits()
        self._connections = limits.connections
        self._on_way: set[int] = set()  # letters, where connections are limited
        # Letters that were given a turn, and have not taken it, in order, and until when it is kept for them.
        self._turns: dict[int, float] = {}
        self._refused_at = 0.0
        self._refused: deque[bool] = deque(maxlen=OF_LAST)
        self._level = 0  # how often in a row it was left alone
        self._until = self._pause = 0.0  # until when, and for how long
        self._trial: int | None = None  # the letter that tries whether it takes some again
        self._ahead: tuple[Meter, float] | None = (
            None  # ... of the letters that were put off, and the last one's time
        )
        self._pace, self._heard_at = GUESS, 0.0  # seconds between two answers, where connections are limited

    @property
    def idle(self) -> bool:
        """Whether nothing need be remembered of it."""
        return not (self.bound or self._level or any(self._refused) or self._on_way)

    @property
    def minor(self) -> bool:
        """Whether little is lost with what is remembered of it."""
        return not (self.bound or self._level or self._on_way)

    def wait(self, letter: int, now: float) -> float:
        """Seconds until a letter may go there; 0: now."""
        return self._closed(now) or (0.0 if letter in self._turns else self.meter.wait(now))

    def _closed(self, now: float) -> float:
        """Seconds for which it takes none, whatever its rates say."""
        if self._level:
            self._until = min(self._until, now + self._pause)  # the clock may have been put back
            left = self._until - now
            if left > 0 or self._trial is not None:
                return max(left, 1.0)
        full = self._connections is not None and len(self._on_way) >= self._connections
        return max(self._pace, 0.01) if full else 0.0

    def take(self, letter: int, now: float) -> None:
        if letter in self._turns:
            del self._turns[letter]
        else:
            self.meter.take(now)
        if self._connections is not None:
            self._on_way.add(letter)
        if self._level:
            self._trial = letter

    def turn(self, letter: int, now: float) -> float | None:
        """In how many seconds, at most AHEAD, this letter should be tried; its turn is kept for it. None: later."""
        self._forget_turns(now)
        wait, has_one = self._closed(now), letter in self._turns
        if not has_one:
            wait = max(wait, self.meter.wait(now))
        if wait > AHEAD or (not has_one and len(self._turns) >= TURNS):
            return None
        if not has_one:
            self.meter.take(now)
        self._turns[letter] = now + wait + KEPT
        return wait

    def _forget_turns(self, now: float) -> None:
        """Of letters that were queued again, or cancelled, while they waited."""
        while self._turns:
            letter, until = next(iter(self._turns.items()))
            if now < until < now + AHEAD + 2 * KEPT:
                return
            del self._turns[letter]

    def back(self, letter: int, now: float) -> None:
        """It is not on its way any more, and takes no turn."""
        self._on_way.discard(letter)
        if self._turns.pop(letter, None) is not None:
            self.meter.back(now)
        if self._trial == letter:
            self._trial = None

    def put_off(self, now: float) -> float:
        """When the next of the letters that wait for this domain should be tried: each has a time of its own."""
        meter, last = self._ahead or (self.meter.copy(), now)
        if last <= now:  # what was put off before has had its turn
            meter = self.meter.copy()
        at = max(last, now + self._closed(now))
        at += meter.wait(at)
        if self._connections is not None:
            at += self._pace
        meter.take(at)
        self._ahead = (meter, at)
        return at

    def heard(self, letter: int, now: float, *, refused: bool, lost: bool) -> float:
        """Note an answer: whether it *refused* us, or the connection was *lost* over this letter. Returns for how many
        seconds it is left alone now, 0 where it is not."""
        if self._connections is not None and len(self._on_way) >= self._connections:
            since, self._heard_at = now - self._heard_at, now
            self._pace += (min(max(since, 0.0), 2 * GUESS) - self._pace) / 8
        tried = self._trial == letter
        self.back(letter, now)
        if self._level and not tried:
            return 0.0  # it was on its way before
        if tried and not (refused or lost):
            self._level = 0
            self._refused.clear()
            return 0.0
        if not 0 <= now - self._refused_at < DAY:
            self._refused.clear()
        if refused or lost:
            self._refused_at = now
        self._refused.append(refused or lost)
        if not tried and self._refused.count(True) < REFUSING:
            return 0.0
        self._level = min(self._level + 1, len(PAUSES))
        self._pause = (BREAKS if lost else PAUSES)[self._level - 1]
        self._until = now + self._pause
        self._ahead = None
        return self._pause


class _Edition:
    """The last answers of one edition."""

    def __init__(self) -> None:
        # The domain of a letter, and the reply where we were refused; "" for a domain is the relay.
        self._lately: deque[tuple[str, Reply | None, Stage]] = deque(maxlen=LATELY)
        self._row = 0

    def heard(self, domain: str, stage: Stage, reply: Reply) -> tuple[Stop, Reply] | None:
        """Note an answer; returns why the edition is to be stopped, None where it is not."""
        us = refusals.of_us(stage, reply)
        place = "" if us and stage is Stage.MAIL else domain
        self._lately.append((place, reply if us else None, stage))
        if stage is Stage.CONTENT and 200 <= reply.code < 300:
            self._row = 0
        elif refusals.of_letter(stage, reply):
            self._row += 1
        if us and self._refused() >= TOO_MANY:
            return self._foremost()
        if self._row >= IN_A_ROW:
            return Stop.CONTENT, reply
        return None

    def _refused(self) -> int:
        places = {place for place, *_ in self._lately if place}
        count: dict[str, int] = {}
        for place, refusal, _ in self._lately:
            if refusal:
                count[place] = count.get(place, 0) + 1
        alone = len(places) <= 1  # all of its readers are there
        return sum(n if alone or not place else min(n, OF_ONE_DOMAIN) for place, n in count.items())

    def _foremost(self) -> tuple[Stop, Reply]:
        """The reason that most of the refusals give, and the last of them that does."""
        found: dict[Stop, tuple[int, Reply]] = {}
        for _, refusal, stage in self._lately:
            if refusal:
                why = refusals.reason(stage, refusal)
                found[why] = (found.get(why, (0, refusal))[0] + 1, refusal)
        why, (_, reply) = max(found.items(), key=lambda each: each[1][0])
        return why, reply


class Gate:
    """See the module. A letter that `take` let through comes back by `heard` or `returned`."""

    def __init__(
        self,
        limits: Limits,
        *,
        saved: Mapping[str, Any] | None = None,
        learnt: Mapping[str, Learnt] | None = None,
    ) -> None:
        """*saved* and *learnt* as `unsaved` gave them, in this process or an earlier one."""
        self._limits, self._saved = limits, dict(saved or {})
        known = learnt or {}
        self._relays = {name: Health(name, limits.connections, known.get(name)) for name in limits.relays}
        self._meters = {name: Meter(limits.rates, self._saved.get(_of_relay(name))) for name in limits.relays}
        self._domains: dict[str, _Domain] = {}
        self._editions: dict[int, _Edition] = {}
        self._known = dict(known)  # what the store has of relays
        self._used: dict[str, int] = {}  # letters that it does not know of, by key
        self._saved_at = 0.0
        self._summoned: dict[str, float] = {}  # when a connection was last called back to a relay
        self._down: dict[str, str] = {}  # why
        self._losses: dict[tuple[bool, int], int] = {}  # by letter: connections that ended over it in a row

    # Relays and their connections.

    def route(self, now: float) -> Route:
        """The relay that a new connection should go to. It is not used before `opening`."""
        waits: list[tuple[float, str, bool]] = []
        for name, health in self._relays.items():
            rest, quota = health.rest(now), self._meters[name].wait(now)
            if rest or quota > PATIENCE:
                why = self._down.get(name, "") if rest else "its rate is used up"
                waits.append((max(rest, quota), why, bool(rest)))
            elif not health.has_room(now):
                return Route("", 1.0, "it takes no more connections")
            else:
                return Route(name)
        return Route("", *min(reversed(waits), key=lambda each: each[0]))

    def opening(self, relay: str, now: float) -> None:
        """A connection is being opened: `opened`, `failed` or `abandoned` follows."""
        self._relays[relay].opening(now)

    def opened(self, relay: str) -> None:
        """The connection is open: `closed` follows."""
        self._relays[relay].opened()

    def failed(self, relay: str, reply: Reply, now: float) -> list[Action]:
        """The connection could not be opened."""
        self._down[relay] = escaped(f"{reply.code or 'no reply'}: {reply.text}")
        return [*self._relays[relay].failed(reply, now)]

    def abandoned(self, relay: str) -> None:
        """We gave up opening the connection: that says nothing about the relay."""
        self._relays[relay].abandoned()

    def stays(self, relay: str, carried: int, now: float) -> bool:
        """Whether a connection that *carried* so many letters should carry another: not beyond the limit, and not
        where a relay that is preferred can be used, or tried, again."""
        self._relays[relay].carries(carried - 1)  # the last may still be on its way
        limits = (self._limits.letters, self._relays[relay].letters(now))
        if any(limit is not None and carried >= limit for limit in limits):
            return False
        for name, health in self._relays.items():
            if name == relay:
                return True
            if not health.rest(now) and health.has_room(now) and self._meters[name].wait(now) <= PATIENCE:
                if not health.broken:
                    return False
                if not 0 <= now - self._summoned.get(name, 0.0) < PATIENCE:  # one is enough to try it
                    self._summoned[name] = now
                    return False
        return True

    def closed(
        self, relay: str, carried: int, ended: Reply | None, now: float, over: Delivery | None = None
    ) -> list[Action]:
        """A connection that *carried* so many letters is gone: by us (*ended* is None), or by the relay, which said
        this at the next letter (code 0: nothing); *over* this letter, where it had taken its sender."""
        return [*self._relays[relay].closed(carried, ended, now, domain(over.address) if over else "")]

    # Letters.

    def pause(self, relay: str, now: float) -> float:
        """Seconds until the rates of *relay* let any letter through; 0: now."""
        return self._meters[relay].wait(now)

    def take(self, relay: str, delivery: Delivery, now: float) -> float:
        """Let this letter through over *relay* and count it: returns 0.0. Else the seconds until its domain, or the
        relay, takes one: others may go before it."""
        if wait := self._meters[relay].wait(now):
            return wait
        name = domain(delivery.address)
        if found := self._domain(name):
            if wait := found.wait(delivery.id, now):
                return wait
            found.take(delivery.id, now)
            if found.bound:
                self._count(_of_domain(name))
        self._meters[relay].take(now)
        self._count(_of_relay(relay))
        return 0.0

    def turn(self, delivery: Delivery, now: float) -> float | None:
        """In how many seconds, a few, a letter should be tried again that its domain did not take: its turn is kept for
        it until `take` or `returned`. None: it is later than that, and the letter is to be put off (`when`)."""
        found = self._domain(domain(delivery.address))
        return found.turn(delivery.id, now) if found else None

    def when(self, delivery: Delivery, now: float) -> float:
        """When a letter should be tried that gets no `turn`, in seconds since 1970. Letters to a domain get times one
        after another, by its rates, so that each is put off once."""
        found = self._domain(domain(delivery.address))
        if found is None:
            return now + 1
        found.back(delivery.id, now)
        return found.put_off(now)

    def returned(self, delivery: Delivery, now: float, relay: str = "") -> None:
        """A letter that was let through over *relay*, or has a turn ("" then), does not leave, and uses nothing up."""
        name = domain(delivery.address)
        found = self._domains.get(name)
        if found:
            found.back(delivery.id, now)
        if relay:
            self._meters[relay].back(now)
            self._count(_of_relay(relay))
            if found and found.bound:
                found.meter.back(now)
                self._count(_of_domain(name))

    def heard(self, relay: str, delivery: Delivery, stage: Stage, reply: Reply, now: float) -> list[Action]:
        """What became of a letter; returns what the answers up to now ask for."""
        actions: list[Action] = []
        lost = is_lost(stage, reply)
        if lost or (stage is Stage.MAIL and reply.code in (0, 421)):
            self._lose(delivery)
        else:
            self._losses.pop(_key(delivery), None)
        if reply.code not in (0, 421) and stage is not Stage.CONNECT:
            actions += self._relays[relay].worked()
        elif not lost or (stage is Stage.CONTENT and not reply.code):
            # Counted it is all the same, but where the relay had not even taken its sender.
            self.returned(
                delivery, now, "" if lost else relay
            )  # whoever loses a content takes the next: that waits long by itself
            return actions
        name = domain(delivery.address)
        refused = refusals.of_us(stage, reply) and stage is not Stage.MAIL
        found = self._domain(name) or (self._remember(name) if refused or lost else None)
        if found:
            if seconds := found.heard(delivery.id, now, refused=refused, lost=lost):
                said = f"{reply.code or 'no reply:'} {reply.text}"
                actions.append(Paused(name, escaped(said), seconds))
            if found.idle:
                del self._domains[name]
        if delivery.edition and not lost:
            actions += self._halts(delivery.edition, name, stage, reply)
        return actions

    def losses(self, delivery: Delivery) -> int:
        """How many connections in a row have ended over this letter."""
        return self._losses.get(_key(delivery), 0)

    def _lose(self, delivery: Delivery) -> None:
        self._losses[_key(delivery)] = self._losses.pop(_key(delivery), 0) + 1
        if len(self._losses) > LOSSES:
            del self._losses[next(iter(self._losses))]

    def _halts(self, edition: int, name: str, stage: Stage, reply: Reply) -> Iterable[Halt]:
        watched = self._editions.setdefault(edition, _Edition())
        if len(self._editions) > EDITIONS:
            del self._editions[next(iter(self._editions))]
        if why := watched.heard(name, stage, reply):
            del self._editions[edition]
            yield Halt(edition, why[0], escaped(f"{why[1].code} {why[1].text}"))

    def _remember(self, name: str) -> _Domain:
        found = self._domains[name] = _Domain(DomainLimits(), None)
        if len(self._domains) - len(self._limits.domains) > DOMAINS:
            self._domains.pop(next((each for each, known in self._domains.items() if known.minor), ""), None)
        return found

    def _domain(self, name: str) -> _Domain | None:
        found = self._domains.get(name)
        if found is None and name in self._limits.domains:
            found = _Domain(self._limits.domains[name], self._saved.get(_of_domain(name)))
            self._domains[name] = found
        return found

    def _count(self, key: str) -> None:
        self._used[key] = self._used.get(key, 0) + 1

    # What outlives the process.

    def unsaved(self, now: float, *, all_of_it: bool = False) -> Unsaved | None:
        """What is to be saved now, with whatever is committed next: after a second, or 1 % of a quota; None where
        there is nothing. It counts as saved."""
        learnt = {
            name: health.learnt
            for name, health in self._relays.items()
            if health.learnt != self._known.get(name, Learnt())
        }
        meters = {key: meter for key in self._used if (meter := self._meter(key)) and meter.rates}
        ripe = all_of_it or not 0 <= now - self._saved_at < SAVE
        if not (ripe or any(self._used[key] >= meter.fineness for key, meter in meters.items())):
            return None
        if not (meters or learnt):
            self._used.clear()
            return None
        self._saved_at = now
        self._used.clear()
        self._known |= learnt
        states = {key: meter.state() for key, meter in meters.items()}
        self._saved |= states
        return Unsaved(states, learnt)

    def _meter(self, key: str) -> Meter | None:
        kind, _, name = key.partition(" ")
        if kind == "relay":
            return self._meters[name]
        found = self._domains.get(name)
        return found.meter if found else None


def is_lost(stage: Stage, reply: Reply) -> bool:
    """Whether the connection ended over this letter, when the relay had taken its sender."""
    return reply.code in (0, 421) and stage in (Stage.RCPT, Stage.DATA, Stage.CONTENT)


def limits(settings: MailSettings) -> Limits:
    """What *settings* say of relays and domains. Raises ValueError where they are not checked yet."""
    return Limits(
        tuple(map(str, relays(settings))),
        settings.connections,
        rates.tightest(settings.rate),
        settings.letters_per_connection or None,
        {
            ascii_domain(name): DomainLimits(rates.tightest(each.rate), each.connections or None)
            for name, each in settings.domains.items()
        },
    )


def domain(address: str) -> str:
    """The domain of *address* in A-labels and small letters."""
    name = domain_of(address).lower()
    if name.isascii():
        return name
    try:
        return domain_of(on_the_wire(address)).lower()
    except ValueError:  # the letter will fail by itself
        return name


def _key(delivery: Delivery) -> tuple[bool, int]:
    return bool(delivery.edition), delivery.id  # notices have numbers of their own


def _of_relay(name: str) -> str:
    return f"relay {name}"


def _of_domain(name: str) -> str:
    return f"domain {name}"
