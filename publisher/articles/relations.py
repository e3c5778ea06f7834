"""Which articles are one in several languages, as a file says of itself (A17). The store finds out who is meant."""

from posixpath import dirname, join, normpath
from unicodedata import normalize
from urllib.parse import unquote
from uuid import UUID

from publisher.articles import slugs
from publisher.articles.fields import Fields
from publisher.layout import declared_id
from publisher.text import filename


def claim(path: str, fields: Fields) -> str:
    """The name that the file and its translations have in common, "" for one that claims none.

    "key:" a `translationKey`; for `translation_of` the other's "file:" (relative to the article folder), "id:" or
    "slug:"; else "path:", which "post.ar.md" and "he/post.md" have with "post.md".
    """
    if key := fields.text("translation key"):
        return f"key:{normalize('NFC', key)}"
    if other := fields.text("translation of"):
        return _other(path, other)
    if filename.language(path) is None:
        return ""
    shared = filename.untagged(path)
    own_name = shared.rpartition("/")[2]
    by_suffix = own_name != path.rpartition("/")[2].rpartition(".")[0]
    # ar/1042.md and fa/1042.md: numbers and dates are given anew in each folder.
    return f"path:{shared}" if by_suffix or any(map(str.isalpha, own_name)) else ""


def _other(path: str, named: str) -> str:
    if _is_id(named):
        return f"id:{declared_id(named)}"
    if "." in named and named.rpartition(".")[2].lower() in filename.ENDINGS:
        # A bare name and ./ or ../ are meant from this file, anything else from the article folder.
        near = "/" not in named or named.startswith(("./", "../"))
        return f"file:{normpath(join(dirname(path), named) if near else named).lstrip('/')}"
    return f"slug:{slugs.slug(unquote(named.rstrip('/').rpartition('/')[2]))}"


def _is_id(named: str) -> bool:
    try:
        UUID(named)
    except ValueError:
        return named.startswith(("urn:", "tag:"))
    return True
