"""What an edition's letter says, apart from how it is set: for its page and its entry in a feed (F16)."""

from collections.abc import Sequence

from publisher.digests.items import Group, Item
from publisher.digests.voice import Paragraph
from publisher.model.digest import Passage, Piece, Section, Told


def told(title: str, opening: Sequence[Paragraph], groups: Sequence[Group], more: int) -> Told:
    """What a letter of the newsletter *title* says that begins with *opening* and holds *groups*; *more* articles did
    not fit."""
    passages = tuple(Passage(one.text, one.voice.lang, one.voice.dir) for one in opening)
    return Told(title, passages, tuple(map(_section, groups)), more)


def _section(group: Group) -> Section:
    pieces = tuple(map(_piece, group.items))
    return Section(group.heading, group.voice.lang, group.voice.dir, pieces)


def _piece(item: Item) -> Piece:
    return Piece(
        item.title,
        item.excerpt,
        item.url,
        item.category,
        item.byline,
        item.words.lang,
        item.voice.lang,
        item.voice.dir,
        item.picture,
    )
