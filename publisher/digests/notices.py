"""Letters that are no edition: to one reader about a subscription, and to the editors (L4, D8).

Values in, Content out: nothing here sends. Text of others (titles, headlines, notices) is data and never a template.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from publisher.digests.frame import Frame, Link, because, frame, said
from publisher.digests.voice import Paragraph, paragraphs
from publisher.layout import Layout
from publisher.model.digest import Content, Newsletter
from publisher.model.site import Site
from publisher.templating import Templates
from publisher.text.clean import clean_line
from publisher.text.dates import digits_for, site_date
from publisher.text.hours import clock
from publisher.text.words import Words, words

STILL = (
    "You are unsubscribed from %(title)s. It will not come any more. You are still subscribed to %(others)s."
)
About = Literal["joining", "preferences", "own"]  # to subscribe, who is subscribed; the ways to ...
_FIRST: dict[About, str] = {
    "joining": "You are subscribed already.",
    "preferences": "Here is the way to your preferences.",
    "own": "Here are the ways to what is known about you, and to erasing it.",
}


def confirm(
    site: Site,
    newsletter: Newsletter,
    layout: Layout,
    templates: Templates,
    language: str | None = None,
    *,
    confirm_url: str,
) -> Content:
    """Asks whoever gave an address whether they want *newsletter* (double opt-in, L4). *confirm_url* is the page
    with the button; opening it changes nothing (H3). No unsubscribe link: there is no subscription yet."""
    interface = _interface(site, language)
    title = newsletter.title
    texts = (
        said(
            interface,
            "Somebody, we hope it was you, asked us to send %(title)s to this address.",
            title=title,
        ),
        interface.text("It begins once you have confirmed that. The link opens a page with one button."),
        interface.text("The link is good for seven days."),
    )
    around = frame(
        site,
        layout,
        title,
        subject=said(interface, "Please confirm: %(title)s", title=title),
        preheader=texts[0],
        interface=interface,
        why=interface.text("If it was not you, do nothing: you will get no more letters."),
    )
    return _made(
        around,
        templates,
        "confirm",
        heading=interface.text("One step is left"),
        texts=texts,
        button=Link(interface.text("Confirm the subscription"), confirm_url),
    )


def welcome(
    site: Site,
    newsletter: Newsletter,
    layout: Layout,
    templates: Templates,
    language: str | None = None,
    *,
    due: datetime | None = None,
) -> Content:
    """Greets a reader whose subscription to *newsletter* has begun. *due* is when their first letter is, None where
    nobody can say (an instant newsletter). Holds UNSUBSCRIBE_SLOT and PREFERENCES_SLOT."""
    interface = _interface(site, language)
    title = newsletter.title
    when = (
        said(interface, "Your first letter comes on %(date)s.", date=site_date(due, site, interface.language))
        if due
        else interface.text("Your first letter comes as soon as there is something new.")
    )
    texts = (
        said(interface, "Your subscription to %(title)s is confirmed.", title=title),
        when,
        interface.text("At the foot of every letter you can change what comes and when, or leave."),
    )
    around = frame(
        site,
        layout,
        title,
        subject=said(interface, "Welcome to %(title)s", title=title),
        preheader=f"{texts[0]} {when}",
        interface=interface,
        why=because(interface, title),
        subscribed=True,
    )
    return _made(
        around,
        templates,
        "welcome",
        heading=interface.text("Welcome"),
        texts=texts,
        button=Link(interface.text("Meanwhile: what is on the site"), layout.home),
    )


def goodbye(
    site: Site,
    newsletter: Newsletter,
    layout: Layout,
    templates: Templates,
    language: str | None = None,
    *,
    undo_url: str = "",
    others: str = "",
) -> Content:
    """Tells a reader that their subscription to *newsletter* has ended. *undo_url* is the page with the button that
    brings it back within 24 hours; "" where there is none (L5). *others*: what they are still subscribed to."""
    interface = _interface(site, language)
    title = newsletter.title
    ended = STILL if others else "You are unsubscribed from %(title)s. No more letters will come."
    texts = [said(interface, ended, title=title, **({"others": others} if others else {}))]
    if undo_url:
        texts.append(interface.text("If that was a mistake, you can take it back within 24 hours."))
    around = frame(
        site,
        layout,
        title,
        subject=said(interface, "You have left %(title)s", title=title),
        preheader=texts[0],
        interface=interface,
        why=interface.text("This is our last letter about this subscription."),
    )
    return _made(
        around,
        templates,
        "goodbye",
        heading=interface.text("You are unsubscribed"),
        texts=tuple(texts),
        button=Link(interface.text("Subscribe again"), undo_url) if undo_url else None,
    )


def links(
    site: Site,
    layout: Layout,
    templates: Templates,
    language: str | None = None,
    *,
    about: About,
    preferences: Sequence[Link],
    held_url: str,
    erase_url: str,
) -> Content:
    """The ways to the pages of a reader (L5, L8): *preferences*, a newsletter's title and its page each, what is held
    on them, and the page where that is erased; the last two lead there for a day. *about*: what they wanted."""
    interface = _interface(site, language)
    texts = (
        interface.text(_FIRST[about]),
        interface.text("The links open pages of your own: pass them on to nobody."),
        interface.text("The links to what is known about you, and to erasing it, lead there for 24 hours."),
    )
    around = frame(
        site,
        layout,
        site.title,
        subject=said(interface, "Your subscriptions: %(title)s", title=site.title),
        preheader=texts[0],
        interface=interface,
        why=interface.text(
            "Somebody, we hope it was you, gave this address to our site. If not, do nothing."
        ),
    )
    ways = tuple(
        Link(said(interface, "Preferences: %(title)s", title=each.words), each.url) for each in preferences
    )
    return _made(
        around,
        templates,
        "links",
        heading=interface.text("Your subscriptions"),
        texts=texts,
        links=(
            *ways,
            Link(interface.text("What is known about me"), held_url),
            Link(interface.text("Erase everything about me"), erase_url),
        ),
    )


def yearly(
    site: Site,
    newsletter: Newsletter,
    layout: Layout,
    templates: Templates,
    language: str | None = None,
    *,
    still_url: str,
    ends: datetime | None = None,
) -> Content:
    """Asks a reader of *newsletter* whether they still want it (L9). *still_url* is the page with the button; *ends* is
    when it ends without an answer, None where it goes on. Holds UNSUBSCRIBE_SLOT and PREFERENCES_SLOT."""
    interface = _interface(site, language)
    title = newsletter.title
    silence = (
        said(
            interface,
            "Without an answer it ends on %(date)s.",
            date=site_date(ends, site, interface.language),
        )
        if ends
        else interface.text("If you do nothing, it goes on as before.")
    )
    question = said(interface, "Do you still want %(title)s?", title=title)
    around = frame(
        site,
        layout,
        title,
        subject=question,
        preheader=silence,
        interface=interface,
        why=because(interface, title),
        subscribed=True,
    )
    return _made(
        around,
        templates,
        "yearly",
        heading=question,
        texts=(interface.text("We do not watch who reads our letters. So once a year we ask."), silence),
        button=Link(interface.text("Yes, I still want it"), still_url),
    )


def together(titles: Sequence[str], language: str) -> str:
    """Several newsletters in a sentence of *language*."""
    return words(language).join(titles)


def preview_for_editors(
    site: Site,
    newsletter: Newsletter,
    layout: Layout,
    templates: Templates,
    language: str | None = None,
    *,
    subject: str,
    headlines: Sequence[str],
    more: int,
    readers: int,
    due: datetime,
    approval_url: str,
) -> Content:
    """Tells an editor what an edition of *newsletter* holds before it is *due*, and asks for a decision (D8).

    *subject* is the edition's, *headlines* those of its articles (each in its own direction), *more* how many do not
    fit, *readers* how many will get it, *approval_url* the page with the buttons. What happens without an answer is
    said by `newsletter.approve`.
    """
    interface, subject = _interface(site, language), clean_line(subject)
    digits = digits_for(site.digits, interface.language, site.region)
    facts = (
        _leaves(site, newsletter, interface, due),
        interface.count("%(n)s article", "%(n)s articles", len(headlines) + more, digits),
        interface.count("%(n)s reader", "%(n)s readers", readers, digits),
    )
    silence = (
        "Without an answer it is not sent."
        if newsletter.approve == "required"
        else "Without an answer it is sent."
    )
    around = frame(
        site,
        layout,
        newsletter.title,
        subject=said(interface, "Before it goes out: %(subject)s", subject=subject),
        preheader=" · ".join(facts),
        interface=interface,
        why=_editor(interface, newsletter.title),
    )
    return _made(
        around,
        templates,
        "preview",
        heading=interface.text("Before it goes out"),
        texts=(*facts, interface.text(silence)),
        button=Link(interface.text("Look at it and decide"), approval_url),
        headlines=tuple(one for each in headlines for one in paragraphs(clean_line(each), site.language)),
        edition=paragraphs(subject, site.language),
        holds=interface.text("What it holds"),
    )


def _leaves(site: Site, newsletter: Newsletter, interface: Words, due: datetime) -> str:
    if newsletter.instant and newsletter.approve == "required":  # *due* is when the editors are asked again
        return interface.text("It leaves as soon as somebody releases it.")
    digits = digits_for(site.digits, interface.language, site.region)
    hour = clock(due.astimezone(site.timezone).time(), interface.language, digits, region=site.region)
    return said(
        interface,
        "It is due on %(date)s at %(time)s.",
        date=site_date(due, site, interface.language),
        time=hour,
    )


def notice_for_editors(
    site: Site,
    layout: Layout,
    templates: Templates,
    language: str | None = None,
    *,
    subject: str,
    text: str,
    url: str = "",
    button: str = "",
) -> Content:
    """Tells an editor something: *subject* in one line, *text* in paragraphs parted by empty lines, each set by its
    own letters. *url*, where there is something to do, is behind *button*, words in the editor's language."""
    interface = _interface(site, language)
    subject = clean_line(subject)
    around = frame(
        site,
        layout,
        site.title,
        subject=subject,
        preheader=text,
        interface=interface,
        why=_editor(interface, site.title),
    )
    return _made(
        around,
        templates,
        "notice",
        heading=subject,
        texts=(),
        button=Link(button, url) if url else None,
        paragraphs=paragraphs(text, interface.language),
    )


def _made(around: Frame, templates: Templates, name: str, **values: object) -> Content:
    told = [each for value in values.values() if isinstance(value, tuple) for each in value]
    voices = [each.voice for each in told if isinstance(each, Paragraph)]
    html = around.html(templates, name, voices, **values)
    return around.content(html, around.text(templates, name, **values))


def _interface(site: Site, language: str | None) -> Words:
    return words(language or site.language)


def _editor(interface: Words, title: str) -> str:
    return said(interface, "You receive this letter because you are an editor of %(title)s.", title=title)
