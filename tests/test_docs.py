"""The documentation is true: what it must name it names, and its examples work."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast, get_args
from urllib.parse import quote

import click
import pytest
from jinja2 import nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from PIL import Image

from publisher import cli, config, private
from publisher.config.written import File
from publisher.digests.lint import table as letter_rules
from publisher.doctor import table as doctor_kinds
from publisher.errors import Exit
from publisher.feeds import aliases
from publisher.feeds.lint.table import GROUPS, RULES
from publisher.mail.keyfiles import signer
from publisher.mail.settings import DkimSettings, MailSettings
from publisher.store.tables import metadata
from publisher.web import app
from publisher.web.api import openapi
from publisher.web.api.routes import ROOT as ROUTES_BELOW
from publisher.web.api.routes import ROUTES
from tests.commands import NASHIR
from tests.commands import nashir as forked
from tests.mail.signing import judged
from tests.patience import LONG

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
RULE = r"[ABDFHLMRSX]\d{1,2}"


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def section(text: str, heading: str) -> str:
    """What stands below the first heading line that starts with *heading*, to the next of its level or above."""
    level = len(heading.partition(" ")[0])
    found = re.search(rf"(?m)^{re.escape(heading)}.*\n((?:(?!#{{2,{level}}} ).*(?:\n|\Z))*)", text)
    assert found, f"no heading {heading!r}"
    return found[1]


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"(?ms)^```{kind}\n(.*?)^```", text)


def row(text: str, first: str) -> list[str]:
    """The cells of the table row whose first cell is `first`."""
    lines = [line for line in text.splitlines() if line.startswith(f"| {first} |")]
    assert lines, f"no row {first}"
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", lines[0])[1:-1]]


def nashir(
    *words: str, expect: int = 0, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    done = forked(*words, environment=environment)
    assert expect == done.returncode, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site as `nashir init` makes it, published, with a reader and a letter."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    nashir("init", str(folder))
    for words in (
        "publish",
        "subscribers add reader@example.org --confirmed",
        "send --now --include-existing",
    ):
        nashir("-C", str(folder), *words.split())
    return folder


# Configuration


def tables(kind: type = File, above: str = "") -> Iterator[tuple[str, type]]:
    """The heading of each table of config.toml, and its dataclass."""
    for each in fields(kind):
        listed = get_args(each.type)
        if is_dataclass(each.type):
            table = cast(type, each.type)
            yield f"[{above}{each.name}]", table
            yield from tables(table, f"{above}{each.name}.")
        elif listed and hasattr(listed[0], "__dataclass_fields__"):
            yield f"[[{each.name}]]", listed[0]
        elif is_table_of_tables(each):
            yield f'[{above}{each.name}."example.org"]', listed[1]


def is_table_of_tables(wanted: Field[Any]) -> bool:
    return is_dataclass((*get_args(wanted.type), None, None)[1])


KEYS = [
    pytest.param(heading, "from" if each.name == "sender" else each.name, each, id=f"{heading}{each.name}")
    for heading, kind in tables()
    for each in fields(kind)
    if not (is_dataclass(each.type) or is_table_of_tables(each))
]
# Keys that need others beside them.
BESIDE = {
    **dict.fromkeys(
        ("username", "password"), ('username = "x"', 'password = "x"', 'relay = "smtps://a.example"')
    ),
    **dict.fromkeys(("selector", "key_file", "domain"), ('selector = "s"', 'key_file = "k"')),
    **dict.fromkeys(
        ("ed25519_selector", "ed25519_key_file"),
        ('selector = "s"', 'key_file = "k"', 'ed25519_selector = "e"', 'ed25519_key_file = "f"'),
    ),
    **dict.fromkeys(
        ("[mail.bounces]imap", "[mail.bounces]password"), ('imap = "imaps://a@b.example"', 'password = "x"')
    ),
    "[mail]password_file": ('username = "x"', 'relay = "smtps://a.example"'),
    "[mail.bounces]password_file": ('imap = "imaps://a@b.example"',),
}


@pytest.mark.parametrize("heading, key, wanted", KEYS)
def test_every_key_has_its_row_with_its_default(heading: str, key: str, wanted: Field[Any]) -> None:
    default = row(section(page("docs/configuration.md"), f"## {heading}"), f"`{key}`")[2]

    if wanted.default is MISSING:
        assert default == "none, required"
    else:
        written = re.match(r"`(.*?)`", default)
        assert written
        value = tomllib.loads(f"key = {written[1]}")["key"]
        assert wanted.default == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize("heading, key, wanted", KEYS)
def test_the_example_of_every_key_is_accepted(
    heading: str, key: str, wanted: Field[Any], tmp_path: Path
) -> None:
    cells = row(section(page("docs/configuration.md"), f"## {heading}"), f"`{key}`")
    example = {line.partition(" = ")[0]: line for line in BESIDE.get(f"{heading}{key}", BESIDE.get(key, ()))}
    example[key] = f"{key} = {cells[4].strip('`')}"
    before, _, rest = minimal().partition(f"{heading}\n")
    table, _, after = rest.partition("\n[")
    kept = [line for line in table.splitlines() if line.partition(" = ")[0] not in example]
    lines = [before, heading, *example.values(), *kept, f"[{after}" if after else ""]
    (tmp_path / "config.toml").write_text("\n".join(lines), "utf-8")
    if key == "password_file":
        private.put(tmp_path / cells[4].strip('`"'), b"x\n")

    settings = config.load(tmp_path, {})

    assert settings.root == tmp_path


def minimal() -> str:
    return blocks(page("docs/configuration.md"), "toml")[0]


def test_the_old_addresses_on_the_page_are_accepted() -> None:
    (block,) = blocks(page("docs/moving-in.md"), "toml")

    assert 4 == len(aliases.read(tomllib.loads(block)["feeds"]["aliases"]))


@pytest.mark.parametrize("where", ["README.md", "docs/configuration.md"])
def test_toml_on_the_page_is_accepted(where: str, tmp_path: Path) -> None:
    for block in blocks(page(where), "toml"):
        site = "" if "[site]" in block else section(minimal(), "[site]").join(["[site]\n", ""])
        (tmp_path / "config.toml").write_text(site.partition("[mail]")[0] + block, "utf-8")
        password = {"NASHIR__MAIL__PASSWORD": "secret"} if "username" in block else {}

        settings = config.load(tmp_path, password)

        assert settings.mail.sender


@pytest.mark.parametrize(
    "old, new, environment",
    [
        ("entries = 50", "entrys = 50", {}),
        ("entries = 50", "entries = 5000", {}),
        ("timezone = .*", 'timezone = "Baghdad"', {}),
        ("relay = .*", 'relay = "smtp://mail.example.org"', {}),
        ("", "", {"NASHIR__FEEDS__ENTRIES": "many"}),
    ],
)
def test_the_error_lines_on_the_page_are_the_real_ones(
    old: str, new: str, environment: dict[str, str], tmp_path: Path
) -> None:
    nashir("init", str(tmp_path))
    path = tmp_path / "config.toml"
    path.write_text(re.sub(f"(?m)^{old}", new, path.read_text("utf-8"), count=1), "utf-8")

    said = nashir("-C", str(tmp_path), "check", expect=Exit.CONFIG, environment=environment).stderr

    shown = blocks(page("docs/configuration.md"), "text")[-1].splitlines()
    assert said.strip().replace(f"{tmp_path}/", "") in shown


def test_the_environment_on_the_page_is_accepted(site: Path) -> None:
    for line in blocks(page("docs/configuration.md"), "sh")[0].splitlines():
        assignment, *words = shlex.split(line)
        name, _, value = assignment.partition("=")

        assert words == ["nashir", "check"]
        nashir("-C", str(site), "check", environment={name: value})


# Command line


def commands(group: click.Group, *names: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *names, name)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield " ".join((*names, name)), command


VERBS = dict(commands(cli.nashir))


def options(command: click.Command) -> Iterator[str]:
    for each in command.params:
        if isinstance(each, click.Option) and not each.hidden:
            yield from (*each.opts, *each.secondary_opts)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_and_option_is_on_the_page(verb: str) -> None:
    text = page("docs/cli.md")
    below = section(text, f"### `nashir {verb}")
    arguments = "".join(
        f" {name}" if each.required else f" [{name}]"
        for each in VERBS[verb].params
        if isinstance(each, click.Argument)
        for name in [str(each.name).upper()]
    )

    assert f"### `nashir {verb}{arguments}`\n" in text
    for option in options(VERBS[verb]):
        assert f"`{option}`" in below


def test_the_page_names_no_verb_or_option_that_is_not_there() -> None:
    text = page("docs/cli.md")
    known = {option for command in VERBS.values() for option in options(command)} | {"--help"}

    assert set(VERBS) == {
        re.sub(r" \[?[A-Z]+\]?", "", name) for name in re.findall(r"(?m)^### `nashir (.*)`$", text)
    }
    assert set(re.findall(r"`(--[a-z-]+)`", text)) <= known | set(options(cli.nashir))


def test_the_options_before_the_verb_are_on_the_page() -> None:
    for option in options(cli.nashir):
        assert f"`{option}`" in page("docs/cli.md")


def test_every_exit_code_is_on_the_page_and_no_other() -> None:
    told = re.findall(r"(?m)^\| (\d+) \| .+ \|$", section(page("docs/cli.md"), "## Exit codes"))

    assert [*map(int, told)] == [*Exit]


def test_no_process_ends_with_another_code_than_those() -> None:
    """Whatever ends one names it: `sys.exit(Exit.IO)`, `exit = Exit.IO`; a bare number is one of them."""
    told = [f"Exit.{each.name}" for each in Exit] + [str(int(each)) for each in Exit] + ["error.exit"]
    ends = re.compile(r"\b(?:sys\.exit|os\._exit|SystemExit)\((.*?)\)|(?m:^    exit = (.*)$)")
    found = [
        one or other
        for path in (ROOT / "publisher").rglob("*.py")
        for one, other in ends.findall(path.read_text("utf-8"))
    ]

    assert len(found) > 20
    assert [] == [each for each in found if each not in told]


@pytest.mark.parametrize(
    "words",
    [
        "publish",
        "check",
        "status",
        "newsletters",
        "preview",
        "test-send me@example.org",
        "send",
        "editions",
        "editions hold 1",
        "editions release 1",
        "editions cancel 1",
        "correct articles/welcome.md تصحيح",
        "deliveries",
        "deliveries --retry",
        "bounces",
        "resume",
        "backup saved.tar",
        "subscribers add other@example.org",
        "subscribers list",
        "subscribers show reader@example.org",
        "subscribers choose reader@example.org --html",
        "subscribers import people.csv",
        "adopt old.xml",
        "lint old.xml",
    ],
)
def test_every_key_of_the_json_is_on_the_page(words: str, site: Path) -> None:
    (site / "people.csv").write_text("one@example.org\nnonsense\n", "utf-8")
    title = "أهلًا بكم في الموقع الجديد"
    items = "".join(f"<item><title>{each}</title></item>" for each in (title, "غيرها"))
    (site / "old.xml").write_text(f"<rss><channel>{items}</channel></rss>", "utf-8")
    verb = next(name for name in sorted(VERBS, key=len, reverse=True) if words.startswith(name))
    below = section(page("docs/cli.md"), f"### `nashir {verb}")
    given = [str(site / word) if word.endswith((".csv", ".xml", ".tar")) else word for word in words.split()]

    expect = Exit.FINDINGS if verb == "lint" else Exit.DONE
    answer = json.loads(nashir("-C", str(site), "--json", *given, expect=expect).stdout)

    for name, value in answer.items():
        assert f'"{name}"' in below
        if verb == "status" and name == "newsletters":
            continue  # "as below"
        for key in value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else ():
            assert f'"{key}"' in below


# Rules


def pinned() -> dict[str, str]:
    """Each rule that a test's comment names, with one place."""
    found: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            comment = re.search(rf"#\s+((?:{RULE}|threat \d+)(?:[, ]+(?:{RULE}|threat \d+))*)(?![\w])", line)
            for rule in re.findall(rf"{RULE}|threat \d+", comment[1]) if comment else ():
                found.setdefault(rule, f"{path.name}:{number}")
    return found


