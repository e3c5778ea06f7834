"""Language tags (BCP 47, CLDR) and the language of a text by the share of its distinctive letters (A7)."""

import codecs
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from babel.core import get_global

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<extlang>[a-z]{3}))?(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|\d{3}))?(?P<rest>(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*"
    r"(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?)",
    re.ASCII,
)


# CLDR files Western Punjabi under its macrolanguage (lah), which no reader and no font list knows.
_KEPT = frozenset({"pnb"})


class _Subtags(NamedTuple):
    language: str
    script: str  # "" where the tag has none
    region: str
    rest: str  # variants, extensions, private use, with their leading hyphen


@lru_cache(maxsize=1024)
def _parse(tag: str) -> _Subtags:
    found = _TAG.fullmatch(tag.strip().replace("_", "-").lower())
    if found is None:
        raise ValueError(f"{tag!r} is not a language tag (BCP 47)")
    # RFC 5646, 2.2.2 and 4.5: the preferred value of every "language-extlang" is the extlang alone.
    language = found["extlang"] or found["language"]
    if language not in _KEPT:
        language, *implied = get_global("language_aliases").get(language, language).split("_")
    else:
        implied = []
    script = (found["script"] or next((s for s in implied if len(s) == 4), "")).title()
    region = (found["region"] or next((s for s in implied if len(s) in (2, 3)), "")).upper()
    return _Subtags(language, script, region, found["rest"])


def canonical(tag: str) -> str:
    """*tag* in the case and with the codes of today (iw: he, ji: yi, in: id; RFC 5646, 2.1.1 and 4.5, CLDR's
    language aliases); underscores become hyphens. Raises ValueError for what is not a language tag."""
    language, script, region, rest = _parse(tag)
    return "-".join(filter(None, (language, script, region))) + rest


@lru_cache(maxsize=1024)
def script(tag: str) -> str:
    """The script *tag* is written in (ISO 15924): its script subtag (Nastaliq, Aran, is a style of Arab), else
    CLDR's likely one; "" when CLDR does not know. Raises ValueError for what is not a language tag."""
    language, written, region, _ = _parse(tag)
    return written.replace("Aran", "Arab") or _likely(f"{language}_{region}") or _likely(language)


def _likely(key: str) -> str:
    parts = get_global("likely_subtags").get(key, "").split("_")
    return parts[1] if len(parts) > 1 else ""


@lru_cache(maxsize=1024)
def feed_tag(tag: str) -> str:
    """*tag* as feeds write it (F4): the language alone, with its script where that is not CLDR's likely one,
    never a region (newsboat and others match exactly). Raises ValueError for what is not a language tag."""
    language, written = _parse(tag).language, script(tag)
    return language if written in ("", _likely(language)) else f"{language}-{written}"


# Letters that (nearly) no other language of this table writes, NFC.
_OWN = {
    "ur": "ٹڈڑںےہۂۃۓ",
    "ps": "ښځڅډړټڼۍګ",
    "sd": "ڳڪڻٺٻڀٿڄڃڇڌڏڊڍڙڦڱ",
    "ug": "ۇۈۋڭ",
    "ckb": "ێڵڕ",
}
_USUAL = {
    "ur": 0.14,
    "ps": 0.12,
    "sd": 0.12,
    "ug": 0.18,
    "ckb": 0.22,
}  # share of these letters in running text
_OWN_MIN = 0.40  # least part of a text in that language (own letters / usual share); a quotation has less
_OWN_MIN_SHORT = 0.10  # in a headline: one letter
_RTL_MIN = 0.20  # least share of RTL letters among RTL and Latin letters; half of it in a headline
_SHORT = 120  # a headline or byline has fewer letters than this
_YIDDISH = "װױײ"
_UG_OR_CKB = "ەۆ"  # both write them: counted for the one whose own letters lead
_UG_OR_PS = "ې"
_ANY_OWN = "".join((*_OWN.values(), _UG_OR_CKB, _UG_OR_PS))
_PERSIAN = "پچژگ"  # also in the five above, and in Iraqi names
_PERSIAN_KEYS = "یک"  # also Arabic typed on a Persian keyboard, hence the small weight
_ARABIC = "ةأإ"  # hardly ever in Persian (0.01 %), 6 % of Arabic
_ARABIC_KEYS = "يك"  # also Persian typed on an Arabic keyboard

# What is not the author's words: each kind with signs of which it has at least one. The first that matches counts;
# every branch either runs to a bound or consumes what it has looked at.
_NOISE: tuple[tuple[tuple[str, ...], str], ...] = (
    (("---", "+++"), r"\A\s*(?P<matter>---|\+\+\+)[ \t]*\n.*?\n(?P=matter)[ \t]*(?:\n|\Z)"),
    (("```", "~~~"), r"^(?P<fence>```+|~~~+).*?(?:^(?P=fence)[`~]*[ \t]*$|\Z)"),
    (("<",), r"<(?P<code>pre|code|script|style|Sandpack)\b.*?(?:</(?P=code)>|\Z)"),
    (("`",), r"`[^`\n]+`"),
    (("<",), r"<!--.*?(?:-->|\Z)|</?[A-Za-z][^<>]*>"),
    (("{{", "{%"), r"\{\{[^{}]{0,500}\}\}|\{%[^{}]{0,500}%\}"),
    (("import", "export"), r"^(?:import|export)\s[^\n]*"),
    (("](",), r"\]\((?:[^()\s]++|\([^()\s]*+\))*(?:\s[^()]*+)?\)"),
    (("://", "www."), r"https?://[^\s<>)\]]+|www\.[^\s<>)\]]+"),
    (("@",), r"(?<![\w.+-])[\w.+-]++@[\w-]++\.[\w.-]+"),
)
_SIGNS = tuple(dict.fromkeys(sign for signs, _ in _NOISE for sign in signs))
_AL = re.compile(r"(?<!\w)[وفبكک]?ال\w\w")
_HAMZA_FIRST = re.compile(r"(?<![\w\u064b-\u0655\u0670])ئ")  # Uyghur and Sorani words begin so, no others


def detect(text: str, fallback: str) -> str:
    """The language of *text*, words without markup (`prose`): "ar fa ur ps sd ug ckb he yi en", or *fallback* (the
    tag of the site or the article it stands in) where the letters do not say, or say the same language. Time is
    linear in the length."""
    if is_all(text, fallback):
        return fallback
    own = _parse(fallback)
    found = _detect(unicodedata.normalize("NFC", text), own.language, script(fallback))
    return fallback if found in ("", own.language) else found


def is_all(text: str, tag: str) -> bool:
    """Whether every part of *text* is in the language *tag*, as `detect` sees it. Only a text in Arabic letters of
    which none speaks for another language is so certain, and most are."""
    return _parse(tag).language == "ar" and script(tag) == "Arab" and _says_nothing_else(text)


def prose(text: str) -> str:
    """*text*, plain or Markdown, without what is not the author's words: code, tags, addresses."""
    if not any(map(text.__contains__, _SIGNS)):
        return text
    begins = text.lstrip().startswith(_NOISE[0][0])  # front matter is nowhere else
    present = tuple(any(sign in text for sign in signs) for signs, _ in _NOISE[1:])
    return _noise((begins, *present)).sub(" ", text) if begins or any(present) else text


@lru_cache(maxsize=256)
def _noise(present: tuple[bool, ...]) -> re.Pattern[str]:
    """What is to be taken out of a text in which the signs of these kinds are *present*: looking for the others
    would take most of the time."""
    kinds = (pattern for (_, pattern), there in zip(_NOISE, present, strict=True) if there)
    return re.compile("|".join(kinds), re.S | re.M)


# Characters that a text in Arabic script is made of, one byte each: counting those of a set is then a matter of
# microseconds. A text with any other is counted the slow way.
_BYTES = "".join(
    dict.fromkeys(
        "\0\t\n"  # with NUL first, charmap_build makes a table and no dict
        + "".join(map(chr, range(0x20, 0x7F)))
        + "".join(map(chr, range(0x620, 0x653)))
        + "".join((_ANY_OWN, _PERSIAN, _PERSIAN_KEYS, _ARABIC, _ARABIC_KEYS))
        + "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹،؛؟٪«»“”‘’…–—\u00a0\u200c\u200f"
    )
).ljust(256, "\ufffe")  # "not mapped" to charmap_build
_CODES = codecs.charmap_build(_BYTES)
_LATIN = bytes(number for number, char in enumerate(_BYTES) if char.isascii() and char.isalpha())
_ARABIC_LETTERS = bytes(
    number for number, char in enumerate(_BYTES) if "\u0620" <= char <= "\u06ff" and char.isalpha()
)


_COMMON = bytes(
    number
    for number, char in enumerate(_BYTES)
    if char not in _ANY_OWN + _PERSIAN + _PERSIAN_KEYS and number not in _LATIN
)


def _says_nothing_else(text: str) -> bool:
    """Whether no letter speaks for another language than Arabic, which needs no counting: most blocks are so."""
    found = codecs.charmap_encode(text, "ignore", _CODES)[0]
    if len(found) < len(text) or found.translate(None, _COMMON):
        return False
    return "ئ" not in text or not _HAMZA_FIRST.search(text)


@lru_cache(maxsize=64)
def _as_bytes(letters: str) -> bytes:
    return codecs.charmap_encode(letters, "ignore", _CODES)[0]


class _Letters:
    """How often each letter stands in a text; presentation forms count as the letters they show."""

    def __init__(self, text: str) -> None:
        self._bytes = codecs.charmap_encode(text, "ignore", _CODES)[0]
        self._count: Counter[str] | None = None
        if len(self._bytes) == len(text):
            self.arabic, self.hebrew, self.latin = self._among(_ARABIC_LETTERS), 0, self._among(_LATIN)
        else:
            self._count_all(text)

    def _among(self, letters: bytes) -> int:
        return len(self._bytes) - len(self._bytes.translate(None, letters))

    def _count_all(self, text: str) -> None:
        self._count = Counter(text)
        for shown in [char for char in self._count if "\ufb1d" <= char <= "\ufefc"]:
            for char in unicodedata.normalize("NFKC", shown):
                self._count[char] += self._count[shown]
        self.arabic = self.hebrew = self.latin = 0
        for char, times in self._count.items():
            if not char.isalpha():
                continue
            if "\u0620" <= char <= "\u06ff" or "\u0750" <= char <= "\u08c7":
                self.arabic += times
            elif "\u05d0" <= char <= "\u05f2":
                self.hebrew += times
            elif char < "\u0250":
                self.latin += times

    def __call__(self, letters: str) -> int:
        if self._count is None:
            return self._among(_as_bytes(letters))
        return sum(self._count[letter] for letter in letters)


def _detect(text: str, site: str, site_script: str) -> str:
    """As `detect`, with "" for the fallback."""
    letters = _Letters(text)
    rtl = letters.arabic + letters.hebrew
    short_share = (
        0.5 if site_script == "Latn" else _RTL_MIN / 2
    )  # a short text needs more to contradict its place
    share = short_share if rtl + letters.latin < _SHORT else _RTL_MIN
    if not rtl + letters.latin:
        return ""
    if rtl < share * (rtl + letters.latin):
        return "" if site_script == "Latn" else "en"
    if letters.hebrew > letters.arabic:
        headline = site == "yi" and letters.hebrew < _SHORT
        return "yi" if headline or letters(_YIDDISH) > 0.01 * letters.hebrew else "he"
    eastern = _eastern(letters, text, site)
    if eastern:
        return eastern
    return _persian_or_arabic(letters, text, site, site_script)


def _eastern(letters: _Letters, text: str, site: str) -> str:
    """Urdu, Pashto, Sindhi, Uyghur or Sorani where its own letters have their usual share, else ""."""
    short = letters.arabic < _SHORT
    if not short and not letters(_ANY_OWN):
        return ""
    own = {language: letters(chars) for language, chars in _OWN.items()}

    def leader(one: str, other: str) -> str:
        return one if own[one] > own[other] or (own[one] == own[other] and site == one) else other

    own[leader("ug", "ckb")] += letters(_UG_OR_CKB)
    if short:
        uyghur = site == "ug" or letters("ى") > letters("ی")
        own["ug" if uyghur else "ckb"] += len(_HAMZA_FIRST.findall(text))
    own[leader("ug", "ps")] += letters(_UG_OR_PS)
    best = max(own, key=lambda language: (own[language] / _USUAL[language], language == site))
    least = (_OWN_MIN_SHORT if short else _OWN_MIN) * _USUAL[best] * letters.arabic
    return best if own[best] and own[best] >= least else ""


def _persian_or_arabic(letters: _Letters, text: str, site: str, site_script: str) -> str:
    # Persian letters do not speak against a site in any other language of this script.
    eastern_site = site_script == "Arab" and site != "ar"
    unknown_site = eastern_site and site not in _OWN and site != "fa"
    short = letters.arabic < _SHORT
    persian = 5 * letters(_PERSIAN) + 0.3 * letters(_PERSIAN_KEYS)
    arabic = 2 * letters(_ARABIC) + 0.3 * letters(_ARABIC_KEYS)
    if arabic > persian and not (eastern_site and short):
        return "ar"  # words in ال could only add to it
    arabic += 2 * len(_AL.findall(text[:4000])) * max(1, len(text) / 4000)
    if persian > arabic:
        return "" if eastern_site and (short or unknown_site) else "fa"
    weak = short and arabic < 0.12 * letters.arabic  # one "ال" or "ي" in a headline
    return "" if eastern_site and (weak or arabic == persian) else "ar"
