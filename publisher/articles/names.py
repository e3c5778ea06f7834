"""What a path says of its file: whether it is an article, and of which kind (A2, A6)."""

import re
from typing import Literal

from publisher.model.media import ending
from publisher.text import filename

Kind = Literal["plain", "markdown", "mdx", "html", "docx"]

KINDS: dict[str, Kind] = {
    "txt": "plain",
    "md": "markdown",
    "markdown": "markdown",
    "mdx": "mdx",
    "text": "markdown",
    "html": "html",
    "htm": "html",
    "docx": "docx",
}

_SAVE_AS = "save it as .md, .html or .txt"
_AS_WORD = "save it as .docx"
_MENDS = {  # kinds that hold words: what to do with them
    **dict.fromkeys(
        ("doc", "docm", "dot", "dotx", "odt", "pages", "rtf"), ("a word processor's file", _AS_WORD)
    ),
    "pdf": ("a PDF", _AS_WORD),
    **dict.fromkeys(("xhtml", "xml"), ("XML", "save it as .html")),
    **dict.fromkeys(("rst", "adoc", "org", "tex"), ("a markup that is not read", _SAVE_AS)),
}

_FOLDERS = {
    "_drafts": "drafts",
    "_templates": "templates, not articles",
    "archetypes": "templates, not articles",
    "node_modules": "a program's files",
    "__macosx": "a program's files",
}

# The first that matches says why the file is passed over.
_LITTER: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[._]"), "its name starts with . or _"),
    (re.compile(r"~\$|#.*#\Z", re.DOTALL), "a lock or rescue file of an editor"),
    (
        re.compile(r".*(?:~|\.(?:swp|swo|bak|tmp|part|crdownload))\Z", re.DOTALL | re.I),
        "an unfinished or backup file",
    ),
    (re.compile(r"(?:thumbs\.db|desktop\.ini)\Z", re.I), "a system's file"),
    (
        re.compile(r".*(?:[._-]sync-conflict-\d|\(.*conflicted copy)", re.DOTALL | re.I),
        "a sync conflict's copy",
    ),
    (re.compile(r"LICEN[CS]E|README|(?i:licen[cs]e|readme)(?:\.|\Z)"), "about the folder, not an article"),
)


def verdict(path: str) -> tuple[Literal["article", "skipped", "foreign"], str]:
    """Judge a file by its *path*: an article, skipped without worry (A6), or not an article (A2).

    The reason comes with it, for a foreign file also the mend; "" for an article.
    """
    *folders, name = path.split("/")
    for folder in folders:
        if why := skipped_folder(folder):
            return "skipped", f"in {folder}/: {why}"
    for pattern, why in _LITTER:
        if pattern.match(name):
            return "skipped", why
    if kind(path):
        return "article", ""
    what, mend = _MENDS.get(ending(name), ("", "articles are .md, .txt, .html and .docx files"))
    return "foreign", f"not an article{what and f' but {what}'}; {mend}"


def skipped_folder(name: str) -> str:
    """Why nothing below a folder of this *name* is read; "" if it is."""
    return _FOLDERS.get(name.lower(), "hidden" if name.startswith(".") else "")


def kind(path: str) -> Kind | None:
    """The kind of article that the ending of *path* announces."""
    return KINDS.get(ending(path))


def stem(path: str) -> str:
    """The file's name without ending and language tag; an "index" or "_index" has its folder's name."""
    *folders, name = path.split("/")
    base = name.rpartition(".")[0] or name
    head, _, tag = base.rpartition(".")
    if head and filename.is_tag(tag):
        base = head
    return folders[-1] if base == "index" and folders else base
