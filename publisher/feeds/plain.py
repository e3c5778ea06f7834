"""What an entry says of itself outside its content: the same words, language and direction in every format (F3)."""

from publisher.model.article import Article, Direction
from publisher.model.feed import Feed
from publisher.text.bidi import isolate
from publisher.text.direction import lead
from publisher.text.language import feed_tag


def channel_title(feed: Feed) -> str:
    return lead(feed.title, feed.direction)


def channel_description(feed: Feed) -> str:
    """The description, or the title where there is none: RSS wants one (RSS 2.0, "Required channel elements")."""
    return _line(feed.description, feed.direction) or channel_title(feed)


def title(article: Article) -> str:
    """The headline as written, behind one U+200F where readers would take it for left-to-right (F6, F12)."""
    return lead(article.title, article.direction)


def summary(article: Article) -> str:
    """The summary, with an LRM beside what the bidi algorithm would move (F9); "" where there is none."""
    return _line(article.summary, article.direction)


def authors(feed: Feed, article: Article) -> tuple[str, ...]:
    """Who wrote it; the feed's author where the article names nobody."""
    return article.authors or ((feed.author,) if feed.author else ())


def own_language(feed: Feed, article: Article) -> str | None:
    """The article's language as feeds write it, where it is not the feed's (F4)."""
    language = feed_tag(article.language)
    return None if language == feed.language else language


def own_direction(feed: Feed, article: Article) -> Direction | None:
    """The article's direction, where it is not the feed's and the feed tells directions (F5)."""
    return article.direction if feed.metadata and article.direction != feed.direction else None


def _line(text: str, direction: Direction) -> str:
    return lead(isolate(text, "lrm"), direction) if direction == "rtl" else text
