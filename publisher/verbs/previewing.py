"""`preview` and `test-send`: what the next edition would be, to look at and to try out. Both read the store only, so a
daemon may run beside them, and no watermark moves (R10)."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from publisher.actions import trial
from publisher.actions.coming import Coming, coming, examined, next_due, shares, tongues
from publisher.actions.house import House
from publisher.digests import compose
from publisher.digests.lint.on_bytes import decoded, fields
from publisher.digests.samples import samples
from publisher.digests.scheme import shown_in
from publisher.digests.trial import as_trial
from publisher.errors import BadInput
from publisher.layout import STATE
from publisher.model.digest import Content
from publisher.model.finding import Finding
from publisher.pages.preview import Audience, Headline, Look, Preview, overview_page, preview_page
from publisher.subscribers import addresses
from publisher.text.dates import rfc3339
from publisher.text.words import LANGUAGES

FOLDER = "preview"
OVERVIEW = "newsletters.index.html"  # a newsletter's name holds no dot
READER = "reader@example.org"


def preview(house: House, *, newsletter: str | None, now: datetime) -> dict[str, Any]:
    """Compose what the next edition would hold (the newest articles where nothing is new) into pages and files below
    state/preview; nothing is planned or sent. Newsletters that have no article to show are left out and named, where
    no one of them was asked for; raises BadInput where none has any."""
    house = house.learnt()
    found, empty = _coming(house, newsletter, now)
    folder = house.root / STATE / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    several = len(found) > 1
    previews = [_preview(each, folder, OVERVIEW if several else "") for each in found]
    index = None
    if several:
        linked = [
            (each.newsletter.title, Path(row["page"]).name) for each, row in zip(found, previews, strict=True)
        ]
        index = _put(folder, OVERVIEW, overview_page(house.site, house.templates, linked))
    return {"previews": previews, "index": index, "empty": empty}


def test_send(
    house: House,
    ways: Sequence[trial.Way],
    *,
    address: str,
    newsletter: str | None,
    language: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Mail what `preview` shows to *address*, over the first of *ways* that can be used. No ledger knows of it.
    Raises BadInput for what is no address or language we speak, Unreachable where no relay can be used."""
    to = addresses.parse(address).text
    spoken = _spoken(house, language)
    house = house.learnt()
    found, empty = _coming(house, newsletter, now)
    sent = []
    for each in found:
        content = as_trial(each.content(spoken), house.site, spoken)
        try:
            letter = each.letter(content, to)
        except ValueError as error:
            raise BadInput(
                f"no letter can be made for it: {error}", ascii(to), "name another address"
            ) from error
        done = asyncio.run(trial.send(letter, ways))
        sent.append(
            {
                "newsletter": each.newsletter.name,
                "address": to,
                "subject": content.subject,
                "relay": done.relay,
                "taken": None if done.unknown else done.taken,
                "stage": done.stage.value,
                "code": done.reply.code,
                "reply": done.reply.text,
                "passed": list(done.passed),
            }
        )
    return {"letters": sent, "empty": empty}


def _spoken(house: House, language: str | None) -> str:
    if language is None:
        return compose.spoken(None, house.site.language)
    spoken = language.partition("-")[0].lower()
    if spoken not in LANGUAGES:
        raise BadInput(f"{language!r} is no language of letters", "", f"write one of {', '.join(LANGUAGES)}")
    return spoken


def _coming(house: House, newsletter: str | None, now: datetime) -> tuple[list[Coming], list[str]]:
    """The editions to be shown, and the newsletters that have nothing."""
    found, empty = list[Coming](), list[BadInput]()
    names = list[str]()
    for each in house.newsletter(newsletter):
        try:
            found.append(coming(house, each, now))
        except BadInput as error:
            empty.append(error)
            names.append(each.name)
    if empty and not found:
        raise empty[0]
    return found, names


