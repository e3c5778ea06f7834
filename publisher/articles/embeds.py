"""The shortcodes and components that many sites share, as the HTML they stand for (A12)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from publisher.articles import names
from publisher.model.media import TYPES, ending
from publisher.text.clean import one_line

_ARGUMENT = re.compile(
    r"(?:(?P<key>[A-Za-z_][\w-]*)\s*[=:]\s*)?"
    r"(?:\"(?P<double>(?:\\.|[^\"\\])*)\"|'(?P<single>[^']*)'|`(?P<tick>[^`]*)`|“(?P<curly>[^”]*)”"
    r"|(?P<bare>[^\s,\"'`]+))"
)
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a shortcode or component is given, by place and by name; names in lower case."""

    placed: list[str] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)

    def get(self, *names: str, place: int | None = None) -> str:
        """The first of *names* that holds something, else what stands in *place*; one line."""
        found = next((self.named[name] for name in names if self.named.get(name)), "")
        if not found and place is not None and place < len(self.placed):
            found = self.placed[place]
        return one_line(found)


def arguments(source: str) -> Arguments:
    """Read `key="value"`, `key: value` and bare values, with blanks or commas between."""
    found = Arguments()
    for match in _ARGUMENT.finditer(source):
        if match["double"] is not None:
            value = _ESCAPE.sub(r"\1", match["double"])
        else:
            value = next(
                match[kind] for kind in ("single", "tick", "curly", "bare") if match[kind] is not None
            )
        if match["key"]:
            found.named[match["key"].lower()] = value
        else:
            found.placed.append(value)
    return found


def figure(given: Arguments) -> str:
    """A picture, with its caption if there is one."""
    source = given.get("src", "path", "url", place=0)
    if not source:
        return ""
    title, caption = given.get("title"), given.get("caption", place=1)
    alt = given.get("alt") or caption or title
    picture = f'<img src="{escape(source)}" alt="{escape(alt)}">'
    if target := given.get("link", "href"):
        picture = f'<a href="{escape(target)}">{picture}</a>'
    words = " — ".join(escape(part, quote=False) for part in (title, caption, given.get("attr")) if part)
    return f"<figure>{picture}{words and f'<figcaption>{words}</figcaption>'}</figure>"


def _link_to(pattern: str) -> Callable[[Arguments], str]:
    def link(given: Arguments) -> str:
        name = given.get("id", "videoid", "url", "src", place=0)
        if not name:
            return ""
        url = name if re.match(r"https?://", name) else pattern.format(quote(name, safe="/-_~"))
        shown = given.get("title", "caption") or url
        return f'<a href="{escape(url)}">{escape(shown, quote=False)}</a>'

    return link


def _post(given: Arguments) -> str:
    """A message on X: {{< x user="a" id="1" >}}, in older sites {{< tweet 1 >}}."""
    user = given.get("user") or "i"
    return _link_to(f"https://x.com/{quote(user, safe='')}/status/{{}}")(given)


def _gist(given: Arguments) -> str:
    name = "/".join(given.placed[:2]) or given.get("id")
    return _link_to("https://gist.github.com/{}")(Arguments([name], {})) if name else ""


_PICTURE = re.compile(r"[^?#]+\.(?:png|jpe?g|gif|webp|avif|svg)(?:[?#].*)?\Z", re.IGNORECASE)

_STANDING: dict[str, Callable[[Arguments], str]] = {
    **dict.fromkeys(("figure", "image", "img", "picture", "illustration"), figure),
    **dict.fromkeys(("youtube", "youtube_embed", "youtubeembed"), _link_to("https://www.youtube.com/watch?v={}")),
    "vimeo": _link_to("https://vimeo.com/{}"),
    "instagram": _link_to("https://www.instagram.com/p/{}/"),
    **dict.fromkeys(("tweet", "twitter", "x"), _post),
    "gist": _gist,
}  # fmt: skip


def standing(name: str, given: Arguments) -> str:
    """The HTML that stands for *name* (lower case); "" if it is unknown. Whatever its name, what has a picture as
    `src` shows a picture."""
    make = _STANDING.get(name) or (figure if _PICTURE.match(given.get("src")) else None)
    return make(given) if make else ""


# What stands for an address, in a link or alone.
ADDRESSES = frozenset(("ref", "relref", "post_url", "link"))

# What stands around words: the HTML before and after them. The blank lines keep the words Markdown.
_AROUND: dict[str, Callable[[Arguments], tuple[str, str]]] = {
    "quote": lambda given: ("<blockquote>", f"{_by(given)}</blockquote>"),
    "blockquote": lambda given: ("<blockquote>", f"{_by(given)}</blockquote>"),
    "details": lambda given: (
        f"<details><summary>{escape(given.get('summary', 'title', place=0), quote=False)}</summary>",
        "</details>",
    ),
    "rtl": lambda given: ('<div dir="rtl">', "</div>"),
    "ltr": lambda given: ('<div dir="ltr">', "</div>"),
}


def around(name: str, given: Arguments) -> tuple[str, str] | None:
    """The Markdown before and after the words that the pair *name* holds; None if it is unknown."""
    make = _AROUND.get(name)
    if make is None:
        return None
    before, after = make(given)
    return f"\n\n{before}\n\n", f"\n\n{after}\n\n"


def _by(given: Arguments) -> str:
    author = given.get("author", "source", "cite", "by", place=0)
    return author and f"<p>— {escape(author, quote=False)}</p>"


def address(given: Arguments) -> str:
    """The address as the destination of a Markdown link; that of an article with an ending, as links have it (A13)."""
    path, sign, part = given.get("path", place=0).partition("#")
    if path and "://" not in path and ending(path) not in names.KINDS | TYPES.keys():
        path = f"{path.rstrip('/')}.md"
    return quote(f"{path}{sign}{part}", safe="/#?&=.:~-_%+,;@!$*")