@pytest.mark.parametrize("rule", sorted(pinned()))
def test_every_rule_that_a_test_pins_is_stated(rule: str) -> None:
    text = "\n".join(path.read_text("utf-8") for path in PAGES)

    assert re.search(rf"(?m)^(?:###? {rule} |\| {rule} \|)", text), pinned()[rule]


NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_test_that_a_page_names_is_there(path: Path) -> None:
    for file, name in NAMED.findall(path.read_text("utf-8")):
        assert (ROOT / file).is_file() or path.name == "contributing.md", file  # recipes: files to be written
        assert not name or re.search(rf"(?m)^(?:async )?def {name}\(", page(file)), f"{file}::{name}"


@pytest.mark.parametrize("number", range(1, 14))
def test_every_threat_has_its_place_in_the_code_and_its_tests(number: int) -> None:
    below = section(page("docs/security.md"), f"### threat {number} ")
    (where,) = re.findall(r"(?ms)^- Where: (.*?)\.\n- Tests:", below)
    tests = NAMED.findall(below.partition("- Tests:")[2])
    pinning = {
        f for f in (ROOT / "tests").rglob("*.py") if re.search(rf"threat {number}\b", f.read_text("utf-8"))
    }

    assert len(tests) > 2 and all(name for _, name in tests)
    for each in re.findall(r"`([\w/.-]+)`", where):
        assert (ROOT / each).exists() or module(each), each
    assert pinning <= {ROOT / file for file, _ in tests} | {Path(__file__)}


