"""Links from one article to another, written as a path of its file, lead to where that article stands (A13)."""

from collections.abc import Sequence
from dataclasses import replace
from posixpath import normpath

from publisher.actions.house import House
from publisher.articles import folder
from publisher.model.media import LINK, Made, Media, ending
from publisher.store import media
from publisher.store.media import Kept, Target, Waiting
from publisher.text import filename

_PAGES = frozenset(("html", "htm"))  # may be somebody else's page: no article, no warning


class Links:
    """What the links of one run mean."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._called: dict[str, list[str]] = {}  # the files of articles by name, once one is asked for

    def resolved(self, article: Waiting, each: Kept) -> Kept:
        """The link *each* of *article*, with the slug it leads to, or a note that it leads nowhere: its words stay
        then."""
        path = f"/{each.path[2:]}" if each.path.startswith("@/") else each.path  # Zola's, from the top
        near = self._candidates(article, path)
        known = self._house.store.read(lambda c: media.targets(c, near))
        target = next((known[one] for one in near if one in known), None)
        why = ""
        if target is None:
            target, why = self._by_name(article, path)
        if target is None and ending(path) in _PAGES:
            return replace(each, made=(), note="", fresh=True)
        if target and not target.published:
            why = "that article is not published. Mend: publish it, or take the link out"
        slug = target.slug if target and target.published else ""
        note = "" if slug else f"the link to {folder.shown(each.path)} leads nowhere: {why}"
        return replace(each, made=(Media(each.path, Made(slug, LINK, 0), None),), note=note, fresh=True)

    @staticmethod
    def _candidates(article: Waiting, path: str) -> list[str]:
        """The files that *path* may mean, the likeliest first: seen from the article, then from the top of the
        folder; as written, with another ending, and as a folder of its own."""
        found: list[str] = []
        for base in (media.wanted(article.path, path), normpath(path.lstrip("/"))):
            stem = base.rpartition(".")[0]
            others = (f"{stem}{middle}.{end}" for middle in ("", "/index") for end in filename.ENDINGS)
            found += [base, *others]
        return list(dict.fromkeys(each for each in found if not each.startswith("../")))

    def _by_name(self, article: Waiting, path: str) -> tuple[Target | None, str]:
        """The only article whose path ends like *path*; else why there is none, and the mend."""
        wanted = _end(path)
        found = [each for each in self._named(path) if _end(each).endswith(wanted)]
        tag = filename.language(article.path)
        if len(found) > 1 and (own := [each for each in found if filename.language(each) == tag]):
            found = own
        if len(found) == 1:
            return self._house.store.read(lambda c: media.targets(c, found)).get(found[0]), ""
        return None, _several(found) if found else _NONE

    def _named(self, path: str) -> Sequence[str]:
        if not self._called:
            for each in self._house.store.read(media.seen):
                if ending(each) in filename.ENDINGS:
                    self._called.setdefault(media.key(filename.called(each)), []).append(each)
        return self._called.get(media.key(filename.called(path)), ())


_NONE = "there is no such article. Mend: correct the path, or take the link out"


def _several(found: Sequence[str]) -> str:
    named = ", ".join(map(folder.shown, found[:3]))
    return f"several articles are called that ({named}). Mend: write the path from here"


def _end(path: str) -> str:
    """*path* as the end of others: without ways up, language, ending and the name of an index."""
    while path.startswith(("/", "./", "../")):
        path = path.partition("/")[2]
    whole = filename.untagged(path)
    for index in ("/index", "/_index"):
        whole = whole.removesuffix(index)
    return f"/{media.key(whole)}"
