"""The [web] table of config.toml."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebSettings:
    listen: str = "127.0.0.1:8080"  # host:port; [::1]:8080 for IPv6


def address(listen: str) -> tuple[str, int]:
    """The host and port of *listen*. Raises ValueError with the mend."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) < 65536:
        raise ValueError(f'{listen!r} is no host:port; write "127.0.0.1:8080"')
    return host.strip("[]"), int(port)
