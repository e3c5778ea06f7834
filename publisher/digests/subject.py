"""The one line an edition is known by (D10)."""

from collections.abc import Mapping

import regex

from publisher.model.article import Article
from publisher.model.digest import Newsletter
from publisher.templating import Templates
from publisher.text.clean import one_line
from publisher.text.dates import Digits, write_digits

_LONGEST = 150  # grapheme clusters


class Count(int):
    """A number that reads in *digits* where a subject shows it, and counts like any other."""

    digits: Digits

    def __new__(cls, number: int, digits: Digits) -> "Count":
        """*number*, to be written in *digits*."""
        made = super().__new__(cls, number)
        made.digits = digits
        return made

    def __str__(self) -> str:
        return write_digits(repr(int(self)), self.digits)


def subject(
    newsletter: Newsletter, items: tuple[Article, ...], templates: Templates, values: Mapping[str, object]
) -> str:
    """The subject of a letter with *items*, without direction marks: the newsletter's own template, else the one
    headline, else its title and the first headline. Raises BadConfig when the template cannot be used."""
    if newsletter.subject:
        where = f"newsletters.{newsletter.name}.subject"
        return cut(one_line(templates.render_string(newsletter.subject, where, **values)))
    headline = items[0].title
    return cut(one_line(headline if len(items) == 1 else f"{newsletter.title}: {headline}"))


def cut(line: str, longest: int = _LONGEST) -> str:
    """*line*, at most *longest* grapheme clusters, "…" counted."""
    clusters = regex.findall(r"\X", line)
    return line if len(clusters) <= longest else "".join(clusters[: longest - 1]).rstrip() + "…"
