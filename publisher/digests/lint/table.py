"""The rules of the letter lint: which rule of docs/letters.md each watches over, its level, what somebody sees
because of it, and the mend. docs/letter-lint.md has a row for each.

An error is shown wrong, or does harm; a warning is wrong in some mail programs; a note is worth knowing.
"""

from typing import NamedTuple

from publisher.model.finding import Level


class Rule(NamedTuple):
    """One rule."""

    of: str  # "R1"
    level: Level
    what: str
    mend: str


_DIRECTION = {
    "html-without-lang": Rule(
        "R1",
        "error",
        "screen readers read it in the wrong voice, fonts are those of another script",
        'write <html lang="{{ voice.lang }}" dir="{{ voice.dir }}">',
    ),
    "html-without-dir": Rule(
        "R1",
        "error",
        "the letter is laid out from the left",
        'write <html lang="{{ voice.lang }}" dir="{{ voice.dir }}">',
    ),
    "body-without-direction": Rule(
        "R1",
        "error",
        "Gmail drops what stands on <html>: without it on <body> the letter turns round",
        "write <body {{ parts.says(voice) }}>",
    ),
    "table-without-dir": Rule(
        "R1",
        "warning",
        "columns of this table stand in the other order",
        "write {{ parts.says(voice) }} on it",
    ),
    "block-without-dir": Rule(
        "R1",
        "error",
        "where a mail program drops the direction of what is around, this turns to the left",
        "write {{ parts.says(voice) }} on it, with the voice of that place",
    ),
    "block-without-direction": Rule(
        "R1",
        "error",
        "GMX and web.de drop the attribute dir and keep CSS: without it this turns to the left",
        "write {{ parts.says(voice) }} on it, which has both, with the voice of that place",
    ),
    "block-without-align": Rule(
        "R1",
        "error",
        "Outlook and Yahoo put this text at the left edge",
        "write {{ parts.says(voice) }} on it, with the voice of that place",
    ),
    "cell-without-align": Rule(
        "R1",
        "warning",
        "Outlook puts the text of this cell at the left edge",
        'write align="{{ voice.align }}" on it',
    ),
    "dir-contradicts": Rule(
        "R1", "error", "mail programs differ on which of the two they follow", "say one direction in both"
    ),
    "align-contradicts": Rule(
        "R1", "error", "the text stands at the edge where its lines end", "align it to the side it begins at"
    ),
    "wrong-direction": Rule(
        "R5",
        "error",
        "the full stop, brackets and the order of its words stand on the wrong side",
        "set it in the direction of its letters: {{ parts.says(voice) }}",
    ),
    "direction-and-padding": Rule(
        "R3",
        "error",
        "Outlook draws a line one pixel high",
        "put the padding on a cell around it that has no direction",
    ),
    "link-with-dir": Rule(
        "R3",
        "warning",
        "Outlook breaks off the underline and the click",
        "put dir on a <span> inside the link",
    ),
    "link-without-span": Rule(
        "R3",
        "warning",
        "where the direction of what is around is lost, the words of the link turn round",
        "write <span {{ parts.way(voice) }}> inside the link",
    ),
    "latin-run": Rule(
        "R4",
        "error",
        "its signs move to the other end: C++ is shown as ++C, a full stop before the first word",
        "write {{ run(text, voice.dir) }}",
    ),
    "wrong-span": Rule(
        "R4", "error", "right-to-left words are set from the left inside it", 'keep dir="ltr" for Latin runs'
    ),
    "embeddings": Rule(
        "R4",
        "error",
        "embeddings and overrides (U+202A to U+202E) leak into what stands beside, and may hide what it says",
        "take them out; {{ run(text, voice.dir) }} marks what needs it",
    ),
    "unbalanced-isolates": Rule(
        "R4",
        "error",
        "the rest of the line is taken into the isolate",
        "close every U+2066 to U+2068 with U+2069",
    ),
    "doubled-marks": Rule("R4", "warning", "one mark does it; the others hinder search", "leave one"),
    "subject-reads-ltr": Rule(
        "R6",
        "warning",
        "lists of mails go by the first strong letter and set it from the left",
        "begin it with U+200F; mail.direction_marks does so by itself",
    ),
    "preheader-reads-ltr": Rule(
        "R6",
        "warning",
        "lists of mails go by the first strong letter and set it from the left",
        "use {{ preheader }} as it is",
    ),
    "needless-mark": Rule(
        "R6",
        "warning",
        "its first letter is a right-to-left one already; the mark only hinders search",
        "take it out",
    ),
}

