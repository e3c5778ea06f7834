"""The articles of a letter as templates see them: all text is plain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from publisher.digests.voice import Voice, voice
from publisher.layout import Layout
from publisher.model.article import Article
from publisher.model.media import Shown
from publisher.model.site import Site
from publisher.text.dates import site_date
from publisher.text.excerpt import excerpt
from publisher.text.fold import fold
from publisher.text.language import feed_tag
from publisher.text.words import Words, words

COLUMN = 552  # pixels between the paddings of the sheet, in templates/mail


@dataclass(frozen=True, slots=True)
class Item:
    """One article of a letter."""

    title: str
    excerpt: str
    url: str
    short: str  # for plain text: the URL, or the permalink where it is too long to be read
    category: str  # the first; "" below a heading that says it
    categories: str
    byline: str  # date, and the authors where the article names them
    voice: Voice  # of the article's own words
    words: Voice  # of `byline` and `read_more`
    read_more: str
    arrow: str
    picture: Shown | None = None  # small enough for a letter


@dataclass(frozen=True, slots=True)
class Group:
    """Items below one heading, "" where the letter has none (D6)."""

    heading: str
    voice: Voice
    items: tuple[Item, ...]


def items(
    articles: Sequence[Article], longest: int, site: Site, layout: Layout, interface: Words
) -> tuple[Item, ...]:
    """The items of *articles*, with excerpts of at most *longest* grapheme clusters."""
    made = [_item(one, longest, site, layout, interface) for one in articles]
    return tuple(_told_apart(made))


def groups(shown: Sequence[Item], articles: Sequence[Article], interface: Words) -> tuple[Group, ...]:
    """The items below the first categories of their articles, in the order in which those come first; what has none
    stands last, below "Other topics". One group without a heading where no article has a category."""
    found: dict[str, list[tuple[Item, Article]]] = {}
    for item, article in zip(shown, articles, strict=True):
        found.setdefault(fold(item.category), []).append((item, article))
    rest = found.pop("", [])
    made = [
        Group(pairs[0][0].category, pairs[0][0].voice, tuple(replace(item, category="") for item, _ in pairs))
        for pairs in found.values()
    ]
    if rest:
        heading = interface.text("Other topics") if made else ""
        made.append(Group(heading, voice(interface.language), tuple(item for item, _ in rest)))
    return tuple(made)


def _item(article: Article, longest: int, site: Site, layout: Layout, around: Words) -> Item:
    interface = words(article.language)
    if interface.language != feed_tag(article.language):  # no words of its own: those of the letter
        interface = around
    byline = [site_date(article.published, site, interface.language)]
    if article.authors and article.authors != (site.author,):
        byline.append(interface.text("By %(authors)s") % {"authors": interface.join(article.authors)})
    spoken = voice(interface.language)
    return Item(
        title=article.title,
        excerpt=excerpt(article.summary, longest) if longest else "",
        url=layout.article(article.slug),
        short=layout.readable(article.slug, article.id),
        category=article.categories[0] if article.categories else "",
        categories=" · ".join(article.categories),
        byline=" · ".join(byline),
        voice=voice(article.language, article.direction),
        words=spoken,
        read_more=interface.text("Read more"),
        arrow=arrow(spoken),
        picture=_picture(article, layout),
    )


def arrow(of: Voice) -> str:
    """The arrow that points on: bidi mirrors none (R9)."""
    return "←" if of.dir == "rtl" else "→"


def _told_apart(made: Sequence[Item]) -> Iterator[Item]:
    """A picture whose words say what another link of the letter says gets none: its link would be told from that one
    by nobody who hears them (R11)."""
    names = {item.title for item in made}
    for item in made:
        if item.picture is None or not item.picture.alt:
            yield item
        elif item.picture.alt in names:
            yield replace(item, picture=replace(item.picture, alt=""))
        else:
            names.add(item.picture.alt)
            yield item


def _picture(article: Article, layout: Layout) -> Shown | None:
    """The small picture, no wider than the column: Outlook keeps to what the attributes of <img> say."""
    if article.picture is None:
        return None
    small = layout.shown(article, article.picture, small=True)
    width = min(small.width, COLUMN)
    return replace(small, width=width, height=max(1, round(small.height * width / small.width)))
