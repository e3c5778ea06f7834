"""Real output of ours, to be damaged: sites of many regions, what they publish and what `preview` shows, and the two
judges, as `nashir lint` and `nashir preview` ask them."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from publisher.actions.coming import Coming, coming, examined
from publisher.actions.house import House
from publisher.config import load
from publisher.digests import compose
from publisher.digests.samples import samples
from publisher.digests.select import Selection
from publisher.model.digest import Content
from publisher.model.site import Site
from publisher.verbs import linting, table
from publisher.verbs import session as sessions

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SAMPLES = Path(__file__).parent.parent.parent.parent / "articles"
# Editions of other lengths, for each form that words take after numbers: how many articles, and how many did not fit.
SIZES = {"one": (1, 0), "two": (2, 0), "few": (3, 5), "hundred": (3, 97)}
LANGUAGES = ("ar", "fa", "he", "ur", "ckb", "en")
ONE_EACH = ("2026-10-12-iphone-wa-android.md", "2026-10-21-nan-e-sangak.md", "2026-10-29-moadon-kria.html",
            "whatsapp-teen-sawal.md", "2026-11-09-نانەواخانە.txt", "2026-11-16-river-before-breakfast.md")  # fmt: skip
FEEDS = {"rss": "rss.xml", "atom": "atom.xml", "json": "feed.json"}


NOTES = ("no-icon", "title-reordered", "built-now")  # said of clean output, and no fault of it
# What a finding about each kind of mistake may be called: nothing else counts as found.
ABOUT = {
    "month": "other-month other-date parts-differ edition-date date-month date-weekday",
    "plural": "plural edition-plural",
    "direction": "html-without-dir align-contradicts body-without-direction dir-contradicts block-without-dir"
    " wrong-direction latin-run wrong-span direction-disagrees entry-no-direction content-no-dir content-wrong-dir"
    " block-wrong-dir reordered",
    "digits": "title-differs mixed-digits other-digits date-digits date-calendar edition-digits",
    "mark": "changed-words visual-order other-signs arrow text-reads-ltr doubled-marks unbalanced-isolates"
    " other-letters needless-mark reads-ltr needless-rlm doubled-rlm wrapped-whole embeddings reordered mirrored-signs",
    "language": "other-lang invalid-lang old-lang content-no-lang language-other languages-differ language-region"
    " language-invalid language-deprecated language-disagrees hreflang-other entry-language-other entry-language"
    " block-wrong-lang",
}


class Home(NamedTuple):
    """A site: its language, where it is, and what it says of its calendar."""

    language: str
    region: str
    zone: str
    more: str = ""


HOMES = {
    "baghdad": Home("ar", "IQ", "Asia/Baghdad"),
    "cairo": Home("ar", "EG", "Africa/Cairo", 'digits = "arab"'),
    "rabat": Home("ar", "MA", "Africa/Casablanca"),
    "algiers": Home("ar", "DZ", "Africa/Algiers"),
    "tunis": Home("ar", "TN", "Africa/Tunis"),
    "riyadh": Home("ar", "SA", "Asia/Riyadh", 'calendar = ["hijri", "gregorian"]\ndigits = "arab"'),
    "beirut": Home("ar", "LB", "Asia/Beirut", 'months = "both"'),
    "tehran": Home("fa", "IR", "Asia/Tehran", 'calendar = ["jalali", "gregorian"]\ndigits = "arabext"'),
    "kabul": Home("fa", "AF", "Asia/Kabul", 'calendar = ["jalali"]\ndigits = "arabext"'),
    "jerusalem": Home("he", "IL", "Asia/Jerusalem", 'calendar = ["gregorian", "hebrew"]'),
    "lahore": Home("ur", "PK", "Asia/Karachi"),
    "erbil": Home("ckb", "IQ", "Asia/Baghdad"),
    "london": Home("en", "GB", "Europe/London"),
}


class Voice(NamedTuple):
    """What a site in a language calls things. *counted* is a word behind twelve."""

    title: str
    newsletter: str
    counted: str
    author: str
    headline: str
    text: str


VOICES = {
    "ar": Voice("جريدة النهر", "نشرة النهر", "مقالًا", "سلمى حداد", "حكاية الجسر رقم {}",
                "في أول كل شهر نكتب عن جسر من جسور المدينة، وعمن يعبره كل صباح إلى عمله."),
    "fa": Voice("روزنامهٔ رود", "خبرنامهٔ رود", "مقاله", "سارا امینی", "داستان پل شمارهٔ {}",
                "در آغاز هر ماه از یکی از پل‌های شهر می‌نویسیم و از کسانی که هر بامداد از آن می‌گذرند."),
    "he": Voice("עיתון הנהר", "עלון הנהר", "כתבות", "נועה לוי", "סיפורו של גשר מספר {}",
                "בתחילת כל חודש אנחנו כותבים על אחד מגשרי העיר, ועל מי שעובר עליו בכל בוקר."),
    "ur": Voice("دریا کا اخبار", "دریا کا خبرنامہ", "مضامین", "عائشہ ملک", "پل نمبر {} کی کہانی",
                "ہر مہینے کے شروع میں ہم شہر کے ایک پل کے بارے میں لکھتے ہیں، اور گزرنے والوں کے بارے میں۔"),
    "ckb": Voice("ڕۆژنامەی ڕووبار", "ھەواڵنامەی ڕووبار", "وتار", "شیلان ئەحمەد", "چیرۆکی پردی ژمارە {}",
                 "لە سەرەتای ھەموو مانگێکدا لەسەر پردێکی شار دەنووسین، و لەسەر ئەوانەی پێیدا دەپەڕنەوە."),
    "en": Voice("The River Paper", "The River Letter", "articles", "Ann Reed", "The story of bridge number {}",
                "At the beginning of every month we write about one of the bridges of the city, and who crosses it."),
}  # fmt: skip

CONFIG = """\
[site]
id = "6f1c1c0e-2a56-4b7e-9f4e-0d6a3c1b7e21"
title = "{title}"
url = "https://news.example.org"
language = "{language}"
region = "{region}"
timezone = "{zone}"
{more}

[feeds]
archive = false
per = []
hub = "https://hub.example.org/"

[pages]
enabled = false

[mail]
relay = "maildir:outbox"
from = "{title} <paper@example.org>"

[[newsletters]]
name = "dated"
title = "{newsletter}"
subject = "{{{{ newsletter }}}} – {{{{ date }}}}"
schedule = "daily 07:00"
max_items = 40

[[newsletters]]
name = "counted"
title = "{newsletter}"
subject = "{{{{ newsletter }}}}: {{{{ count }}}} {counted}"
schedule = "daily 07:00"
max_items = 11
"""


class Seed(NamedTuple):
    """A mistake: the first *old* in one place of a site's output becomes *new*.

    The place of a feed is "rss", "atom" or "json", with the newsletter before it whose editions it holds: "dated rss".
    That of a letter is the letter, the language of its words and the part: "edition fa html", "welcome he text",
    "edition ar subject".
    """

    site: str
    place: str
    old: str
    new: str


@dataclass
class Letter:
    """A letter as `preview` has it: what it is made of, and who judges it."""

    edition: Coming
    kind: str
    language: str
    content: Content
    selection: Selection

    def rules(self, content: Content) -> set[tuple[str, str]]:
        """What `preview` says of *content* in its place: rule, and what was found."""
        edition, data, listed = self.edition, b"", self.kind in ("welcome", "correction")
        if self.kind in ("edition", *SIZES):
            data, listed = edition.letter(content, "reader@example.org").data, True
        given = (edition.house, edition.newsletter, self.selection, content, self.language, data)
        found = examined(*given, listed=listed)
        return {(each.name, f"{each.where}: {each.found} ({each.places})") for each in found}


@dataclass
class Output:
    """What one site puts out."""

    root: Path
    letters: dict[tuple[str, str], Letter] = field(default_factory=dict)
    site: Site | None = None
    _clean: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    def feed(self, place: str) -> Path:
        newsletter, _, kind = place.rpartition(" ")
        folder = self.root / "feeds"
        return (folder / "newsletter" / newsletter if newsletter else folder) / FEEDS[kind]

    def places(self) -> Iterator[str]:
        """Every place, clean."""
        yield from (f"{prefix}{kind}" for prefix in ("", "dated ", "counted ") for kind in FEEDS)
        yield from (f"{kind} {language} html" for kind, language in self.letters)

    def judged(self, place: str, seed: Seed | None = None) -> set[tuple[str, str]]:
        """What is said of a place, clean or with a seed. Raises AssertionError for a seed that changes nothing."""
        words = place.split(" ")
        if words[-1] in FEEDS:
            return self._linted(place, seed)
        letter = self.letters[words[0], words[1]]
        content = letter.content
        if seed:
            before = getattr(content, words[2])
            assert seed.old in before and seed.old != seed.new, seed
            content = replace(content, **{words[2]: before.replace(seed.old, seed.new, 1)})
        return letter.rules(content)

    def finds(self, kind: str, seed: Seed) -> set[str]:
        """The rules about its *kind* that find *seed*."""
        found = {rule for rule, _ in self.judged(seed.place, seed) - self.clean(seed.place)}
        return found & set(ABOUT[kind].split())

    def clean(self, place: str) -> set[tuple[str, str]]:
        """What is said of a place as it is."""
        if place not in self._clean:
            self._clean[place] = self.judged(place)
        return self._clean[place]

    def _linted(self, place: str, seed: Seed | None) -> set[tuple[str, str]]:
        path = self.feed(place)
        if seed:
            text = path.read_text("utf-8")
            assert seed.old in text and seed.old != seed.new, seed
            path = self.root / f"damaged{path.suffix}"
            path.write_text(text.replace(seed.old, seed.new, 1), "utf-8")
        (found,) = linting.lint([str(path)], lambda: NOW, site=self.site)
        assert found.report, found.problem
        return {(each.rule, f"{each.where}: {each.found} {each.entry}") for each in found.report.remarks}


def press(name: str, folder: Path) -> Output:
    """The output of the site *name*, made in *folder*."""
    root = folder / name
    _write(root, HOMES[name])
    settings = load(root, {})
    with sessions.writing(settings, lambda: NOW) as session, asyncio.Runner() as runner:

        def does(verb: str, **arguments: Any) -> None:
            runner.run(table.run(session, verb, arguments))

        does("publish")
        does("subscribers add", address="reader@example.org", confirmed=True)
        does("send", now=True, include_existing=True)
        does("publish")
    return read(root)


def read(root: Path) -> Output:
    """The output of the site in *root*, as it is."""
    output = Output(root)
    with sessions.reading(load(root, {})) as house:
        learnt = house.learnt()
        output.site = learnt.site
        _letters(learnt, output)
    return output


def _letters(house: House, output: Output) -> None:
    """As `preview` has them: editions in the languages that readers asked for, here all, and the letters of the house
    in its own."""
    newsletter = house.newsletters["dated"]
    edition, own = coming(house, newsletter, NOW), house.site.language
    for language in LANGUAGES:
        whole = edition.selection(language)
        output.letters["edition", language] = Letter(
            edition, "edition", language, edition.content(language), whole
        )
    selection = edition.selection(None)
    for kind, (shown, more) in SIZES.items():
        part = Selection(selection.items[:shown], more)
        made = compose.compose(house.site, newsletter, part, house.layout, house.templates, NOW, own)
        output.letters[kind, own] = Letter(edition, kind, own, made, part)
    article = selection.items[0]
    others = samples(house.site, newsletter, house.layout, house.templates, NOW, article=article)
    for kind, content in others.items():
        output.letters[kind, own] = Letter(edition, kind, own, content, selection)


def _write(root: Path, home: Home) -> None:
    voice = VOICES[home.language]
    (root / "articles").mkdir(parents=True)
    for path in SAMPLES.iterdir():
        if root.name == "baghdad" or path.name in ONE_EACH:
            shutil.copy(path, root / "articles")
    for month in range(1, 13):
        head = {"title": voice.headline.format(month), "date": f"2026-{month:02}-05" if month < 12 else "2025-12-05",
                "author": voice.author, "lang": home.language}  # fmt: skip
        lines = "\n".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in head.items())
        (root / "articles" / f"own-{month:02}.md").write_text(f"---\n{lines}\n---\n{voice.text}\n", "utf-8")
    text = CONFIG.format(title=voice.title, newsletter=voice.newsletter, counted=voice.counted, language=home.language,
                         region=home.region, zone=home.zone, more=home.more)  # fmt: skip
    (root / "config.toml").write_text(text, "utf-8")
