"""What comes into a field past the cleaning of its file: character references and escapes (F1, threat 1)."""

import json
import re

from lxml import etree

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e]")
ARTICLES = {
    "a.md": '---\ntitle: "خبر \\x01 عاجل \\uFFFE \\u202e"\nauthor: "سا\\x02رة"\ncategories: ["سيا\\x03سة", "\\uFFFE"]\n'
    'summary: "ملخص \\x04"\nid: "x\\x05y"\n---\nنص &#1; هنا &#xFFFE; و &#xD800; <b title="&#3;x">s</b> &#0;\n',
    "b.html": '<html lang="ar"><head><title>عنوان &#1; &#xFFFF; &#x202E;</title><meta name="author" content="ا&#2;ب">'
    '<meta name="description" content="و&#7;صف"></head><body><p>فقرة &#1; &#xD800; أولى</p></body></html>',
    "c.md": '+++\ntitle = "عنوان \\u0001 ثالث"\ntags = ["a\\u0007b"]\n+++\nنص\n',
    "d.md": '{"title": "عنوان \\u0001 رابع \\ud800", "author": "\\uffff"}\n\nنص\n',
}


def test_no_field_of_any_format_brings_a_character_into_a_feed(site):  # F1, threat 1
    for name, text in ARTICLES.items():
        site.article(name, text)

    done = site.json("publish")

    assert (4, 0) == (done["published"], done["quarantined"])
    for name in ("rss.xml", "atom.xml"):
        root = etree.fromstring((site.folder / "feeds" / name).read_bytes())
        assert not FORBIDDEN.search("".join(root.itertext()))
        assert 4 == len(list(root.iter("item", "{http://www.w3.org/2005/Atom}entry")))
    document = json.loads((site.folder / "feeds" / "feed.json").read_bytes())
    assert not FORBIDDEN.search(json.dumps(document, ensure_ascii=False))
