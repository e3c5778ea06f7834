"""One key for all the spellings of a word (A8): the letters that writers of the Arabic script, and their
keyboards, mix up count as one. A key is compared, never shown."""

import re
import unicodedata

# Vowel marks of Latin, Hebrew and Arabic; those of other scripts (Thaana, Indic) are letters to their readers.
# And tatweel, the joiners and the direction marks.
_DROPPED = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08d3-\u08e1\u08e3-\u08ff"
    "\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\u00ad\ufe00-\ufe0f\ufeff]"
)
# The heh of Sorani (هـ with a joiner after it, or ە) is among them; ھ, a letter of its own in Urdu, is not.
_SAME = str.maketrans(
    {
        **dict.fromkeys("أإآٱ", "ا"),
        **dict.fromkeys("ىی", "ي"),
        **dict.fromkeys("کڪ", "ك"),
        **dict.fromkeys("ةہۃۀۂە", "ه"),
    }
)


def fold(text: str) -> str:
    """The key of *text*: NFC, without case, marks and tatweel; forms of alef, of yeh, of kaf and of heh (ة ه) are
    one, runs of white space one blank. Folding a key changes nothing."""
    if text.isascii():
        return " ".join(text.casefold().split())
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    text = _DROPPED.sub("", text).translate(_SAME)
    return " ".join(unicodedata.normalize("NFC", text).split())
