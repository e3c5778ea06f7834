"""A letter that is mailed to try things out, and says so in its subject."""

from dataclasses import replace

from publisher.digests.frame import said
from publisher.digests.marks import lead_line
from publisher.model.digest import Content
from publisher.model.site import Site
from publisher.text.words import words


def as_trial(content: Content, site: Site, language: str) -> Content:
    """*content* with a subject that begins with the word for "test" in *language*; its own is held together in its
    direction."""
    interface = words(language)
    subject = said(interface, "Test: %(subject)s", subject=content.subject.lstrip("\u200f"))
    return replace(
        content, subject=lead_line(subject, interface.direction) if site.letterhead.marks else subject
    )
