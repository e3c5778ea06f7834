"""A post office for tests: editions that left, and what comes back of them."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, update

from publisher.actions import intake, readers
from publisher.actions.house import House
from publisher.actions.intake import Taken
from publisher.mail.intake.maildir import Maildir
from publisher.mail.message import message_id
from publisher.model.delivery import State
from publisher.model.digest import Content
from publisher.model.people import Reach
from publisher.store import editions, people, planning
from publisher.store.planning import Share, Turn
from publisher.store.tables import cadences, deliveries, notices, reports, subscribers, subscriptions
from publisher.subscribers.tokens import Claim

if TYPE_CHECKING:
    from tests.conftest import Clock

DOMAIN = "bounces.example.org"
GONE = ("5.1.1", "550 5.1.1 <reader@example.net>: Recipient address rejected: User unknown")
FULL = ("5.2.2", "552 5.2.2 <reader@example.net>: mailbox full")
BLOCKED = ("5.7.1", "550 5.7.1 blocked by our spam policy")


@dataclass
class Office:
    """A site, its Maildir, and what it mailed."""

    house: House
    clock: Clock
    folder: Path  # the Maildir
    numbers: Iterable[int] = field(default_factory=itertools.count)

    def readers(self, count: int) -> list[int]:
        """That many active readers; returns their keys."""
        for n in range(count):
            readers.add(self.house, f"r{n}@example.net", None, self.clock(), confirmed=True)
        return list(self.house.store.read(lambda c: c.execute(select(subscribers.c.id)).scalars()))

    def edition(self, *, sent: bool = True) -> int:
        """An edition to everybody; *sent*: the relay has taken all its letters."""
        self.clock.forward(minutes=1)
        number = self.house.store.write(self._planned)
        if sent:
            self.state(number, State.SENT)
        return number

    def _planned(self, connection: Connection) -> int:
        now = self.clock()
        series = people.sync_newsletters(connection, ["daily"], now)["daily"]
        end = now + timedelta(days=1)
        number = editions.start(
            connection, series.id, f"now:{now.isoformat()}", planned=now, expires=end, upto_seq=1
        )
        content = Content("العدد", "<p>نص</p>", "نص", "ar", "rtl")
        variant = planning.add_variant(connection, number, "a", [], content)
        editions.show(connection, number, variant)  # an edition it is, also where nobody is left to mail
        progress = editions.progress(connection, number)
        assert progress
        for cadence in connection.execute(select(cadences.c.id)).scalars().all():
            found = planning.readers(connection, cadence, 0, 999, 0)
            planned = [Share(variant, each.seen_seq, each.subscribers) for each in found.groups]
            planning.add_deliveries(connection, progress.edition, Turn(cadence, now, end, 0), planned, 999)
        planning.finish(connection, number)
        return number

    def state(
        self, edition: int, state: State, reader: int | None = None, at: datetime | None = None
    ) -> None:
        row = update(deliveries).where(deliveries.c.edition == edition)
        row = row if reader is None else row.where(deliveries.c.subscriber == reader)
        self.house.store.write(lambda c: c.execute(row.values(state=state, at=at or self.clock())))

    def verp(self, edition: int, reader: int) -> str:
        return f"b+{self.house.keys.sign_caseless('bounce', Claim(reader, edition))}@{DOMAIN}"

    def leaving(self, reader: int, newsletter: int = 1) -> str:
        return self.house.keys.sign_caseless("unsubscribe", Claim(reader, newsletter))

    def id(self, edition: int, reader: int) -> str:
        return message_id(edition, self.house.keys.sign("message-id", Claim(reader, edition)), "example.org")

    def head(self, edition: int, reader: int) -> str:
        """What its letter says of whose it is."""
        leave = f"<mailto:u+{self.leaving(reader)}@{DOMAIN}?subject=unsubscribe>"
        return f"List-Unsubscribe: {leave}\nMessage-ID: {self.id(edition, reader)}"

    def bounce(self, edition: int, reader: int, what: tuple[str, str] = GONE) -> bytes:
        return dsn(self.verp(edition, reader), what)

    def drop(self, *messages: bytes) -> None:
        """A mail server puts them into the Maildir."""
        for each in ("tmp", "new", "cur"):
            (self.folder / each).mkdir(parents=True, exist_ok=True)
        for message in messages:
            (self.folder / "new" / f"{next(iter(self.numbers)):06}.mail").write_bytes(message)

    def take(self, box: Maildir | None = None) -> Taken:
        return intake.take(self.house, box or Maildir(self.folder), self.clock())

    def gets(self, *messages: bytes) -> Taken:
        self.drop(*messages)
        return self.take()

    def lies(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.glob("*/*"))

    def reach(self, reader: int) -> Reach:
        person = self.house.store.read(lambda c: people.get(c, reader))
        assert person
        return person.state

    def wish(self, reader: int) -> str:
        query = select(subscriptions.c.state).where(subscriptions.c.subscriber == reader)
        return str(self.house.store.read(lambda c: c.execute(query).scalar()))

    def waiting(self, reader: int) -> list[State]:
        query = select(deliveries.c.state).where(deliveries.c.subscriber == reader).order_by(deliveries.c.id)
        return [State(each) for each in self.house.store.read(lambda c: c.execute(query).scalars().all())]

    def notices(self) -> list[tuple[str, str, bytes | None]]:
        query = select(notices.c.kind, notices.c.recipient, notices.c.attached).order_by(notices.c.id)
        return [
            (kind, to, data) for kind, to, data in self.house.store.read(lambda c: c.execute(query).all())
        ]

    def everything(self) -> list[object]:
        """All rows that a report may change."""
        tables = (subscribers, subscriptions, deliveries, reports, notices)

        def rows(connection: Connection) -> list[object]:
            return [[tuple(row) for row in connection.execute(select(each))] for each in tables]

        return self.house.store.read(rows)

    def days(self, number: float) -> None:
        self.clock.now += timedelta(days=number)


def dsn(
    to: str, what: tuple[str, str] = GONE, *, returned: str = "", recipient: str = "reader@example.net"
) -> bytes:
    """A delivery status notification (RFC 3464); *returned* is the head of the letter."""
    status, said = what
    return f"""Return-Path: <>
Delivered-To: {to}
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

Your letter could not be delivered.

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {status}
Diagnostic-Code: smtp; {said}

--x
Content-Type: text/rfc822-headers

From: news@example.org
{returned}
--x--
""".encode()


def complaint(to: str, *, returned: str = "") -> bytes:
    """A feedback report (RFC 5965)."""
    return f"""From: <feedback@provider.example>
To: {to}
Subject: FW: a letter
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="x"

--x
Content-Type: text/plain

This is an email abuse report.

--x
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1

--x
Content-Type: message/rfc822

From: news@example.org
Subject: a letter
{returned}

Text.
--x--
""".encode()


def letter(to: str, subject: str = "سؤال", *extra: str, body: str = "مرحبًا") -> bytes:
    """What a person writes."""
    words = f"=?utf-8?b?{base64.b64encode(subject.encode()).decode()}?="
    head = [
        f"Delivered-To: {to}",
        "From: Layla <layla@example.net>",
        f"To: {to}",
        f"Subject: {words}",
        *extra,
    ]
    text = base64.encodebytes(body.encode()).decode()
    kind = [
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
    ]
    return "\n".join([*head, *kind, "", text]).encode()
