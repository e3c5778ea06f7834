"""What editors are written about an edition that nobody decided about (D8)."""

from datetime import datetime

from publisher.digests.frame import said
from publisher.digests.notices import notice_for_editors
from publisher.layout import Layout
from publisher.model.digest import Content
from publisher.model.site import Site
from publisher.model.stop import SAID, Stopped
from publisher.templating import Templates
from publisher.text.dates import digits_for, site_date
from publisher.text.hours import clock
from publisher.text.words import words


def waiting(
    site: Site, layout: Layout, templates: Templates, *, subject: str, due: datetime | None, approval_url: str
) -> Content:
    """Its time has come, and it waits for an editor. *subject* is the edition's, *approval_url* the page with the
    buttons; *due* is None where it leaves whenever it is released."""
    ui = words(site.language)
    texts = [ui.text("It is not sent until somebody releases it.")]
    if due:
        digits = digits_for(site.digits, ui.language, site.region)
        hour = clock(due.astimezone(site.timezone).time(), ui.language, digits, region=site.region)
        date = site_date(due, site, ui.language)
        texts.insert(0, said(ui, "It was due on %(date)s at %(time)s.", date=date, time=hour))
    return notice_for_editors(
        site,
        layout,
        templates,
        subject=said(ui, "Not released yet: %(subject)s", subject=subject),
        text="\n\n".join(texts),
        url=approval_url,
        button=ui.text("Look at it and decide"),
    )


def lapsed(
    site: Site,
    layout: Layout,
    templates: Templates,
    *,
    subject: str,
    digest: bool,
    begun: bool,
    approval_url: str,
) -> Content:
    """Its life ended before an editor released it, or released it again where it had *begun* to leave. The articles of
    a *digest* are in the next one."""
    ui = words(site.language)
    why = (
        "Nobody released it in time. Its articles are in the next letter."
        if digest
        else "Nobody released it in time."
    )
    return notice_for_editors(
        site,
        layout,
        templates,
        subject=said(
            ui, "Not sent to everybody: %(subject)s" if begun else "Not sent: %(subject)s", subject=subject
        ),
        text=ui.text(why),
        url=approval_url,
        button=ui.text("What it holds"),
    )


def stopped(
    site: Site,
    layout: Layout,
    templates: Templates,
    *,
    subject: str,
    why: Stopped,
    over: bool,
    title: str,
    left: int,
    waiting: int,
    approval_url: str,
) -> Content:
    """We held it ourselves, or would have if it had not been *over*: *why*, and how to mend it. *title* is the
    newsletter's, *left* how many letters have left, *waiting* how many have not."""
    ui = words(site.language)
    digits = digits_for(site.digits, ui.language, site.region)
    if over:
        heading, state = "Something is wrong: %(subject)s", "It has been sent."
    else:
        heading, state = "Stopped: %(subject)s", "It is held: nothing more leaves until somebody releases it."
    numbers = [ui.count("%(n)s letter has left", "%(n)s letters have left", left, digits)]
    if waiting:
        numbers.append(ui.count("%(n)s letter waits", "%(n)s letters wait", waiting, digits))
    texts = [ui.text(SAID[why.reason]), ui.text(state), *numbers]  # no dot between them: "٠" is one
    if title:
        texts.append(said(ui, "It belongs to “%(title)s”.", title=title))
    if why.evidence:  # a paragraph of its own, which its letters set from left to right
        texts.insert(1, why.evidence)
    return notice_for_editors(
        site,
        layout,
        templates,
        subject=said(ui, heading, subject=subject),
        text="\n\n".join(texts),
        url=approval_url,
        button=ui.text("What it holds" if over else "Look at it and decide"),
    )
