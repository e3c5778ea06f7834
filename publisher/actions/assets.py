"""Assets: the pictures, recordings and attachments that articles name are made and put beside their pages (A13).

What a file was made from stands in the store, so that nothing is read twice that did not change.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO
from unicodedata import normalize

from sqlalchemy import Connection

from publisher import layout
from publisher.actions.asset_names import LETTER, Taken, ended, slugs
from publisher.actions.house import House
from publisher.actions.linking import Links
from publisher.actions.pool import Progress
from publisher.articles import docx, folder
from publisher.articles.folder import Seen
from publisher.errors import Unreadable
from publisher.feeds import files
from publisher.model.media import ATTACHMENTS, LOST, RECORDINGS, TYPES, Made, Media, Reference, ending
from publisher.store import facts, findings, media
from publisher.store.media import Kept, Mark, Waiting

RULES = "media rules"  # the fact that says by which rules the files in the output were made
PICTURE_BYTES = 25_000_000  # of a picture, at most: what a decoder may be given
_COPIED = "copied"  # in place of a digest: what is copied is told by its time and size alone


@dataclass(frozen=True, slots=True)
class Assets:
    """What a run did."""

    written: tuple[str, ...]  # files of the output folder, relative
    notes: tuple[str, ...]  # warnings for the log


class _Locked(Unreadable):
    """The file cannot be opened. What mends this (rights) does not show on the file: every run tries again."""


class _Served(Exception):
    """The file is in the output folder, and not ours."""


class _Unsettled(Exception):
    """The file is not what the last look saw: the next look sees it whole."""


def refresh(
    house: House, *, write: bool = True, verify: bool = False, progress: Progress = lambda *_: None
) -> Assets:
    """Make what published articles name and is not there yet, and take away what nobody shows any more. Not *write*:
    find out what is wrong, and leave the output alone. *verify*: make again what somebody deleted from it."""
    store = house.store
    if store.read(media.empty):
        return Assets((), ())
    from publisher.articles import pictures  # and Pillow: only where there are any

    rules = repr((pictures.RULES, house.articles.max_media_bytes))
    if store.read(lambda c: facts.get(c, RULES)) != rules:
        store.write(lambda c: _anew(c, rules))
    if verify:
        kept = store.read(media.published)
        lost = [id_ for id_, paths in kept if not all((house.out / path).is_file() for path in paths)]
        tops = store.read(media.from_top)
        lost += [id_ for id_, path, missed in tops if _served(house, path) == missed]
        store.write(lambda c: media.forget(c, lost))
    run = _Run(house, write=write)
    waiting = store.read(media.waiting)
    for done, article in enumerate(waiting, 1):
        run.article(article)
        progress("pictures", done, len(waiting))
    return Assets(tuple(run.written), tuple(run.notes))


def _served(house: House, path: str) -> bool:
    """Whether the author has put *path*, from the top of the site, into the output folder: another generator's
    "static" files."""
    return (house.out / path.lstrip("/")).is_file()


def _anew(connection: Connection, rules: str) -> None:
    media.touch_all(connection)
    facts.put(connection, RULES, rules)


class _Run:
    """One pass over what waits."""

    def __init__(self, house: House, *, write: bool) -> None:
        self._house, self._write = house, write
        self._names: dict[str, list[str]] = {}  # every file of the folder by key, once it is asked for
        self._links = Links(house)
        self.written: list[str] = []
        self.notes: list[str] = []

    def article(self, article: Waiting) -> None:
        """Bring the files of one article up to date, and write down what they are."""
        after = self._made(article) if article.published else [_cleared(each) for each in article.kept]
        before = {path for each in article.kept for path in each.files}
        unused = before - {path for each in after for path in each.files}
        if self._write:
            self.written += [path for path in sorted(unused) if files.remove(self._house.out, path)]
        if after != article.kept:
            self._house.store.write(lambda c: media.keep(c, article, after))
        known = {each.path: each.note for each in article.kept}
        for each in after:
            if each.note and each.note != known[each.path]:
                line = each.reference.line if each.reference else None
                place = folder.shown(article.path) + (f":{line}" if line else "")
                self.notes.append(f"{place}: {each.note}")

    def _made(self, article: Waiting) -> list[Kept]:
        wanted = [each for each in article.kept if each.reference]
        marks = self._marks(article, wanted)
        taken = Taken(article, self._house.store.read(lambda c: media.beside(c, article, slugs(article))))
        done: dict[str, Kept] = {}
        after: list[Kept] = []
        for each in wanted:
            assert each.reference
            if each.reference.use == "article":
                after.append(self._links.resolved(article, each))
                continue
            try:
                source, words = self._source(article, each.reference, marks)
                name = taken.name(each.reference, source)
                if name in done:
                    made = _again(done[name], each)
                else:
                    made = done[name] = self._one(article, each, source, marks[source], name)
                # What is kept from the last time has its words already.
                note = made.note if words in made.note else f"{words}; {made.note}".removesuffix("; ")
                after.append(replace(made, note=note))
            except _Unsettled:
                after.append(replace(each, fresh=False))
            except _Served:
                after.append(replace(_cleared(each), fresh=True))
            except Unreadable as error:
                again = isinstance(error, _Locked)
                mend = f". Mend: {error.mend}" if error.mend else ""
                said = f"{folder.shown(each.path)} is not published: {error.what}{mend}"
                after.append(replace(_lost(each), note=said, fresh=not again))
        return after

    def _marks(self, article: Waiting, wanted: list[Kept]) -> dict[str, Mark]:
        files_ = [each for each in wanted if each.reference and each.reference.use != "article"]
        paths = [media.wanted(article.path, each.path) for each in files_]
        return self._house.store.read(lambda c: findings.known(c, [article.path, *paths]))

    def _source(self, article: Waiting, reference: Reference, marks: dict[str, Mark]) -> tuple[str, str]:
        """The file that *reference* means, and a warning where its name is only nearly that. Raises Unreadable."""
        if reference.use == "embedded":
            return article.path, ""
        path = media.wanted(article.path, reference.path)
        if path.startswith("../"):
            raise Unreadable("it lies outside the article folder", "put it beside the article")
        if path in marks:
            return path, ""
        near = self._alike(path)
        if not near and reference.path.startswith("/"):
            if _served(self._house, reference.path):
                raise _Served
            raise Unreadable(
                "neither the article folder nor the output folder has it",
                f"put it at {folder.shown(path)} in one of them",
            )
        if not near:
            raise Unreadable("there is no such file", "put it there, or correct the name")
        source = near[0]
        marks.update(self._house.store.read(lambda c: findings.known(c, [source])))
        if normalize("NFC", source) == normalize("NFC", path):
            return source, ""
        return (
            source,
            f"{folder.shown(reference.path)} is taken for {folder.shown(source)}: write it like that",
        )

    def _alike(self, path: str) -> list[str]:
        """The files whose names differ from *path* in case or composition only."""
        if not self._names:
            for each in self._house.store.read(media.seen):
                self._names.setdefault(media.key(each), []).append(each)
        return self._names.get(media.key(path), [])

    def _one(self, article: Waiting, each: Kept, source: str, mark: Mark, name: str) -> Kept:
        """*each* made from *source*; what was made before where that is still true."""
        assert each.reference
        use, kind = each.reference.use, ending(name)
        if (each.source, each.mark) == (source, mark) and (kept := _still(article, each, name, each.digest)):
            return kept
        each = replace(each, source=source, mark=mark, note="")
        if use == "recording" or kind in RECORDINGS:
            return self._copy(article, each, name)
        if use != "attachment":
            return self._picture(article, each, name)
        if kind not in ATTACHMENTS:
            raise Unreadable(f"files of the kind .{kind} are not", f"known kinds: {', '.join(TYPES)}")
        return self._copy(article, each, name)

    def _picture(self, article: Waiting, each: Kept, name: str) -> Kept:
        assert each.reference and each.source
        if ending(each.path) == "svg":
            raise Unreadable("an SVG may hold programs", "save it as PNG")
        data = self._read(each)
        digest = blake2b(data, digest_size=16).hexdigest()
        if kept := _still(article, each, name, digest):
            return kept
        from publisher.articles import pictures

        made = pictures.renditions(data)
        page = Made(ended(name, made.page.type), made.page.type, len(made.page.data), *made.page[2:])
        letter = page
        if made.letter is not made.page:
            small = ended(f"{LETTER}/{name}", made.letter.type)
            letter = Made(small, made.letter.type, len(made.letter.data), *made.letter[2:])
        one = Media(each.path, page, letter, each.reference.alt, each.reference.in_text)
        paths = [layout.media_path(article.slug, file.path) for file in _files(one)]
        if self._write:
            for path, data in zip(paths, (made.page.data, made.letter.data), strict=False):
                if files.put(self._house.out, path, data):
                    self.written.append(path)
        said = f"{folder.shown(each.path)}: {made.note}" if made.note else ""
        return replace(each, digest=digest, made=(one,), files=tuple(paths), note=said, fresh=True)

    def _read(self, each: Kept) -> bytes:
        """The bytes of a picture. Raises Unreadable, and _Unsettled where the file is another one by now."""
        assert each.reference and each.source
        embedded = each.reference.use == "embedded"
        limit = self._house.articles.max_bytes if embedded else self._limit(PICTURE_BYTES)
        with _opened(self._house.folder, each.source) as (stream, seen):
            if seen[1:] != each.mark:
                raise _Unsettled
            _bound(seen.size, limit)
            data = stream.read(limit + 1)
            if len(data) != seen.size:
                raise _Unsettled
        return docx.picture(data, each.path) if embedded else data

    def _copy(self, article: Waiting, each: Kept, name: str) -> Kept:
        """A recording or an attachment as it is."""
        assert each.reference and each.source
        path = layout.media_path(article.slug, name)
        with _opened(self._house.folder, each.source) as (stream, seen):
            if seen[1:] != each.mark:
                raise _Unsettled
            _bound(seen.size, self._limit())
            if self._write:
                if files.copy(self._house.out, path, stream) != seen.size:
                    raise _Unsettled
                self.written.append(path)
        one = Media(each.path, Made(name, TYPES[ending(name)], seen.size), None, "", each.reference.in_text)
        return replace(each, digest=_COPIED, made=(one,), files=(path,), fresh=True)

    def _limit(self, most: int | None = None) -> int:
        allowed = self._house.articles.max_media_bytes
        return min(allowed, most) if most else allowed


@contextmanager
def _opened(root: Path, path: str) -> Iterator[tuple[BinaryIO, Seen]]:
    with ExitStack() as stack:
        try:
            found = stack.enter_context(folder.opened(root, path))
        except Unreadable as error:
            raise _Locked(error.what, error.mend) from error
        yield found


def _bound(size: int, limit: int) -> None:
    if size > limit:
        raise Unreadable(
            f"it has {size:,} bytes, more than {limit:,}",
            "make it smaller"
            if limit == PICTURE_BYTES
            else "make it smaller, or raise articles.max_media_bytes",
        )


def _again(twin: Kept, each: Kept) -> Kept:
    """*each*, which names the file of its *twin* in another way."""
    assert each.reference
    alt, in_text = each.reference.alt, each.reference.in_text
    made = replace(twin.made[0], reference=each.path, alt=alt, in_text=in_text)
    return replace(twin, reference=each.reference, path=each.path, made=(made,))


def _cleared(each: Kept) -> Kept:
    """Nothing is published of it; it is looked at anew when its article comes back."""
    return Kept(each.reference, each.path, fresh=False)


def _lost(each: Kept) -> Kept:
    """There is nothing to publish: outputs keep its words, and lead nowhere."""
    assert each.reference
    lost = Media(each.path, Made("", LOST, 0), None, each.reference.alt, each.reference.in_text)
    return replace(_cleared(each), made=(lost,))


def _still(article: Waiting, each: Kept, name: str, digest: str) -> Kept | None:
    """*each* as it is, if it was made from a file of this *digest* and stands where it should."""
    if not each.made or not digest or each.digest != digest:
        return None
    one = each.made[0]
    paths = tuple(layout.media_path(article.slug, made.path) for made in _files(one))
    if each.files != paths or one.page.path != ended(name, one.page.type) or not each.reference:
        return None
    made = replace(one, alt=each.reference.alt, in_text=each.reference.in_text)
    return replace(each, made=(made,), fresh=True)


def _files(one: Media) -> list[Made]:
    return [one.page] if one.letter in (None, one.page) else [one.page, *filter(None, [one.letter])]
