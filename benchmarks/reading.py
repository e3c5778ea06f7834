"""What reading an article costs, step by step, in microseconds of processor time: the best of seven rounds.

    .venv/bin/python benchmarks/reading.py

The articles have about 3.5 kB of Arabic paragraphs with some ** and links, and front matter of four lines.
"""

import random
from collections.abc import Callable, Iterator
from time import process_time
from zoneinfo import ZoneInfo

from publisher.articles import blocks, frontmatter, headline, markdown, tongues
from publisher.articles.fields import Fields
from publisher.articles.parse import Rules, body, parse
from publisher.model.article import Leaf
from publisher.text import clean, html
from publisher.text.dates import digits_in
from publisher.text.excerpt import excerpt

RULES = Rules("ar", ZoneInfo("Asia/Baghdad"))
TEXT = (
    "المدينة الحكومة الوزير قال إن العام الماضي في من على المكتبة الجديدة مشروع الطريق السكان أعلن اليوم وزارة التعليم"
    " بعد أن كانت هذه التي يوم الخميس أسعار النفط الاقتصاد مجلس قانون جديد بين الدول اجتماع، القادم. الأسبوع 2024 مليون"
)
WORDS = TEXT.split()


def article(number: int) -> Leaf:
    """The same for the same number."""
    chance = random.Random(number)

    def words(length: int) -> list[str]:
        return [chance.choice(WORDS) for _ in range(length)]

    def paragraph() -> str:
        said = words(60)
        said[chance.randrange(60)] = f"**{chance.choice(WORDS).strip('،.')}**"
        if chance.random() < 0.4:
            said[chance.randrange(60)] = f"[الرابط](https://example.com/{number})"
        return f"{' '.join(said)}."

    head = (
        f"title: {' '.join(words(7))}\ndate: 2024-05-{number % 28 + 1:02}T10:00:00+03:00\nauthor: نور\n"
        f"tags: [{chance.choice(WORDS)}، {chance.choice(WORDS)}]\n"
    )
    text = "\n\n".join(paragraph() for _ in range(6))
    return Leaf(f"خبر-{number}.md", f"---\n{head}---\n\n{text}\n".encode())


def cost(name: str, step: Callable[[], list[object]]) -> None:
    best = float("inf")
    for _ in range(7):
        start = process_time()
        count = len(step())
        best = min(best, (process_time() - start) / count)
    print(f"{name:30}{best * 1e6:8.1f}")


def main() -> None:
    leaves = [article(number) for number in range(200)]
    print(f"{sum(len(leaf.data) for leaf in leaves) / len(leaves):.0f} bytes an article")
    cost("parse", lambda: [parse(leaf, RULES) for leaf in leaves])
    cost("body", lambda: [body(leaf, RULES, "ar") for leaf in leaves])
    for name, step in steps(leaves):
        cost(f"  {name}", step)


def steps(leaves: list[Leaf]) -> Iterator[tuple[str, Callable[[], list[object]]]]:
    """The steps in the order an article takes them, each with what the one before has made of it."""
    decoded = [clean.decode(leaf.data)[0] for leaf in leaves]
    matters = [frontmatter.split(text, "markdown") for text in decoded]
    fields = [Fields(matter.values) for matter in matters]
    markup = [markdown.html(matter.text)[0] for matter in matters]
    sanitised = [html.sanitise(each) for each in markup]
    elements = [html.split(each) for each in sanitised]
    leads = [blocks.lead(each) for each in elements]
    yield "clean.decode", lambda: [clean.decode(leaf.data) for leaf in leaves]
    yield "clean.tidy", lambda: [clean.tidy(text) for text in decoded]
    yield "frontmatter.split", lambda: [frontmatter.split(text, "markdown") for text in decoded]
    yield "markdown.html", lambda: [markdown.html(matter.text) for matter in matters]
    yield "html.sanitise", lambda: [html.sanitise(each) for each in markup]
    yield "html.split", lambda: [html.split(each) for each in sanitised]
    yield (
        "headline.find",
        lambda: [headline.find(said.title(), each) for said, each in zip(fields, elements, strict=True)],
    )
    yield (
        "tongues.of_article",
        lambda: [
            tongues.of_article("a.md", said, matter.text, "ar")
            for said, matter in zip(fields, matters, strict=True)
        ],
    )
    yield "blocks.lead", lambda: [blocks.lead(each) for each in elements]
    yield "excerpt", lambda: [excerpt(lead) for lead in leads]
    yield (
        "dates",
        lambda: [said.date(name, RULES.timezone, "ar") for said in fields for name in ("date", "updated")],
    )
    yield (
        "other fields",
        lambda: [(said.authors(), said.categories(), said.held(), said.text("id")) for said in fields],
    )
    yield "digits_in", lambda: [digits_in(each) for each in sanitised]


if __name__ == "__main__":
    main()