def module(name: str) -> bool:
    """Whether a module or a package of that name is in publisher/."""
    return (ROOT / "publisher" / f"{name}.py").is_file() or (
        ROOT / "publisher" / name / "__init__.py"
    ).is_file()


@pytest.mark.parametrize("group", GROUPS)
def test_every_rule_of_lint_is_on_its_page_with_its_level(group: str) -> None:
    below = section(page("docs/lint.md"), f"### {group}")

    for rule, said in GROUPS[group].items():
        assert [said.level] == row(below, f"`{rule}`")[1:2]
    assert set(GROUPS[group]) == set(re.findall(r"(?m)^\| `([a-z0-9-]+)` \|", below))


def test_the_rules_of_lint_are_counted_right() -> None:
    assert f"by {len(RULES)} rules" in page("CHANGELOG.md")


@pytest.mark.parametrize("group", letter_rules.GROUPS)
def test_every_rule_of_the_letter_lint_is_on_its_page_as_it_is(group: str) -> None:
    below = section(page("docs/letter-lint.md"), f"### {group}")
    letters = page("docs/letters.md") + page("docs/security.md")

    for name, said in letter_rules.GROUPS[group].items():
        told = [re.sub("`", "", cell).replace("\\|", "|") for cell in row(below, f"`{name}`")]
        assert [name, *said] == told
        assert re.search(rf"(?m)^### {said.of} ", letters)
    assert set(letter_rules.GROUPS[group]) == set(re.findall(r"(?m)^\| `([a-z0-9-]+)` \|", below))


