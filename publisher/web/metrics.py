"""The door of monitoring programs: /metrics, in the text format of Prometheus.

Its numbers are counted at most every few seconds, whoever asks how often, in a thread. Nothing is global: each site has
a registry of its own.
"""

import asyncio
import hmac
import ipaddress
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from publisher import __version__
from publisher.verbs import measuring
from publisher.verbs.measuring import Measures
from publisher.verbs.session import Session
from publisher.web.client import is_named, passed_on
from publisher.web.pages import text_page
from publisher.web.shell import Counts

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

AGE = 5.0  # seconds that counts are good for


@dataclass(frozen=True, slots=True)
class Live:
    """What the daemon knows and no table says."""

    relay: bool = True  # whether a relay can be used
    fenced: bool = False  # whether the restore fence is up
    published: datetime | None = None  # when the last publish ended
    publishing: float = 0.0  # seconds that it took
    connections: int = 0  # of HTTP, open now
    refused: dict[str, int] = field(default_factory=dict)  # of them, by reason


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read it."""

    to: str = "local"  # "local", "all" or "off"
    token: str = ""  # "": there is none

    def allows(self, request: Request) -> bool:
        """Whether *request* has the token, or comes from this machine and through no proxy; "all": or whoever asks,
        where there is no token."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if self.token and scheme.lower() == "bearer":
            return hmac.compare_digest(given.strip().encode(), self.token.encode())
        if self.to == "all" and not self.token:
            return True
        return _is_here(request)


HERE = Access()


def _is_here(request: Request) -> bool:
    try:
        here = ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False
    return here and not passed_on(request.scope) and is_named(request.headers.get("host", ""), "")


def routes(session: Session, counts: Counts, live: Callable[[], Live], access: Access) -> list[Route]:
    """What the door answers."""
    if access.to == "off":
        return []
    page = _Page(session, counts, live)

    async def metrics(request: Request) -> Response:
        if not access.allows(request):
            return text_page("Not from there.\n", 403)
        answer = text_page(await page.text())
        answer.headers["content-type"] = "text/plain; version=0.0.4; charset=utf-8"
        return answer

    return [Route("/metrics", metrics, methods=["GET"])]


class _Page:
    """The numbers, counted anew when they are old."""

    def __init__(self, session: Session, counts: Counts, live: Callable[[], Live]) -> None:
        self._session, self._counts, self._live = session, counts, live
        self._lock = asyncio.Lock()
        self._found: Measures | None = None
        self._when = 0.0
        self._most: dict[str, int] = {}
        self._registry: CollectorRegistry | None = None

    async def text(self) -> str:
        from prometheus_client import generate_latest

        async with self._lock:
            if self._found is None or time.monotonic() - self._when > AGE:
                self._found = await asyncio.to_thread(
                    measuring.measure, self._session.house, self._session.clock()
                )
                self._when = time.monotonic()
            self._registry = self._registry or self._made()
            return generate_latest(self._registry).decode()

    def _made(self) -> "CollectorRegistry":
        from prometheus_client import CollectorRegistry, ProcessCollector

        registry = CollectorRegistry()
        registry.register(self)
        ProcessCollector(registry=registry)
        return registry

    def collect(self) -> Iterator["Metric"]:
        """As prometheus-client asks its collectors."""
        assert self._found
        yield from _of_site(self._found, self._session.clock())
        yield from _of_letters(self._found, self._rising)
        yield from _of_daemon(self._live(), self._counts)

    def describe(self) -> Iterable["Metric"]:
        """Nothing is asked before there are numbers."""
        return ()

    def _rising(self, name: str, value: int) -> int:
        """A counter never falls: a letter that failed and is tried again has failed once."""
        self._most[name] = max(value, self._most.get(name, 0))
        return self._most[name]


def _of_site(found: Measures, now: datetime) -> Iterator["Metric"]:
    from prometheus_client.core import GaugeMetricFamily as Gauge

    version = Gauge("nashir_version", "Always 1; its label is the version.", labels=["version"])
    version.add_metric([__version__], 1)
    yield version
    for name, words, values in (
        ("nashir_articles", "Files of the article folder, by what became of them.", found.articles),
        ("nashir_subscribers", "Readers, by what they are to the site.", found.subscribers),
        ("nashir_deliveries", "Letters in the ledger, by state.", found.deliveries),
    ):
        label = "status" if name == "nashir_articles" else "state"
        gauge = Gauge(name, words, labels=[label])
        for key, value in sorted(values.items()):
            gauge.add_metric([key], value)
        yield gauge
    yield Gauge("nashir_quarantined", "Files that were refused.", found.articles.get("quarantined", 0))
    yield Gauge("nashir_queue_letters", "Letters that could leave now.", found.due)
    age = (now - found.oldest).total_seconds() if found.oldest else 0
    yield Gauge("nashir_queue_oldest_seconds", "Since when the first of them is due.", max(age, 0))
    last = Gauge(
        "nashir_edition_last_timestamp_seconds", "When the newest edition was planned.", labels=["newsletter"]
    )
    coming = Gauge(
        "nashir_edition_next_timestamp_seconds", "When the next edition is due.", labels=["newsletter"]
    )
    if found.backup:
        at = found.backup.timestamp()
        yield Gauge("nashir_backup_last_timestamp_seconds", "When the newest nightly backup was made.", at)
    active = Gauge("nashir_readers", "Readers who are mailed.", labels=["newsletter"])
    for name, series in found.newsletters.items():
        active.add_metric([name], series.active)
        if series.last:
            last.add_metric([name], series.last.timestamp())
        if series.next:
            coming.add_metric([name], series.next.timestamp())
    yield from (last, coming, active)


def _of_letters(found: Measures, rising: Callable[[str, int], int]) -> Iterator["Metric"]:
    from prometheus_client.core import CounterMetricFamily as Counter

    letters = Counter("nashir_letters", "Letters that are done, by how.", labels=["outcome"])
    for outcome in ("sent", "failed", "unknown"):
        letters.add_metric([outcome], rising(outcome, found.deliveries.get(outcome, 0)))
    yield letters


def _of_daemon(live: Live, counts: Counts) -> Iterator["Metric"]:
    from prometheus_client.core import CounterMetricFamily as Counter
    from prometheus_client.core import GaugeMetricFamily as Gauge

    yield Gauge("nashir_relay_up", "1 while a relay can be used.", int(live.relay))
    yield Gauge("nashir_fence_up", "1 while no letter may leave before `nashir resume`.", int(live.fenced))
    at = live.published.timestamp() if live.published else 0
    yield Gauge("nashir_publish_last_timestamp_seconds", "When the last publish ended.", at)
    yield Gauge("nashir_publish_duration_seconds", "How long it took.", live.publishing)
    answers = Counter("nashir_http_answers", "Answers over HTTP.", labels=["door", "status"])
    for (door, status), number in sorted(counts.answers.items()):
        answers.add_metric([door, str(status)], number)
    yield answers
    yield Gauge("nashir_http_connections", "Connections that are open.", live.connections)
    refused = Counter("nashir_http_refused", "Connections and requests refused.", labels=["reason"])
    for reason, number in sorted(live.refused.items()):
        refused.add_metric([reason], number)
    yield refused
