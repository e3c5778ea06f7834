"""How fast letters are signed, beside the bare signing rate of this machine and beside dkimpy.

    .venv/bin/python benchmarks/signing.py [--seconds 10] [--rounds 5] [--articles 5]

A site with an edition of ARTICLES articles is made once. In a round of SECONDS the ways take short turns,
each letter for another reader, in one process, so that what else the machine does meets them all. Nothing is sent and
nothing written. Rates are of processor time but for the two threads', which are of the clock. Before anything is timed
dkimpy verifies a letter of each way. Prints a table and writes benchmarks/signing.json.
"""

import argparse
import json
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import dkim
import letters as corpus_of_letters
import measure
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from publisher.actions.house import House
from publisher.actions.letters import Letters
from publisher.mail.dkim import Signer, ed25519_key, rsa_key

DOMAIN = "example.org"
SIGNED = bytes(1500)  # as much as a letter's signed headers have
TURN, BLOCK = 0.1, 10  # seconds of a way's turn, and letters between two looks at the clock
TOGETHER = 2000  # letters of each of several threads
Make = Callable[[int], bytes]

RSA, ED25519 = generate_private_key(65537, 2048), Ed25519PrivateKey.generate()
PEM = {key: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for key in (RSA, ED25519)}
RECORDS = {
    b"r._domainkey.example.org.": b"v=DKIM1; k=rsa; p="
    + b64encode(RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
    b"e._domainkey.example.org.": b"v=DKIM1; k=ed25519; p="
    + b64encode(ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)),
}
# What a way is called, and which it is measured against: the first is what nobody can be faster than.
AGAINST = {
    "bare signatures, RSA-2048": "",
    "bare signatures, RSA-2048 and Ed25519": "",
    "letters, unsigned": "",
    "letters, RSA-2048": "bare signatures, RSA-2048",
    "letters, RSA-2048 and Ed25519": "bare signatures, RSA-2048 and Ed25519",
    "letters, RSA-2048 by dkimpy": "bare signatures, RSA-2048",
}


def ways(house: House) -> dict[str, Make]:
    """How each way makes the letter of a reader, or a bare signature."""
    rsa, ed25519 = rsa_key("r", PEM[RSA], "r.pem"), ed25519_key("e", PEM[ED25519], "e.pem")
    by_nobody = Letters(house)
    by_rsa = Letters(replace(house, signer=Signer(DOMAIN, (rsa,))))
    by_both = Letters(replace(house, signer=Signer(DOMAIN, (rsa, ed25519))))
    names = [
        b"from",
        b"to",
        b"subject",
        b"date",
        b"message-id",
        b"list-unsubscribe",
        b"list-unsubscribe-post",
    ]

    def made(letters: Letters) -> Make:
        return lambda reader: letters(corpus_of_letters.delivery(reader)).data

    def by_dkimpy(reader: int) -> bytes:
        data = by_nobody(corpus_of_letters.delivery(reader)).data
        signature = dkim.sign(
            data,
            b"r",
            DOMAIN.encode(),
            PEM[RSA],
            canonicalize=(b"relaxed", b"simple"),
            include_headers=names,
        )
        return bytes(signature) + data

    makes: tuple[Make, ...] = (
        lambda _: rsa.sign(SIGNED),
        lambda _: rsa.sign(SIGNED) + ed25519.sign(SIGNED),
        made(by_nobody),
        made(by_rsa),
        made(by_both),
        by_dkimpy,
    )
    return dict(zip(AGAINST, makes, strict=True))


def verified(data: bytes) -> int:
    """How many signatures of a letter hold. Raises Failed where one does not."""
    signatures = sum(name.lower() == b"dkim-signature" for name, _ in dkim.DKIM(data).headers)
    for index in range(signatures):
        if not dkim.DKIM(data).verify(index, dnsfunc=lambda name, timeout=5: RECORDS[name]):
            raise measure.Failed(f"signature {index} of a letter does not hold")
    return signatures


def rates(makes: Mapping[str, Make], seconds: float) -> dict[str, float]:
    """Letters a second of processor time, by way: of the middle one of its turns, whose neighbours were disturbed."""
    turns: dict[str, list[float]] = {way: [] for way in makes}
    until, reader = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        for way, make in makes.items():
            first, start = reader, time.process_time()
            while (spent := time.process_time() - start) < TURN:
                for _ in range(BLOCK):
                    reader += 1
                    make(reader)
            turns[way].append((reader - first) / spent)
    return {way: measure.median(found) for way, found in turns.items()}


def in_threads(make: Make, threads: int, letters: int) -> float:
    """Letters a second by the clock, made by that many threads of this process."""

    def work() -> None:
        for reader in range(1, letters + 1):
            make(reader)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    start = time.perf_counter()
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    return threads * letters / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--articles", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "site")
        corpus_of_letters.site(folder, asked.articles)
        with corpus_of_letters.opened(folder) as house:
            made = ways(house)
            signatures = [verified(make(7)) for name, make in made.items() if name.startswith("letters")]
            if signatures != [0, 1, 2, 1]:
                raise measure.Failed(f"letters have {signatures} signatures")
            size = len(made["letters, RSA-2048"](1))
            rounds: list[dict[str, float]] = []
            threads: dict[int, list[float]] = {1: [], 2: []}
            for _ in range(asked.rounds):
                rounds.append(rates(made, asked.seconds))
                for number, found in threads.items():
                    found.append(in_threads(made["letters, RSA-2048"], number, TOGETHER))
    report({way: [each[way] for each in rounds] for way in made}, threads, size)


def report(found_rates: dict[str, list[float]], threads: dict[int, list[float]], size: int) -> None:
    """Print the table and write the file. A ratio is the median of those of each round."""
    print(f"letters of {size / 1000:.1f} kB")
    print(f"{'way':40} {'a second of a core':>20} {'µs':>8} {'of the bare rate':>18}")
    rows: dict[str, Any] = {}
    for way, found in found_rates.items():
        bare = found_rates.get(AGAINST[way])
        ratio = (
            measure.median([ours / theirs for ours, theirs in zip(found, bare, strict=True)])
            if bare
            else None
        )
        middle = measure.median(found)
        rows[way] = {"per_core_second": round(middle), "of_bare": ratio and round(ratio, 3)}
        print(
            f"{way:40} {middle:20.0f} {1e6 / middle:8.1f} {'' if ratio is None else format(ratio, '.2f'):>18}"
        )
    twice = measure.median([two / one for one, two in zip(threads[1], threads[2], strict=True)])
    for number, found in threads.items():
        name = f"letters, RSA-2048, {number} thread{'s' * (number > 1)}"
        rows[name] = {"per_second": round(measure.median(found))}
        print(f"{name:40} {measure.median(found):20.0f} a second of the clock")
    print(f"two threads: {twice:.2f} times one")
    result = {"machine": measure.machine(), "bytes": size, "ways": rows, "two_threads": round(twice, 2)}
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
