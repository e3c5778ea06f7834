"""The names that the files of an article get beside its page (A13)."""

import posixpath
from collections.abc import Iterable
from hashlib import blake2b
from unicodedata import normalize

from publisher import layout
from publisher.model.media import ENDINGS, TYPES, Reference, ending
from publisher.store import media
from publisher.store.media import Waiting

LETTER = "letter"  # the folder of pictures for letters, beside the page
_NAME = 180  # bytes of a file's name, at most


class Taken:
    """The names beside one article's page, and the files that have them."""

    def __init__(self, article: Waiting, others: Iterable[str]) -> None:
        self._article = article
        self._others = {path.casefold() for path in others}
        self._owners: dict[str, str] = {}

    def name(self, reference: Reference, source: str) -> str:
        """The file's name beside the page: as the article names it, without the way up; another where that is
        taken."""
        source = reference.path if reference.use == "embedded" else source
        wanted = _wanted(self._article, reference, source)
        stem, dot = posixpath.splitext(wanted)
        name, number = wanted, 1
        while not self._free(name, source):
            number += 1
            name = f"{stem}-{number}{dot}"
        for each in _possible(name):
            self._owners[each] = source
        return name

    def _free(self, name: str, source: str) -> bool:
        """Whether nothing made from another file stands, or may stand, at the *name* or what becomes of it."""
        possible = _possible(name)
        if any(self._owners.get(each, source) != source for each in possible):
            return False
        places = (each for one in possible for each in (one, f"{LETTER}/{one}"))
        return not any(
            layout.media_path(self._article.slug, each).casefold() in self._others for each in places
        )


def _possible(name: str) -> list[str]:
    """The names that a file of this *name* may get by what is in it, as file systems that know no case see them."""
    return [name.casefold(), *(f"{name}.{end}".casefold() for end in ENDINGS.values())]


def slugs(article: Waiting) -> set[str]:
    """Where articles stand whose files may want the same places: above this one, and below it in the folders that
    its files lie in."""
    above = article.slug.split("/")[:-1]
    inside = {LETTER}
    for each in article.kept:
        folder_ = posixpath.dirname(_wanted(article, each.reference, "")) if each.reference else ""
        inside |= {folder_, f"{LETTER}/{folder_}"}
    found = {"/".join(above[: depth + 1]) for depth in range(len(above))}
    for path in inside:
        parts = path.split("/")
        found |= {"/".join([article.slug, *parts[: depth + 1]]) for depth in range(len(parts))}
    return found


def _wanted(article: Waiting, reference: Reference, source: str) -> str:
    """The name beside the page that a *source* would have by itself; "" for what the reference says."""
    if reference.use == "embedded":
        path = posixpath.basename(reference.path)
    else:
        source = source or media.wanted(article.path, reference.path)
        path = posixpath.relpath(source, posixpath.dirname(article.path) or ".")
        while path.startswith("../"):
            path = path[3:]
    if path.startswith(f"{LETTER}/"):  # ours
        path = f"{LETTER}-{path.removeprefix(LETTER)}"
    *folders, last = (_safe(part) for part in normalize("NFC", path).split("/"))
    return "/".join([*(_folder(part) for part in folders), last])


def _folder(part: str) -> str:
    """A folder's name that no file's place is."""
    return part.replace(".", "-") if layout.names_file(part) else part


def _safe(part: str) -> str:
    """One part of a name as every server and file system takes it."""
    shown = "".join(char if char.isprintable() and char not in '\\:*?"<>|' else "-" for char in part)
    shown = ("-" + shown[1:] if shown.startswith(".") else shown).strip() or "-"
    if len(shown.encode()) <= _NAME:
        return shown
    stem, dot = posixpath.splitext(shown)
    cut = stem.encode()[:100].decode(errors="ignore")
    return f"{cut}-{blake2b(part.encode('utf-8', 'surrogateescape'), digest_size=6).hexdigest()}{dot[:20]}"


def ended(name: str, media_type: str) -> str:
    """*name* with an ending that says what the picture is."""
    if TYPES.get(ending(name)) == media_type:
        return name
    return f"{name}.{ENDINGS[media_type]}"
