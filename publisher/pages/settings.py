"""What a site may choose about its pages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageSettings:
    """`[pages]` of config.toml."""

    link: str = "/:slug/"  # where new articles stand (A15)
