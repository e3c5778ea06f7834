"""The [articles] table of config.toml."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ArticleSettings:
    """Where articles stand and when a file counts as whole."""

    folder: str = "articles"  # relative to the site
    settle: float = 1.0  # seconds a file must be unchanged before a scan takes it
    scan_every: float = 60.0  # seconds between full scans, for folders that send no events
    max_bytes: int = 5_000_000  # a larger file is quarantined
    max_media_bytes: int = 100_000_000  # a larger picture, recording or attachment is not published
