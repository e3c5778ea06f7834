"""What may leave now, over which relay and to which domain, and what the answers so far ask for (S3, S5).

One object for all connections of a sender, in memory and without a clock of its own: `now` is in seconds since 1970.
What must outlive the process is given out as values (`unsaved`). Its answers are only true for the moment: whoever asks
acts at once, on one thread.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from publisher.mail import rates, refusals
from publisher.mail.address import domain as ascii_domain
from publisher.mail.address import domain_of, on_the_wire
from publisher.mail.domains import Domain, DomainLimits, Key
from publisher.mail.health import Change, Health
from publisher.mail.pattern import Pattern
from publisher.mail.rates import Grant, Meter, Rate, Wish
from publisher.mail.settings import MailSettings, relays
from publisher.mail.turns import Turns
from publisher.mail.verdict import escaped
from publisher.model.delivery import Delivery, Reply, Stage
from publisher.model.relay import Learnt
from publisher.model.stop import Stop

PATIENCE = 5.0  # seconds that a relay may be waited for before the next one is used
SAVE = 1.0  # seconds after which what was used up is worth saving, however little
EDITIONS = 100  # that are watched at a time
DOMAINS = 1000  # that are remembered because they refused us, or a connection ended over a letter to them
LOSSES = 10_000  # letters over which connections ended, that are remembered


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


class Gate:
    """See the module. A letter that `take` let through comes back by `heard` or `returned`."""

    def __init__(
        self,
        limits: Limits,
        *,
        saved: Mapping[str, Any] | None = None,
        learnt: Mapping[str, Learnt] | None = None,
        shared: bool = False,
    ) -> None:
        """*saved* and *learnt* as `unsaved` gave them, in this process or an earlier one. *shared*: the rates are, with
        other senders, so that each letter needs a turn which was reserved (`wanted`, `granted`)."""
        self._limits, self._saved, self.shared = limits, dict(saved or {}), shared
        known = learnt or {}
        self._relays = {name: Health(name, limits.connections, known.get(name)) for name in limits.relays}
        kind = Turns if shared and limits.rates else Meter
        self._meters: dict[str, Meter | Turns] = {
            name: kind(limits.rates, self._saved.get(_of_relay(name))) for name in limits.relays
        }
        self._domains: dict[str, Domain] = {}
        self._editions: dict[int, Pattern] = {}
        self._known = dict(known)  # what the store has of relays
        self._used: dict[str, int] = {}  # letters that it does not know of, by key
        self._saved_at = 0.0
        self._summoned: dict[str, float] = {}  # when a connection was last called back to a relay
        self._down: dict[str, str] = {}  # why
        self._losses: dict[Key, int] = {}  # by letter: connections that ended over it in a row

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
            if wait := found.wait(letter_key(delivery), now):
                return wait
            found.take(letter_key(delivery), now)
            if found.bound:
                self._count(_of_domain(name))
        self._meters[relay].take(now)
        self._count(_of_relay(relay))
        return 0.0

    def turn(self, delivery: Delivery, now: float) -> float | None:
        """In how many seconds, a few, a letter should be tried again that its domain did not take: its turn is kept for
        it until `take` or `returned`. None: it is later than that, and the letter is to be put off (`when`)."""
        found = self._domain(domain(delivery.address))
        return found.turn(letter_key(delivery), now) if found else None

    def when(self, delivery: Delivery, now: float) -> float:
        """When a letter should be tried that gets no `turn`, in seconds since 1970. Letters to a domain get times one
        after another, by its rates, so that each is put off once."""
        found = self._domain(domain(delivery.address))
        if found is None:
            return now + 1
        found.back(letter_key(delivery), now)
        return found.put_off(now)

    def returned(self, delivery: Delivery, now: float, relay: str = "") -> None:
        """A letter that was let through over *relay*, or has a turn ("" then), does not leave, and uses nothing up."""
        name = domain(delivery.address)
        found = self._domains.get(name)
        if found:
            found.back(letter_key(delivery), now)
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
            self._losses.pop(letter_key(delivery), None)
        if reply.code not in (0, 421) and stage is not Stage.CONNECT:
            actions += self._relays[relay].worked()
        elif not lost or (stage is Stage.CONTENT and not reply.code):
            # It stays counted, but where the relay had not even taken its sender. Whoever loses a content may have
            # taken the letter: that waits long by itself, and says nothing of its domain.
            self.returned(delivery, now, "" if lost else relay)
            return actions
        name = domain(delivery.address)
        refused = refusals.of_us(stage, reply) and stage is not Stage.MAIL
        found = self._domain(name) or (self._remember(name) if refused or lost else None)
        if found:
            if seconds := found.heard(letter_key(delivery), now, refused=refused, lost=lost):
                said = f"{reply.code or 'no reply:'} {reply.text}"
                actions.append(Paused(name, escaped(said), seconds))
            if found.idle:
                del self._domains[name]
        if delivery.edition and not lost:
            actions += self._halts(delivery.edition, name, stage, reply)
        return actions

    def losses(self, delivery: Delivery) -> int:
        """How many connections in a row have ended over this letter."""
        return self._losses.get(letter_key(delivery), 0)

    def _lose(self, delivery: Delivery) -> None:
        self._losses[letter_key(delivery)] = self._losses.pop(letter_key(delivery), 0) + 1
        if len(self._losses) > LOSSES:
            del self._losses[next(iter(self._losses))]

    def _halts(self, edition: int, name: str, stage: Stage, reply: Reply) -> Iterable[Halt]:
        watched = self._editions.setdefault(edition, Pattern())
        if len(self._editions) > EDITIONS:
            del self._editions[next(iter(self._editions))]
        if why := watched.heard(name, stage, reply):
            del self._editions[edition]
            yield Halt(edition, why[0], escaped(f"{why[1].code} {why[1].text}"))

    def _remember(self, name: str) -> Domain:
        found = self._domains[name] = Domain(DomainLimits(), None)
        if len(self._domains) - len(self._limits.domains) > DOMAINS:
            self._domains.pop(next((each for each, known in self._domains.items() if known.minor), ""), None)
        return found

    def _domain(self, name: str) -> Domain | None:
        found = self._domains.get(name)
        if found is None and name in self._limits.domains:
            found = Domain(self._limits.domains[name], self._saved.get(_of_domain(name)), shared=self.shared)
            self._domains[name] = found
        return found

    def _count(self, key: str) -> None:
        self._used[key] = self._used.get(key, 0) + 1

    # What is shared with other senders.

    def wanted(self, now: float, letters: int) -> dict[str, Wish]:
        """What to ask for now, by the key that stands for it in `unsaved` too, where so many *letters* are at hand;
        nothing where enough turns are."""
        return self._wishes(now, letters)

    def left_over(self, now: float) -> dict[str, Wish]:
        """The turns that go back at the end."""
        return self._wishes(now, None)

    def _wishes(self, now: float, letters: int | None) -> dict[str, Wish]:
        found, over = dict[str, Wish | None](), letters is None
        for name, meter in self._meters.items():
            if isinstance(meter, Turns):
                want = 0 if letters is None else meter.supply(now, letters)
                found[_of_relay(name)] = meter.wish(now, want, all_of_it=over)
        for name in self._limits.domains:
            if known := self._domains.get(name):
                found[_of_domain(name)] = known.wish(now, all_of_it=over)
        return {key: wish for key, wish in found.items() if wish}

    def granted(
        self, wishes: Mapping[str, Wish], grants: Mapping[str, Grant], at: float, skew: float, now: float
    ) -> dict[Key, float]:
        """What came of *wishes*, by `reserve` *at* this moment of the clock that all share; ours is *skew* seconds
        ahead. Returns in how many seconds from *now* which of the letters that waited for a turn have one."""
        found = dict[Key, float]()
        for key, grant in grants.items():
            kind, _, name = key.partition(" ")
            if kind == "domain":
                found |= self._domains[name].granted(wishes[key], grant, at, skew, now)
            elif isinstance(meter := self._meters[name], Turns):
                meter.granted(wishes[key], grant, at, skew, now)
        return found

    # What outlives the process.

    def unsaved(self, now: float, *, all_of_it: bool = False) -> Unsaved | None:
        """What is to be saved now, with whatever is committed next: after a second, or 1 % of a quota; None where
        there is nothing. It counts as saved."""
        learnt = {
            name: health.learnt
            for name, health in self._relays.items()
            if health.learnt != self._known.get(name, Learnt())
        }
        meters = {
            key: meter for key in self._used if isinstance(meter := self._meter(key), Meter) and meter.rates
        }
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

    def _meter(self, key: str) -> Meter | Turns | None:
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


def letter_key(delivery: Delivery) -> Key:
    """What stands for a letter."""
    return bool(delivery.edition), delivery.id  # notices have numbers of their own


def _of_relay(name: str) -> str:
    return f"relay {name}"


def _of_domain(name: str) -> str:
    return f"domain {name}"
