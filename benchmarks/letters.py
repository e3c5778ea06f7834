"""How fast the letters of an edition are put together, and in how much memory, beside other ways to do it.

    .venv/bin/python benchmarks/letters.py [--letters 20000] [--rounds 3] [--articles 20]

A site with an edition of ARTICLES articles is made once; then each way makes letters of it for as many readers, in a
process of its own, the ways in turn. Nothing is sent and nothing written: what is measured is from "this reader is
next" to the bytes for the wire. Before anything is timed a letter of each way is read by Python's email package: the
same subject, texts and headers. Prints a table and writes benchmarks/letters.json.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import corpus
import measure

from publisher import config
from publisher.actions.house import House
from publisher.actions.letters import Letters, sender
from publisher.digests import compose
from publisher.digests.select import Selection
from publisher.mail import message
from publisher.model.delivery import Delivery
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Content
from publisher.store import articles, editions
from publisher.subscribers.tokens import Claim
from publisher.verbs import session as sessions

NASHIR = [sys.executable, "-m", "publisher"]
EDITION, VARIANT, SERIES = 1, 1, 1  # the numbers of the only ones there are
# What a way is called, and the share of the letters it makes: the slow ones would take minutes.
WAYS = {
    "Nashir": 1.0,
    "Nashir, ten times as many": 10.0,
    "EmailMessage of a rendered edition": 0.05,
    "Jinja for each reader, our bytes": 0.01,
    "Jinja for each reader, EmailMessage": 0.01,
}
Make = Callable[[int], bytes]


def site(folder: Path, number: int) -> None:
    """A site at *folder* whose newsletter has one edition, with *number* articles, sent to one reader."""
    subprocess.run([*NASHIR, "init", str(folder)], check=True, capture_output=True)
    for path in (folder / "articles").iterdir():
        path.unlink()
    corpus.ensure(folder / "articles", number)
    settings = (folder / "config.toml").read_text("utf-8")
    https = settings.replace('url = "http://127.0.0.1:8080"', 'url = "https://news.example.org"')
    (folder / "config.toml").write_text(https, "utf-8")
    for words in ("publish", "subscribers add r0@example.org --confirmed", "send --now --include-existing"):
        subprocess.run([*NASHIR, "-C", str(folder), *words.split()], check=True, capture_output=True)


@contextmanager
def opened(folder: Path) -> Iterator[House]:
    """The site for a reader of its store."""
    with sessions.reading(config.load(folder, {})) as house:
        yield house.learnt()


def delivery(reader: int) -> Delivery:
    """What the ledger has of a letter."""
    expires = datetime(2026, 12, 31, tzinfo=UTC) + timedelta(days=1)
    return Delivery(reader, EDITION, VARIANT, reader, f"r{reader}@example.org", 0, expires)


def links(house: House, reader: int) -> tuple[str, str]:
    """The two links that are this reader's own."""
    claim = Claim(reader, SERIES)
    keys, layout = house.keys, house.layout
    return (
        layout.unsubscribe(keys.sign("unsubscribe", claim)),
        layout.preferences(keys.sign("preferences", claim)),
    )


def by_email_package(house: House, content: Content, planned: datetime, reader: int) -> bytes:
    """The letter as who has no bytes of their own writes it."""
    whose, (leave, choose) = sender(house, house.newsletter(None)[0].name), links(house, reader)
    assert whose.list
    letter = EmailMessage(policy.SMTP)
    letter["From"] = Address(whose.name, addr_spec=whose.address)
    letter["To"] = f"r{reader}@example.org"
    letter["Subject"] = content.subject
    letter["Date"] = format_datetime(planned)
    key = house.keys.sign("message-id", Claim(reader, EDITION))
    letter["Message-ID"] = message.message_id(EDITION, key, whose.domain)
    letter["List-ID"] = f"<{whose.list.id}>"
    letter["List-Unsubscribe"] = f"<{leave}>"
    letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter["Auto-Submitted"] = "auto-generated"

    def own(part: str) -> str:
        for mark, url in (
            (UNSUBSCRIBE_SLOT, leave),
            (PREFERENCES_SLOT, choose),
        ):
            part = part.replace(mark, url)
        return part

    letter.set_content(own(content.text), cte="base64")
    letter.add_alternative(own(content.html), subtype="html", cte="base64")
    return letter.as_bytes()


