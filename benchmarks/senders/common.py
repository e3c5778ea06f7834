"""What the senders written in Python share: their arguments, and each reader's own letter."""

import argparse
from collections.abc import Iterator
from pathlib import Path

SENDER = "news@example.org"


def given() -> argparse.Namespace:
    """The words of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--letters", type=int, required=True)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument(
        "--letter", type=Path, required=True, help="CRLF lines; @@TO@@ and @@ID@@ are filled in"
    )
    parser.add_argument("--key", type=Path, help="sign by DKIM with this RSA key")
    parser.add_argument("--folder", type=Path, help="for files of its own")
    return parser.parse_args()


def letters(path: Path, number: int) -> Iterator[tuple[str, bytes]]:
    """*number* recipients, each with the letter at *path* addressed to them."""
    letter = path.read_bytes()
    for n in range(number):
        address = f"r{n}@d{n % 40}.example"
        own = letter.replace(b"@@TO@@", address.encode(), 1)
        yield address, own.replace(b"@@ID@@", b"%d" % n, 1)
