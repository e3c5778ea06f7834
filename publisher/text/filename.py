"""What a file's path says of its language, and which paths are one article's in several (A7, A17)."""

import re
from unicodedata import normalize

# What an article's name may end in.
ENDINGS = ("md", "markdown", "mdx", "text", "txt", "html", "htm", "docx")

# Tags that stand in names ("post.ar.md", "ar/post.md"): the languages of our readers and those they translate from.
_TAG = re.compile(
    r"(?:ar|arz|ary|fa|prs|ur|ps|sd|ug|ckb|ku|kmr|he|iw|yi|dv|syr|ks|pnb|skr|bal|azb|glk|mzn|lrc|rhg"
    r"|en|fr|de|es|it|pt|nl|sv|ru|uk|tr|az|id|ms|zh|ja|ko|hi|bn)(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?\Z",
    re.I,
)


def is_tag(part: str) -> bool:
    """Whether this part of a path names a language."""
    return _TAG.match(part) is not None


def language(path: str) -> str | None:
    """The language tag in *path*: "post.ar.md" before "ar/post.md", the nearest folder first (A7)."""
    *folders, name = path.split("/")
    parts = name.split(".")
    candidates = [*parts[-2:-1], *reversed(folders)] if len(parts) > 2 else list(reversed(folders))
    return next((tag for tag in candidates if is_tag(tag)), None)


def called(path: str) -> str:
    """What links know the article in this file by: its name without folder, language and ending, of an index that of
    its folder."""
    *folders, name = untagged(path).split("/")
    return folders[-1] if folders and name in ("index", "_index") else name


def untagged(path: str) -> str:
    """*path* without its ending and its language tag, in NFC: the same for "post.ar.md", "he/post.html", "post.md".

    Where both the name and a folder have a tag, the folder's goes only if it is the same: in "en/post.ar.md" the
    folder is a place, in "ar/post.ar.md" it says the same twice.
    """
    *folders, name = normalize("NFC", path).split("/")
    head, dot, ending = name.rpartition(".")
    base = head if dot and ending.lower() in ENDINGS else name
    stem, dot, tag = base.rpartition(".")
    own = tag.lower() if dot and stem and is_tag(tag) else ""
    place = next((n for n in reversed(range(len(folders))) if is_tag(folders[n])), None)
    if place is not None and own in ("", folders[place].lower()):
        del folders[place]
    return "/".join((*folders, stem if own else base))
