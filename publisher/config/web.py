"""[web]: what its values mean together."""

from functools import partial

from publisher.config import folders
from publisher.config.reading import Reading
from publisher.config.written import File
from publisher.text.words import LANGUAGES


def check(reading: Reading, file: File) -> None:
    """Raises BadConfig for the first value of [web] that cannot be used."""
    web = file.web
    reading.check(("web",), "listen", lambda: web.address)
    reading.check(("web",), "trusted_proxies", lambda: web.trusted)
    reading.within(("web", "api"), web.api, per_minute=(1, 100_000))
    for table, key, secret in (
        (("web", "api"), "token_file", web.api.token_file),
        (("web", "admin"), "password_file", web.admin.password_file),
        (("web",), "metrics_token_file", web.metrics_token_file),
    ):
        reading.check(table, key, partial(folders.secret_hidden, reading.root, file, secret))
    reading.check(("web", "admin"), "allow", lambda: web.admin.networks)
    reading.check(("web", "admin"), "language", lambda: _spoken(web.admin.language))


def _spoken(tag: str) -> None:
    if tag and tag not in LANGUAGES:
        raise ValueError(f"{tag!r} is no language of these pages; write one of {', '.join(LANGUAGES)}")