def test_the_rules_of_the_letter_lint_are_counted_right() -> None:
    assert f"by {len(letter_rules.RULES)} rules" in page("CHANGELOG.md")


@pytest.mark.parametrize("group", doctor_kinds.GROUPS)
def test_every_finding_of_the_doctor_is_on_its_page_as_it_is(group: str) -> None:
    below = section(page("docs/doctor.md"), f"### {group}")

    for name, said in doctor_kinds.GROUPS[group].items():
        assert [f"`{name}`", *said] == row(below, f"`{name}`")
    assert set(doctor_kinds.GROUPS[group]) == set(re.findall(r"(?m)^\| `([a-z0-9-]+)` \|", below))


def test_the_json_of_the_doctor_is_on_its_page(site: Path) -> None:
    done = forked("-C", str(site), "--json", "doctor")
    answer = json.loads(done.stdout)

    assert done.returncode in {Exit.DONE, Exit.FINDINGS}, done.stderr  # this machine's clock is its own
    for text in (page("docs/doctor.md"), section(page("docs/cli.md"), "### `nashir doctor`")):
        for name, rows in answer.items():
            assert f'"{name}"' in text
            for key in rows[0]:
                assert f'"{key}"' in text.replace("\n", " ")
    for each in answer["checked"]:
        assert f"**{each['check']}**" in page("docs/doctor.md")