def ways(house: House) -> dict[str, Make]:
    """How each way makes the letter of a reader."""
    letters = Letters(house)
    variant = house.store.read(lambda c: editions.variant(c, VARIANT))
    content, edition = variant.content, variant.edition
    (newsletter,) = house.newsletter(None)
    chosen = Selection(tuple(house.store.read(lambda c: articles.newest(c, newsletter.max_items))), 0)

    def render() -> Content:
        archived = house.layout.edition(edition.newsletter, edition.name) if edition.name else ""
        return compose.compose(
            house.site,
            newsletter,
            chosen,
            house.layout,
            house.templates,
            edition.planned,
            archived=archived,
        )

    def jinja(reader: int) -> bytes:
        leave, choose = links(house, reader)
        return message.assemble(
            render(),
            edition,
            sender(house, newsletter.name),
            recipient=f"r{reader}@example.org",
            message_id_key=house.keys.sign("message-id", Claim(reader, EDITION)),
            unsubscribe_url=leave,
            preferences_url=choose,
        ).data

    def ours(reader: int) -> bytes:
        return letters(delivery(reader)).data

    made: tuple[Make, ...] = (
        ours,
        ours,
        lambda reader: by_email_package(house, content, edition.planned, reader),
        jinja,
        lambda reader: by_email_package(house, render(), edition.planned, reader),
    )
    return dict(zip(WAYS, made, strict=True))


def shown(letter: bytes) -> dict[str, Any]:
    """What a mail program makes of a letter, as far as all ways should agree."""
    parsed = message_from_bytes(letter, policy=policy.default)
    parts = {f"text/{kind}": parsed.get_body((kind,)) for kind in ("plain", "html")}
    texts = {kind: part.get_content().strip() for kind, part in parts.items() if part}
    return texts | {name: str(parsed[name]) for name in ("To", "Subject", "Date", "Message-ID")}


def work(folder: Path, way: str, letters: int) -> None:
    """Make the letters; print what that cost as a line of JSON."""
    with opened(folder) as house:
        make = ways(house)[way]
        size = len(make(1))
        before, start = time.process_time(), time.perf_counter()
        for reader in range(letters):
            make(reader)
        found = {
            "letters": letters,
            "seconds": time.perf_counter() - start,
            "cpu": time.process_time() - before,
            "bytes": size,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    print(json.dumps(found))


def alike(folder: Path) -> None:
    """Raises Failed where two ways make a different letter for one reader."""
    with opened(folder) as house:
        found = {way: shown(make(7)) for way, make in ways(house).items()}
    first = found["Nashir"]
    for way, letter in found.items():
        for name, value in letter.items():
            if value != first[name]:
                raise measure.Failed(f"{way}: its {name} is not that of Nashir's letter")


def measured(folder: Path, way: str, letters: int) -> dict[str, float]:
    """A run of one way in a process of its own."""
    own = [sys.executable, __file__, "--site", str(folder), "--way", way]
    command = [*own, "--letters", str(max(20, int(letters * WAYS[way])))]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    return dict(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--letters", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--articles", type=int, default=20)
    parser.add_argument("--site", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        work(asked.site, asked.way, asked.letters)
        return
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "site")
        site(folder, asked.articles)
        alike(folder)
        for _ in range(asked.rounds):
            for way, found in runs.items():
                found.append(measured(folder, way, asked.letters))
    report(runs, asked.rounds)


def report(runs: dict[str, list[dict[str, float]]], rounds: int) -> None:
    """Print the table and write the file."""
    print(f"{'way':38} {'letters/s of a core':>20} {'µs':>8} {'kB':>7} {'MB':>6} {'of ours':>8}")
    rows = {}
    for way, found in runs.items():
        rate = measure.median([each["letters"] / each["cpu"] for each in found])
        rows[way] = {
            "letters": found[0]["letters"],
            "per_core_second": round(rate),
            "microseconds": round(1e6 / rate, 1),
            "kilobytes": round(found[0]["bytes"] / 1000, 1),
            "megabytes": round(max(each["megabytes"] for each in found), 1),
            "of_ours": round(rate / rows["Nashir"]["per_core_second"], 4) if rows else 1.0,
        }
        row = rows[way]
        print(
            f"{way:38} {row['per_core_second']:20} {row['microseconds']:8} {row['kilobytes']:7} "
            f"{row['megabytes']:6} {row['of_ours']:8}"
        )
    result = {"machine": measure.machine(), "rounds": rounds, "ways": rows}
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
