"""A selection as the letter readers get: subject, HTML and plain text, rendered once a variant (M7, M9, R1-R11)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from publisher.digests.frame import Frame, because, frame, said
from publisher.digests.items import Group, Item, arrow, groups, items
from publisher.digests.select import Selection
from publisher.digests.subject import Count, subject
from publisher.digests.told import told
from publisher.digests.voice import Paragraph, Voice, paragraphs, voice
from publisher.layout import Layout
from publisher.model.article import Article
from publisher.model.digest import Content, Newsletter, Told
from publisher.model.site import Site
from publisher.templating import Templates
from publisher.text.dates import digits_for, site_date
from publisher.text.language import feed_tag
from publisher.text.words import Words, words

DIGEST, ARTICLE = "digest", "article"  # the templates of a newsletter that names none
_EXCERPTS = (300, 200, 100, 0)  # grapheme clusters, longest first
_WHOLE = 1200  # ... where the letter is about one article

Articles = tuple[Article, ...]


def compose(
    site: Site,
    newsletter: Newsletter,
    selection: Selection,
    layout: Layout,
    templates: Templates,
    planned: datetime,
    language: str | None = None,
    *,
    opening: str = "",
    text_only: bool = False,
    archived: str = "",
) -> Content:
    """The letter of *selection*, which has at least one item, for an edition *planned* then. Its interface is in
    *language*, else in the site's.

    *opening* is what the editor says first: paragraphs of plain text, each set by its own letters (D6). *archived* is
    the URL of the edition's page, "" where it has none. For readers of text only the HTML is "". A single item of an
    instant newsletter is a letter of its own: the template `article` takes the place of `digest`.

    Where its HTML would be clipped by Gmail, excerpts get shorter, then items fewer, with their number and a link to
    the site (M7). Raises BadConfig when a template cannot be used.
    """
    interface = words(language or site.language)
    date = site_date(planned, site, interface.language)
    first = selection.items[0]
    digits = digits_for(site.digits, site.language, site.region)
    said_of = {
        "newsletter": newsletter.title,
        "site": site.title,
        "headline": first.title,
        "count": Count(len(selection.items) + selection.more, digits),
        "date": site_date(planned, site, site.language),  # a subject is in the publisher's language
    }
    line = subject(newsletter, selection.items, templates, said_of)
    around = _around(site, newsletter, layout, interface, line, first.summary or first.title, archived)
    digest = _Digest(site, layout, newsletter, selection, around, date, paragraphs(opening, site.language))
    articles, longest = selection.items, digest.longest
    rendered = ""
    if not text_only:
        render = partial(digest.html, templates)
        articles, longest, rendered = _fitted(render, articles, longest, site.letterhead.html_limit)
    content = around.content(rendered, digest.text(templates, articles, longest))
    return replace(content, told=digest.told(articles, longest))


def correction(
    site: Site,
    newsletter: Newsletter,
    article: Article,
    note: str,
    layout: Layout,
    templates: Templates,
    planned: datetime,
    language: str | None = None,
    *,
    text_only: bool = False,
) -> Content:
    """The letter that corrects *article*, which an edition of *newsletter* carried (D9). *note* is what the editor
    says: paragraphs of plain text, each set by its own letters. Its interface is in *language*, else in the site's.
    Raises BadConfig when a template cannot be used."""
    interface = words(language or site.language)
    line = said(interface, "Correction: %(title)s", title=article.title)
    around = _around(site, newsletter, layout, interface, line, note, "")
    (item,) = items((article,), 0, site, layout, interface)
    notes = paragraphs(note, site.language)
    values: dict[str, object] = {
        "date": site_date(planned, site, interface.language),
        "item": item,
        "note": notes,
        "kicker": interface.text("Correction"),
        "told": interface.text("An earlier letter brought you this article. Something in it was wrong."),
        "read_on": interface.text("Read the corrected article"),
        "arrow": arrow(voice(interface.language)),
    }
    html = ""
    if not text_only:
        html = around.html(templates, "correction", _voices((item,), notes), **values)
    return around.content(html, around.text(templates, "correction", **values))


def spoken(language: str | None, site: str) -> str:
    """The language of a letter's interface for a reader of *language*: that one where we have its words, else that
    of the *site*."""
    if language and words(language).language == feed_tag(language):
        return words(language).language
    return words(site).language


def encoded_size(html: str) -> int:
    """Octets of *html* as a part of a letter: UTF-8 with CRLF lines, in base64 lines of 76 with CRLF."""
    base64 = -(-(len(html.encode()) + html.count("\n")) // 3) * 4
    return base64 + -(-base64 // 76) * 2


@dataclass(frozen=True, slots=True)
class _Digest:
    """An edition's letter before it is known how much of it fits."""

    site: Site
    layout: Layout
    newsletter: Newsletter
    selection: Selection
    around: Frame
    date: str
    opening: tuple[Paragraph, ...]

    @property
    def alone(self) -> bool:
        """Whether the letter is about one article."""
        newsletter = self.newsletter
        return newsletter.instant and newsletter.template == DIGEST and len(self.selection.items) == 1

    @property
    def longest(self) -> int:
        return _WHOLE if self.alone else _EXCERPTS[0]

    @property
    def template(self) -> str:
        return ARTICLE if self.alone else self.newsletter.template

    def html(self, templates: Templates, articles: Articles, longest: int) -> str:
        shown = self._items(articles, longest)
        values = self._values(shown, articles)
        return self.around.html(templates, self.template, _voices(shown, self.opening), **values)

    def text(self, templates: Templates, articles: Articles, longest: int) -> str:
        values = self._values(self._items(articles, longest), articles)
        return self.around.text(templates, self.template, **values)

    def told(self, articles: Articles, longest: int) -> Told:
        shown = self._items(articles, longest)
        return told(self.newsletter.title, self.opening, self._groups(shown, articles), self._more(shown))

    def _items(self, articles: Articles, longest: int) -> tuple[Item, ...]:
        return items(articles, longest, self.site, self.layout, self.around.interface)

    def _groups(self, shown: tuple[Item, ...], articles: Articles) -> tuple[Group, ...]:
        if self.newsletter.group:
            return groups(shown, articles, self.around.interface)
        return (Group("", self.around.voice, shown),)

    def _more(self, shown: tuple[Item, ...]) -> int:
        return len(self.selection.items) + self.selection.more - len(shown)

    def _values(self, shown: tuple[Item, ...], articles: Articles) -> dict[str, object]:
        interface = self.around.interface
        digits = digits_for(self.site.digits, interface.language, self.site.region)
        number = len(self.selection.items) + self.selection.more
        more = self._more(shown)
        forms = ("%(n)s more article on the site", "%(n)s more articles on the site")
        return {
            "date": self.date,
            "opening": self.opening,
            "items": shown,
            "groups": self._groups(shown, articles),
            "count": interface.count("%(n)s new article", "%(n)s new articles", number, digits),
            "more": interface.count(*forms, more, digits) if more else "",
            "read_on": interface.text("Read the whole article"),
            "arrow": arrow(voice(interface.language)),
        }


