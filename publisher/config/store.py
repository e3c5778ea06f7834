"""[store]: what its values mean together."""

from functools import partial
from urllib.parse import urlsplit

from publisher.config import folders
from publisher.config.reading import Reading
from publisher.config.written import File

SCHEMES = ("postgresql", "postgres")
FORM = "postgresql://user@host:5432/name"


def check(reading: Reading, file: File) -> None:
    """Raises BadConfig for the first value of [store] that cannot be used."""
    store = file.store
    reading.check(("store",), "url", lambda: check_url(store.url))
    hidden = partial(folders.secret_hidden, reading.root, file, store.password_file)
    reading.check(("store",), "password_file", hidden)


def check_url(url: str) -> None:
    """Raises ValueError with the mend: without the URL, in which a password may stand."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        # What stands behind an "@", "/" or "?" that is not written as %XX may be the rest of a password.
        whole = "@" not in parts.path + parts.query and not parts.fragment and parts.netloc.count("@") < 2
        known = whole and parts.scheme in SCHEMES and bool(parts.path.strip("/")) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ValueError(f'it is no URL of a PostgreSQL database; write "{FORM}", or "" for SQLite')
