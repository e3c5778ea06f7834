"""The CSS a browser dresses a feed with where the file itself is opened (F21 on static hosts; no XSLT)."""

from publisher.text.words import LANGUAGES, words

_RULES = """\
@namespace its "http://www.w3.org/2005/11/its";
rss, feed {
  display: block; max-width: 42rem; margin: 0 auto; padding: 1.5rem 1rem; text-align: start;
  font: 1.125rem/1.8 "Noto Naskh Arabic", "Geeza Pro", "Segoe UI", Tahoma, "Noto Sans Hebrew", sans-serif;
  color: #1c1b1a; background: #fbfaf8; color-scheme: light dark;
}
:lang(ur) { font-family: "Noto Nastaliq Urdu", "Urdu Typesetting", serif; line-height: 2.3; }
channel { display: block; }
channel > *, feed > *, item > *, entry > * { display: none; }
channel > title, channel > description, feed > title, feed > subtitle, channel > item, feed > entry,
item > title, item > description, entry > title, entry > summary { display: block; }
channel > title, feed > title { font-size: 1.75rem; font-weight: bold; line-height: 1.4; }
channel > description, feed > subtitle { color: #5d5953; }
item, entry { margin-block-start: 1.5rem; padding-block-start: 1.5rem; border-block-start: 1px solid #d9d4cb; }
item > title, entry > title { font-weight: bold; }
rss::before, feed::before {
  display: block; margin-block-end: 1.5rem; padding: .75rem 1rem; border-radius: .5rem; background: #efe9dc;
}
@media (prefers-color-scheme: dark) {
  rss, feed { color: #ece8e1; background: #191816; }
  channel > description, feed > subtitle { color: #b3aca1; }
  item, entry { border-color: #45413b; }
  rss::before, feed::before { background: #322d24; }
}
rss, feed, item, entry { direction: ltr; }
:lang(ar), :lang(fa), :lang(he), :lang(ur), :lang(ps), :lang(sd), :lang(ug), :lang(ckb), :lang(yi), :lang(dv),
:lang(syr), :lang(arc), :lang(prs), :lang(pnb), :lang(azb), :lang(lrc), :lang(glk), :lang(ks), [its|dir=rtl] {
  direction: rtl;
}
[its|dir=ltr] { direction: ltr; }
"""


def css() -> bytes:
    """The stylesheet: headlines and summaries, each in its direction, under a line that says what this is.

    The direction is the one ITS names, else that of `xml:lang`.
    """
    return (_RULES + "".join(map(_hint, LANGUAGES))).encode()


def _hint(language: str) -> str:
    text = words(language).text("This is a feed. Copy the address of this page into your feed reader.")
    return f'rss:lang({language})::before, feed:lang({language})::before {{ content: "{text}"; }}\n'
