"""Base64 of a text with slots: what is the same in every letter is encoded once, whatever stands in the slots (M1).

Base64 writes three octets as four characters, so how a stretch behind a slot is written depends on the number of
octets before it, modulo three. It is encoded for each of the three; for a reader only what stands in the slots is.
"""

import binascii
import re
from collections.abc import Mapping, Sequence

_LINE = 76  # characters (RFC 2045, 6.8)


class Slotted:
    """*text* with slots, each of the words *slots* one wherever it stands, ready to be written as the base64 of its
    UTF-8. Lines end where a slot does; decoders ignore where lines end."""

    def __init__(self, text: str, slots: Sequence[str]) -> None:
        first, *rest = re.split(f"({'|'.join(map(re.escape, slots))})", text)
        start = first.encode()
        whole = len(start) // 3 * 3
        self.start, self._left = base64_lines(start[:whole]), start[whole:]  # the lines before the first slot
        stretches = [stretch.encode() for stretch in rest[1::2]]
        self._rest = tuple(
            (slot, tuple(_Stretch(stretch, phase, last=n == len(stretches)) for phase in range(3)))
            for n, (slot, stretch) in enumerate(zip(rest[::2], stretches, strict=True), 1)
        )
        self.names = frozenset(rest[::2])

    def lines(self, values: Mapping[str, bytes]) -> list[bytes]:
        """The lines, CRLF at the end of each, in pieces, of which the first is `start`: b"".join puts them together.
        *values* has one for each of `names`."""
        pieces, left = [self.start], self._left
        for slot, phases in self._rest:
            left += values[slot]
            stretch = phases[len(left) % 3]
            left += stretch.head
            whole = len(left) // 3 * 3
            pieces += (base64_lines(left[:whole]), stretch.lines)
            left = left[whole:] + stretch.rest
        pieces.append(base64_lines(left))
        return pieces


class _Stretch:
    """What stands behind a slot, where the octets before it are a multiple of three and *phase*."""

    __slots__ = ("head", "lines", "rest")

    def __init__(self, data: bytes, phase: int, *, last: bool) -> None:
        missing = -phase % 3
        body = data[missing:]
        whole = len(body) if last else len(body) // 3 * 3
        self.head = data[:missing]  # encoded with what is before; shorter than missing if there is no more
        self.lines = base64_lines(body[:whole])
        self.rest = body[whole:]  # encoded with what follows


def base64_lines(data: bytes) -> bytes:
    """*data* in base64, lines of at most 76 characters (RFC 2045, 6.8), CRLF at each end; nothing for nothing."""
    text = binascii.b2a_base64(data, newline=False)
    if len(text) <= _LINE:
        return text + b"\r\n" if text else b""
    return b"".join([text[at : at + _LINE] + b"\r\n" for at in range(0, len(text), _LINE)])
