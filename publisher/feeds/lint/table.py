"""The rules: id, level, what a reader does wrong, how to mend it, and who says so. docs/lint.md has an example of each.

An error is shown wrong by readers in use, or breaks the format; a warning is wrong in some of them, or will be; a
note is worth knowing and breaks nothing.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. *source*: the standard, and our own rule (docs/feeds.md)."""

    level: Literal["error", "warning", "note"]
    what: str
    mend: str
    source: str


_DOCUMENT = {
    "not-a-feed": Rule(
        "error",
        "readers find no feed here",
        "name the address of the feed itself: RSS, Atom or JSON Feed",
        "RSS 2.0; RFC 4287; JSON Feed 1.1",
    ),
    "far-too-large": Rule(
        "error",
        "many readers give up on it, and lint read nothing of it",
        "write fewer entries into it; older ones belong into archives (RFC 5005)",
        "F3",
    ),
    "not-well-formed": Rule(
        "error",
        "readers with a strict parser show nothing at all",
        "mend this place; a program that writes XML or JSON with a library makes no such fault",
        "XML 1.0, 2.1; RFC 8259",
    ),
    "text-before-xml": Rule(
        "error",
        "strict parsers refuse the whole feed: nothing may stand before <?xml",
        "remove it; a blank line outside <?php … ?> or at the top of a template is the usual cause",
        "XML 1.0, 2.8",
    ),
    "undefined-entity": Rule(
        "error",
        "strict parsers refuse the whole feed: XML knows amp, lt, gt, quot and apos only",
        "write the character itself, or its number",
        "XML 1.0, 4.6",
    ),
    "bare-ampersand": Rule(
        "error",
        "strict parsers refuse the whole feed",
        "write &amp; for every & that begins no entity",
        "XML 1.0, 2.4",
    ),
    "wrong-bytes": Rule(
        "error",
        "readers show boxes for the letters, or refuse the whole feed",
        "save the feed as UTF-8, and say so in its first line",
        "XML 1.0, 4.3.3; RFC 8259, 8.1",
    ),
    "not-utf8": Rule(
        "warning",
        "readers that know UTF-8 only show no letter right",
        'write the feed in UTF-8: <?xml version="1.0" encoding="UTF-8"?>',
        "RFC 8259, 8.1; F1",
    ),
    "byte-order-mark": Rule(
        "warning",
        "some JSON and XML parsers stop at the byte order mark",
        "save the file as UTF-8 without BOM",
        "RFC 8259, 8.1; F1",
    ),
    "doctype": Rule(
        "warning",
        "readers that guard against entity attacks refuse any document with a DOCTYPE",
        "remove <!DOCTYPE …> and write the characters themselves",
        "RSS Advisory Board, profile",
    ),
    "too-large": Rule(
        "warning",
        "some readers stop reading at a megabyte, and every reader fetches all of it each time",
        "write fewer entries into it; older ones belong into archives (RFC 5005)",
        "F3",
    ),
    "old-format": Rule(
        "warning",
        "this version of the format has no dates or ids that readers agree on",
        "write RSS 2.0 or Atom 1.0",
        "RSS 2.0; RFC 4287",
    ),
    "xslt-stylesheet": Rule(
        "warning",
        "browsers drop XSLT: the page that it made of the feed goes blank",
        'name a CSS style sheet instead: <?xml-stylesheet type="text/css" href="…"?>',
        "F21",
    ),
    "no-stylesheet": Rule(
        "note",
        "who opens the feed in a browser sees its source",
        'add <?xml-stylesheet type="text/css" href="…"?> below the first line',
        "F21",
    ),
    "missing-element": Rule(
        "error",
        "the format requires it; readers make something up, or refuse the feed",
        "write it",
        "RSS 2.0; RFC 4287, 4.1; JSON Feed 1.1",
    ),
    "wrong-type": Rule(
        "error",
        "readers in languages with types refuse the feed, or lose the value",
        "write the kind of value that the format names",
        "JSON Feed 1.1",
    ),
    "repeated-element": Rule(
        "error",
        "readers differ on which of them they take",
        "write it once",
        "RSS 2.0; RFC 4287, 4.1.1; RFC 8259, 4",
    ),
    "description-after-content": Rule(
        "warning",
        "readers that keep the last of both show the summary instead of the article",
        "write <description> before <content:encoded>",
        "RSS Advisory Board, profile; F12",
    ),
}

