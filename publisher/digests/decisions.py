"""What editors are written about an edition that nobody decided about (D8)."""

from datetime import datetime

from publisher.digests.frame import said
from publisher.digests.notices import notice_for_editors
from publisher.layout import Layout
from publisher.model.digest import Content
from publisher.model.site import Site
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
    site: Site, layout: Layout, templates: Templates, *, subject: str, digest: bool, approval_url: str
) -> Content:
    """Its life ended before an editor released it. The articles of a *digest* are in the next one."""
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
        subject=said(ui, "Not sent: %(subject)s", subject=subject),
        text=ui.text(why),
        url=approval_url,
        button=ui.text("What it holds"),
    )
