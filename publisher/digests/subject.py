"""The one line an edition is known by (D10)."""

from collections.abc import Mapping

import regex

from publisher.model.article import Article
from publisher.model.digest import Newsletter
from publisher.templating import Templates
from publisher.text.clean import one_line

_LONGEST = 150  # grapheme clusters


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
