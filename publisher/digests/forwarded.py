"""What the owner is written when somebody answered to an address that programs read (B1)."""

from publisher.digests.frame import said
from publisher.digests.notices import notice_for_editors
from publisher.layout import Layout
from publisher.model.digest import Content
from publisher.model.site import Site
from publisher.templating import Templates
from publisher.text.words import words

_LONGEST = 300  # characters of a stranger's words


def forwarded(
    site: Site, layout: Layout, templates: Templates, *, subject: str, author: str, whole: bool
) -> Content:
    """Goes with the message that *author* wrote about *subject*; not *whole*: with its beginning."""
    ui = words(site.language)
    texts = [
        ui.text("Somebody wrote to an address that only programs read. Their message is attached."),
        author[:_LONGEST],
    ]
    if not whole:
        texts.append(
            ui.text("It is too long: this is how it begins. All of it lies in the mailbox it came to.")
        )
    title = subject.strip()[:_LONGEST] or ui.text("without a subject")
    return notice_for_editors(
        site,
        layout,
        templates,
        subject=said(ui, "A reader wrote: %(subject)s", subject=title),
        text="\n\n".join(filter(None, texts)),
    )