_LANGUAGE = {
    "no-language": Rule(
        "error",
        "readers that tell direction by language (newsboat, Thunderbird's fonts) show it left to right",
        "say the language of the feed",
        "RFC 5646; F4",
    ),
    "no-language-ltr": Rule(
        "note",
        "readers guess at fonts, hyphens and voices",
        "say the language of the feed",
        "RFC 5646; F4",
    ),
    "language-invalid": Rule(
        "error",
        "no reader knows it: it is no language tag",
        "write a tag of BCP 47: ar, fa, he, ur, ckb …",
        "RFC 5646, 2.1",
    ),
    "language-deprecated": Rule(
        "warning",
        "readers compare tags letter by letter, with the code of today",
        "write the code of today",
        "RFC 5646, 4.5; F4",
    ),
    "language-region": Rule(
        "warning",
        "newsboat and others compare the tag letter by letter with the bare one, and show it left to right",
        "write the language alone",
        "F4",
    ),
    "language-disagrees": Rule(
        "error",
        "readers that go by the language set every line from the wrong side, in the wrong font",
        "say the language that the texts are in",
        "RFC 5646; F4",
    ),
    "language-other": Rule(
        "warning",
        "fonts, voices, spell checkers and translators take it for another language",
        "say the language that the texts are in",
        "RFC 5646; F4",
    ),
    "entry-language": Rule(
        "warning",
        "readers that go by the language set this entry from the wrong side",
        "say the entry's own language: xml:lang or dc:language, in JSON language",
        "F4",
    ),
    "entry-language-other": Rule(
        "warning",
        "fonts, voices, spell checkers and translators take the entry for another language",
        "say the entry's own language: xml:lang or dc:language, in JSON language",
        "RFC 5646; F4",
    ),
    "languages-differ": Rule(
        "warning",
        "one reader goes by xml:lang, another by <language>",
        "say the same language in both",
        "XML 1.0, 2.12; F4",
    ),
    "hreflang-other": Rule(
        "warning",
        "readers that look for a page in their reader's language pass over it, or announce it wrong",
        "write the language of the entry into hreflang",
        "RFC 4287, 4.2.7.4; F4",
    ),
    "language-repeated": Rule(
        "note",
        "it says the feed's language again: bytes for nothing",
        "leave it out where it is the feed's",
        "F4",
    ),
    "dir-attribute": Rule(
        "error",
        "no feed format has it: readers ignore it, and validators refuse the feed",
        'write xmlns:its="http://www.w3.org/2005/11/its" its:version="2.0" its:dir="rtl", in JSON an object _rtl',
        "RFC 4287; RSS 2.0; ITS 2.0, 8.4; F5",
    ),
    "its-invalid": Rule(
        "warning",
        "what reads ITS metadata cannot use it",
        'its:version="2.0" on the root, its:dir one of ltr, rtl, lro, rlo',
        "ITS 2.0, 8.4; F5",
    ),
    "direction-disagrees": Rule(
        "error",
        "what reads the metadata sets the texts from the wrong side",
        "say the direction that the texts have",
        "ITS 2.0, 8.4; F5",
    ),
    "entry-no-direction": Rule(
        "warning",
        "what reads the metadata takes the feed's direction for this entry's too",
        'say its own on the entry: its:dir="ltr", in JSON an object _rtl',
        "ITS 2.0, 8.5; F5",
    ),
    "no-direction-metadata": Rule(
        "note",
        "nothing says the direction of this feed in a standard way",
        'write xmlns:its="http://www.w3.org/2005/11/its" its:version="2.0" its:dir="rtl" on the root, in JSON an '
        "object _rtl",
        "ITS 2.0, 8.4; F5",
    ),
}

