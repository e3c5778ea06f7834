"""Words, numbers and dates that the templates wrote, in the manner of their language and region (R6, R8, R9); texts of
others are left to those who wrote them."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from publisher.digests.lint.given import Given, at, bare, finding, ours
from publisher.digests.lint.on_direction import controls
from publisher.digests.lint.view import OBJECT, View, first_shown
from publisher.model.finding import Finding
from publisher.model.site import Site
from publisher.text.agreement import misfits
from publisher.text.cldr import locale
from publisher.text.dated import dates
from publisher.text.dates import digits_for, digits_in
from publisher.text.direction import first_strong, of_tag, of_text
from publisher.text.fold import fold
from publisher.text.quote import named, quoted
from publisher.text.wording import restored
from publisher.text.words import LANGUAGES

# Letters that the keyboard of another language of the script writes, by language.
_FOREIGN = {
    "ar": re.compile("[یکەہھںےۆێڵڕ]"),
    "fa": re.compile("[يكىہھەےں]"),
    "ur": re.compile("[يكىه]"),
    "ckb": re.compile("[يكىةں]"),
}
_ANY = "0-9٠-٩۰-۹"
_RIGHT = re.compile("[\u0590-\u08ff]")
_NUMBER = re.compile(rf"[{_ANY}](?:[.,:/٫٬-]?[{_ANY}])*")
_DATE = re.compile(rf"(?<!\w)([{_ANY}]{{1,2}})ی? +([^\W\d_][^\d·()،,]*?)،? +([{_ANY}]{{4}})(?!\w)")
_ENGLISH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_ENGLISH_DATE = re.compile(
    rf"\b(?:\d{{1,2}} (?:{_ENGLISH})[a-z]*\.?,? \d{{4}}|(?:{_ENGLISH})[a-z]*\.? \d{{1,2}},? \d{{4}})\b"
)
_REGIONS = {"ar": ("", "IQ", "MA", "DZ", "TN", "MR", "EG", "SY", "SA"), "fa": ("IR", "AF")}
_ARROWS = {"rtl": re.compile("[→⟶➔➜▶►⇒▸➡]"), "ltr": re.compile("[←⟵◀◄⇐◂⬅]")}
_OUTWARDS = re.compile("^[^«»]*»[^«»]+«")
_BRACKETS = re.compile(r"^[^()\[\]]*[)\]][^()\[\]]*[(\[]")
_FILLER = re.compile("[\u034f\u200c\xa0 ]{3,}")
# A comma, semicolon or question mark of Latin script behind a word of Arabic script; one that stands apart from it.
_LATIN_SIGNS = re.compile("[\u0620-\u064a\u066e-\u06d3\u06d5][\u064b-\u0652]*[,;?](?!\\d)")
_NO_URDU = ("ar", "fa", "he", "ckb")
_LATIN_STOP = re.compile("[\u0620-\u064a\u0679-\u06d3]\\.(?=\\s|\\Z)")  # Urdu ends its sentences with another
_APART = re.compile("\\s[،؛؟](?!\\s*\\Z)")
_LEADING = re.compile("^[.!?؟،؛:…)\\]}»]+\\s*[\u0590-\u08ff\ufb1d-\ufdff]")


def check(given: Given, view: View | None, others: tuple[str, ...]) -> Iterator[Finding]:
    """Remarks on the subject, and on what in the letter is not the words of *others*. *view*: its HTML, if it has
    any."""
    yield from _lead(given, given.content.subject, "subject", "subject-reads-ltr")
    yield from controls(given.content.subject, "subject")
    yield from _subject(given, view, others)
    for block in view.seen if view else ():
        text = ours(block.text, others)
        yield from _about(text, block.box.lang, block.box.dir, at(block.box), given.site)
    if view and (first := first_shown(view.boxes)) and first.hidden:
        text = "".join(first.element.itertext())
        yield from _lead(given, text, "html: preheader", "preheader-reads-ltr")
        yield from controls(text, "html: preheader")
        yield from _about(
            ours(_FILLER.sub(" ", text), others), first.lang, first.dir, "html: preheader", given.site
        )
    if view:
        yield from _parts(given, view, others)
    for number, line in enumerate(given.content.text.split("\n"), 1):
        text = ours(line, others)
        if "://" not in text:
            tag = given.interface if of_text(text, "ltr") == "rtl" else "en"
            where = f"text: line {number}"
            yield from _about(text, given.interface, of_tag(tag), where, given.site, exact=False)


def _parts(given: Given, view: View, others: tuple[str, ...]) -> Iterator[Finding]:
    """A date that one part says and the other does not, where both say as many."""
    blocks = [
        (ours(block.text, others), (block.box.lang,) if block.box.lang else LANGUAGES) for block in view.seen
    ]
    lines = [(ours(line, others), LANGUAGES) for line in given.content.text.split("\n") if "://" not in line]
    shown, told = (
        [each.found for text, languages in texts for each in dates(text, given.site, languages)]
        for texts in (blocks, lines)
    )
    if len(shown) == len(told):
        for one, other in zip(shown, told, strict=True):
            if one != other:
                yield finding("parts-differ", "text", f"{quoted(other)}, and the HTML {quoted(one)}")


def _subject(given: Given, view: View | None, others: tuple[str, ...]) -> Iterator[Finding]:
    """Remarks on what a template of the site wrote into the subject, and on the title that repeats it."""
    text = ours(given.content.subject, others)
    languages = tuple(dict.fromkeys((given.site.language, given.interface)))
    found, rest = _dates(text, languages, "subject", given.site)
    yield from found
    for language in languages:
        yield from _counted(rest, language, "subject")
    title = bare(view.root.findtext("head/title") or "") if view else ""
    if title and title != bare(given.content.subject):
        yield finding("title-differs", "html: <title>", quoted(title))


def _lead(given: Given, text: str, where: str, rule: str) -> Iterator[Finding]:
    """Whether a line of a list of mails shows its direction first (R6)."""
    rtl = given.content.direction == "rtl" and _RIGHT.search(text)
    if rtl and given.site.letterhead.marks and first_strong(text) == "L":
        yield finding(rule, where, quoted(text.strip()))
    if text.startswith("\u200f") and first_strong(text[1:]) in ("R", "AL"):
        yield finding("needless-mark", where, quoted(text.strip()))


def _about(
    text: str, language: str, direction: str, where: str, site: Site, *, exact: bool = True
) -> Iterator[Finding]:
    """Remarks on a *text* of ours. *exact*: *language* is said of it; else it is that of most of the letter's words,
    and dates may be in any."""
    if not text:
        return
    primary = language.partition("-")[0]
    found, rest = _dates(text, (language,) if exact and language else LANGUAGES, where, site)
    yield from found
    yield from _numbers(rest, language, where, site)
    yield from _months(rest, primary if exact else "", where, site)
    if direction == "rtl" and (english := _ENGLISH_DATE.search(rest)):
        yield finding("english-date", where, quoted(english[0]))
    if exact and (letter := _FOREIGN.get(primary, _NEVER).search(text)):
        yield finding("other-letters", where, f"{named(letter[0])} in {quoted(text)}")
    yield from _counted(rest, language, where)
    if _ARROWS[direction].search(text) and (exact or direction == "rtl"):
        yield finding("arrow", where, quoted(text))
    if direction == "rtl":
        yield from _signs(text, where)
    if direction == "rtl" and primary in _NO_URDU and "۔" in text:
        yield finding("other-signs", where, quoted(text), "write . where a sentence ends")
    if primary == "ur" and _LATIN_STOP.search(text):
        yield finding("other-signs", where, quoted(text), "write ۔ where an Urdu sentence ends")
    for part in rest.split(" · ") if "\ufdd0" not in rest else ():
        if right := restored(part, language):
            yield finding("changed-words", where, quoted(part), f"write {quoted(right)}")


def _dates(text: str, languages: Sequence[str], where: str, site: Site) -> tuple[list[Finding], str]:
    """Remarks on the dates in a *text* in one of *languages*, and the text with one sign for each date."""
    found, rest, last = [], list[str](), 0
    for each in dates(text, site, languages):
        rest += text[last : each.start], OBJECT
        last = each.end
        if each.what:
            primary = languages[0].partition("-")[0] if len(languages) == 1 else ""
            other = each.what == "words" and any(_months(each.found, primary, where, site))
            rule = "other-month" if other else _OF_DATES[each.what]
            write = f"write {quoted(each.right)}; " if each.right else ""
            mend = f"{write}{{{{ date }}}} and {{{{ item.byline }}}} are right by themselves"
            found.append(finding(rule, where, quoted(each.found), mend))
    return found, "".join(rest) + text[last:]


_OF_DATES = {
    "mixed": "mixed-digits",
    "digits": "other-digits",
    "signs": "changed-words",
    "words": "other-date",
}


def _counted(text: str, language: str, where: str) -> Iterator[Finding]:
    for wrong, right in misfits(text, language):
        write = f"write {quoted(right)}; " if right else ""
        yield finding(
            "plural",
            where,
            quoted(wrong),
            f"{write}{{{{ count }}}} and {{{{ more }}}} are right by themselves",
        )


_NEVER = re.compile(r"(?!)")


def _signs(text: str, where: str) -> Iterator[Finding]:
    if _OUTWARDS.search(text):
        yield finding("quotes", where, quoted(text))
    if _LEADING.search(text) or _BRACKETS.search(text):
        yield finding("visual-order", where, quoted(text))
    if _LATIN_SIGNS.search(text) or _APART.search(text):
        yield finding("other-signs", where, quoted(text))


def _numbers(text: str, language: str, where: str, site: Site) -> Iterator[Finding]:
    mixed = [found[0] for found in _NUMBER.finditer(text) if _kinds(found[0]) > 1]
    mixed += [found[0] for found in _DATE.finditer(text) if digits_in(found[1]) != digits_in(found[3])]
    if mixed:
        yield finding("mixed-digits", where, quoted(mixed[0]))
        return
    own = digits_for(site.digits, language, site.region) if language else None
    other = [found[0] for found in _NUMBER.finditer(text) if own and digits_in(found[0]) != own]
    if other:
        yield finding("other-digits", where, quoted(other[0]))


def _kinds(number: str) -> int:
    return len({digits_in(char) for char in number} - {None})


def _months(text: str, primary: str, where: str, site: Site) -> Iterator[Finding]:
    """Months by the names of another region than the site's; where *primary* is "", of all languages together."""
    languages = (primary,) if primary in _REGIONS else () if primary else tuple(_REGIONS)
    if not languages or not (dates := list(_DATE.finditer(text))):
        return
    others = () if primary else ("ur", "ckb", "ps")
    own = frozenset().union(*(_names(each, site.region) for each in (*languages, *others)))
    every = frozenset().union(*(_names(each, region) for each in languages for region in _REGIONS[each]))
    for found in dates:
        if (month := fold(found[2].partition("/")[0])) in every and month not in own:
            yield finding("other-month", where, quoted(found[0]))


@cache
def _names(language: str, region: str) -> frozenset[str]:
    """The months of *language* in *region*, as keys."""
    return frozenset(map(fold, locale(language, region).months["format"]["wide"].values()))
