"""Which days are a region's weekend (R8, D5). Read with the configuration: no other part of CLDR is loaded."""

from collections.abc import Iterable

NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# CLDR 48, supplementalData, weekendStart and weekendEnd; 0 is Monday. CLDR leaves Palestine, the Maldives and
# Bangladesh with the world's Saturday and Sunday; their offices close as their neighbours' do.
_WEEKENDS: dict[tuple[int, ...], str] = {
    (4, 5): "BH DZ EG IL IQ JO KW LY OM QA SA SD SY YE PS MV BD",
    (4,): "IR",
    (3, 4): "AF",
    (6,): "IN UG",
}
_WORLD = (5, 6)


def weekend(region: str) -> tuple[int, ...]:
    """The days on which offices of *region* (ISO 3166-1) are closed, 0 for Monday; the world's where it has none of
    its own (CLDR)."""
    return next((days for days, regions in _WEEKENDS.items() if region in regions.split()), _WORLD)


def weekdays(words: Iterable[str]) -> tuple[int, ...]:
    """The days that *words* name in English, each whole or by three letters or more, 0 for Monday; in the order of
    the week, each once. Raises ValueError, with the mend, for a word that names none."""
    return tuple(sorted({_weekday(word.strip().lower()) for word in words}))


def _weekday(word: str) -> int:
    for number, name in enumerate(NAMES):
        if len(word) >= 3 and name.startswith(word):
            return number
    raise ValueError(f'{word!r} is no day of the week; write "friday" or "fri"')
