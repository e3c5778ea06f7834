"""The editors' pages: values to HTML. Nothing in them runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from publisher.model.digest import Content
from publisher.model.site import Site
from publisher.pages.frame import inline
from publisher.templating import Templates
from publisher.text.dates import Digits, digits_for, site_date, write_digits
from publisher.text.direction import of_text
from publisher.text.hours import clock
from publisher.text.reasons import retold
from publisher.text.words import Words, own_name

WIDE, TALL = 320, 120  # of a chart, in its own units


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around each page."""

    token: str  # of every form on it
    inside: bool  # whether somebody is logged in
    path: str
    languages: Sequence[tuple[str, str]]  # tag and own name
    news: "News | None"  # what was just done


@dataclass(frozen=True, slots=True)
class News:
    """A sentence for the editor, in their words, and what it is about: a file's name, an answer of a server."""

    text: str
    of: str = ""
    line: str = ""  # to copy


@dataclass(frozen=True, slots=True)
class Bar:
    """A column of a chart: rectangles (x, y, width, height, kind) and words (x, y, text, kind) in its units."""

    label: str
    counts: Sequence[str]
    boxes: Sequence[tuple[float, float, float, float, str]]
    words: Sequence[tuple[float, float, str, str]]


def admin_page(
    template: str,
    templates: Templates,
    site: Site,
    ui: Words,
    frame: Frame,
    *,
    heading: str,
    own: Content | None = None,
    **values: Any,
) -> bytes:
    """The template admin/*template*, in the language of *ui*; UTF-8. The *heading* is in that of *own* where that is
    given: a letter's subject. Raises BadConfig for one that cannot be used."""
    digits = digits_in(site, ui)

    def when(at: datetime) -> str:
        hour = clock(at.astimezone(site.timezone).time(), ui.language, digits, region=site.region)
        return f"{site_date(at, site, ui.language)} – {hour}"

    def number(value: int) -> str:
        return write_digits(str(value), digits)

    html = templates.render(
        f"admin/{template}",
        lang=ui.language,
        dir=ui.direction,
        ui=ui,
        inline=inline,
        titled=lambda text: titled(text, site),
        site_title=titled(site.title, site),
        frame=frame,
        heading=heading,
        own=own,
        when=when,
        number=number,
        own_name=own_name,
        told=lambda english: retold(english, ui),
        count=lambda one, many, n: ui.count(one, many, n, digits),
        **values,
    )
    return html.encode()


def digits_in(site: Site, ui: Words) -> Digits:
    """The digits of a page in the language of *ui*."""
    return digits_for(site.digits, ui.language, site.region)


def titled(text: str, site: Site) -> Markup:
    """The name of a newsletter or of the site, in its own language and direction."""
    direction = of_text(text, site.direction)
    lang = site.language if direction == site.direction else ""
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(lang, direction, inline(text, direction))


def chart(
    columns: Sequence[tuple[str, str, Sequence[int]]],
    kinds: Sequence[str],
    ui: Words,
    site: Site,
    *,
    signs: Sequence[str] = (),
) -> list[Bar]:
    """Stacked columns, each (label, short label, counts by kind), from the side where reading begins. The short label
    stands below a column; above it its sum, or where there are *signs*, for each kind one, each count with its sign."""
    digits = digits_in(site, ui)
    most = max((sum(each) for _, _, each in columns), default=0) or 1
    step = WIDE / max(len(columns), 8)  # a lone column is no wall
    bars = []
    for place, (label, short, counts) in enumerate(columns):
        left = place * step if ui.direction == "ltr" else WIDE - (place + 1) * step
        boxes, top = [], float(TALL)
        for kind, each in zip(kinds, counts, strict=True):
            height = each / most * (TALL - 4)
            top -= height
            if each:
                boxes.append(
                    (
                        round(left + step * 0.15, 2),
                        round(top, 2),
                        round(step * 0.7, 2),
                        round(height, 2),
                        kind,
                    )
                )
        signed = zip(signs, kinds, counts, strict=False)
        said = [(f"{sign}{count}", kind) for sign, kind, count in signed if count]
        if not signs and any(counts):
            said = [(str(sum(counts)), "")]
        middle = round(left + step / 2, 2)
        words = [(middle, float(TALL + 12), write_digits(short, digits), "below")]
        words += [
            (middle, round(top - 3 - 9 * n, 2), write_digits(text, digits), kind)
            for n, (text, kind) in enumerate(reversed(said))
        ]
        bars.append(Bar(label, [write_digits(str(each), digits) for each in counts], boxes, words))
    return bars