_TEXTS = {
    "mirrored-signs": Rule(
        "note",
        "the signs point outwards, or a stop stands before the first letter: somebody put them in by eye",
        "write them in the order in which they are read: they turn by themselves",
        "UAX #9, L4",
    ),
    "mixed-digits": Rule(
        "note",
        "one number is written in two kinds of digits",
        "write it in one",
        "R8",
    ),
    "reads-ltr": Rule(
        "error",
        "readers go by the first strong letter (Miniflux, FreshRSS, NetNewsWire, Liferea) and set it left to right",
        "write U+200F (&#x200F;) before its first character",
        "UAX #9, P2; F6",
    ),
    "needless-rlm": Rule(
        "warning",
        "the first letter is a right-to-left one already; the mark only hinders search and comparison",
        "remove the U+200F at its start",
        "F6",
    ),
    "doubled-rlm": Rule(
        "warning",
        "one mark does it; each further one hinders search and comparison",
        "leave one U+200F at its start, or none where its first letter is a right-to-left one",
        "F6",
    ),
    "wrapped-whole": Rule(
        "error",
        "dir=auto skips isolates: browsers compute left to right; who cuts the text loses the closing half",
        "remove the pair around it; write one U+200F before it where its first letter is a Latin one",
        "UAX #9, P2; F6",
    ),
    "embeddings": Rule(
        "error",
        "embeddings and overrides (U+202A to U+202E) leak into what stands beside the text, and may hide what it says",
        "remove them; in HTML use <bdi>, in plain text U+200E beside the symbol",
        "UAX #9, 2.7; F6, F9",
    ),
    "unbalanced-isolates": Rule(
        "error",
        "the rest of the line, in some readers of the page, is taken into the isolate",
        "close each U+2066, U+2067 or U+2068 with U+2069, or remove it",
        "UAX #9, BD9; F6",
    ),
    "reordered": Rule(
        "warning",
        "the bidi algorithm tears it apart: C++ is shown as ++C, #tag as tag#",
        'in HTML write <bdi dir="ltr">…</bdi> around it, in plain text U+200E (&#x200E;) beside its symbol',
        "UAX #9; F9",
    ),
    "title-reordered": Rule(
        "note",
        "the bidi algorithm tears it apart: C++ is shown as ++C, #tag as tag#",
        "write U+200E (&#x200E;) beside its symbol, or words",
        "UAX #9; F9",
    ),
    "bad-characters": Rule(
        "error",
        "readers show a box, cut the text there, or refuse the feed",
        "remove it where the text is written",
        "XML 1.0, 2.2; Unicode, 23",
    ),
    "mojibake": Rule(
        "error",
        "readers show these signs: the letters were read in a wrong encoding before the feed was written",
        "read the text in the encoding it was saved in, then write it as UTF-8",
        "F14",
    ),
    "lost-letters": Rule(
        "error",
        "readers show question marks: the letters were lost before the feed was written",
        "store the text as UTF-8 (in MySQL utf8mb4) and save it again",
        "F14",
    ),
    "presentation-forms": Rule(
        "warning",
        "search does not find these words, voices do not read them, some fonts lack them",
        "write the letters themselves (normalise to NFKC): such text was copied from a PDF or an old program",
        "Unicode, 9.2",
    ),
    "double-escaped": Rule(
        "error",
        "readers show the code of it: <p> or &amp; in the middle of the text",
        "escape once: the template or the library escapes what was escaped already",
        "RFC 4287, 3.1.1; RSS 2.0",
    ),
    "markup-in-text": Rule(
        "warning",
        "some readers show the tags and codes as they stand, others drop them",
        'write plain words; in Atom say type="html"',
        "RFC 4287, 3.1.1.1; RSS Advisory Board, profile; F12",
    ),
    "stray-space": Rule(
        "note",
        "in lists and notifications a gap or a second line is seen",
        "one line, one blank between words, none around it",
        "F14",
    ),
    "not-nfc": Rule(
        "note",
        "search and comparison take it for another text",
        "normalise to NFC",
        "UAX #15",
    ),
    "zwnj-edge": Rule(
        "note",
        "a joiner at the edge of a word does nothing; search and comparison see it",
        "remove the U+200C there",
        "F14",
    ),
}

_CONTENT = {
    "block-wrong-dir": Rule(
        "warning",
        "it is set in the direction of what is around: the full stop stands at the wrong end, brackets point outwards",
        "say the direction of its letters where it begins: dir and lang on the paragraph, <bdi dir> around a run",
        "HTML, 3.2.6.4; F7",
    ),
    "block-wrong-lang": Rule(
        "warning",
        "fonts and voices are those of another language",
        "say the language of its words where they begin",
        "HTML, 3.2.6.2; F8",
    ),
    "content-no-dir": Rule(
        "error",
        "readers that keep dir set it left to right, punctuation at the wrong end, lists and quotes on the wrong side",
        "let the content begin with",
        "HTML, dir; F8",
    ),
    "content-wrong-dir": Rule(
        "error",
        "readers that keep dir set right-to-left text from the left",
        "say the direction of the text",
        "HTML, dir; F8",
    ),
    "content-no-lang": Rule(
        "warning",
        "fonts, voices and quotation marks are those of another language (Urdu in Naskh, Persian ک as Arabic)",
        "let the content begin with",
        "HTML, lang; F8",
    ),
    "content-reads-ltr": Rule(
        "error",
        "readers that strip dir go by the first strong letter (Miniflux, CommaFeed) and set all of it left to right",
        "write U+200F (&#x200F;) as first character of the first paragraph",
        "UAX #9, P2; F8",
    ),
    "content-plain": Rule(
        "note",
        "it is plain text, which carries neither direction nor paragraphs",
        'write it as HTML, in Atom with type="html"',
        "RFC 4287, 4.1.3; F8",
    ),
    "content-type": Rule(
        "error",
        "readers show nothing, or the tags",
        'say type="html" for escaped HTML, type="xhtml" for a <div> of XHTML',
        "RFC 4287, 3.1.1, 4.1.3",
    ),
    "html-as-text": Rule(
        "error",
        "readers show the tags as words: this is a place for plain text",
        'say type="html", in JSON content_html',
        "RFC 4287, 3.1.1.1",
    ),
    "no-content": Rule(
        "note",
        "readers show a headline or a summary alone",
        "write the article, at least its summary",
        "RFC 4287, 4.1.3; F12",
    ),
    "unsafe-html": Rule(
        "warning",
        "readers remove it, and what it shows with it; a few refuse the entry",
        "write what it shows as plain HTML, or a link to it",
        "RFC 4287, 8.1; threat 1",
    ),
}

_DATES = {
    "no-date": Rule(
        "warning",
        "readers take the moment they first saw it: old entries are new again in every new reader",
        "say when it was published",
        "RSS 2.0; RFC 4287, 4.1.2; F10",
    ),
    "bad-date": Rule(
        "error",
        "readers cannot read the date, and take the moment they first saw it",
        "write it as the format wants it",
        "RFC 822, 5; RFC 3339, 5.6; F10",
    ),
    "date-digits": Rule(
        "error",
        "readers cannot read the date: its digits are not 0 to 9",
        "write digits 0 to 9, whatever the locale of the program is",
        "RFC 822, 5; RFC 3339, 5.6; F10",
    ),
    "date-month": Rule(
        "error",
        "readers cannot read the date: names of months and days are English in feeds, in three letters",
        "write English names, whatever the locale of the program is",
        "RFC 822, 5; F10",
    ),
    "date-calendar": Rule(
        "error",
        "readers take it for a Gregorian date, six centuries ago",
        "write the Gregorian date",
        "RFC 3339, 1; F10",
    ),
    "date-weekday": Rule(
        "warning",
        "the day of the week is another one: some parsers refuse the date",
        "write the right day, or none",
        "RFC 822, 5.2",
    ),
    "odd-date": Rule(
        "note",
        "it is allowed, and not every reader can read it",
        "write it in full",
        "RFC 822, 5; RSS Advisory Board, profile; F10",
    ),
    "fractional-seconds": Rule(
        "note",
        "some readers cannot read a date with parts of a second",
        "write whole seconds",
        "RFC 3339, 5.6; F10",
    ),
    "implausible-date": Rule(
        "warning",
        "it is the zero of some program: readers put the entry at the far end, or hide it",
        "write the date, or none where it is not known",
        "F10",
    ),
    "future-date": Rule(
        "warning",
        "readers keep it on top until then, or hide it",
        "write it into the feed when its time has come; look at the clock and the time zone",
        "F10",
    ),
    "not-newest-first": Rule(
        "warning",
        "readers that keep the order of the feed show old entries first, and cut the newest off",
        "write the newest entry first",
        "RSS Advisory Board, profile; F3",
    ),
    "updated-before-published": Rule(
        "warning",
        "readers that sort by change put it in the wrong place",
        "updated is the day of publication or a later one",
        "RFC 4287, 4.2.15; F10",
    ),
    "feed-older-than-entries": Rule(
        "warning",
        "readers and hubs that look at the feed's date first think that nothing is new",
        "the date of the feed is that of its newest entry",
        "RFC 4287, 4.2.15; F10",
    ),
    "feed-newer-than-entries": Rule(
        "note",
        "readers fetch and compare a feed again that says it changed, and did not",
        "the date of the feed is that of its newest entry",
        "RFC 4287, 4.2.15; F10",
    ),
    "feed-no-date": Rule(
        "note",
        "readers cannot see from the feed's head that nothing is new",
        "write <lastBuildDate>, the date of the newest entry",
        "RSS 2.0; F10",
    ),
    "built-now": Rule(
        "note",
        "it is the moment of this request: the bytes differ each time, and no reader ever gets 304",
        "write the date of the newest entry",
        "RFC 9110, 13; F2, F10",
    ),
}

_IDS = {
    "no-id": Rule(
        "error",
        "readers cannot tell the entry from another: it comes again with each change",
        "give it an id that never changes",
        "RFC 4287, 4.2.6; JSON Feed 1.1; F10",
    ),
    "no-guid": Rule(
        "warning",
        "readers tell it by its link: a new address or https makes every entry new again",
        'write <guid isPermaLink="false">, an id that never changes',
        "RSS 2.0; F10",
    ),
    "duplicate-id": Rule(
        "error",
        "readers show one of the entries that have it, and hide the others",
        "an id of its own for each entry",
        "RFC 4287, 4.1.1; RSS 2.0; F10",
    ),
    "bad-id": Rule(
        "error",
        "it is no absolute URI: readers that resolve it get another id by another address",
        "write a whole URI: urn:uuid:…, tag:… or https://…",
        "RFC 4287, 4.2.6; F10",
    ),
    "non-ascii-id": Rule(
        "warning",
        "one reader encodes it, another does not: entries come twice when programs change",
        "for new entries write ASCII: urn:uuid:… or a percent-encoded URL; leave published ids as they are",
        "RFC 3987, 3.1; F10",
    ),
    "guid-no-permalink": Rule(
        "error",
        "a guid is a link unless it says otherwise: readers open it as a page",
        'write <guid isPermaLink="false">',
        "RSS 2.0; F10",
    ),
    "guid-other-link": Rule(
        "warning",
        "readers open the one or the other",
        'write <guid isPermaLink="false">, or the address of <link>',
        "RSS 2.0; F10",
    ),
    "duplicate-entry": Rule(
        "warning",
        "readers show the same entry twice",
        "write each article once",
        "RFC 4287, 4.2.6; F10",
    ),
}

_LINKS = {
    "bad-url": Rule(
        "error",
        "readers open nothing, or another page",
        "write an absolute http or https URL",
        "RFC 3986; F11",
    ),
    "relative-url": Rule(
        "error",
        "readers have no page it could be relative to: pictures are missing, links lead nowhere",
        "write the whole URL, from https:// on",
        "RFC 3986, 5; F11",
    ),
    "xml-base": Rule(
        "note",
        "many readers pass over xml:base: pictures are missing, links lead nowhere",
        "write whole URLs, from https:// on",
        "XML Base; F11",
    ),
    "non-ascii-url": Rule(
        "error",
        "readers that do not encode it themselves cannot fetch it",
        "percent-encode it",
        "RFC 3986, 2; F11",
    ),
    "idn-host": Rule(
        "error",
        "readers that know DNS names only cannot find the host",
        "write the host in its ASCII form (xn--…)",
        "RFC 5891; F11",
    ),
    "javascript-url": Rule(
        "error",
        "readers remove it, or refuse the entry: it is how feeds attack",
        "write a link to a page",
        "RFC 4287, 8.1; threat 1",
    ),
    "no-self": Rule(
        "warning",
        "readers and hubs that got a copy cannot tell where the feed lives",
        "say its own address",
        "RFC 4287, 4.2.7.2; RSS Advisory Board, profile; F11",
    ),
    "several-selves": Rule(
        "warning",
        "readers differ on which of them the feed's address is",
        "one link rel=self",
        "RFC 4287, 4.1.1; F11",
    ),
    "no-home": Rule(
        "error",
        "readers have no page to open for the feed",
        "say the address of the site",
        "RSS 2.0; RFC 4287, 4.1.1; JSON Feed 1.1; F11",
    ),
    "self-is-home": Rule(
        "error",
        "who clicks the feed's name gets the feed again, not the site",
        "the link to the site is its page, rel=self the feed",
        "RFC 4287, 4.2.7.2; F11",
    ),
    "entry-no-link": Rule(
        "warning",
        "readers have no page to open for the entry",
        "write its link",
        "RFC 4287, 4.1.2; RSS 2.0; F11",
    ),
    "several-alternates": Rule(
        "warning",
        "of several alternate links one reader opens the first, another the last",
        "one alternate; translations are rel=related, recordings rel=enclosure",
        "RFC 4287, 4.1.2; F11",
    ),
    "no-hub": Rule(
        "note",
        "readers learn of a new entry at their next round, minutes or hours later",
        "name a WebSub hub: rel=hub, in JSON hubs",
        "WebSub, 4; F24",
    ),
    "no-icon": Rule(
        "note",
        "lists of feeds show a blank or a letter",
        "RSS <image>, Atom <icon> or <logo>, JSON icon",
        "RSS 2.0; RFC 4287, 4.2.5; F15",
    ),
    "enclosure-incomplete": Rule(
        "error",
        "podcast players pass over it, or cannot say how long it takes",
        "write url, length in bytes and type",
        "RSS 2.0; RFC 4287, 4.2.7; F11",
    ),
    "several-enclosures": Rule(
        "warning",
        "an item has one enclosure; of several one reader plays the first, another the last",
        "one enclosure an item; the others as links in the content",
        "RSS Advisory Board, profile; F11",
    ),
    "author-no-email": Rule(
        "error",
        "this element holds an e-mail address: readers show nothing, or the name as an address",
        "for a name without address use <dc:creator>",
        "RSS 2.0; RSS Advisory Board, profile",
    ),
    "author-no-name": Rule(
        "error",
        "readers show an author without name",
        "write <name>",
        "RFC 4287, 3.2.1",
    ),
    "no-author": Rule(
        "error",
        "Atom requires an author, of the feed or of every entry: strict readers refuse it",
        "write <author><name>…</name></author> into the feed",
        "RFC 4287, 4.1.1",
    ),
    "archive-no-current": Rule(
        "warning",
        "readers cannot get from the archive to the feed that changes",
        "write a link rel=current in each archive",
        "RFC 5005, 4",
    ),
    "archive-and-complete": Rule(
        "error",
        "a feed is complete, or in parts: readers delete what they have, or fetch in vain",
        "leave out fh:complete in a feed with archives",
        "RFC 5005, 2, 4",
    ),
    "archive-loops": Rule(
        "error",
        "readers that fetch the archives go round in a circle",
        "rel=prev-archive is the next older document",
        "RFC 5005, 4",
    ),
}

_EDITIONS = {
    "edition-date": Rule(
        "error",
        "it is no date as this site writes it: another region's month, another weekday, other signs",
        "use {{ date }} in the newsletter's subject as it is",
        "R8",
    ),
    "edition-digits": Rule(
        "warning",
        "the site's other dates are in other digits",
        "use {{ date }} in the newsletter's subject as it is",
        "R8",
    ),
    "edition-plural": Rule(
        "error",
        "the counted word stands in a wrong form",
        "write the form that this number asks for",
        "R8",
    ),
}

_SERVED = {
    "served-html": Rule(
        "error",
        "readers that believe the type take the feed for a page",
        "serve it as application/rss+xml, application/atom+xml or application/feed+json",
        "RFC 9110, 8.3; RFC 4287, 7; F20",
    ),
    "served-type": Rule(
        "warning",
        "browsers and finders of feeds do not see that it is one",
        "serve it as application/rss+xml, application/atom+xml or application/feed+json",
        "RFC 4287, 7; JSON Feed 1.1; F20",
    ),
    "served-charset": Rule(
        "error",
        "the type overrules the document: readers read the letters in the wrong encoding",
        "serve it with charset=utf-8, or without charset",
        "RFC 7303, 3; F20",
    ),
    "served-elsewhere": Rule(
        "warning",
        "its rel=self names another address: readers move there, and hubs know only that one",
        "let rel=self be the address it is served at",
        "RFC 4287, 4.2.7.2; WebSub, 4; F11",
    ),
    "served-no-etag": Rule(
        "warning",
        "every reader fetches all of it each time",
        "send an ETag, or Last-Modified",
        "RFC 9110, 8.8; F22",
    ),
    "served-no-304": Rule(
        "warning",
        "asked with its own ETag the server sends all of it again",
        "answer If-None-Match and If-Modified-Since with 304; the bytes must not differ from request to request",
        "RFC 9110, 13; F22",
    ),
    "served-not-compressed": Rule(
        "note",
        "every reader fetches several times the bytes it needs",
        "let the server send it with gzip",
        "RFC 9110, 8.4; F22",
    ),
    "served-no-nosniff": Rule(
        "note",
        "browsers may take it for something else",
        "send X-Content-Type-Options: nosniff",
        "Fetch, 3.6; F20",
    ),
    "served-no-cors": Rule(
        "note",
        "readers that run in a browser cannot fetch it",
        "send Access-Control-Allow-Origin: *",
        "Fetch, 3.3; F20",
    ),
}

# By what they are about, as docs/lint.md has them.
GROUPS: dict[str, dict[str, Rule]] = {
    "The document": _DOCUMENT,
    "Language and direction": _LANGUAGE,
    "Titles and texts": _TEXTS,
    "Content": _CONTENT,
    "Dates": _DATES,
    "Ids": _IDS,
    "Links and people": _LINKS,
    "Editions of your own newsletters": _EDITIONS,
    "What the server says": _SERVED,
}
RULES: dict[str, Rule] = {id_: rule for group in GROUPS.values() for id_, rule in group.items()}
