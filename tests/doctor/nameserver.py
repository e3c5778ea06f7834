"""A real DNS server on loopback, UDP and TCP, with the records it is told; and the same records as values."""

import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from typing import Any, Self

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.reversename
import dns.rrset

from publisher.errors import Unreachable
from tests.patience import LONG

Zone = Mapping[str, Sequence[str]]  # "example.net TXT" to what stands there, as in a zone file


def text(words: str) -> str:
    """A TXT record of any length, as a zone file has it: in strings of at most 255 characters."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return " ".join(f'"{escaped[at : at + 200]}"' for at in range(0, len(escaped), 200)) or '""'


class Values:
    """Asks, of a zone: no server, no socket."""

    def __init__(self, zone: Mapping[str, Sequence[str]], silent: bool = False) -> None:
        self.zone, self.silent, self.asked = zone, silent, list[str]()

    def _of(self, name: str, kind: str) -> tuple[str, ...]:
        self.asked.append(f"{name} {kind}")
        if self.silent:
            raise Unreachable("the DNS does not answer", name)
        return tuple(self.zone.get(f"{name} {kind}", ()))

    def texts(self, name: str) -> tuple[str, ...]:
        return self._of(name, "TXT")

    def exchangers(self, name: str) -> tuple[str, ...]:
        found = sorted(self._of(name, "MX"), key=lambda each: int(each.split()[0]))
        return tuple(each.split()[1].rstrip(".") for each in found)

    def addresses(self, name: str) -> tuple[str, ...]:
        return self._of(name, "A") + self._of(name, "AAAA")

    def names(self, address: str) -> tuple[str, ...]:
        return tuple(each.rstrip(".") for each in self._of(address, "PTR"))


class Nameserver:
    """Answers from *zone*, whose TXT records are plain words and whose PTR stand under the address, for one `with`.
    *deaf*: it never answers; names in *failing* get SERVFAIL."""

    def __init__(self, zone: Zone, *, deaf: bool = False, failing: Sequence[str] = ()) -> None:
        self._zone, self._deaf, self._failing = dict(zone), deaf, failing
        self.asked: list[str] = []
        for key in [each for each in self._zone if each.endswith(" PTR")]:
            name = dns.reversename.from_address(key.partition(" ")[0])
            self._zone[f"{str(name).rstrip('.')} PTR"] = self._zone.pop(key)

    def __enter__(self) -> Self:
        while True:
            self._tcp = socket.create_server(("127.0.0.1", 0))
            self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.port = int(self._tcp.getsockname()[1])
            try:
                self._udp.bind(("127.0.0.1", self.port))
                break
            except OSError:  # somebody's who asks something else
                self._udp.close()
                self._tcp.close()
        self.address = f"127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=each) for each in (self._serve_udp, self._serve_tcp)]
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        with suppress(OSError):
            self._tcp.shutdown(socket.SHUT_RDWR)
        for each in self._threads:
            each.join()
        self._udp.close()
        self._tcp.close()

    def _serve_udp(self) -> None:
        while True:
            data, peer = self._udp.recvfrom(4096)
            if not data:
                return
            if answer := self._answer(data):
                wire = answer.to_wire(max_size=65535)
                if len(wire) > 512:  # nobody asked for more: the whole of it goes by TCP
                    answer.answer.clear()
                    answer.flags |= dns.flags.TC
                    wire = answer.to_wire()
                self._udp.sendto(wire, peer)

    def _serve_tcp(self) -> None:
        while True:
            try:
                peer, _ = self._tcp.accept()
            except OSError:
                return
            with closing(peer), suppress(OSError, struct.error):
                peer.settimeout(LONG)
                (length,) = struct.unpack("!H", peer.recv(2))
                if answer := self._answer(peer.recv(length)):
                    wire = answer.to_wire(max_size=65535)
                    peer.sendall(struct.pack("!H", len(wire)) + wire)

    def _answer(self, data: bytes) -> Any:
        try:
            query = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return None
        (question,) = query.question
        name, kind = question.name.to_text().rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{name} {kind}")
        if self._deaf:
            return None
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name in self._failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
            return answer
        records = self._zone.get(f"{name} {kind}", ())
        if records:
            written = [text(each) if kind == "TXT" else each for each in records]
            answer.answer.append(
                dns.rrset.from_text_list(question.name, 60, dns.rdataclass.IN, kind, written)
            )
        elif not any(each.split()[0] == name or each.split()[0].endswith(f".{name}") for each in self._zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer
