"""A new site speaks its language, and the configuration made for it is accepted."""

import json

import pytest

from publisher.actions.init import WORDS, create
from publisher.config import load
from publisher.errors import BadInput
from publisher.text.words import LANGUAGES
from tests.commands import nashir


def test_a_site_begins_in_each_language_of_letters():
    assert set(LANGUAGES) == set(WORDS)


@pytest.mark.parametrize("language", sorted(WORDS))
def test_the_first_article_and_the_newsletter_are_in_the_language_of_the_site(language, tmp_path):
    create(tmp_path, "Asia/Baghdad", language)
    done = nashir("-C", str(tmp_path), "--json", "check")
    (article,) = json.loads(done.stdout)["articles"]
    settings = load(tmp_path, {})

    assert 0 == done.returncode, done.stdout
    assert (language, "published") == (article["language"], article["status"])
    assert language == settings.site.language
    assert settings.site.title in settings.newsletters[0].title


@pytest.mark.parametrize(
    "title",
    [
        'خبر "اليوم"',
        "C:\\Temp",
        "أخبار، وأكثر",
        "News & <b>more</b>, Inc.",
        "iPhone\u200f",
        "{title} {0}",
        "a@b.example",
    ],
)
def test_a_title_is_taken_as_it_is(title, tmp_path):
    create(tmp_path, "Asia/Baghdad", "ar", title)

    assert title.removesuffix("\u200f") == load(tmp_path, {}).site.title.removesuffix("\u200f")


def test_what_the_words_before_say_stands_in_the_configuration(tmp_path):
    words = (
        "--language",
        "fa",
        "--title",
        "کوچه",
        "--url",
        "https://www.kuche.example.ir/",
        "--timezone",
        "Asia/Tehran",
    )
    done = nashir("init", str(tmp_path / "site"), *words)
    settings = load(tmp_path / "site", {})

    assert 0 == done.returncode, done.stderr
    assert ("کوچه", "https://www.kuche.example.ir") == (settings.site.title, settings.site.url)
    assert ("Asia/Tehran", ("jalali",)) == (settings.site.timezone.key, settings.site.calendars)
    assert "news@kuche.example.ir" in settings.mail.sender
    assert "خبرنامهٔ کوچه" == settings.newsletters[0].title


def test_persian_outside_of_iran_counts_as_its_country_does(tmp_path):
    create(tmp_path, "Europe/Berlin", "fa")

    assert ("gregorian",) == load(tmp_path, {}).site.calendars


@pytest.mark.parametrize(
    "address", ["", "news.example.org", "ftp://example.org", "https://", "https://a.example/?x=1"]
)
def test_what_is_no_address_of_a_site_is_refused_before_anything_is_written(address, tmp_path):
    with pytest.raises(BadInput, match="no address"):
        create(tmp_path / "site", "UTC", "en", "", address)

    assert not (tmp_path / "site").exists()


def test_a_time_zone_that_is_none_and_a_language_we_do_not_speak_are_wrong_words(tmp_path):
    for words in (("--timezone", "Baghdad"), ("--language", "de")):
        assert 2 == nashir("init", str(tmp_path / "site"), *words).returncode
