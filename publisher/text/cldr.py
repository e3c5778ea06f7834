"""CLDR's data for a language in a region, as Babel has them.

Only what a locale says itself is to be trusted: Babel fills what CLDR's root refers elsewhere (names of days that
stand alone, in ckb) from whichever locale was read before.
"""

from functools import lru_cache

from babel import Locale, UnknownLocaleError

from publisher.text.language import script


@lru_cache(maxsize=256)
def locale(language: str, region: str = "") -> Locale:
    """The nearest locale to *language* (BCP 47) in *region* whose month names CLDR has translated, the language
    alone where CLDR does not know it there or *region* is ""; English where there is none."""
    bare = language.partition("-")[0]
    nearest = (f"{language}-{region}", language, *([bare] if script(bare) == script(language) else []))
    for tag in nearest:
        try:
            found = Locale.parse(tag, sep="-")
        except (ValueError, UnknownLocaleError):
            continue
        if found.months["format"]["wide"][1] != "M01":  # the root's placeholder (az-Arab)
            return found
    return Locale("en")
