"""How often a newsletter comes, in words for its readers."""

from dataclasses import replace

import pytest

from publisher.digests.often import often
from publisher.text.words import words
from tests.conftest import DAILY, SITE


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ar", "كل يوم، الساعة ٧:٠٠ صباحًا بتوقيت بغداد. ولك أن تختار كم مرة تصلك وفي أي ساعة."),
        ("fa", "هر روز، ساعت ۷:۰۰ به وقت بغداد. خودتان تعیین می‌کنید که هر چند وقت و در چه ساعتی برسد."),
        ("he", "מדי יום בשעה 7:00, לפי שעון בגדד. תוכלו לבחור באיזו תדירות ובאיזו שעה יגיע."),
        (
            "ur",
            "ہر روز صبح 7:00 بجے، بغداد کے وقت کے مطابق۔ آپ خود طے کر سکتے ہیں کہ یہ کتنی بار اور کس وقت آئے۔",
        ),
        (
            "ckb",
            "ھەموو ڕۆژێک، کاتژمێر ٧:٠٠ ب.ن، بە کاتی بەغدا. خۆت دەتوانیت دیاری بکەیت چەند جار و لە چ کاتێکدا بگات.",
        ),
        ("en", "Every day at 7:00 AM, Baghdad time. You choose how often it comes, and at what hour."),
    ],
)
def test_it_names_the_hour_its_zone_and_the_choice_in_whole_sentences(
    language: str, said: str
) -> None:  # R8 D4
    found = often(replace(DAILY, frequencies=("daily", "weekly")), SITE, words(language))

    assert said == found.replace("\u202f", " ").replace("\u00a0", " ")


def test_what_comes_at_no_hour_has_no_zone() -> None:
    assert "فور نشر كل مقال" == often(replace(DAILY, schedule="instant"), SITE, words("ar"))
