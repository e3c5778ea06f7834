"""Arabic Markdown articles to measure with: the same number always gives the same text.

    .venv/bin/python benchmarks/corpus.py 100000 /tmp/corpus-100000

An article is YAML front matter (title, date, author, two of 20 tags) and about 3.5 kB of body: paragraphs of made-up
sentences, sub-headings, some bold words and links, a list or a quotation now and then. Article n depends on n alone, so
a smaller corpus is the beginning of a larger one; a higher number is a later date. Files look a year old, so that no
tool waits for them to come to rest.
"""

import os
import random
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

BODY = 3_100  # bytes of body an article has at least; 3.5 kB a file on average
OLD = 1_700_000_000  # the files' modification time, seconds since 1970
FIRST = datetime(2010, 1, 1, tzinfo=timezone(timedelta(hours=3)))
APART = timedelta(minutes=80)  # between two articles: 100,000 end in 2025

TAGS = (
    "سياسة اقتصاد رياضة ثقافة علوم صحة تقنية مجتمع فن بيئة تعليم سفر طعام زراعة أدب تاريخ عمارة موسيقى قانون طقس"
).split()
AUTHORS = ("ليلى منصور", "أحمد حسن", "سارة يوسف", "خالد إبراهيم", "هدى سالم", "عمر فاروق", "نور الدين عيسى")
ROOTS = (
    "كتب درس علم حكم فتح نصر جمع حمل سمع نظر شرح بحث عمل خرج دخل رسم وزن سجل نقل زرع حصد بذل صنع طبع ركب سكن لعب رقص "
    "ضرب غرس كسب فهم قطع ربط حفظ رفع خدم طلب شكر صبر"
).split()
PATTERNS = (
    "{0}ا{1}{2} م{0}{1}و{2} ت{0}{1}ي{2} ا{0}ت{1}ا{2} ال{0}{1}ا{2}ة ي{0}{1}{2}ون م{0}ا{1}{2}ات است{0}{1}ا{2} {0}{1}{2} "
    "{0}{1}ي{2} وال{0}{1}{2} بال{0}{1}و{2} م{0}{1}{2}ة ال{0}ا{1}{2} ن{0}{1}{2} ت{0}ا{1}{2} م{0}ت{1}{2} ا{0}{1}ا{2}"
).split()
SMALL = "في من على إلى عن مع بعد قبل بين حتى منذ أن التي الذي هذا هذه ثم كما لكن قد كل بعض عند غير".split()
WORDS = [pattern.format(*root) for root in ROOTS for pattern in PATTERNS] + SMALL * 12


@dataclass(frozen=True, slots=True)
class Text:
    """An article as it was meant."""

    number: int
    title: str
    date: datetime
    author: str
    tags: tuple[str, ...]
    paragraphs: tuple[str, ...]  # Markdown, a block each

    @property
    def markdown(self) -> str:
        """The file."""
        head = (
            f"title: {self.title}",
            f"date: {self.date.isoformat()}",
            f"author: {self.author}",
            f"tags: [{', '.join(self.tags)}]",
        )
        return "\n".join(("---", *head, "---", "")) + "\n" + "\n\n".join(self.paragraphs) + "\n"


def article(number: int) -> Text:
    """Article *number*, counted from 0."""
    chance = random.Random(number)
    words = chance.choices(WORDS, k=700)
    title = " ".join(words[: 6 + number % 5])
    blocks: list[str] = []
    used, size = 12, 0
    while size < BODY:
        length = 18 + len(words[used]) * 5 % 37  # the sentences differ in length
        block = _block(chance, words[used : used + length], len(blocks))
        used = (used + length) % 600
        size += len(block.encode()) + 2
        blocks.append(block)
    tags = tuple(chance.sample(TAGS, 2))
    return Text(number, title, FIRST + number * APART, chance.choice(AUTHORS), tags, tuple(blocks))


def _block(chance: random.Random, words: list[str], place: int) -> str:
    kind = chance.random()
    if place and kind < 0.12:
        return "## " + " ".join(words[:5])
    if place and kind < 0.18:
        return "\n".join(f"- {' '.join(words[start : start + 6])}" for start in range(0, 18, 6))
    middle = len(words) // 2
    words[middle - 1] += "،"
    if kind < 0.5:
        words[2] = f"**{words[2]} {words.pop(3)}**"
    if kind > 0.7:
        words[-3] = f"[{words[-3]}](https://example.org/{chance.randrange(9999)})"
    return ("> " if place and kind > 0.95 else "") + " ".join(words) + "."


def name(number: int) -> str:
    """The name of its file."""
    return f"{number:06}.md"


def ensure(folder: Path, count: int) -> Path:
    """The folder with *count* articles; written if it is not there."""
    done = folder / ".complete"  # tools skip hidden files
    if done.exists() and done.read_text() == str(count):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = f"{folder}/{name(number)}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(descriptor, article(number).markdown.encode())
        os.close(descriptor)
        os.utime(path, (OLD, OLD))
    done.write_text(str(count))
    return folder


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    ensure(Path(sys.argv[2]), int(sys.argv[1]))
