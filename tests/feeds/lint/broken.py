"""Feeds broken on purpose: each is a clean one with one change, and breaks one rule."""

from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
UUID = "urn:uuid:00000000-0000-5000-8000-00000000000"


class Broken(NamedTuple):
    """A change: *old*, which stands in the clean feed, becomes *new*, the first time it stands there."""

    rule: str
    feed: str
    old: str
    new: str

    def data(self) -> bytes:
        """The broken feed, as bytes."""
        text = clean(self.feed).decode()
        assert self.old in text, self
        text = text.replace(self.old, self.new, 1)
        return text.encode("cp1256" if "windows-1256" in self.new else "utf-8", "surrogateescape")


def clean(feed: str) -> bytes:
    return (HERE / f"clean.{feed}").read_bytes()


def each(rule: str, *changes: tuple[str, str, str]) -> list[Broken]:
    return [Broken(rule, *change) for change in changes]


R1, A1, J1 = (
    "المجلس يقر الميزانية بعد نقاش طويل",
    "مجلس بودجه را پس از گفت‌وگویی دراز تصویب کرد",
    "הכנסת אישרה את התקציב אחרי דיון ארוך",
)
RTITLE, ATITLE, JTITLE = f"<title>{R1}", f'<title type="text">{A1}', f'"title": "{J1}'
RSUM, ASUM, JSUM = "<description>أقر", '<summary type="text">بودجه', '"summary": "התקציב'
RBODY, ABODY, JBODY = (
    '<div dir="rtl" lang="ar"><p>أقر',
    '&lt;div dir="rtl" lang="fa"&gt;&lt;p&gt;مجلس',
    '<div dir=\\"rtl\\" lang=\\"he\\"><p>הכנסת',
)
RDATE, ADATE, JDATE = (
    "<pubDate>Fri, 01 Mar 2024 12:00:00 +0000",
    "<published>2024-03-01T12:00:00Z",
    '"date_published": "2024-03-01T12:00:00Z',
)

RLAST = "<description>هطلت أمطار غزيرة طوال الليل.</description>"
RENCODED = (
    '<content:encoded><![CDATA[<div dir="rtl" lang="ar"><p>هطلت أمطار غزيرة طوال الليل وأغلقت طرق كثيرة في المدينة.'
    "</p></div>]]></content:encoded>"
)

RITEM = "<item>\n      <title>أمطار"
ENGLISH = (
    "<item><title>The rains have come to the south</title><link>https://news.example.org/9/</link>"
    '<guid isPermaLink="false">urn:uuid:00000000-0000-5000-8000-000000000009</guid><dc:language>en</dc:language>'
    "<pubDate>Thu, 29 Feb 2024 18:00:00 +0000</pubDate><description>&lt;div dir='ltr' lang='en'&gt;&lt;p&gt;All night it"
    f" rained.&lt;/p&gt;&lt;/div&gt;</description></item>{RITEM}"
)

BROKEN: list[Broken] = [
    *each("not-a-feed", ("rss", '<?xml version="1.0" encoding="UTF-8"?>', "<!DOCTYPE html><html><body></body></html>"),
          ("atom", 'xmlns="http://www.w3.org/2005/Atom"', 'xmlns="http://example.org/no-feed"')),
    *each("languages-differ", ("rss", 'xmlns:its="http://www.w3.org/2005/11/its" its:version', 'xml:lang="fa" xmlns:its="http://www.w3.org/2005/11/its" its:version')),
    *each("hreflang-other", ("atom", '<link rel="alternate" type="text/html" href="https://news.example.org/1/"/>', '<link rel="alternate" type="text/html" hreflang="ar" href="https://news.example.org/1/"/>')),
    *each("entry-no-direction", ("rss", RITEM, ENGLISH)),
    *each("block-wrong-dir", ("rss", "<p>أقر المجلس ميزانية", '<p dir="ltr">أقر المجلس ميزانية'), ("atom", "خواند.&lt;/p&gt;", "خواند.&lt;/p&gt;&lt;p&gt;The minister said that this was the right thing to do.&lt;/p&gt;")),
    *each("block-wrong-lang", ("json", "<p>הכנסת", '<p lang=\\"en\\">הכנסת')),
    *each("mirrored-signs", ("rss", R1, "المجلس يقر »الميزانية« بعد نقاش طويل"), ("atom", ASUM, '<summary type="text">.بودجه'), ("json", J1, "הכנסת אישרה )את התקציב( אחרי דיון ארוך")),
    *each("mixed-digits", ("rss", R1, "المجلس يقر 1٢ ميزانية بعد نقاش طويل")),
    *each("not-well-formed", ("rss", "</channel>", "</chanel>"), ("atom", "</entry>", ""), ("json", '"items": [', '"items": ['+"},")),
    *each("text-before-xml", ("rss", "<?xml version", "\n<?xml version"), ("atom", "<?xml version", "Warning: x <?xml version")),
    *each("undefined-entity", ("rss", RSUM, "<description>&nbsp;أقر"), ("atom", ASUM, '<summary type="text">&laquo;بودجه')),
    *each("bare-ampersand", ("rss", "أخبار وآراء", "أخبار & آراء"), ("atom", "خبرها و", "خبرها &")),
    *each("wrong-bytes", ("rss", "<dc:creator>سلمى", "<dc:creator>\udce9"), ("json", "נועה", "נועה\udce9")),
    *each("not-utf8", ("rss", 'encoding="UTF-8"', 'encoding="windows-1256"')),
    *each("byte-order-mark", ("rss", "<?xml version", "\ufeff<?xml version"), ("json", "{", "\ufeff{")),
    *each("doctype", ("rss", "<rss", "<!DOCTYPE rss>\n<rss"), ("atom", "<feed", '<!DOCTYPE feed [<!ENTITY x "y">]>\n<feed')),
    *each("too-large", ("rss", "<dc:creator>", f"<!--{'x' * 1_000_000}--><dc:creator>")),
    *each("far-too-large", ("rss", "<dc:creator>", f"<!--{'x' * 10_000_000}--><dc:creator>")),
    *each("old-format", ("rss", '<rss version="2.0"', '<rss version="0.91"'), ("atom", 'xmlns="http://www.w3.org/2005/Atom"', 'xmlns="http://purl.org/atom/ns#"')),
    *each("xslt-stylesheet", ("rss", 'type="text/css"', 'type="text/xsl"'), ("atom", 'type="text/css"', 'type="text/xsl"')),
    *each("no-stylesheet", ("rss", '<?xml-stylesheet type="text/css" href="https://news.example.org/feed.css"?>\n', "")),
    *each("missing-element", ("rss", "<title>جريدة المثال</title>", ""), ("rss", ' version="2.0"', ""), ("atom", "<title>روزنامهٔ نمونه</title>", ""),
          ("json", '"version": "https://jsonfeed.org/version/1.1",', "")),
    *each("wrong-type", ("json", f'"id": "{UUID}1"', '"id": 1'), ("json", '"language": "he"', '"language": "he", "tags": "x"')),
    *each("repeated-element", ("rss", "<language>ar", "<language>ar</language><language>ar"), ("atom", "<updated>2024-02-29T12:00:00Z</updated>", "<updated>2024-02-29T12:00:00Z</updated>" * 2),
          ("json", '"language": "he"', '"language": "he", "language": "he"')),
    *each("description-after-content", ("rss", f"{RLAST}\n      {RENCODED}", f"{RENCODED}\n      {RLAST}")),
    *each("no-language", ("rss", "<language>ar</language>", ""), ("atom", ' xml:lang="fa"', ""), ("json", '"language": "he",', "")),
    *each("language-invalid", ("rss", "<language>ar", "<language>Arabic"), ("atom", 'xml:lang="fa"', 'xml:lang="fa_IR"'), ("json", '"language": "he"', '"language": "עברית"')),
    *each("language-deprecated", ("json", '"language": "he"', '"language": "iw"')),
    *each("language-region", ("rss", "<language>ar", "<language>ar-EG"), ("atom", 'xml:lang="fa"', 'xml:lang="fa-IR"'), ("json", '"language": "he"', '"language": "he-IL"')),
    *each("language-disagrees", ("rss", "<language>ar", "<language>en-us"), ("atom", 'xml:lang="fa"', 'xml:lang="en"'), ("json", '"language": "he"', '"language": "en"')),
    *each("entry-language", ("rss", "<dc:creator>", "<dc:language>en</dc:language><dc:creator>"), ("atom", "<entry>", '<entry xml:lang="en">')),
    *each("language-repeated", ("rss", "<dc:creator>", "<dc:language>ar</dc:language><dc:creator>"), ("atom", "<entry>", '<entry xml:lang="fa">'), ("json", f'"id": "{UUID}1"', f'"language": "he", "id": "{UUID}1"')),
    *each("dir-attribute", ("rss", "<channel>", '<channel dir="rtl">'), ("atom", "<feed ", '<feed dir="rtl" '), ("json", '"language"', '"direction": "rtl", "language"')),
    *each("its-invalid", ("rss", ' its:version="2.0"', ""), ("atom", "<entry>", '<entry its:dir="right">'), ("json", '"direction": "rtl"}', '"direction": "right"}')),
    *each("direction-disagrees", ("rss", 'its:dir="rtl"', 'its:dir="ltr"'), ("atom", "<entry>", '<entry its:dir="ltr">'), ("json", '"direction": "rtl"}', '"direction": "ltr"}')),
    *each("no-direction-metadata", ("rss", ' its:dir="rtl"', ""), ("atom", ' its:dir="rtl"', "")),
    *each("reads-ltr", ("rss", RTITLE, f"<title>iPhone {R1}"), ("atom", ATITLE, f'<title type="text">«CNN»: {A1}'), ("json", JTITLE, f'"title": "PDF {J1}'),
          ("rss", RTITLE, f"<title>2024 iOS {R1}"), ("atom", ASUM, '<summary type="text">Reuters بودجه'), ("json", "חדשות ודעות", "News חדשות")),
    *each("needless-rlm", ("rss", RTITLE, f"<title>\u200f{R1}"), ("atom", ATITLE, f'<title type="text">\u200f{A1}'), ("json", JTITLE, f'"title": "\u200f{J1}')),
    *each("doubled-rlm", ("rss", RTITLE, f"<title>\u200f\u200fiPhone {R1}"), ("json", JTITLE, f'"title": "\u200f\u200f{J1}')),
    *each("wrapped-whole", ("rss", f"{RTITLE}", f"<title>\u2067{R1}\u2069"), ("json", f"{JTITLE}", f'"title": "\u2068{J1}\u2069')),
    *each("embeddings", ("rss", RTITLE, f"<title>\u202b{R1}\u202c"), ("atom", "و وزیر", "\u202eو\u202c وزیر")),
    *each("unbalanced-isolates", ("rss", RTITLE, f"<title>{R1} \u2066x"), ("json", "והשר", "\u2069והשר")),
    *each("reordered", ("rss", "هذا العام.", "هذا العام بلغة C++ وحدها."), ("atom", "و وزیر", "با C# و وزیر"), ("json", "והשר", "#tag1_x והשר")),
    *each("title-reordered", ("rss", RTITLE, f"<title>{R1} C++ غدا")),
    *each("bad-characters", ("rss", RTITLE, f"<title>{R1} \ufffd"), ("atom", "و وزیر", "و \ufeffوزیر"), ("rss", "أخبار", "\x01أخبار")),
    *each("mojibake", ("rss", RTITLE, f"<title>{R1} - {'السلام'.encode('cp1256').decode('cp1252')}"), ("atom", "و وزیر", f"و {'سلام'.encode().decode('latin-1')} وزیر"),
          ("json", "והשר", f"{'שלום'.encode().decode('latin-1')} והשר")),
    *each("lost-letters", ("rss", f"{RTITLE}</title>", "<title>\u200f???? ?????? ???</title>")),
    *each("presentation-forms", ("rss", RTITLE, f"<title>{R1} ﺍﻟﺴﻼﻡ")),
    *each("double-escaped", ("rss", RTITLE, f"<title>{R1} &amp;amp;quot;قول&amp;amp;quot;"), ("rss", RENCODED.removesuffix("</content:encoded>"), "<content:encoded><![CDATA[&lt;p&gt;هطلت أمطار غزيرة طوال الليل.&lt;/p&gt;]]>")),
    *each("markup-in-text", ("rss", RTITLE, f"<title>{R1} &lt;b&gt;اليوم&lt;/b&gt;"), ("atom", ATITLE, f'<title type="text">{A1} &amp;amp; دیگر'), ("rss", RTITLE, f"<title>{R1} &lt;option&gt;"), ("json", JTITLE, f'"title": "{J1} <em>היום</em>')),
    *each("stray-space", ("rss", RTITLE, f"<title>\n{R1}"), ("json", JTITLE, f'"title": "{J1}  ')),
    *each("not-nfc", ("atom", ATITLE, f'<title type="text">{A1} ا\u0653')),
    *each("zwnj-edge", ("atom", ATITLE, f'<title type="text">{A1} \u200cها')),
    *each("content-no-dir", ("rss", RBODY, '<div lang="ar"><p>أقر'), ("atom", ABODY, '&lt;div lang="fa"&gt;&lt;p&gt;مجلس'), ("json", JBODY, '<div><p>הכנסת')),
    *each("content-wrong-dir", ("rss", RBODY, '<div dir="ltr" lang="ar"><p>أقر'), ("json", JBODY, '<div dir=\\"ltr\\"><p>הכנסת')),
    *each("content-no-lang", ("rss", RBODY, '<div dir="rtl"><p>أقر'), ("atom", '<div xmlns="http://www.w3.org/1999/xhtml" dir="rtl" lang="fa">', '<div xmlns="http://www.w3.org/1999/xhtml" dir="rtl" lang="ar">')),
    *each("content-reads-ltr", ("rss", RBODY, '<div dir="rtl" lang="ar"><p>CNN أقر'), ("atom", ABODY, '&lt;div dir="rtl" lang="fa"&gt;&lt;p&gt;Reuters مجلس'), ("json", JBODY, '<div dir=\\"rtl\\" lang=\\"he\\"><p>Apple הכנסת')),
    *each("content-plain", ("json", '"content_html": "<div dir=\\"rtl\\" lang=\\"he\\"><p>כל הלילה ירד גשם כבד וכבישים רבים בעיר נסגרו.</p></div>"', '"content_text": "כל הלילה ירד גשם כבד וכבישים רבים בעיר נסגרו."')),
    *each("content-type", ("atom", '<content type="html">', '<content type="CDATA">'), ("atom", '<div xmlns="http://www.w3.org/1999/xhtml" dir', '<div dir')),
    *each("html-as-text", ("atom", '<content type="html">', "<content>"), ("json", '"content_html": "<div dir=\\"rtl\\" lang=\\"he\\"><p>כל', '"content_text": "<div dir=\\"rtl\\" lang=\\"he\\"><p>כל')),
    *each("no-content", ("json", '"content_html": "<div dir=\\"rtl\\" lang=\\"he\\"><p>כל הלילה ירד גשם כבד וכבישים רבים בעיר נסגרו.</p></div>",', "")),
    *each("unsafe-html", ("rss", "<p>أقر", "<p>أقر<iframe src='https://video.example.org/1'></iframe>"), ("atom", "&lt;p&gt;مجلس", '&lt;p onclick="x()"&gt;مجلس'), ("json", "<p>הכנסת", "<p>הכנסת<script>1</script>")),
    *each("no-date", ("rss", f"{RDATE}</pubDate>", ""), ("json", ',\n   "date_published": "2024-02-29T12:00:00Z"', "")),
    *each("bad-date", ("rss", RDATE, "<pubDate>2024-03-01T12:00:00Z"), ("atom", ADATE, "<published>2024-03-01 12:00"), ("json", JDATE, '"date_published": "Fri, 01 Mar 2024 12:00:00 +0000'), ("rss", RDATE, "<pubDate>Fri, 32 Mar 2024 12:00:00 +0000")),
    *each("date-digits", ("rss", RDATE, "<pubDate>Fri, ٠١ Mar ٢٠٢٤ ١٢:٠٠:٠٠ +0000"), ("atom", ADATE, "<published>۲۰۲۴-۰۳-۰۱T۱۲:۰۰:۰۰Z")),
    *each("date-month", ("rss", RDATE, "<pubDate>الجمعة, 01 مارس 2024 12:00:00 +0000"), ("rss", RDATE, "<pubDate>Vie, 01 Marzo 2024 12:00:00 +0000")),
    *each("date-calendar", ("atom", ADATE, "<published>1402-12-11T12:00:00Z")),
    *each("date-weekday", ("rss", RDATE, "<pubDate>Mon, 01 Mar 2024 12:00:00 +0000")),
    *each("odd-date", ("rss", RDATE, "<pubDate>1 Mar 2024 12:00 GMT")),
    *each("fractional-seconds", ("atom", ADATE, "<published>2024-03-01T12:00:00.000Z"), ("json", JDATE, '"date_published": "2024-03-01T12:00:00.00Z')),
    *each("implausible-date", ("rss", "<pubDate>Thu, 29 Feb 2024 12:00:00 +0000", "<pubDate>Thu, 01 Jan 1970 00:00:00 +0000"), ("json", '"date_published": "2024-02-29', '"date_published": "0001-02-27')),
    *each("future-date", ("json", '"date_published": "2024-03-01T12:00:00Z",\n   "date_modified": "2024-03-01T12:00:00Z"', '"date_published": "2093-03-01T12:00:00Z"')),
    *each("not-newest-first", ("atom", ADATE, "<published>2024-02-04T12:00:00Z"), ("json", '"date_published": "2024-02-29', '"date_published": "2024-03-09')),
    *each("updated-before-published", ("atom", "<published>2024-02-29T12", "<published>2024-02-29T13"), ("json", '"date_modified": "2024-03-01T12', '"date_modified": "2024-03-01T11')),
    *each("feed-older-than-entries", ("rss", "<lastBuildDate>Fri, 01 Mar 2024 12", "<lastBuildDate>Fri, 01 Mar 2024 11"), ("atom", "<updated>2024-03-01T12", "<updated>2024-02-20T12")),
    *each("feed-newer-than-entries", ("rss", "<lastBuildDate>Fri, 01 Mar 2024 12", "<lastBuildDate>Fri, 01 Mar 2024 13"), ("atom", "<updated>2024-03-01T12", "<updated>2024-03-02T12")),
    *each("feed-no-date", ("rss", "<lastBuildDate>Fri, 01 Mar 2024 12:00:00 +0000</lastBuildDate>", "")),
    *each("built-now", ("rss", "<lastBuildDate>Fri, 01 Mar 2024 12", "<lastBuildDate>Mon, 01 Jul 2024 09"), ("atom", "<updated>2024-03-01T12", "<updated>2024-07-01T09")),
    *each("no-id", ("json", f'"id": "{UUID}1",', ""), ("atom", f"<id>{UUID}1</id>", "")),
    *each("no-guid", ("rss", f'<guid isPermaLink="false">{UUID}1</guid>', "")),
    *each("duplicate-id", ("rss", f"{UUID}2", f"{UUID}1"), ("atom", f"{UUID}2", f"{UUID}1"), ("json", f"{UUID}2", f"{UUID}1")),
    *each("bad-id", ("atom", f"<id>{UUID}1", "<id>post-1"), ("atom", f"<id>{UUID}0", "<id>/feed")),
    *each("non-ascii-id", ("rss", f">{UUID}1", ">خبر-1"), ("atom", f"<id>{UUID}1", "<id>https://news.example.org/خبر")),
    *each("guid-no-permalink", ("rss", f'<guid isPermaLink="false">{UUID}1', f"<guid>{UUID}1")),
    *each("guid-other-link", ("rss", f'<guid isPermaLink="false">{UUID}1', "<guid>https://news.example.org/other/")),
    *each("bad-url", ("rss", "<link>https://news.example.org/1/", "<link>ftp://news.example.org/1/"), ("atom", '<link rel="hub" href="https://hub.example.org/"', '<link rel="hub"'), ("json", '"url": "https://news.example.org/1/"', '"url": "https://news.example.org/a b"')),
    *each("relative-url", ("rss", '<a href="https://news.example.org/2/"', '<a href="/2/"'), ("rss", "<link>https://news.example.org/1/", "<link>/1/"), ("json", "<p>הכנסת", "<p><img src='1.jpg'>הכנסת")),
    *each("xml-base", ("atom", '<link rel="alternate" type="text/html" href="https://news.example.org/1/"', '<link xml:base="https://news.example.org/" rel="alternate" type="text/html" href="1/"')),
    *each("non-ascii-url", ("rss", "<link>https://news.example.org/1/", "<link>https://news.example.org/خبر/"), ("json", "<p>הכנסת", "<p><img src='https://news.example.org/תמונה.jpg'>הכנסת"), ("atom", 'href="https://news.example.org/2.mp3"', 'href="https://news.example.org/صدا.mp3"')),
    *each("idn-host", ("rss", "<link>https://news.example.org/1/", "<link>https://أخبار.example/1/")),
    *each("javascript-url", ("rss", '<a href="https://news.example.org/2/"', '<a href="java&#10;script:alert(1)"'), ("json", '"url": "https://news.example.org/1/"', '"url": "javascript:alert(1)"')),
    *each("no-self", ("rss", '<atom:link href="https://news.example.org/rss.xml" rel="self" type="application/rss+xml"/>', ""), ("json", '"feed_url": "https://news.example.org/feed.json",', "")),
    *each("several-selves", ("rss", '<atom:link href="https://hub', '<atom:link rel="self" href="https://news.example.org/x.xml"/><atom:link href="https://hub')),
    *each("no-home", ("rss", "<link>https://news.example.org/</link>", ""), ("json", '"home_page_url": "https://news.example.org/",', "")),
    *each("self-is-home", ("rss", "<link>https://news.example.org/<", "<link>https://news.example.org/rss.xml<"), ("atom", 'href="https://news.example.org/"', 'href="https://news.example.org/atom.xml"'), ("json", '"home_page_url": "https://news.example.org/"', '"home_page_url": "https://news.example.org/feed.json"')),
    *each("entry-no-link", ("rss", "<link>https://news.example.org/2/</link>", ""), ("json", '"url": "https://news.example.org/2/",', "")),
    *each("several-alternates", ("atom", "<published>", '<link href="https://news.example.org/en/1/" hreflang="en"/><published>')),
    *each("no-hub", ("rss", '<atom:link href="https://hub.example.org/" rel="hub"/>', ""), ("atom", '<link rel="hub" href="https://hub.example.org/"/>', "")),
    *each("no-icon", ("atom", "<icon>https://news.example.org/icon.png</icon>", ""), ("json", '"icon": "https://news.example.org/icon.png",', "")),
    *each("enclosure-incomplete", ("rss", ' length="1000"', ""), ("rss", 'length="1000"', 'length="1 KB"'), ("atom", ' type="audio/mpeg"', ""), ("json", '"mime_type": "audio/mpeg", ', "")),
    *each("several-enclosures", ("rss", "<enclosure", '<enclosure url="https://news.example.org/2.mp3" length="1000" type="audio/mpeg"/><enclosure')),
    *each("author-no-email", ("rss", "<dc:creator>سلمى</dc:creator>", "<author>سلمى</author>"), ("rss", "<language>", "<managingEditor>سلمى</managingEditor><language>")),
    *each("author-no-name", ("atom", "<author><name>سارا</name></author>", "<author><name/></author>")),
    *each("no-author", ("atom", "<author><name>سارا</name></author>", "")),
    *each("archive-no-current", ("rss", "<language>", "<fh:archive/><language>")),
    *each("archive-and-complete", ("atom", "<updated>", '<fh:complete/><link rel="prev-archive" href="https://news.example.org/archive/1/atom.xml"/><updated>')),
    *each("archive-loops", ("rss", "<language>", '<atom:link rel="prev-archive" href="https://news.example.org/rss.xml"/><language>')),
]  # fmt: skip
