"""The site's picture for lists of feeds and browsers' tabs: made when its file changes, not at every look (F15)."""

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from publisher import layout
from publisher.actions.assets import PICTURE_BYTES
from publisher.actions.house import House
from publisher.articles import folder
from publisher.errors import Unreadable
from publisher.feeds import files
from publisher.model.media import Shown
from publisher.store import facts

if TYPE_CHECKING:
    from publisher.articles.pictures import Marks

FACT = "icon"  # what was made of which file, as JSON
SIDE = 512  # pixels of the icon (JSON Feed 1.1, "icon")
LOGO = 144  # pixels of RSS's <image>, at most (RSS 2.0, "<image> sub-element of <channel>")
_RULES = 1  # counts up when other files are made of the same picture
_PATHS = (layout.ICON, layout.LOGO)


@dataclass(frozen=True, slots=True)
class Icon:
    """What a run did."""

    house: House  # its site knows its icon
    written: tuple[str, ...] = ()  # files of the output folder, relative
    notes: tuple[str, ...] = ()  # new warnings for the log
    problem: str = ""  # what is wrong with the picture, new or not


def refresh(house: House, *, write: bool = True, verify: bool = False) -> Icon:
    """Bring icon and logo up to the picture that the site names. One that is missing or broken is named once, and
    what was made before stays. Not *write*: leave the output alone. *verify*: make again what somebody deleted."""
    kept = _kept(house)
    if not house.site.picture and not kept:
        return Icon(house)
    if verify and kept.get("made") and not all((house.out / path).is_file() for path in _PATHS):
        kept = kept | {"mark": None}
    now, written = (
        _looked(house, kept, write=write) if house.site.picture else _dropped(house, kept, write=write)
    )
    if now != kept:
        house.store.write(lambda c: facts.put(c, FACT, json.dumps(now) if now else ""))
    problem = now.get("problem", "")
    notes = (problem,) if problem and problem != kept.get("problem") else ()
    return Icon(_knowing(house, now), tuple(written), notes, problem)


def known(house: House) -> House:
    """*house* with the icon that was made last in its site."""
    return _knowing(house, _kept(house))


def _kept(house: House) -> dict[str, Any]:
    return dict(json.loads(house.store.read(lambda c: facts.get(c, FACT)) or "{}"))


def _dropped(house: House, kept: dict[str, Any], *, write: bool) -> tuple[dict[str, Any], list[str]]:
    """The site names a picture no more: what is left to keep, and the files removed."""
    return {}, [path for path in _PATHS if kept.get("made") and write and files.remove(house.out, path)]


def _looked(house: House, kept: dict[str, Any], *, write: bool) -> tuple[dict[str, Any], list[str]]:
    """What is to be *kept* of the picture as it is now, and the files written."""
    path = house.site.picture
    seen = folder.glance(house.root, path)
    mark = [_RULES, *(seen or (path,))]
    if kept.get("mark") == mark:
        return kept, []
    try:
        if seen is None:
            raise Unreadable(
                "there is no such file", "put a picture there, or take `icon` out of config.toml"
            )
        made = _marks(house, path)
    except Unreadable as error:
        said = f"{folder.shown(path)}, the site's icon: {error.what}. Mend: {error.mend}"
        return {"mark": mark, "made": kept.get("made"), "problem": said}, []
    pairs = zip(_PATHS, made, strict=True)
    written = [at for at, each in pairs if write and files.put(house.out, at, each.data)]
    return {"mark": mark, "made": [[len(each.data), each.width, each.height] for each in made]}, written


def _marks(house: House, path: str) -> "Marks":
    """Raises Unreadable."""
    from publisher.articles import pictures  # and Pillow: only where there is one

    with folder.opened(house.root, path) as (stream, _):
        data = stream.read(PICTURE_BYTES + 1)
    if len(data) > PICTURE_BYTES:
        raise Unreadable(f"it has more than {PICTURE_BYTES:,} bytes", "make it smaller")
    return pictures.marks(data, SIDE, LOGO)


def _knowing(house: House, kept: dict[str, Any]) -> House:
    """*house* with what was made in its site."""
    if not kept.get("made"):
        return house
    icon, logo = (
        Shown(house.layout.url(path), "image/png", *numbers)
        for path, numbers in zip(_PATHS, kept["made"], strict=True)
    )
    return replace(house, site=replace(house.site, icon=icon, logo=logo))