def _around(
    site: Site,
    newsletter: Newsletter,
    layout: Layout,
    interface: Words,
    line: str,
    preheader: str,
    archived: str,
) -> Frame:
    return frame(
        site,
        layout,
        newsletter.title,
        subject=line,
        preheader=preheader,
        interface=interface,
        own=voice(site.language, site.direction),
        why=because(interface, newsletter.title),
        subscribed=True,
        archived=archived,
    )


def _fitted(
    render: Callable[[Articles, int], str], articles: Articles, longest: int, limit: int
) -> tuple[Articles, int, str]:
    """How many of *articles*, and how much of each, stand in a letter of at most *limit* octets, and its HTML: with
    shorter and shorter excerpts, then as many as fit without any, and never less than one (M7)."""
    for most in dict.fromkeys((longest, *_EXCERPTS)):
        html = render(articles, most)
        if encoded_size(html) <= limit:
            return articles, most, html
    fits, least, most = articles[:1], 2, len(articles) - 1
    html = render(fits, 0)
    while least <= most:
        middle = (least + most) // 2
        tried = render(articles[:middle], 0)
        if encoded_size(tried) <= limit:
            fits, html, least = articles[:middle], tried, middle + 1
        else:
            most = middle - 1
    return fits, 0, html


def _voices(shown: tuple[Item, ...], told: tuple[Paragraph, ...]) -> list[Voice]:
    return [each for item in shown for each in (item.voice, item.words)] + [one.voice for one in told]
