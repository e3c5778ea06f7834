"""People leave while their edition goes out (X13): what still reaches them after the answer.

    .venv/bin/python benchmarks/leaving.py [--readers 2000] [--leavers 100] [--rtt 0.02]

`nashir run` sends an edition over ten connections to a mail server on loopback whose replies come `--rtt` seconds
late. When a tenth of it has left, the one-click buttons of readers whose letters have not come yet are pressed over
HTTP, one after the other. Then the edition goes on to its end. Prints how many of them got the letter although the
answer had come, and how long after it, and writes benchmarks/leaving.json. Exit code 1 where more came than there
are connections, or anybody else was left out or had two.
"""

import argparse
import json
import sys
import tempfile
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import measure

sys.path.insert(0, str(Path(__file__).parent.parent))  # as a script it has only its own folder

from together import NASHIR, _number, ask, free_port, site, told

from publisher import config
from publisher.subscribers.tokens import Claim
from publisher.verbs import session as sessions
from tests.sink import Session, Sink

CONNECTIONS = 10  # as `together.site` has it


class Clocked(Sink):
    """The mail server; it knows when each reader's letter came."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.came: dict[str, float] = {}

    def take(self, session: Session, message_id: str, sha: str, answered: str) -> None:
        super().take(session, message_id, sha, answered)
        for each in session.recipients:
            self.came.setdefault(each, time.monotonic())


def buttons(folder: Path) -> dict[str, str]:
    """The one-click link of each reader of the edition."""
    with sessions.reading(config.load(folder, {})) as house:
        newsletter = house.store.read(lambda c: _number(c, "small"))
        query = (
            "SELECT p.id, p.address FROM subscribers p JOIN subscriptions s ON s.subscriber = p.id"
            " WHERE s.newsletter = ?"
        )
        rows = house.store.read(lambda c: c.exec_driver_sql(query, (newsletter,)).all())
        sign = house.keys.sign
        return {
            str(address): house.layout.unsubscribe(sign("unsubscribe", Claim(int(key), newsletter)))
            for key, address in rows
        }


def live(folder: Path, sink: Clocked, asked: Namespace) -> dict[str, Any]:
    """The edition, and those who leave."""
    links, left, took = buttons(folder), dict[str, float](), list[float]()
    with measure.running([*NASHIR, "-C", str(folder), "run"], folder, {}, "serving"):
        sending = told(folder, "send", "small", "--now", "--include-existing")
        measure.wait_for(lambda: len(sink.came) >= asked.readers / 10)
        for address in sorted(links, reverse=True):
            if len(left) < asked.leavers and address not in sink.came:
                took.append(ask(links[address], b"List-Unsubscribe=One-Click"))
                left[address] = time.monotonic()
        under_way = len(sink.came)
        said, problem = sending.communicate(timeout=900)
        if sending.returncode:
            raise measure.Failed(problem)
    late = {
        each: sink.came[each] - at for each, at in left.items() if each in sink.came and sink.came[each] > at
    }
    before = sum(each in sink.came for each in left) - len(late)
    return {
        "readers": len(links),
        "left": len(left),
        "letters when the last had left": under_way,
        "letter before the answer": before,
        "letter after the answer": len(late),
        "longest after (ms)": round(1000 * max(late.values(), default=0)),
        "answer p99 (ms)": round(1000 * measure.percentile(took, 0.99)),
        "others without a letter": len(set(links) - set(left) - set(sink.came)),
        "letters twice": sink.counts()["duplicates"],
        "sent": json.loads(said[said.index("{") :])["sent"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readers", type=int, default=2000)
    parser.add_argument("--leavers", type=int, default=100)
    parser.add_argument("--rtt", type=float, default=0.02)
    asked, machine, port = parser.parse_args(), measure.machine(), free_port()
    made = Namespace(letters=asked.readers, plan=0, rows=0, rate=0)
    with tempfile.TemporaryDirectory() as place, Clocked(rtt=asked.rtt) as sink:
        folder = Path(place, "site")
        site(folder, made, sink.port, port)
        found = live(folder, sink, asked)
    for name, value in found.items():
        print(f"{name:32} {value}")
    result = {"machine": machine, "asked": vars(asked), "found": found}
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    missed = found["others without a letter"] or found["letters twice"]
    sys.exit(bool(missed or found["letter after the answer"] > CONNECTIONS))


if __name__ == "__main__":
    main()
