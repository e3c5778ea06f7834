"""What all letters are made with: the variables of templates/mail/base, and how they are rendered (R9, H6)."""

from collections.abc import Iterable
from dataclasses import dataclass

import css_inline

from publisher.digests.marks import held, lead_line, line, run, within
from publisher.digests.subject import cut
from publisher.digests.voice import Voice, voice
from publisher.layout import Layout
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Content
from publisher.model.site import Site
from publisher.templating import Templates
from publisher.text.clean import clean_line, one_line
from publisher.text.direction import of_tag
from publisher.text.excerpt import excerpt
from publisher.text.words import Words

_PREHEADER = 140  # grapheme clusters that a list of mails may show behind the subject
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


@dataclass(frozen=True, slots=True)
class Link:
    """A way from a letter to somewhere, in words of the interface."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A letter round what it is about: its voice, the interface's, and the variables of mail/base."""

    subject: str
    voice: Voice
    house: Voice  # of the publisher's own words: titles, postal address
    interface: Words
    values: dict[str, object]

    def html(self, templates: Templates, name: str, voices: Iterable[Voice], **values: object) -> str:
        """The template mail/*name*.html.j2 with its style sheet written into its elements (R9). *voices* are those
        that *values* speak in. Raises BadConfig when the template cannot be used."""
        spoken = {
            each.lang: each for each in (self.voice, self.house, voice(self.interface.language), *voices)
        }
        every = self.values | values | {"voices": list(spoken.values())}
        return _INLINER.inline(templates.render(f"mail/{name}.html.j2", **every))

    def text(self, templates: Templates, name: str, **values: object) -> str:
        """The template mail/*name*.txt.j2 (M9). Raises BadConfig when it cannot be used."""
        return templates.render(f"mail/{name}.txt.j2", **(self.values | values))

    def content(self, html: str, text: str) -> Content:
        return Content(self.subject, html, text, self.voice.lang, self.voice.dir)


def frame(
    site: Site,
    layout: Layout,
    title: str,
    *,
    subject: str,
    preheader: str,
    interface: Words,
    own: Voice | None = None,
    why: str = "",
    subscribed: bool = False,
    archived: str = "",
) -> Frame:
    """The frame of a letter of *title*, a newsletter or the site, set in the voice *own*, else in the interface's.
    *subject*, one line, is cut where it is too long (D10). At its foot are *why* it comes, the URL of its page in the
    archive and, for whoever is *subscribed*, the slots of the links to preferences and out (H6)."""
    house = voice(site.language, site.direction)
    around = own or voice(interface.language)
    said = _lead(cut(subject), around, site)
    values: dict[str, object] = {
        "site": site.title,
        "newsletter": title,
        "subject": said,
        "preheader": _preheader(preheader, around, site),
        "voice": around,
        "house": house,
        "words": voice(interface.language),
        "why": why,
        "postal": site.letterhead.postal,
        "home_url": layout.home,
        "run": run,
        "line": line,
    }
    ways = _ways_out(interface, archived, subscribed=subscribed)
    return Frame(said, around, house, interface, values | ways)


def because(interface: Words, title: str) -> str:
    """Why a reader of the newsletter *title* gets a letter (H6)."""
    return said(interface, "You receive this letter because you subscribed to %(title)s.", title=title)


def said(interface: Words, msgid: str, **values: str) -> str:
    """The words for *msgid* with *values*, text of others, each held together in its own direction."""
    direction = of_tag(interface.language)
    return interface.text(msgid) % {name: within(one_line(each), direction) for name, each in values.items()}


def _ways_out(interface: Words, archived: str, *, subscribed: bool) -> dict[str, object]:
    """The links at the foot of a reader's letter: its page in the archive, their choices, and the way out (H6);
    "" where there are none."""
    urls = {
        "archived": ("Read in the browser", archived),
        "preferences": ("Your preferences", PREFERENCES_SLOT if subscribed else ""),
        "unsubscribe": ("Unsubscribe", UNSUBSCRIBE_SLOT if subscribed else ""),
    }
    said: dict[str, object] = {name: interface.text(msgid) for name, (msgid, _) in urls.items()}
    return said | {f"{name}_url": url for name, (_, url) in urls.items()}


def _preheader(text: str, around: Voice, site: Site) -> str:
    """What a list of mails shows behind the subject: plain text, so marks stand beside its Latin runs (M9)."""
    short = cut(excerpt(clean_line(text), _PREHEADER), _PREHEADER)
    return _lead(held(short, around.dir), around, site)


def _lead(text: str, around: Voice, site: Site) -> str:
    return lead_line(text, around.dir) if site.letterhead.marks else text
