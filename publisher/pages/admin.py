"""The editors' pages: values to HTML. Nothing in them runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from publisher.model.site import Site
from publisher.pages.frame import inline
from publisher.templating import Templates
from publisher.text.dates import digits_for, site_date, write_digits
from publisher.text.hours import clock
from publisher.text.reasons import retold
from publisher.text.words import Words

WIDE, TALL = 320, 120  # of a chart, in its own units


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around each page."""

    token: str  # of every form on it
    inside: bool  # whether somebody is logged in
    path: str
    languages: Sequence[tuple[str, str]]  # tag and own name
    news: str  # what was just done


@dataclass(frozen=True, slots=True)
class Bar:
    """A column of a chart: rectangles (x, y, width, height, kind) in its units."""

    label: str
    counts: Sequence[str]
    boxes: Sequence[tuple[float, float, float, float, str]]


def admin_page(
    template: str, templates: Templates, site: Site, ui: Words, frame: Frame, *, heading: str, **values: Any
) -> bytes:
    """The template admin/*template*, in the language of *ui*; UTF-8. Raises BadConfig for one that cannot be used."""
    digits = digits_for(site.digits, ui.language, site.region)

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
        site_title=inline(site.title, ui.direction),
        frame=frame,
        heading=heading,
        when=when,
        number=number,
        told=lambda english: retold(english, ui),
        count=lambda one, many, n: ui.count(one, many, n, digits),
        **values,
    )
    return html.encode()


def chart(
    columns: Sequence[tuple[str, Sequence[int]]], kinds: Sequence[str], ui: Words, site: Site
) -> list[Bar]:
    """Stacked columns, each (label, counts by kind), from the side where reading begins."""
    digits = digits_for(site.digits, ui.language, site.region)
    most = max((sum(counts) for _, counts in columns), default=0) or 1
    step = WIDE / max(len(columns), 8)  # a lone column is no wall
    bars = []
    for place, (label, counts) in enumerate(columns):
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
        bars.append(Bar(label, [write_digits(str(each), digits) for each in counts], boxes))
    return bars
