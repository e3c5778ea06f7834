"""The page where editors look at an edition and decide about it (D8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from publisher.layout import Layout
from publisher.model.digest import Approve, Edition, Kind, Release
from publisher.model.site import Site
from publisher.model.stop import SAID
from publisher.pages.frame import inline, page
from publisher.templating import Templates
from publisher.text.dates import digits_for, site_date
from publisher.text.direction import of_tag
from publisher.text.hours import clock
from publisher.text.language import detect, prose
from publisher.text.words import Words, words

_PROBLEM = "The letter cannot be made now."
# What editors may do with an edition, and the buttons' words.
BUTTONS = {"release": "Release it", "hold": "Hold it", "cancel": "Cancel it"}
OFFERED = {
    Release.PROPOSED: ("release", "hold", "cancel"),
    Release.HELD: ("release", "cancel"),
    Release.RELEASED: ("hold", "cancel"),
    Release.CANCELLED: (),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says of an edition."""

    edition: Edition
    newsletter: str  # its title
    approve: Approve
    subject: str  # "" where no article is left in it, or there is a problem
    headlines: Sequence[str]
    more: int  # articles that do not fit
    readers: int
    left: int  # letters that are sent, or may be
    open: bool  # whether anything can still be decided
    waits: bool  # it is released, and its time has not come
    replaced: bool  # it is cancelled, and what it held left in a later edition
    problem: str  # why its letter cannot be made, in English; "" where it can


def approval_page(site: Site, layout: Layout, templates: Templates, shown: Shown, *, token: str) -> bytes:
    """The page of *shown*, in the site's language; UTF-8. Nothing happens before a button is pressed (H3)."""
    ui = words(site.language)
    digits = digits_for(site.digits, ui.language, site.region)
    heading = shown.subject or ui.text(_PROBLEM if shown.problem else "No article is left in it.")
    number = len(shown.headlines) + shown.more
    forms = ("%(n)s more article on the site", "%(n)s more articles on the site")
    stopped = shown.edition.stopped
    offered = OFFERED[shown.edition.release] if shown.open else ()
    facts = [
        ui.count("%(n)s article", "%(n)s articles", number, digits),
        ui.count("%(n)s reader", "%(n)s readers", shown.readers, digits),
    ]
    if shown.left:
        facts.append(ui.count("%(n)s letter has left", "%(n)s letters have left", shown.left, digits))
    return page(
        "approval.html.j2",
        templates,
        site,
        layout,
        ui,
        title=f"{heading} — {site.title}",
        language=ui.language,
        direction=ui.direction,
        newsletter=inline(shown.newsletter, ui.direction),
        heading=inline(heading, ui.direction),
        state=_state(site, shown, ui),
        stopped=ui.text(SAID[stopped.reason]) if stopped else "",
        evidence=stopped.evidence if stopped else "",
        problem=shown.problem,
        facts=facts,
        headlines=[_headline(each, site) for each in shown.headlines],
        more=ui.count(*forms, shown.more, digits) if shown.more else "",
        holds=ui.text("What it holds"),
        action=token,  # relative: also right behind a proxy that strips a prefix
        buttons=[{"value": each, "words": ui.text(BUTTONS[each])} for each in offered],
        letter=f"{token}/letter" if shown.subject else "",
        letter_words=ui.text("The letter as readers get it"),
        plain=f"{token}/text" if shown.subject else "",
        plain_words=ui.text("The letter as plain text"),
    )


def _headline(text: str, site: Site) -> dict[str, object]:
    language = detect(prose(text), site.language)
    direction = of_tag(language)
    return {"lang": language, "dir": direction, "text": inline(text, direction)}


def _state(site: Site, shown: Shown, ui: Words) -> str:
    """What is so, in a sentence."""
    edition, asked = shown.edition, shown.approve == "required"
    match edition.release:
        case Release.HELD:
            said = "It is held: nothing more leaves until somebody releases it."
        case Release.CANCELLED if shown.replaced:
            said = "It is cancelled. Its articles were sent in a later letter."
        case Release.CANCELLED if edition.kind is Kind.DIGEST:
            said = "It is cancelled. Its articles are in the next letter."
        case Release.CANCELLED:
            said = "It is cancelled and is not sent any more."
        case Release.PROPOSED if asked:
            said = "It is not sent until somebody releases it."
        case Release.PROPOSED:
            said = "It is sent on %(date)s at %(time)s unless somebody stops it."
        case _ if shown.waits:
            said = "It is released. It leaves on %(date)s at %(time)s."
        case _:
            said = "It is being sent." if shown.open else "It has been sent."
    digits = digits_for(site.digits, ui.language, site.region)
    hour = clock(edition.planned.astimezone(site.timezone).time(), ui.language, digits, region=site.region)
    return ui.text(said) % {"date": site_date(edition.planned, site, ui.language), "time": hour}