_PROGRAMS = {
    "logical-css": Rule(
        "R2",
        "error",
        "Outlook and Yahoo do not know start, end and inline sides: the text stands at the left",
        "write left or right: {{ voice.align }}",
    ),
    "css-variable": Rule("R2", "error", "only Apple's programs know var()", "write the value"),
    "web-font": Rule(
        "R2",
        "warning",
        "mail programs load no fonts",
        "name fonts that readers have: {{ voice.font | safe }}",
    ),
    "css-import": Rule(
        "P1",
        "error",
        "style from elsewhere is dropped, or tells strangers who reads",
        "write the rules into the template",
    ),
    "float": Rule("R2", "error", "Outlook does not know float: columns fall apart", "use a table"),
    "modern-layout": Rule("R2", "error", "Outlook knows neither flex, grid nor position", "use a table"),
    "letter-spacing": Rule(
        "R2", "error", "it tears the joined letters of Arabic script apart", "leave it out"
    ),
    "italic": Rule(
        "R2",
        "warning",
        "Arabic script has no italics: letters are slanted by machine",
        "use bold, or a colour",
    ),
    "justify": Rule("R2", "warning", "words of Arabic script are torn apart by wide gaps", "leave it out"),
    "dropped-element": Rule(
        "R2",
        "error",
        "mail programs drop <bdi> and <base>, and what hangs on them",
        'write <span dir="ltr"> and whole URLs',
    ),
    "style-not-inline": Rule(
        "R9",
        "warning",
        "Gmail's apps and GMX throw style sheets away, and this with them",
        "leave only @media in a sheet that is not written into the elements",
    ),
    "too-wide": Rule(
        "R9",
        "warning",
        "on a phone readers have to scroll sideways",
        "make nothing wider than 600 pixels, and let it shrink",
    ),
    "no-color-scheme": Rule(
        "R9",
        "warning",
        "programs that are dark turn the colours round by themselves",
        'write <meta name="color-scheme" content="light dark">',
    ),
    "dark-not-important": Rule(
        "R9",
        "warning",
        "what stands in the element wins: the dark colour is never used",
        "write !important behind it",
    ),
    "contrast": Rule(
        "R9",
        "error",
        "many readers cannot tell the text from what is behind it",
        "choose colours with a contrast of 4.5 at least (3 for large text)",
    ),
    "contrast-dark": Rule(
        "R9",
        "error",
        "in dark mode many readers cannot tell the text from what is behind it",
        "choose colours with a contrast of 4.5 at least in the rules for prefers-color-scheme: dark",
    ),
    "no-preheader": Rule(
        "R9",
        "note",
        "lists of mails show whatever comes first behind the subject",
        "begin <body> with a hidden {{ preheader }}",
    ),
    "no-filler": Rule(
        "R9",
        "note",
        "lists of mails show the date and the first headlines behind the preview line",
        "put blanks behind {{ preheader }}, as mail/base.html.j2 does",
    ),
    "no-font": Rule(
        "R7",
        "warning",
        "it is set in the program's own font, often one without these letters",
        "write font-family: {{ voice.font | safe }}",
    ),
    "font-of-another-script": Rule(
        "R7",
        "warning",
        "none of these fonts has the letters of this script, or draws them well",
        "write font-family: {{ voice.font | safe }}",
    ),
    "tight-lines": Rule(
        "R7",
        "warning",
        "marks above and below letters touch the next line",
        "write line-height: {{ voice.leading }}",
    ),
    "no-outlook-font": Rule(
        "R7",
        "note",
        "Outlook sets right-to-left text in Times New Roman",
        "name {{ voice.outlook | safe }} between <!--[if mso]> and <![endif]-->",
    ),
    "too-large": Rule(
        "M7",
        "error",
        "Gmail cuts the letter off, and with it the way to unsubscribe",
        "show fewer articles, or less of each",
    ),
    "no-doctype": Rule(
        "R9",
        "warning",
        "programs fall back to the rules of 1996: sizes are not handed down into tables",
        "write <!doctype html> first",
    ),
}

_WORDS = {
    "mixed-digits": Rule(
        "R8",
        "error",
        "one number, or one date, is written in two kinds of digits",
        "write it in the digits of the site",
    ),
    "other-digits": Rule(
        "R8",
        "warning",
        "the letter's other numbers, and the site's, are in other digits",
        "use {{ count }}, {{ date }} and {{ item.byline }} as they are",
    ),
    "other-month": Rule(
        "R8",
        "error",
        "readers in this region call the month by another name",
        "use {{ date }} and {{ item.byline }} as they are",
    ),
    "other-date": Rule(
        "R8",
        "error",
        "it is no date as this site writes it: the weekday is another one, or the month, or the era",
        "use {{ date }} and {{ item.byline }} as they are",
    ),
    "parts-differ": Rule(
        "M9",
        "error",
        "readers of plain text are told another date than the others",
        "use {{ date }} and {{ item.byline }} in both templates",
    ),
    "english-date": Rule(
        "R8",
        "error",
        "a date in English stands in a letter of another language",
        "use {{ date }} and {{ item.byline }} as they are",
    ),
    "other-letters": Rule(
        "R8",
        "error",
        "the keyboard of another language: search does not find the word",
        "write it with this language's own letters",
    ),
    "plural": Rule(
        "R8", "error", "the counted word stands in a wrong form", "use {{ count }} and {{ more }} as they are"
    ),
    "other-signs": Rule(
        "R8",
        "error",
        "signs of another script or language, or set apart, stand in the sentence",
        "write the signs of its language (، ؛ ؟ in Arabic script, ۔ in Urdu alone) right behind the word",
    ),
    "changed-words": Rule(
        "R8",
        "error",
        "our words stand there with other signs: a joiner, a vowel, a comma or a stop is lost or another",
        "write them as the letter has them by itself",
    ),
    "title-differs": Rule(
        "R11",
        "warning",
        "windows and screen readers call the letter otherwise than lists of mails",
        "write <title>{{ subject }}</title>",
    ),
    "arrow": Rule(
        "R9",
        "error",
        "the arrow points back to where readers come from; it does not turn round by itself",
        "use {{ item.arrow }}",
    ),
    "quotes": Rule(
        "R8",
        "error",
        "the quotation marks point outwards",
        "write « where the quotation begins and » where it ends: they turn by themselves",
    ),
    "visual-order": Rule(
        "R8",
        "error",
        "a sign that ends a sentence stands before its first letter, as if it had been put in by eye",
        "write it where it is read: at the end",
    ),
    "bad-characters": Rule(
        "M4", "error", "programs show a box, or cut the text there", "take the character out"
    ),
}

_READ_ALOUD = {
    "table-without-role": Rule(
        "R11", "error", "screen readers count rows and columns aloud", 'write role="presentation" on it'
    ),
    "not-one-h1": Rule(
        "R11", "warning", "screen readers find no beginning, or several", "give the letter one <h1>"
    ),
    "heading-skipped": Rule(
        "R11", "warning", "who goes from heading to heading misses a level", "go down one level at a time"
    ),
    "same-link-text": Rule(
        "R11",
        "error",
        "in a list of links these cannot be told apart",
        'add aria-label="{{ text }}: {{ item.title }}"',
    ),
    "link-without-text": Rule(
        "R11",
        "error",
        "screen readers read the address aloud",
        'give it words; or hide it: aria-hidden="true" tabindex="-1"',
    ),
    "no-alt": Rule(
        "R11", "error", "screen readers read the file's name aloud", 'write alt="{{ item.picture.alt }}"'
    ),
    "no-title": Rule(
        "R11",
        "error",
        "windows and screen readers have no name for the letter",
        "write <title>{{ subject }}</title>",
    ),
    "preheader-read-aloud": Rule(
        "R11",
        "warning",
        "screen readers read the preview line and its blanks",
        'write aria-hidden="true" on it',
    ),
    "latin-without-lang": Rule(
        "R11",
        "warning",
        "Latin words are read in the voice of another language",
        'write <span dir="ltr" lang="en">',
    ),
    "invalid-lang": Rule(
        "R11",
        "error",
        "no program knows this language: it is no language tag",
        'write a tag: lang="{{ voice.lang }}"',
    ),
    "old-lang": Rule(
        "R11",
        "warning",
        "programs compare tags letter by letter, with the code of today",
        'write lang="{{ voice.lang }}"',
    ),
    "other-lang": Rule(
        "R11",
        "error",
        "screen readers read it in the voice of another language, in the font of another",
        "write {{ parts.says(voice) }} on it, with the voice of that place",
    ),
    "body-without-lang": Rule(
        "R11",
        "warning",
        "programs drop <html> and with it the language",
        "write {{ parts.says(voice) }} on <body>",
    ),
    "small-text": Rule(
        "R11",
        "warning",
        "it is too small for many eyes, and smaller still on a phone",
        "make no text smaller than 16 pixels",
    ),
    "small-target": Rule(
        "R11", "warning", "fingers miss it", "give it 44 pixels of height: line-height, or padding on a block"
    ),
}

