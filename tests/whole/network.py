"""Hosts with addresses of their own on one machine: network namespaces, joined by a bridge in another.

Made by root with `ip` (iproute2); nothing of it is seen outside, and all of it goes at the end of a `with`.
"""

import os
import subprocess
from pathlib import Path
from typing import Self

NET = "10.77.0"
NOWHERE = "02:00:00:00:00:01"  # an address of Ethernet that nobody has


def impossible() -> str:
    """Why no network can be made here; "" where it can."""
    if os.geteuid():
        return "network namespaces are made by root"
    name = f"nashir{os.getpid()}-try"
    try:
        made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "there is no program `ip` (iproute2)"
    if made.returncode:
        return f"`ip netns add`: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=False)
    return ""


class Network:
    """One Ethernet, for one `with`."""

    def __init__(self) -> None:
        self._hub, self._addresses = self._space("hub"), dict[str, str]()

    def __enter__(self) -> Self:
        _ip("netns", "add", self._hub)
        try:
            _ip("-n", self._hub, "link", "add", "bridge", "type", "bridge")
            _ip("-n", self._hub, "link", "set", "dev", "bridge", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever was started in it has ended, or has no network any more."""
        for name in (*self._addresses, "hub"):
            subprocess.run(["ip", "netns", "del", self._space(name)], capture_output=True, check=False)

    def add(self, name: str) -> str:
        """A host; returns its address."""
        number, space = len(self._addresses) + 1, self._space(name)
        self._addresses[name] = f"{NET}.{number}"
        _ip("netns", "add", space)
        port = ["netns", self._hub, "name", name]
        _ip("link", "add", "eth0", "netns", space, "type", "veth", "peer", *port)
        _ip("-n", self._hub, "link", "set", "dev", name, "master", "bridge", "up")
        _ip("-n", space, "address", "add", f"{NET}.{number}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", space, "link", "set", "dev", device, "up")
        return self._addresses[name]

    def words(self, name: str) -> list[str]:
        """What stands before a command so that it runs there."""
        return ["nsenter", f"--net={Path('/run/netns', self._space(name))}"]

    def cut(self, name: str) -> None:
        """Its cable is pulled."""
        _ip("-n", self._hub, "link", "set", "dev", name, "down")

    def join(self, name: str) -> None:
        """It is in again."""
        _ip("-n", self._hub, "link", "set", "dev", name, "up")

    def deafen(self, name: str, to: str) -> None:
        """What the host *to* sends it is lost; what it says is heard."""
        where = [self._addresses[name], "lladdr", NOWHERE, "dev", "eth0", "nud", "permanent"]
        _ip("-n", self._space(to), "neigh", "replace", *where)

    def hear(self, name: str, to: str) -> None:
        """It hears again."""
        _ip("-n", self._space(to), "neigh", "del", self._addresses[name], "dev", "eth0")

    def _space(self, name: str) -> str:
        return f"nashir{os.getpid()}-{name}"


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
