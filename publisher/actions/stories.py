"""An article's text, read again from its file: never half a file, never another state than the store's."""

from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from publisher.actions.house import House
from publisher.articles import folder, parse
from publisher.errors import Unreadable
from publisher.model.article import Article, Block, Body, Story
from publisher.text.clean import paragraphs
from publisher.text.direction import of_tag
from publisher.text.language import detect, feed_tag, prose
from publisher.text.words import words


class Changed(Exception):
    """An article's file is not what the store says any more; the message is its path."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where stories are read: the article folder, by the site's rules. Travels between processes."""

    folder: Path
    limit: int  # bytes
    rules: parse.Rules

    @classmethod
    def of(cls, house: House) -> "Shelf":
        return cls(house.folder, house.articles.max_bytes, house.rules)

    def story(self, article: Article) -> Story:
        """*article* with its body. Raises Changed, and Unreadable where the file cannot be opened."""
        leaf = folder.read(self.folder, article.path, self.limit)
        try:
            story = parse.story(leaf, self.rules, article)
        except Unreadable as error:
            raise Changed(article.path) from error
        if story is None:
            raise Changed(article.path)
        return replace(story, body=_noted(story.body, article))

    def story_or_summary(self, article: Article) -> tuple[Story, bool]:
        """The story; while its file cannot be read (a folder that is not mounted), what the store knows of it, so
        that one article does not keep the others out of the feeds. Whether it is whole. Raises Changed."""
        try:
            return self.story(article), True
        except Unreadable:
            return in_short(article), False


def in_short(article: Article) -> Story:
    """*article* with its summary for a text."""
    summary = Block(f"<p>{escape(article.summary)}</p>", article.language, article.direction)
    return Story(article, _noted(Body((summary,), article.language, article.direction), article))


def _noted(body: Body, article: Article) -> Body:
    """*body* behind what was wrong in the article (D9), each correction in an element of its own."""
    notes = [
        Block(_note(each.text, article), article.language, article.direction) for each in article.corrections
    ]
    return replace(body, blocks=(*notes, *body.blocks)) if notes else body


def _note(text: str, article: Article) -> str:
    """The paragraphs of a correction, each in its own language and direction where they are not the article's."""
    lines = list[str]()
    for line in paragraphs(text):
        language = detect(prose(line), article.language)
        side = of_tag(language)
        own = f' lang="{feed_tag(language)}"' if language != article.language else ""
        own += f' dir="{side}"' if side != article.direction else ""
        word = "" if lines else f"<strong>{escape(words(language).text('Correction'))}:</strong> "
        lines.append(f"<p{own}>{word}{escape(line)}</p>")
    return f'<div class="correction">{"".join(lines)}</div>'


def fault(article: Article, error: Exception) -> str:
    """What people are told where a fault of ours keeps an article's text from being shown."""
    what = f"its text cannot be shown ({type(error).__name__}: {error})"[:300]
    return f"{folder.shown(article.path)}: {what}; its summary is. Mend: report this, with the file"