@pytest.mark.parametrize("key", ["feeds", "unread"])
def test_the_json_of_lint_is_on_its_page(key: str, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text("<rss><channel/></rss>", "utf-8")
    words = ("--json", "lint", str(tmp_path / "feed.xml"), str(tmp_path / "none.xml"))
    answer = json.loads(nashir(*words, expect=Exit.IO).stdout)

    for name, value in answer[key][0].items():
        assert f'"{name}"' in page("docs/lint.md")
        for inner in value[0] if isinstance(value, list) else ():
            assert f'"{inner}"' in page("docs/lint.md")


# Templates


def names_of(source: str) -> tuple[set[str], set[str]]:
    """The variables a template takes, and the attributes it takes of what it loops over or is handed."""
    tree = ImmutableSandboxedEnvironment().parse(source)
    attributes = {
        node.attr
        for node in tree.find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name != "ui"
    }
    return find_undeclared_variables(tree), attributes


@pytest.mark.parametrize(
    "template", [str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").glob("*/*.j2")]
)
def test_every_template_variable_is_on_the_page(template: str) -> None:
    text = page("docs/templates.md")
    folder, _, name = template.partition("/")
    below = section(text, f"## {folder}/{name.replace('.txt.', '.html.')}")
    shared = section(text, f"## {folder}/base.html.j2")
    if folder == "mail":
        shared += section(text, "## mail/parts.html.j2") + section(text, "## mail/digest.html.j2")
    if folder == "web":
        shared += section(text, "## web/parts.html.j2") + section(text, "## web/home.html.j2")
    variables, attributes = names_of((ROOT / "templates" / template).read_text("utf-8"))

    assert f"`{template}`" in text
    for name in variables:
        assert re.search(rf"`{name}(?:`|\()", below + shared), name
    for name in attributes:
        assert re.search(rf"`(?:\w+\.)?{name}(?:`|\()", below + shared), name


# Architecture and operations


def test_the_layers_are_those_that_are_kept() -> None:
    contracts = tomllib.loads(page("pyproject.toml"))["tool"]["importlinter"]["contracts"]

    assert "\n".join(contracts[0]["layers"]) + "\n" == blocks(page("docs/architecture.md"), "text")[0]


def test_every_room_and_every_table_is_on_the_page() -> None:
    text = page("docs/architecture.md")
    here = (ROOT / "publisher").iterdir()
    rooms = {path.stem for path in here if path.suffix == ".py" or any(path.glob("*.py"))}
    rooms -= {"__init__", "__main__"}

    for room in rooms:
        assert row(section(text, "## The rooms"), f"`{room}`")
    for table in metadata.tables:
        assert row(section(text, "## The tables"), f"`{table}`")


def test_every_package_is_in_the_table_of_its_room_and_every_door_in_that_of_the_doors() -> None:
    text = page("docs/architecture.md")
    rooms, doors = section(text, "## The rooms"), section(text, "### Doors")
    files = {
        str(path.relative_to(ROOT / "publisher")).removesuffix(".py").removesuffix("/__init__"): path
        for path in (ROOT / "publisher").rglob("*.py")
        if path.parent.name != "versions"
    }

    for name, path in files.items():
        room, _, inner = name.partition("/")
        if path.name == "__init__.py" and inner:
            assert re.search(rf"`(?:{room}/)?{inner}`", "|".join(row(rooms, f"`{room}`")[1:])), name
        if re.match(r'"""Doors?: ', path.read_text("utf-8")):
            assert f"`{name}`" in doors, name
    assert set(re.findall(r"`([a-z_/]+)`", doors)) - {"state/"} <= {
        name for name, path in files.items() if re.match(r'"""Doors?: ', path.read_text("utf-8"))
    }


def test_every_module_that_the_page_of_architecture_names_is_there() -> None:
    rooms = {path.stem for path in (ROOT / "publisher").iterdir() if not path.name.startswith("_")}
    text = page("docs/architecture.md")
    named = re.findall(
        r"`((?:publisher|tests|benchmarks|templates)/[\w/.-]+|[a-z_]+/[a-z_/]+?)(?:\.py)?/?`", text
    )
    ours = [name for name in named if name.partition("/")[0] in {*rooms, "publisher", "tests", "benchmarks"}]

    assert len(ours) > 150
    for name in ours:
        assert any(
            (base / f"{name}{ending}").exists()
            for base in (ROOT, ROOT / "publisher")
            for ending in ("", ".py")
        ), name


@pytest.mark.parametrize(
    "table", ["subscribers", "subscriptions", "consents", "deliveries", "notices", "reports", "mailed"]
)
def test_every_column_about_a_person_is_on_the_page_of_privacy(table: str) -> None:  # P1, L8
    text = section(page("docs/privacy.md"), "## What is kept on a reader")
    (line,) = [line for line in text.splitlines() if f"`{table}`" in line]
    whose = {"id", "subscriber", "newsletter"} if table != "mailed" else {"variant", "page"}

    for column in metadata.tables[table].columns:
        assert column.name in whose or f"`{column.name}`" in line, column.name


def test_every_event_of_the_log_is_on_the_page() -> None:
    text = section(page("docs/operations.md"), "## Watch it")
    for path in (ROOT / "publisher").rglob("*.py"):
        for event in re.findall(
            r"\blog\.(?:info|warning|error|exception)\(\s*\"([a-z ]+)\"", path.read_text("utf-8")
        ):
            assert f"`{event}`" in text, path.name


def test_every_metric_is_on_the_page_and_no_other() -> None:
    """A counter's name ends as Prometheus wants it."""
    source = page("publisher/web/metrics.py")
    named = set(re.findall(r'"(nashir_[a-z_]+)"', source))
    counters = set(re.findall(r'\bCounter\(\s*"(nashir_[a-z_]+)"', source))
    below = section(page("docs/operations.md"), "### Metrics")

    assert len(named) > 15 and len(counters) > 2
    assert {name + "_total" * (name in counters) for name in named} == set(
        re.findall(r"(?m)^\| `(nashir_\w+)(?:\{[\w, ]+\})?` \| .+ \|$", below)
    )


def test_every_door_of_the_daemon_is_on_the_page() -> None:
    """Who serves the folder by another server must pass them all on."""
    text = section(page("docs/operations.md"), "## Run and stop")

    for door in app.DOORS:
        assert f"`{door}`" in text


@pytest.mark.parametrize(("kind", "passes"), [("nginx", "location ~"), ("caddy", "@doors path_regexp")])
def test_the_samples_that_serve_the_folder_pass_on_every_door(kind: str, passes: str) -> None:
    _, folder, _ = blocks(page("docs/serving.md"), kind)
    (found,) = re.findall(rf"(?m)^\s*{re.escape(passes)} (\^/\(u\S*)", folder)

    for door in (*app.DOORS, "/healthz"):
        assert re.search(found, door), door
        assert re.search(found, door.rstrip("/")), door
        assert door.strip("/") in page("docs/serving.md").partition("## nginx")[0]
    for file in ("/", "/metrics", "/uncle/", "/application/", "/a/u/", "/healthz/"):
        assert not re.search(found, file), file


def test_every_route_of_the_api_is_on_its_page_and_no_other() -> None:
    text = page("docs/api.md")
    described = openapi.document()["paths"]
    routes = {
        f"{method.upper()} {path.removeprefix(ROUTES_BELOW)}"
        for path, methods in described.items()
        for method in methods
    }

    assert routes == set(re.findall(r"(?m)^### `(.*)`$", text))
    for route in ROUTES:
        below = section(text, f"### `{route.method} {route.path}`")
        for name in route.shape["properties"]:
            assert name in ("after", "limit") or f"`{name}`" in below, route.path


# Pages


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    words = re.sub(r"(?ms)^```.*?^```|`[^`\n]+`", "", path.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)#:]+)\)", words):
        assert (path.parent / target).is_file(), target


def anchors(path: Path) -> set[str]:
    """What `#…` may name in a page: its headings, as GitHub spells them."""
    text = re.sub(r"(?ms)^```.*?^```", "", path.read_text("utf-8"))
    headings = re.findall(r"(?m)^#+ (.*)$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [*PAGES, *ROOT.glob("docs/ar/*.md")], ids=lambda path: path.name)
def test_every_link_to_a_part_of_a_page_leads_to_a_heading(path: Path) -> None:
    words = re.sub(r"(?ms)^```.*?^```|`[^`\n]+`", "", path.read_text("utf-8"))
    for target, part in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", words):
        assert part in anchors(path.parent / target if target else path), (target, part)


def test_every_page_is_in_the_index_by_readers() -> None:
    index = page("docs/README.md")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}

    assert pages <= set(re.findall(r"\]\(([\w-]+\.md)\)", index))


def test_pictures_are_small() -> None:
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.png"))

    assert pictures
    assert [] == [path.name for path in pictures if path.stat().st_size > 200_000]


def test_the_articles_of_the_readme_are_published(tmp_path: Path) -> None:
    plain, markdown = blocks(page("README.md"), "text")
    nashir("init", str(tmp_path))
    (tmp_path / "articles" / "plain.txt").write_text(plain, "utf-8")
    (tmp_path / "articles" / "markdown.md").write_text(markdown, "utf-8")

    done = json.loads(nashir("-C", str(tmp_path), "--json", "publish").stdout)

    assert (3, 0) == (done["published"], done["quarantined"])


def test_the_steps_to_a_first_article_work_as_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = page("docs/first-article.md")
    Image.new("RGB", (640, 480), "teal").save(tmp_path / "river.jpg")
    environment = os.environ | {"NASHIR__WEB__LISTEN": "127.0.0.1:0"}
    said: dict[str, str] = {}
    for line in "".join(blocks(text, "sh")).splitlines():
        program, *words = shlex.split(line)
        if words[-1] == "run":
            assert runs_until_told(words, tmp_path, environment)
            continue
        if program == "nashir":
            said[words[-1]] = nashir(*words).stdout
        else:
            subprocess.run([program, *words], check=True)
        if program == "cp":
            (article,) = blocks(text, "markdown")
            (tmp_path / "alley/articles/river/index.md").write_text(article, "utf-8")

    feeds = tmp_path / "alley" / "feeds"
    shown = (feeds / "حديقة-جديدة-على-ضفة-النهر" / "index.html").read_text("utf-8")
    assert "!" not in said["check"]
    assert "2 articles published, 0 refused" in said["publish"]
    assert all((feeds / "category" / each).is_dir() for each in ("أخبار-الحي", "حدائق", "النهر"))
    assert 'width="640"' in shown
    assert f'{quote("/أهلا-بكم-في-الموقع-الجديد/")}"' in shown


def test_the_colours_on_the_page_are_those_of_the_style_sheet() -> None:
    light, dark = re.findall(r"(?s):root \{(.*?)\n *\}", page("templates/web/style.css"))[:2]
    found = [dict(re.findall(r"(--[a-z-]+): ([^;]+);", each)) for each in (light, dark)]
    text = section(page("docs/templates.md"), "## Colours")

    assert found[0].keys() == found[1].keys() == set(re.findall(r"(?m)^\| `(--[a-z-]+)`", text))
    for name, colour in found[0].items():
        assert [f"`{colour}`", f"`{found[1][name]}`"] == row(text, f"`{name}`")[2:]


def runs_until_told(words: Sequence[str], folder: Path, environment: dict[str, str]) -> bool:
    """Whether `nashir run` serves, and ends with 0 on TERM."""
    with subprocess.Popen(
        [*NASHIR, *words], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        serves = any("serving" in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        return serves and process.wait(LONG) == 0


# Signing


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")
def test_the_commands_that_make_a_key_and_its_record_work(tmp_path: Path) -> None:  # H8
    chapter = section(page("docs/operations.md"), "## Sign letters")
    commands = "".join(blocks(chapter, "sh"))
    done = subprocess.run(["sh", "-euc", commands], cwd=tmp_path, check=True, capture_output=True, text=True)
    pieces = re.findall(r'^(\S+) IN TXT (?:\( )?((?:"[^"]*"\s*)+)', done.stdout, re.MULTILINE)
    dns = {
        f"{name}.example.org.".encode(): "".join(re.findall('"(.*?)"', text)).encode()
        for name, text in pieces
    }
    (table,) = blocks(chapter, "toml")
    dkim = tomllib.loads(table)["mail"]["dkim"] | dict(re.findall(r'`(ed25519_\w+) = "(.*?)"`', chapter))
    found = signer(MailSettings(sender="news@example.org", dkim=DkimSettings(**dkim)), tmp_path)
    seal = found and found.seal(b"From: news@example.org\r\n", ["to"], b"text\r\n", datetime.now(UTC))
    own = b"To: reader@example.net\r\n"

    assert seal and max(map(len, re.findall('"(.*?)"', done.stdout))) <= 255
    letter = seal.fields(own, []) + b"From: news@example.org\r\n" + own + b"\r\ntext\r\n"
    assert [True, True] == judged(letter, dns)
    assert [True, False] == judged(letter, {name: text for name, text in dns.items() if b"-ed." not in name})
