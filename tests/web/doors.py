"""A site's doors as a browser or a mail program goes through them, without a socket, and its outbox."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

import lxml.html
from sqlalchemy import select

from publisher.actions.house import House
from publisher.store.tables import metadata, notices
from publisher.verbs.session import Session
from tests.conftest import Clock
from tests.outbox import leaves


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str

    def link(self, door: str, attribute: str = "href") -> str:
        """The first link, or form, that leads to this door; a form of ours names its page's last part."""
        root = lxml.html.fromstring(self.body)
        found = [str(each) for each in root.xpath(f"//@{attribute}")]
        return next((each for each in found if door in each), f"{door}{found[0]}")

    def form(self, number: int = 0) -> dict[str, Any]:
        """The fields of a form as a browser would send them if its reader changed nothing."""
        found: dict[str, Any] = {}
        for name, value in lxml.html.fromstring(self.body).forms[number].form_values():
            found.setdefault(name, []).append(value)
        return found


@dataclass
class Doors:
    """A house and its web server."""

    house: House
    session: Session
    clock: Clock
    app: Callable[..., Any]
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    def ask(
        self, path: str, method: str = "GET", form: Mapping[str, Any] | bytes = b"", **more: Any
    ) -> Reply:
        """One request; then what was promised behind it is done."""

        async def run() -> Reply:
            reply = await self.request(path, method, form, **more)
            for finish in self.session.on_stop:
                await finish()
            return reply

        return asyncio.run(run())

    async def request(
        self,
        path: str,
        method: str = "GET",
        form: Mapping[str, Any] | bytes = b"",
        *,
        ip: str = "192.0.2.7",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        body = form if isinstance(form, bytes) else urlencode(form, doseq=True).encode()
        said: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        path = path.removeprefix(self.house.site.url)
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "client": (ip, 5000),
            "headers": [(name.lower().encode(), text.encode()) for name, text in (headers or {}).items()],
        }
        await self.app(scope, receive, send)
        named = {name.decode(): value.decode() for name, value in said[0]["headers"]}
        text = b"".join(each.get("body", b"") for each in said[1:]).decode()
        return Reply(said[0]["status"], named, text)

    def join(self, address: str, **changes: Any) -> Reply:
        """Somebody fills in the page, wants all newsletters, and takes their time."""
        filled = {"email": address, "newsletter": list(self.house.newsletters)}
        form = self.ask("/subscribe").form() | filled | changes
        self.clock.forward(seconds=5)
        return self.ask("/subscribe", "POST", form)

    def letters(self, kind: str = "") -> list[Any]:
        """What waits in the outbox, the oldest first."""
        query = select(notices).order_by(notices.c.id)
        if kind:
            query = query.where(notices.c.kind == kind)
        return list(self.house.store.read(lambda c: c.execute(query).all()))

    def link(self, kind: str, door: str) -> str:
        """The path of the link to this *door* in the last letter of this *kind*."""
        found = re.findall(rf"{re.escape(self.house.site.url)}(/{door}/\S+)", self.letters(kind)[-1].text)
        return str(found[-1])

    def leave_the_outbox(self) -> None:
        """All that waits there is sent."""
        leaves(self.house.store, self.clock())

    def dump(self) -> dict[str, list[Any]]:
        """The whole database."""
        tables = metadata.sorted_tables
        return self.house.store.read(
            lambda c: {table.name: [tuple(row) for row in c.execute(select(table))] for table in tables}
        )
