"""A selection as the letter readers get: subject, HTML and plain text, rendered once a variant (M7, M9, R1-R11)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import css_inline

from publisher.digests.fonts import font, outlook_font
from publisher.digests.marks import lead_line, line, run
from publisher.digests.select import Selection
from publisher.digests.subject import cut, subject
from publisher.layout import Layout
from publisher.model.article import Article, Direction
from publisher.model.digest import UNSUBSCRIBE_SLOT, Content, Newsletter
from publisher.model.media import Shown
from publisher.model.site import Site
from publisher.templating import Templates
from publisher.text.bidi import isolate
from publisher.text.dates import Digits, digits_for, long_date
from publisher.text.direction import of_tag
from publisher.text.excerpt import excerpt
from publisher.text.language import feed_tag
from publisher.text.words import Words, words

LARGEST = 95_000  # octets of the encoded HTML part; Gmail clips at 102 KB (M7)
_COLUMN = 552  # pixels between the paddings of the sheet, in templates/mail
_EXCERPTS = (300, 200, 100, 0)  # grapheme clusters, longest first
_PREHEADER = 140  # grapheme clusters that a list of mails may show behind the subject
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


@dataclass(frozen=True, slots=True)
class Voice:
    """How text of one language is set: what a template needs on each element that holds it."""

    lang: str
    dir: Direction
    align: str  # "right" or "left"
    font: str
    leading: str  # line-height
    outlook: str  # CSS font-family for Outlook on Windows


@dataclass(frozen=True, slots=True)
class Item:
    """One article of a letter, as templates see it. All text is plain."""

    title: str
    excerpt: str
    url: str
    short: str  # for plain text: the URL, or the permalink where it is too long to be read
    categories: str
    byline: str  # date, and the authors where the article names them
    voice: Voice  # of the article's own words
    words: Voice  # of `byline` and `read_more`
    read_more: str
    arrow: str
    picture: Shown | None = None  # small enough for a letter


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

    Where its HTML would be clipped by Gmail, excerpts get shorter, then items fewer, with their number and a link to
    the site (M7). Raises BadConfig when a template cannot be used.
    """
    interface = words(language or site.language)
    digits = digits_for(site.digits, interface.language, site.region)
    date = long_date(
        planned,
        language=site.language,
        region=site.region,
        zone=site.timezone,
        digits=digits_for(site.digits, words(site.language).language, site.region),
    )
    first = selection.items[0]
    headline = subject(
        newsletter,
        selection.items,
        templates,
        {
            "newsletter": newsletter.title,
            "site": site.title,
            "headline": first.title,
            "count": len(selection.items) + selection.more,
            "date": date,
        },
    )
    common = {
        "site": site.title,
        "newsletter": newsletter.title,
        "subject": lead_line(headline, site.direction),
        "preheader": _preheader(first, site.direction),
        "date": date,
        "voice": _voice(site.language, site.direction),
        "words": _voice(interface.language, of_tag(interface.language)),
        "why": interface.text("You receive this letter because you subscribed to %(title)s.")
        % {"title": newsletter.title},
        "unsubscribe": interface.text("Unsubscribe"),
        "unsubscribe_url": UNSUBSCRIBE_SLOT,
        "home_url": layout.home,
        "run": run,
        "line": line,
    }
    for articles, longest in _smaller(selection.items):
        more = selection.more + len(selection.items) - len(articles)
        values = common | {
            "items": [_item(one, longest, site, layout, interface) for one in articles],
            "count": _new(interface, len(articles) + more, digits),
            "more": _more(interface, more, digits),
        }
        html = _INLINER.inline(templates.render(f"mail/{newsletter.template}.html.j2", **values))
        if encoded_size(html) <= LARGEST:
            break
    text = templates.render(f"mail/{newsletter.template}.txt.j2", **values)
    return Content(lead_line(headline, site.direction), html, text, site.language, site.direction)


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


def _smaller(articles: tuple[Article, ...]) -> Iterator[tuple[tuple[Article, ...], int]]:
    """The articles with shorter and shorter excerpts, then fewer and fewer of them without any."""
    for longest in _EXCERPTS:
        yield articles, longest
    number = len(articles)
    while number > 1:
        number = min(number - 1, number * 9 // 10)
        yield articles[:number], _EXCERPTS[-1]


def _preheader(first: Article, direction: Direction) -> str:
    """What a list of mails shows behind the subject: plain text, so marks stand beside its Latin runs (M9)."""
    text = cut(excerpt(first.summary, _PREHEADER) or first.title, _PREHEADER)
    return lead_line(isolate(text, "lrm") if direction == "rtl" else text, direction)


def _voice(language: str, direction: Direction) -> Voice:
    family, leading = font(language)
    return Voice(
        feed_tag(language),
        direction,
        "right" if direction == "rtl" else "left",
        family,
        leading,
        outlook_font(language),
    )


def _item(article: Article, longest: int, site: Site, layout: Layout, around: Words) -> Item:
    interface = words(article.language)
    if interface.language != feed_tag(article.language):  # no words of its own: those of the letter
        interface = around
    digits = digits_for(site.digits, interface.language, site.region)
    date = long_date(
        article.published, language=interface.language, region=site.region, zone=site.timezone, digits=digits
    )
    byline = [date]
    if article.authors and article.authors != (site.author,):
        byline.append(interface.text("By %(authors)s") % {"authors": interface.join(article.authors)})
    direction = of_tag(interface.language)
    return Item(
        title=article.title,
        excerpt=excerpt(article.summary, longest) if longest else "",
        url=layout.article(article.slug),
        short=layout.readable(article.slug, article.id),
        categories=" · ".join(article.categories),
        byline=" · ".join(byline),
        voice=_voice(article.language, article.direction),
        words=_voice(interface.language, direction),
        read_more=interface.text("Read more"),
        arrow="←" if direction == "rtl" else "→",  # bidi mirrors no arrows
        picture=_picture(article, layout),
    )


def _picture(article: Article, layout: Layout) -> Shown | None:
    """The small picture, no wider than the column: Outlook keeps to what the attributes of <img> say."""
    if article.picture is None:
        return None
    small = layout.shown(article, article.picture, small=True)
    width = min(small.width, _COLUMN)
    return replace(small, width=width, height=max(1, round(small.height * width / small.width)))


def _new(interface: Words, number: int, digits: Digits) -> str:
    return interface.count("%(n)s new article", "%(n)s new articles", number, digits)


def _more(interface: Words, number: int, digits: Digits) -> str:
    if not number:
        return ""
    return interface.count(
        "%(n)s more article on the site", "%(n)s more articles on the site", number, digits
    )
