"""What readers call the days of the week and the hours of the day (R8)."""

from datetime import time

from babel.dates import format_time

from publisher.text.cldr import locale
from publisher.text.dates import Digits, write_digits

# CLDR's hour with the part of the day in words, 7:00 صباحًا: with ص and م noon would be 12:00 م, in Urdu 12:00 PM.
_CLOCK = {"ar": "h:mm bbbb", "ur": "B h:mm 'بجے'"}


def weekday_name(day: int, language: str) -> str:
    """What a reader of *language* (BCP 47) calls the weekday *day*, 0 for Monday (CLDR); English where CLDR does not
    know. Raises KeyError for another number."""
    return str(locale(language).days["format"]["wide"][day])


def clock(at: time, language: str, digits: Digits, *, region: str = "") -> str:
    """The time of day *at* as a reader of *language* in *region* writes it (CLDR), in *digits*: «7:00 صباحًا»,
    "7:00 AM", in Morocco and Iran by 24 hours."""
    here = locale(language, region)
    pattern = "short"
    if "a" in here.time_formats["short"].pattern:
        pattern = _CLOCK.get(here.language, "short")
    return write_digits(format_time(at, pattern, locale=here), digits).replace("اً", "ًا")