def _preview(edition: Coming, folder: Path, overview: str) -> dict[str, Any]:
    house, newsletter = edition.house, edition.newsletter
    for stale in folder.glob(f"{newsletter.name}.*"):
        stale.unlink()
    own, *rest = tongues(edition)
    looks = [_edition(edition, folder, language, first=language == own) for language in (own, *rest)]
    article = edition.selection(None).items[0]
    letters = samples(house.site, newsletter, house.layout, house.templates, edition.now, article=article)
    examine = partial(examined, house, newsletter, edition.selection(None))
    others = [
        _written(folder, edition, kind, own, content, findings=examine(content, own, listed=kind in _LISTED))
        for kind, content in letters.items()
    ]
    page = _page(edition, looks, others)
    name = newsletter.name
    return {
        "newsletter": name,
        "subject": looks[0].subject,
        "items": len(page.articles),
        "new": edition.fresh,
        "readers": sum(each.readers for each in page.audiences),
        "next_due": rfc3339(page.due) if page.due else None,
        "bytes": looks[0].size,
        "html": str((folder / looks[0].whole).absolute()),
        "text": str((folder / f"{name}.txt").absolute()),
        "letter": str((folder / f"{name}.eml").absolute()),
        "page": _put(folder, f"{name}.page.html", preview_page(house.site, house.templates, page, overview)),
        "languages": [look.language for look in looks],
        "findings": [_row(look, each) for look in (*looks, *others) for each in look.findings],
    }


def _page(edition: Coming, looks: Sequence[Look], others: Sequence[Look]) -> Preview:
    house = edition.house
    return Preview(
        edition.newsletter.title,
        edition.fresh,
        next_due(edition),
        [
            Headline(one.title, one.language, one.direction, house.layout.article(one.slug))
            for one in edition.selection(None).items
        ],
        [Audience(each.language, each.text_only, len(each.items), each.readers) for each in shares(edition)],
        looks,
        others,
        house.site.letterhead.html_limit,
    )


_LISTED = ("welcome", "correction")  # letters, beside editions, that go to readers of a newsletter


def _row(look: Look, finding: Finding) -> dict[str, Any]:
    return {"in": look.kind, "language": look.language, **asdict(finding)}


def _edition(edition: Coming, folder: Path, language: str, *, first: bool) -> Look:
    """The files of the edition's letter in *language*; those of the *first* have no language in their names."""
    content = edition.content(language)
    letter = edition.letter(content, READER)
    tag = "" if first else f".{language}"
    name = edition.newsletter.name
    _put(folder, f"{name}{tag}.eml", letter.data)
    return _written(
        folder,
        edition,
        "edition",
        language,
        content,
        tag=tag,
        findings=edition.findings(content, language, letter.data),
        data=letter.data,
    )


def _written(
    folder: Path,
    edition: Coming,
    kind: str,
    language: str,
    content: Content,
    *,
    findings: Sequence[Finding],
    tag: str | None = None,
    data: bytes = b"",
) -> Look:
    """Write what is to be looked at of *content*."""
    name = edition.newsletter.name
    stem = f"{name}.{kind}" if tag is None else f"{name}{tag}"
    shown = content.filled(edition.links)
    files = {"": shown.html, ".light": shown_in(shown.html, "light"), ".dark": shown_in(shown.html, "dark")}
    for scheme, made in files.items():
        _put(folder, f"{stem}{scheme}.html", made.encode())
    _put(folder, f"{stem}.txt", shown.text.encode())
    return Look(
        kind=kind,
        language=language,
        direction=content.direction,
        subject=content.subject,
        light=f"{stem}.light.html",
        dark=f"{stem}.dark.html",
        whole=f"{stem}.html",
        text=shown.text,
        findings=findings,
        html_size=compose.encoded_size(content.html),
        size=len(data),
        headers=[(name, decoded(value), value) for name, value in fields(data.partition(b"\r\n\r\n")[0])],
    )


def _put(folder: Path, name: str, data: bytes) -> str:
    """Write a file that nobody else on this machine reads; returns its path."""
    path = folder / name
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    return str(path.absolute())
