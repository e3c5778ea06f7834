"""Every kind of letter in six languages, as mail: python benchmarks/clients/letters.py FOLDER [URL]

Makes a site for each language below FOLDER/sites, with long headlines, headlines that begin in Latin, numbers,
pictures and articles in all the other languages; mails its digests with `nashir send` and makes the other letters as
the program does. All of them are in FOLDER/eml, a file each; in the Maildir FOLDER/Maildir; and in FOLDER/letters.mbox.
URL is where FOLDER/sites is served, for the pictures.
"""

import json
import mailbox
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from PIL import Image, ImageDraw

from publisher.actions.house import House
from publisher.actions.letters import sender
from publisher.config import load
from publisher.digests import compose, notices
from publisher.digests.select import Selection
from publisher.mail import message
from publisher.model.article import Article
from publisher.model.digest import Content, Edition
from publisher.store import articles
from publisher.verbs.session import reading

NOW = datetime(2026, 11, 28, 4, tzinfo=UTC)

TEXTS = tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))


def main(folder: Path, url: str) -> None:
    """Write the sites and the letters; those of a run before are removed."""
    for old in ("sites", "Maildir", "eml"):
        shutil.rmtree(folder / old, ignore_errors=True)
    (folder / "letters.mbox").unlink(missing_ok=True)
    (folder / "eml").mkdir(parents=True)
    inbox = mailbox.Maildir(folder / "Maildir")
    flat = mailbox.mbox(folder / "letters.mbox")
    for at, language in enumerate(TEXTS):
        root = folder / "sites" / language
        write_site(root, language, f"{url}/{language}/feeds")
        for number, (kind, letter) in enumerate((*sent(root), *others(root, language)), 1):
            (folder / "eml" / f"{at * 10 + number:02}-{language}-{kind}.eml").write_bytes(letter)
            inbox.add(letter)
            flat.add(letter.replace(b"\r\n", b"\n"))
    flat.close()
    print(f"{len(inbox)} letters in {folder}")


def write_site(root: Path, language: str, url: str) -> None:
    """The site of one language, with two newsletters: one list, and one below headings."""
    texts = TEXTS[language]
    (root / "articles").mkdir(parents=True)
    (root / "opening.txt").write_text(texts["opening"], "utf-8")
    values = {
        "site": {
            "id": f"00000000-0000-4000-8000-{list(TEXTS).index(language):012}",
            "title": texts["site"],
            "url": url,
            "language": language,
            "region": texts["region"],
            "timezone": "Asia/Baghdad",
        },
        "mail": {
            "from": f"{texts['site']} <news@example.org>",
            "postal": f"{texts['site']}\nPO Box 12, 10011",
        },
    }
    config = "".join(
        f"[{table}]\n" + "".join(f"{key} = {quoted(value)}\n" for key, value in pairs.items())
        for table, pairs in values.items()
    )
    for name, more in (("daily", 'opening = "opening.txt"'), ("weekly", "group = true")):
        config += f'[[newsletters]]\nname = "{name}"\ntitle = {quoted(texts["newsletter"])}\n{more}\n'
    (root / "config.toml").write_text(config, "utf-8")
    picture(root / "articles" / "bridge.png")
    stories = [(language, story) for story in texts["stories"]]
    stories += [(other, TEXTS[other]["stories"][2]) for other in TEXTS if other != language]
    for number, (tongue, story) in enumerate(stories, 1):
        shown = f"![{story['category']}](bridge.png)\n\n" if number == 2 else ""
        head = {
            "title": story["headline"],
            "language": tongue,
            "categories": [story["category"]],
            "slug": f"n{number}",
        }
        front = "".join(f"{key}: {quoted(value)}\n" for key, value in head.items())
        path = root / "articles" / f"{number}.md"
        path.write_text(f"---\n{front}date: 2026-11-{28 - number:02}\n---\n{shown}{story['lead']}\n", "utf-8")


def quoted(value: object) -> str:
    """*value* as TOML and YAML both read it."""
    return json.dumps(value, ensure_ascii=False)


def picture(path: Path) -> None:
    """A bridge over water."""
    image = Image.new("RGB", (1104, 460), "#bcd9e6")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 330, 1104, 460), fill="#3f7f93")
    draw.arc((150, 140, 954, 560), 180, 360, fill="#8a4b2a", width=22)
    draw.rectangle((0, 286, 1104, 306), fill="#5d3a26")
    image.save(path)


def sent(root: Path) -> Iterator[tuple[str, bytes]]:
    """The digests, as `nashir send` mails them."""
    for words in (
        ["publish"],
        ["subscribers", "add", "reader@example.org", "--confirmed"],
        ["send", "--now", "--include-existing"],
    ):
        command = [sys.executable, "-m", "publisher", "-C", str(root), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = [path.read_bytes() for path in (root / "outbox" / "new").iterdir()]
    for name in ("daily", "weekly"):
        yield from ((name, letter) for letter in found if f"<{name}.".encode() in letter)


def others(root: Path, language: str) -> Iterator[tuple[str, bytes]]:
    """The letters that are not digests."""
    with reading(load(root, {})) as opened:
        house = opened.learnt()
        known = {each.slug: each for each in house.store.read(articles.newest)}
        yield from of_the_list(house, known["n1"], known["n2"], language)
        for kind, content in of_no_list(house, [each.title for each in known.values()], language):
            letter = message.notice(
                content,
                sender(house, None),
                kind=kind,
                key=f"example{language}",
                recipient="reader@example.org",
                sent=NOW,
            )
            yield kind, letter.data


def of_the_list(house: House, first: Article, second: Article, language: str) -> Iterator[tuple[str, bytes]]:
    """One article, a correction, a welcome."""
    site, layout, templates = house.site, house.layout, house.templates
    newsletter, note = house.newsletters["daily"], TEXTS[language]["correction"]
    instant = replace(newsletter, schedule="instant")
    contents = {
        "article": compose.compose(site, instant, Selection((first,), 0), layout, templates, NOW),
        "correction": compose.correction(site, newsletter, second, note, layout, templates, NOW),
        "welcome": notices.welcome(site, newsletter, layout, templates, due=NOW),
    }
    for number, (kind, content) in enumerate(contents.items(), 101):
        letter = message.assemble(
            content,
            Edition(number, "daily", f"example:{number}", NOW, NOW, 9),
            sender(house, "daily"),
            recipient="reader@example.org",
            message_id_key=f"example{language}",
            unsubscribe_url=layout.unsubscribe("example"),
            preferences_url=layout.preferences("example"),
        )
        yield kind, letter.data


def of_no_list(house: House, headlines: list[str], language: str) -> Iterator[tuple[str, Content]]:
    """What belongs to no list."""
    site, layout, templates = house.site, house.layout, house.templates
    newsletter = house.newsletters["daily"]
    button = f"{layout.home}confirm/example"
    yield "confirm", notices.confirm(site, newsletter, layout, templates, confirm_url=button)
    yield "goodbye", notices.goodbye(site, newsletter, layout, templates, undo_url=button)
    yield (
        "preview",
        notices.preview_for_editors(
            site,
            newsletter,
            layout,
            templates,
            subject=f"{newsletter.title}: {headlines[0]}",
            headlines=headlines,
            more=2,
            readers=1234,
            due=NOW,
            approval_url=button,
        ),
    )
    subject, _, text = TEXTS[language]["notice"].partition("\n\n")
    yield "notice", notices.notice_for_editors(site, layout, templates, subject=subject, text=text)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8183")
