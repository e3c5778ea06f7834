"""What axe finds on a page of Chromium: everything at the first look, what another width or other colours can change
at the next ones."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe

# What hangs on width and colours.
LOOK_RULES = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"]
_SCRIPT = Axe().axe_script
_RUN = """([rules, iframes]) => axe.run({resultTypes: ['violations'], iframes, ...(rules && {runOnly: rules})})
    .then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"""
LOOKS = ((360, "light"), (1280, "dark"))


def violations(page: Any, *, again: bool = False, iframes: bool = True) -> list[Any]:
    """(rule, elements) of each violation. *again*: the page was looked at before, of another width."""
    if not again:
        page.evaluate(_SCRIPT)
    return list(page.evaluate(_RUN, [LOOK_RULES if again else None, iframes]))


def look(page: Any, width: int, scheme: str) -> None:
    """Makes the page so wide and its colours light or dark."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
