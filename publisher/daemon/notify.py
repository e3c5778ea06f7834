"""Door: the service manager, where one started us: sd_notify(3), which takes lines in a datagram."""

import os
import socket
from contextlib import suppress

PATIENCE = 1.0  # seconds for a manager whose queue is full


def tell(*lines: str) -> None:
    """Say these ("READY=1") to whoever listens at NOTIFY_SOCKET: a path, or "@" and an abstract name. Nothing happens
    where nobody does."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] in {"/", "@"}:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
            peer.settimeout(PATIENCE)
            peer.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
            peer.sendall("\n".join(lines).encode())


def watchdog() -> float | None:
    """Seconds after which the manager ends a process that said nothing (sd_watchdog_enabled(3)); None: it does not."""
    usec, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    ours = pid in {"", str(os.getpid())}
    return int(usec) / 1e6 if ours and usec.isascii() and usec.isdecimal() and int(usec) else None
