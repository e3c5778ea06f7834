"""The last part of an article's URL (A14)."""

import unicodedata

import regex

LIMIT = 180  # bytes of UTF-8: three times as many when percent-encoded

# Vowel marks that readers of these scripts leave out; those of other scripts (Thaana, Indic) are letters to theirs.
_MARKS = regex.compile(
    r"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u08ca-\u08ff]"
)
_DROPPED = regex.compile(
    r"[\p{Cf}\p{Cc}\p{Cs}\p{Co}\p{Cn}\u0640\u2019'ʼ׳״]"
)  # tatweel and word-internal quotes too
_GAP = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


def slug(text: str) -> str:
    """Make *text* part of a URL: NFC, lower case, words joined by "-", at most LIMIT bytes cut between words.

    "" if nothing is left. Never "." or "..", never with a slash or a control character.
    """
    text = unicodedata.normalize("NFC", text).replace("\u200c", "-")
    text = _MARKS.sub("", _DROPPED.sub("", text)).lower()
    text = unicodedata.normalize("NFC", _MARKS.sub("", text))  # İ lower-cased is i with a mark
    return _cut(_GAP.sub("-", text).strip("-"))


def _cut(words: str) -> str:
    if len(words.encode()) <= LIMIT:
        return words
    size, kept = 0, []
    for cluster in regex.findall(r"\X", words[: LIMIT + 1]):
        size += len(cluster.encode())
        if size > LIMIT:
            break
        kept.append(cluster)
    cut = "".join(kept)
    ends_a_word = words[len(cut)] == "-"
    return (cut if ends_a_word else cut.rpartition("-")[0] or cut).strip("-")