_PLAIN = {
    "no-plain-text": Rule(
        "M9",
        "error",
        "readers of plain text, and some filters, find nothing",
        "write the .txt.j2 template too",
    ),
    "text-reads-ltr": Rule(
        "M9",
        "error",
        "programs go by the first strong letter and set the line from the left",
        "write {{ line(text, voice.dir) }}",
    ),
    "url-not-alone": Rule(
        "M9",
        "warning",
        "programs make the words beside it a part of the link, or move its end",
        "give the URL a line of its own",
    ),
    "markup-in-text": Rule(
        "M9", "warning", "readers see the code", "write plain text; filler and entities belong into HTML"
    ),
    "no-unsubscribe": Rule(
        "H6",
        "error",
        "readers who want to leave press “spam” instead",
        "write {{ unsubscribe }} with {{ unsubscribe_url }}",
    ),
    "no-preferences": Rule(
        "H6",
        "warning",
        "readers who want fewer letters can only leave",
        "write {{ preferences }} with {{ preferences_url }}",
    ),
    "no-reason": Rule(
        "H6", "note", "readers who forgot that they subscribed take it for spam", "write {{ why }}"
    ),
    "no-postal": Rule(
        "H6",
        "warning",
        "the postal address that mail.postal has is not in the letter; laws ask for it",
        "write {{ postal }}, line by line",
    ),
}

_PRIVACY = {
    "third-party": Rule(
        "P1",
        "error",
        "strangers learn who opens the letter, when and where",
        "copy it to the site, or leave it out",
    ),
    "tracking-pixel": Rule(
        "P1", "error", "it watches readers; many programs block it, and filters count it", "take it out"
    ),
    "personal-link": Rule(
        "P1",
        "error",
        "a link of one reader's own stands where it is neither their choices nor the way out",
        "use the two URLs as they are",
    ),
    "insecure-picture": Rule(
        "P1", "warning", "who carries the letter's pictures sees them; some programs drop them", "use https"
    ),
    "data-uri": Rule(
        "P1",
        "warning",
        "Gmail and Outlook show no picture that stands in its address",
        "copy the picture to the site",
    ),
    "relative-url": Rule(
        "P1", "error", "a letter stands nowhere: the link leads nowhere", "write a whole URL: {{ item.url }}"
    ),
    "active-content": Rule(
        "threat 1",
        "error",
        "programs drop it, or take the letter for an attack",
        "take it out: letters hold text, links and pictures",
    ),
    "event-attribute": Rule(
        "threat 1",
        "error",
        "programs drop it, or take the letter for an attack",
        "take the on… attribute out",
    ),
    "script-url": Rule(
        "threat 1",
        "error",
        "programs drop it, or take the letter for an attack",
        "link to http, https or mailto",
    ),
}

_BYTES = {
    "bare-newline": Rule(
        "M1", "error", "relays refuse the letter, or let a forged one through", "end every line with CRLF"
    ),
    "line-too-long": Rule(
        "M1", "error", "relays cut the line or refuse the letter", "keep lines to 998 octets"
    ),
    "long-encoded-word": Rule(
        "M2", "error", "programs show the code of the subject", "encode in words of 75 characters"
    ),
    "subject-differs": Rule(
        "M2", "error", "readers see another subject than was written", "encode it by RFC 2047, in UTF-8"
    ),
    "encoded-header": Rule(
        "M3",
        "error",
        "programs do not find the address in it: the unsubscribe button is not shown",
        "never encode it",
    ),
    "no-list-unsubscribe": Rule(
        "H1",
        "error",
        "Gmail and Yahoo put letters of lists without it into spam",
        "give List-Unsubscribe a web and a mail address",
    ),
    "no-one-click": Rule(
        "H1",
        "note",
        "no one-click button: that needs https",
        "serve the site by https, and say so in site.url",
    ),
    "missing-header": Rule(
        "H5", "error", "programs answer it, file it wrong, or distrust it", "write the header"
    ),
    "repeated-header": Rule("M6", "error", "relays and filters refuse what has two of it", "write it once"),
}

# As docs/letter-lint.md has them.
GROUPS: dict[str, dict[str, Rule]] = {
    "Direction": _DIRECTION,
    "Mail programs": _PROGRAMS,
    "Words": _WORDS,
    "Read aloud": _READ_ALOUD,
    "Plain text and the way out": _PLAIN,
    "Privacy and harm": _PRIVACY,
    "Bytes and headers": _BYTES,
}
RULES: dict[str, Rule] = {name: rule for group in GROUPS.values() for name, rule in group.items()}
