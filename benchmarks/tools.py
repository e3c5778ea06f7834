"""The tools that are measured, each as a site over the same folder of articles: Nashir, Hugo, Eleventy, Pelican.

What is asked of each is the same: an RSS and an Atom feed of the newest 50 articles with their full text, for the site
and for each of the 20 tags, and, where *pages* are wanted, a page for every article and a home page of the newest.
Everything else is switched off, and what makes a tool faster is switched on (Pelican's cache of what it read;
Eleventy's Markdown without a template engine).
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
ENTRIES = 50


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool and its site."""

    name: str
    version: str
    root: Path
    build: tuple[str, ...]
    out: str  # below root
    tags: str  # the folder of the tags' feeds, below out
    watch: tuple[str, ...] = ()  # the daemon; none: it is not measured
    ready: str = ""  # what the daemon prints when it watches
    made: tuple[str, ...] = ()  # what a first build must not find, below root
    environment: dict[str, str] = field(default_factory=dict)
    slow: bool = False  # fewer rounds where there are many articles
    notes: tuple[str, ...] = ()

    @property
    def rss(self) -> Path:
        return self.root / self.out / "rss.xml"

    @property
    def atom(self) -> Path:
        return self.root / self.out / "atom.xml"

    def clean(self) -> None:
        """As if it had never been built."""
        for name in (self.out, *self.made):
            shutil.rmtree(self.root / name, ignore_errors=True)


def _file(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).lstrip(), "utf-8")


