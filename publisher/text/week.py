"""Which days are a region's weekend (R8, D5). Read with the configuration: no other part of CLDR is loaded."""

from collections.abc import Iterable

NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# CLDR, supplementalData, weekendStart and weekendEnd; 0 is Monday. CLDR leaves Palestine, the Maldives and
# Bangladesh with the world's Saturday and Sunday; their offices close as their neighbours' do.
_WEEKENDS: dict[tuple[int, ...], str] = {
    (4, 5): "BH DZ EG IL IQ JO KW LY OM QA SA SD SY YE PS MV BD",
    (4,): "IR",
    (3, 4): "AF",
    (6,): "IN UG",
}
_WORLD = (5, 6)
# CLDR, supplementalData, firstDay; Palestine as its neighbours, and the Emirates, whose week changed in 2022, as the
# world.
_FIRST_DAYS = {
    4: "MV",
    5: "AF BH DJ DZ EG IQ IR JO KW LY OM PS QA SD SY",
    6: "AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN JM JP KE KH KR LA MH MM MO MT MX MZ NI NP PA PE"
    " PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW",
}


def weekend(region: str) -> tuple[int, ...]:
    """The days on which offices of *region* (ISO 3166-1) are closed, 0 for Monday; the world's where it has none of
    its own (CLDR)."""
    return next((days for days, regions in _WEEKENDS.items() if region in regions.split()), _WORLD)


def week(region: str) -> tuple[int, ...]:
    """The days of a week, 0 for Monday, from the one that calendars of *region* (ISO 3166-1) begin with (CLDR)."""
    first = next((day for day, regions in _FIRST_DAYS.items() if region in regions.split()), 0)
    return tuple((first + number) % 7 for number in range(7))


def weekdays(words: Iterable[str]) -> tuple[int, ...]:
    """The days that *words* name in English, each whole or by three letters or more, 0 for Monday; in the order of
    the week, each once. Raises ValueError, with the mend, for a word that names none."""
    return tuple(sorted({_weekday(word.strip().lower()) for word in words}))


def _weekday(word: str) -> int:
    for number, name in enumerate(NAMES):
        if len(word) >= 3 and name.startswith(word):
            return number
    raise ValueError(f'{word!r} is no day of the week; write "friday" or "fri"')
