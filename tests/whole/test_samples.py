"""Long: a folder of real articles, named by NASHIR_SAMPLES; docs/architecture.md says what may be in it.

Each sub-folder of it that is there is tried; every number is printed (pytest -s)."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from publisher.articles import names
from publisher.articles.parse import Rules, parse
from publisher.errors import Unreadable
from publisher.model.article import Leaf
from publisher.text import language

ROOT = Path(os.environ.get("NASHIR_SAMPLES", "/nowhere"))
# The language that all of a folder is in.
LANGUAGES = {"ar-md": "ar", "ar-md-derived": "ar", "ar-news-txt": "ar", "fa-md": "fa", "ur-md": "ur", "he-txt": "he",
             "ug-txt": "ug", "nc": "ckb"}  # fmt: skip
TUNIS = ZoneInfo("Africa/Tunis")
MARKDOWN = ("ar-md", "fa-md", "ur-md")


def folder(name: str) -> Path:
    if not (ROOT / name).is_dir():
        pytest.skip(f"NASHIR_SAMPLES has no {name}")
    return ROOT / name


def files(name: str) -> list[Path]:
    """The articles below a folder, by A2 and A6."""
    here = folder(name)
    return [
        path
        for path in sorted(here.rglob("*"))
        if path.is_file()
        and path.suffix != ".tsv"
        and names.verdict(str(path.relative_to(here)))[0] == "article"
    ]


def nashir(site: Path, *words: str, **environment: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "publisher", "-C", str(site), "--json", *words]
    done = subprocess.run(command, capture_output=True, env=os.environ | environment, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def make_site(place: Path, articles: Path, zone: str) -> Path:
    subprocess.run([sys.executable, "-m", "publisher", "init", str(place)], check=True, capture_output=True)
    config = (place / "config.toml").read_text("utf-8").splitlines()
    config = [f'timezone = "{zone}"' if line.startswith("timezone") else line for line in config]
    (place / "config.toml").write_text("\n".join(config), "utf-8")
    shutil.rmtree(place / "articles")
    shutil.copytree(articles, place / "articles")
    return place


def rows(site: Path) -> dict[str, dict[str, Any]]:
    return {row["path"]: row for row in nashir(site, "check")["articles"]}


def test_titles_and_dates_are_those_of_the_table(tmp_path: Path) -> None:  # A4, A5
    site = make_site(tmp_path / "site", folder("ar-md-derived"), "Africa/Tunis")
    nashir(site, "publish")
    found = rows(site)
    lines = (ROOT / "ar-md-derived/TRUTH.tsv").read_text("utf-8").splitlines()
    header, *truth = (line.split("	") for line in lines)
    wrong, folded, dated = [], 0, 0
    for values in truth:
        row = dict(zip(header, values, strict=True))
        said = found[row["file"]]
        assert said["status"] == "published", said
        folded += said["title"] != row["title"]
        if said["title"] != " ".join(filter(None, row["title"].split(" "))):
            wrong.append((said["title"], row["title"]))
        published, meant = (
            datetime.fromisoformat(each).astimezone(TUNIS) for each in (said["published"], row["date"])
        )
        # a file that gives a day alone means its midnight
        dated += published == meant or (published.date() == meant.date() and published.time() == time())
    print(
        f"\n{len(truth)} articles: {len(truth) - len(wrong)} titles ({folded} with blanks folded), {dated} dates"
    )

    assert not wrong
    assert dated == len(truth)


@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown_is_published_or_named(name: str, tmp_path: Path) -> None:  # A2, A3, A6
    site = make_site(tmp_path / "site", folder(name), "Asia/Baghdad")
    nashir(site, "publish")
    found = rows(site)
    count = Counter(row["status"] for row in found.values())
    refused = [(path, row["reason"]) for path, row in found.items() if row["status"] == "quarantined"]
    asked = count["published"] + len(refused)
    print(f"\n{name}: {dict(count)}; published {count['published']} of {asked}", *refused, sep="\n  ")

    assert len(found) == sum(
        1 for path in folder(name).rglob("*") if path.is_file() and _seen(path, folder(name))
    )
    assert count["published"] >= 0.99 * asked


def _seen(path: Path, root: Path) -> bool:
    """Whether `check` lists it: what stands in a folder that is not looked into is not listed file by file."""
    return not any(names.skipped_folder(part) for part in path.relative_to(root).parts[:-1])


def test_foreign_xml_is_named_and_never_published(tmp_path: Path) -> None:  # A1
    site = make_site(tmp_path / "site", folder("ar-news-ant-raw"), "Africa/Tunis")
    nashir(site, "publish")
    found = rows(site)
    count = Counter(row["status"] for row in found.values())
    published = [(path, row["title"]) for path, row in found.items() if row["status"] == "published"]
    print(f"\nar-news-ant-raw: {dict(count)}", *published, sep="\n  ")

    assert all(row["reason"] for row in found.values() if row["status"] != "published")
    assert not [title for _, title in published if "<" in title]


def test_language_is_that_of_the_folder() -> None:  # A7
    wrong: list[tuple[str, str, str]] = []
    count: Counter[str] = Counter()
    headlines_wrong: list[tuple[str, str, str]] = []
    for name, expected in LANGUAGES.items():
        if not (ROOT / name).is_dir():
            continue
        for path in files(name):
            try:  # without the folder's name and the site's language: the letters alone
                manuscript = parse(Leaf(path.name, path.read_bytes()), Rules("en", ZoneInfo("UTC")))
            except Unreadable:
                continue
            count[name] += 1
            if manuscript.language.partition("-")[0] != expected:
                wrong.append((name, path.name, manuscript.language))
            title = language.detect(manuscript.title, manuscript.language)
            if title.partition("-")[0] not in (expected, "en"):
                headlines_wrong.append((name, manuscript.title, title))
    if not count:
        pytest.skip("NASHIR_SAMPLES has no article in a language that is known")
    total = count.total()
    print(f"\n{total} articles {dict(count)}: language {total - len(wrong)}, headlines {total - len(headlines_wrong)}",
          *wrong, *headlines_wrong, sep="\n  ")  # fmt: skip

    assert len(wrong) <= 0.005 * total
    assert len(headlines_wrong) <= 0.03 * total


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:  # F2
    trees = []
    first: Path | None = None
    for number, environment in enumerate(
        ({"TZ": "UTC", "LC_ALL": "C"}, {"TZ": "Asia/Tehran", "LC_ALL": "C.UTF-8"})
    ):
        site = tmp_path / str(number)
        if first is None:
            first = make_site(site, folder("ar-md-derived"), "Africa/Tunis")
        else:
            site.mkdir()
            shutil.copytree(first / "articles", site / "articles")
            shutil.copy(first / "config.toml", site)
        nashir(site, "publish", **environment)
        trees.append(
            {
                str(path.relative_to(site / "feeds")): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted((site / "feeds").rglob("*"))
                if path.is_file()
            }
        )
    different = [path for path in trees[0] | trees[1] if trees[0].get(path) != trees[1].get(path)]
    print(f"\n{len(trees[0])} files, {len(different)} differ", *different[:10], sep="\n  ")

    assert not different