def _said(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _found(peers: Path | None, *places: str) -> Path | None:
    """The program: in the folder of peers at one of *places* (the first word after the last "/" is its name), or on
    PATH."""
    for place in places:
        if peers and (path := peers / place).is_file() and os.access(path, os.X_OK):
            return path.absolute()
    path = shutil.which(places[0].rpartition("/")[2])
    return Path(path) if path else None


# --- Nashir ---------------------------------------------------------------------------------------------------------

WANTED = (  # settings that switch off what the peers do not write; one that this version does not know is left out
    ("feeds", 'per = ["category"]'),
    ("feeds", "archive = false"),
    ("pages", "enabled = false"),
)


def nashir(work: Path, articles: Path, *, pages: bool, archive: bool = False) -> Tool:
    """This tree's Nashir."""
    root = work / ("nashir-pages" if pages else "nashir")
    # An installed program has its bytecode beside it: let the first run write it.
    environment = {"PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": ""}
    command = (sys.executable, "-m", "publisher", "-C", str(root))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (root / "empty").mkdir(parents=True)
    accepted: list[tuple[str, str]] = []
    for setting in WANTED:
        if (pages and setting[0] == "pages") or (archive and "archive" in setting[1]):
            continue
        _nashir_config(root, root / "empty", port, [*accepted, setting])
        tried = subprocess.run(
            [*command, "check"], check=False, env=os.environ | environment, capture_output=True
        )
        if tried.returncode == 0:
            accepted.append(setting)
    _nashir_config(root, articles, port, accepted)
    commit = subprocess.run(
        ["git", "-C", HERE, "rev-parse", "--short", "HEAD"], check=False, capture_output=True, text=True
    )
    version = _said("env", f"PYTHONPATH={HERE}", *command[:3], "--version").split()[-1]
    without = not pages and ("pages", "enabled = false") not in accepted
    return Tool(
        name="nashir",
        version=f"{version} ({commit.stdout.strip() or 'no commit'})",
        root=root,
        build=(*command, "--json", "publish"),
        watch=(*command, "run"),
        ready="published",
        out="feeds",
        tags="category",
        made=("state",),
        environment=environment,
        notes=("this version cannot leave the pages out: it writes them, the peers do not",)
        if without
        else (),
    )


def _nashir_config(root: Path, articles: Path, port: int, settings: list[tuple[str, str]]) -> None:
    tables = {"feeds": ['folder = "feeds"', f"entries = {ENTRIES}"], "pages": list[str]()}
    for table, line in settings:
        tables[table].append(line)
    more = "\n\n".join(f"[{table}]\n" + "\n".join(lines) for table, lines in tables.items() if lines)
    (root / "config.toml").write_text(
        '[site]\nid = "0f9d5b0e-6c1e-4a52-9c1b-3f3f6f6f7a11"\ntitle = "القياس"\nurl = "https://example.org"\n'
        'language = "ar"\ntimezone = "Asia/Baghdad"\n\n'
        f'[articles]\nfolder = "{articles}"\nscan_every = 3600.0\n\n{more}\n\n'
        f'[mail]\nrelay = "maildir:outbox"\nfrom = "paper@example.org"\n\n[web]\nlisten = "127.0.0.1:{port}"\n',
        "utf-8",
    )


# --- Hugo -----------------------------------------------------------------------------------------------------------

RSS = """
    <?xml version="1.0" encoding="utf-8"?>
    <rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/">
    <channel><title>{{ site.Title }}</title><link>{{ .Permalink }}</link><description>{{ site.Title }}</description>
    <language>ar</language>
    {{ range first 50 PAGES }}<item><title>{{ .Title | htmlEscape }}</title><link>{{ .Permalink }}</link>
    <guid>{{ .Permalink }}</guid><pubDate>{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" }}</pubDate>
    {{ range .Params.tags }}<category>{{ . | htmlEscape }}</category>{{ end }}
    <description>{{ .Summary | htmlEscape }}</description>
    <content:encoded>{{ .Content | htmlEscape }}</content:encoded></item>
    {{ end }}</channel></rss>
"""
ATOM = """
    <?xml version="1.0" encoding="utf-8"?>
    <feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ar"><id>{{ .Permalink }}</id><title>{{ site.Title }}</title>
    <updated>{{ now.Format "2006-01-02T15:04:05Z07:00" }}</updated><link href="{{ .Permalink }}"/>
    {{ range first 50 PAGES }}<entry><id>{{ .Permalink }}</id><title>{{ .Title | htmlEscape }}</title>
    <link href="{{ .Permalink }}"/><published>{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}</published>
    <updated>{{ .Lastmod.Format "2006-01-02T15:04:05Z07:00" }}</updated>
    <author><name>{{ .Params.author }}</name></author>
    {{ range .Params.tags }}<category term="{{ . | htmlEscape }}"/>{{ end }}
    <summary type="html">{{ .Summary | htmlEscape }}</summary>
    <content type="html">{{ .Content | htmlEscape }}</content></entry>
    {{ end }}</feed>
"""
PAGE = """
    <!DOCTYPE html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{{ .Title }}</title></head>
    <body><article><h1>{{ .Title }}</h1><p>{{ .Params.author }} {{ .Date.Format "2006-01-02" }}</p>
    {{ .Content }}</article></body></html>
"""
HOME = """
    <!DOCTYPE html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{{ site.Title }}</title></head>
    <body>{{ range first 50 site.RegularPages }}<h2><a href="{{ .Permalink }}">{{ .Title }}</a></h2>
    <p>{{ .Summary }}</p>{{ end }}</body></html>
"""


def hugo(work: Path, articles: Path, peers: Path | None, *, pages: bool) -> Tool | None:
    """Hugo; with *pages* it writes them, otherwise it reads every article and writes the two feeds alone."""
    root = work / ("hugo-pages" if pages else "hugo")
    places = (
        [str(path.relative_to(peers)) for path in peers.glob("hugo/lib/*/site-packages/hugo/binaries/hugo")]
        if peers
        else []
    )
    program = _found(peers, *places, "hugo/bin/hugo")
    if not program:
        return None
    render = "always" if pages else "link"
    key = "build" if _hugo_number(program) >= (0, 145) else "_build"
    _file(
        root / "hugo.toml",
        f"""
        baseURL = "https://example.org/"
        languageCode = "ar"
        title = "القياس"
        disableKinds = ["section", "taxonomy", "sitemap", "robotsTXT", "404"]
        timeZone = "Asia/Baghdad"
        [taxonomies]
        tag = "tags"
        [outputs]
        home = [{'"HTML", ' if pages else ""}"RSS", "ATOM"]
        page = ["HTML"]
        term = ["RSS", "ATOM"]
        [outputFormats.RSS]
        mediaType = "application/rss+xml"
        baseName = "rss"
        isPlainText = true
        [outputFormats.ATOM]
        mediaType = "application/atom+xml"
        baseName = "atom"
        isPlainText = true
        [mediaTypes."application/atom+xml"]
        suffixes = ["xml"]
        [[module.mounts]]
        source = "{articles}"
        target = "content"
        [[module.mounts]]
        source = "layouts"
        target = "layouts"
        [[cascade]]
        [cascade.{key}]
        render = "{render}"
        list = "always"
        [cascade._target]
        kind = "page"
        """,
    )
    for template, pages_ in (("index", "site.RegularPages"), ("_default/term", ".RegularPages")):
        _file(root / f"layouts/{template}.rss.xml", RSS.replace("PAGES", pages_))
        _file(root / f"layouts/{template}.atom.xml", ATOM.replace("PAGES", pages_))
    _file(root / "layouts/index.html", HOME)
    _file(root / "layouts/_default/single.html", PAGE)
    return Tool(
        name="hugo",
        version=".".join(str(part) for part in _hugo_number(program)),
        root=root,
        build=(str(program), "--quiet"),
        watch=(str(program), "--watch"),
        ready="Press Ctrl+C to stop",
        out="public",
        tags="tags",
        made=("cache", "resources"),
        environment={"HUGO_CACHEDIR": str(root / "cache")},
    )


def _hugo_number(program: Path) -> tuple[int, ...]:
    word = next(word for word in _said(program, "version").split() if word[0] == "v" and word[1:2].isdigit())
    return tuple(int(part) for part in word[1:].partition("-")[0].partition("+")[0].split("."))


# --- Eleventy -------------------------------------------------------------------------------------------------------

ELEVENTY = """
    const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
    const newest = ({ collections, tag }) =>
      collections[tag || "all"].filter((item) => item.inputPath.endsWith(".md")).reverse().slice(0, 50);
    const url = (item) => `https://example.org/${item.fileSlug}/`;
    const rss = (data) => `<?xml version="1.0" encoding="utf-8"?>
    <rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>القياس</title>
    <link>https://example.org/</link><description>القياس</description><language>ar</language>
    ${newest(data).map((item) => `<item><title>${escape(item.data.title)}</title><link>${url(item)}</link>
    <guid>${url(item)}</guid><pubDate>${item.date.toUTCString()}</pubDate>
    ${item.data.tags.map((tag) => `<category>${escape(tag)}</category>`).join("")}
    <content:encoded>${escape(item.content)}</content:encoded></item>`).join("")}</channel></rss>`;
    const atom = (data) => `<?xml version="1.0" encoding="utf-8"?>
    <feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ar"><id>https://example.org/</id><title>القياس</title>
    <updated>${new Date().toISOString()}</updated><link href="https://example.org/"/>
    ${newest(data).map((item) => `<entry><id>${url(item)}</id><title>${escape(item.data.title)}</title>
    <link href="${url(item)}"/><published>${item.date.toISOString()}</published>
    <updated>${item.date.toISOString()}</updated><author><name>${escape(item.data.author)}</name></author>
    ${item.data.tags.map((tag) => `<category term="${escape(tag)}"/>`).join("")}
    <content type="html">${escape(item.content)}</content></entry>`).join("")}</feed>`;
    module.exports = (config) => {
      const alone = { eleventyExcludeFromCollections: true };
      config.addGlobalData("permalink", () => false);
      config.addTemplate("rss.11ty.js", { data: { permalink: "rss.xml", ...alone }, render: rss });
      config.addTemplate("atom.11ty.js", { data: { permalink: "atom.xml", ...alone }, render: atom });
      for (const [name, render] of [["rss", rss], ["atom", atom]]) {
        const data = {
          pagination: { data: "collections", size: 1, alias: "tag", filter: ["all"] },
          permalink: ({ tag }) => `tags/${tag}/${name}.xml`,
          ...alone,
        };
        config.addTemplate(`tag-${name}.11ty.js`, { data, render });
      }
      return { markdownTemplateEngine: false, templateFormats: ["md", "11ty.js"] };
    };
"""


def eleventy(work: Path, articles: Path, peers: Path | None) -> Tool | None:
    """Eleventy; its articles have no page of their own (`permalink: false`)."""
    program = _found(peers, "eleventy/node_modules/.bin/eleventy")
    if not program:
        return None
    root = work / "eleventy"
    _file(root / "eleventy.config.cjs", ELEVENTY)
    if not (root / "articles").exists():
        (root / "articles").symlink_to(articles)
    command = (str(program), "--config=eleventy.config.cjs", "--input=articles", "--output=out", "--quiet")
    return Tool(
        name="eleventy",
        version=_said(program, "--version").lstrip("v"),
        root=root,
        build=command,
        watch=(*command[:-1], "--watch"),
        ready="Watching",
        out="out",
        tags="tags",
        made=(".cache",),
        environment={"NODE_OPTIONS": "--max-old-space-size=16384"},
        slow=True,
    )


# --- Pelican --------------------------------------------------------------------------------------------------------

PELICAN = """
    SITENAME, SITEURL, FEED_DOMAIN = "القياس", "https://example.org", "https://example.org"
    TIMEZONE, DEFAULT_LANG, AUTHOR = "Asia/Baghdad", "ar", "القياس"
    PATH, OUTPUT_PATH, CACHE_PATH = {articles}, "out", "cache"
    FEED_ALL_ATOM, FEED_ALL_RSS, FEED_MAX_ITEMS = "atom.xml", "rss.xml", 50
    RSS_FEED_SUMMARY_ONLY = False
    CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
    TAG_FEED_ATOM, TAG_FEED_RSS, SLUGIFY_USE_UNICODE = "tags/{{slug}}/atom.xml", "tags/{{slug}}/rss.xml", True
    ARTICLE_URL, SLUGIFY_SOURCE = "{{slug}}/", "basename"
    ARTICLE_SAVE_AS = DRAFT_SAVE_AS = PAGE_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = AUTHOR_SAVE_AS = ""
    YEAR_ARCHIVE_SAVE_AS = MONTH_ARCHIVE_SAVE_AS = DAY_ARCHIVE_SAVE_AS = ""
    DIRECT_TEMPLATES = THEME_STATIC_PATHS = STATIC_PATHS = []
    USE_FOLDER_AS_CATEGORY, DEFAULT_CATEGORY = False, "misc"
    CACHE_CONTENT = LOAD_CONTENT_CACHE = True
    CONTENT_CACHING_LAYER, GZIP_CACHE = "generator", False
"""


def pelican(work: Path, articles: Path, peers: Path | None) -> Tool | None:
    """Pelican; no pages, and its cache of read articles kept from one run to the next."""
    program = _found(peers, "pelican/bin/pelican")
    if not program:
        return None
    root = work / "pelican"
    _file(root / "pelicanconf.py", PELICAN.format(articles=json.dumps(str(articles), ensure_ascii=False)))
    return Tool(
        name="pelican",
        version=_said(program, "--version"),
        root=root,
        build=(str(program), "--settings", "pelicanconf.py", "--quiet"),
        out="out",
        tags="tags",
        made=("cache",),
        slow=True,
    )
