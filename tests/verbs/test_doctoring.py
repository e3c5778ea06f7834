"""`nashir doctor`: each look stands by itself, whatever is broken; nothing is changed."""

import json
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from publisher import control
from publisher.actions.init import create
from publisher.cli import nashir as command
from publisher.config import load
from publisher.doctor import machine
from publisher.doctor.dns import Dns
from publisher.doctor.table import symptom
from publisher.errors import BadInput, Exit
from publisher.model.symptom import Looked
from publisher.store import examining, schema
from publisher.verbs import doctor_here as here
from publisher.verbs import doctor_site as about
from publisher.verbs import doctoring
from tests.commands import Forked, nashir
from tests.doctor.nameserver import Nameserver
from tests.mail.signing import rsa_pem
from tests.patience import LONG
from tests.sink import Sink
from tests.whole.conftest import free_port

OPEN = "https://nashir.example.org"
# Of the machine that the tests run on, whoever runs them, and of a folder for temporary files.
MACHINES = {"clock-unset", "zones-old", "as-root", "output-closed", "disk-low", "watches-few", "files-few"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A new site, on a port that is free."""
    folder = tmp_path / "site"
    create(folder, "Asia/Baghdad")
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace(":8080", f":{free_port()}"), "utf-8")
    for path in (folder / "articles").iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


@pytest.fixture
def published(site: Path) -> Path:
    """... that was published."""
    nashir("-C", site, "publish").check_returncode()
    return site


Doctor = Callable[..., dict[str, Any]]


@pytest.fixture
def doctor(site: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """What the doctor says of the site with these settings, by the names of environment variables."""
    monkeypatch.setattr(about, "SECONDS", 0.5)  # nobody answers for the site's address here

    def ask(changes: Mapping[str, str] | None = None, **words: Any) -> dict[str, Any]:
        settings = load(site, {f"NASHIR__{name}": value for name, value in (changes or {}).items()})
        return doctoring.doctor(settings, lambda: datetime.now(UTC), **{"running": False, **words})

    return ask


def kinds(answer: Mapping[str, Any], check: str = "") -> set[str]:
    found = {each["kind"] for each in answer["findings"] if check in ("", each["check"])}
    return found if check else found - MACHINES


def told(answer: Mapping[str, Any], check: str) -> str:
    (found,) = (each["told"] for each in answer["checked"] if each["check"] == check)
    return str(found)


def test_a_new_site_has_nothing_to_mend_but_to_begin(published: Path) -> None:
    done = nashir("-C", published, "--json", "doctor")
    answer = json.loads(done.stdout)

    assert {"site-inside", "daemon-down"} == kinds(answer)
    assert "SQLite" in told(answer, "database")
    assert "whole" == told(answer, "database file")


def test_a_site_that_was_never_published_is_looked_at_too(site: Path) -> None:
    answer = json.loads(nashir("-C", site, "--json", "doctor").stdout)

    assert {"site-inside", "state-missing", "daemon-down"} == kinds(answer)
    assert not (site / "state").exists()


def test_people_get_lines_and_scripts_an_exit_code(site: Path) -> None:
    (site / "state").mkdir(mode=0o755)
    done = nashir("-C", site, "doctor")

    assert Exit.FINDINGS == done.returncode
    line = f"    fault state-open  {site / 'state'}: its mode is 755. Mend: chmod 700 {site / 'state'}"
    assert line in done.stdout.splitlines()
    assert "✗ files: " in done.stdout
    assert "1 fault, " in done.stdout.splitlines()[-1]


def test_remarks_alone_are_no_failure(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own are left out: which there are nobody knows."""
    from click.testing import CliRunner

    from publisher import cli

    for name in ("clock", "limits", "disks", "files"):
        monkeypatch.setattr(here, name, lambda *_, **__: Looked("as it should be"))
    done = CliRunner().invoke(cli.nashir, ["-C", str(site), "doctor"])

    assert (Exit.DONE, "0 faults, 0 warnings, 3 remarks") == (done.exit_code, done.output.splitlines()[-1])


@pytest.mark.parametrize(
    ("words", "text", "code"),
    [
        ((), "not toml", Exit.CONFIG),
        ((), None, Exit.USAGE),
        (("--dns", "nonsense"), "", Exit.USAGE),
    ],
)
def test_what_cannot_be_begun_is_one_line(
    site: Path, words: tuple[str, ...], text: str | None, code: Exit
) -> None:
    if text is None:
        (site / "config.toml").unlink()
    elif text:
        (site / "config.toml").write_text(text)
    done = nashir("-C", site, "doctor", *words)

    assert (code, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "Mend: " in done.stderr


def test_nothing_is_changed_and_nobody_mailed(published: Path, doctor: Doctor) -> None:
    def all_files() -> dict[Path, tuple[bytes, int]]:
        passing = ("-shm", "-wal")  # SQLite's own, of readers too
        found = (path for path in published.rglob("*") if path.is_file() and not path.name.endswith(passing))
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in found}

    before = all_files()
    doctor()

    assert before == all_files()


def test_a_public_site_with_what_a_new_one_has_is_told_of_each(doctor: Doctor, published: Path) -> None:  # H1
    answer = doctor({"SITE__URL": "http://nashir.example.org"})

    assert {
        "unmailed",
        "sample-sender",
        "site-plain",
        "site-unreachable",
        "no-one-click",
        "daemon-down",
    } == kinds(answer)
    assert {"site-unreachable"} == kinds(doctor({"SITE__URL": OPEN})) & {
        "site-unreachable",
        "unsubscribe-closed",
    }


def test_letters_of_a_public_site_have_one_click_and_its_page_is_asked_for(
    doctor: Doctor, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # H1, H8
    asked: list[str] = []

    def opens(link: str) -> str:
        asked.append(link)
        return "the server answered 502"

    monkeypatch.setattr(about, "_opens", opens)
    monkeypatch.setattr(about, "reached", lambda *_: Looked("as it should be"))
    (published / "key.pem").write_bytes(rsa_pem())
    (published / "key.pem").chmod(0o600)
    dkim = {"MAIL__DKIM__SELECTOR": "a", "MAIL__DKIM__KEY_FILE": "key.pem"}
    answer = doctor({"SITE__URL": OPEN, "MAIL__FROM": "news@news.test", **dkim})

    assert {"unsubscribe-closed"} == kinds(answer, "letters")
    (link,) = asked
    assert link.startswith(f"{OPEN}/u/")
    assert link.rpartition("/u/")[2] not in json.dumps(answer)  # nobody's token, and still none for a log


def test_a_key_that_cannot_be_used_and_files_that_are_open_are_told_of(
    doctor: Doctor, site: Path
) -> None:  # threat 9
    (site / "key.pem").write_bytes(rsa_pem())
    (site / "key.pem").chmod(0o644)
    config = site / "config.toml"
    relay = 'relay = "smtps://127.0.0.1:1"\nusername = "a"\npassword = "in the file"'
    config.write_text(config.read_text("utf-8").replace('relay = "maildir:outbox"', relay), "utf-8")
    config.chmod(0o644)
    answer = doctor({"MAIL__DKIM__SELECTOR": "a", "MAIL__DKIM__KEY_FILE": "key.pem"})

    assert {"secret-open", "config-open"} == kinds(answer, "files") - MACHINES
    assert {"settings"} == kinds(answer, "settings") - {"site-inside"}
    assert "in the file" not in json.dumps(answer)


def test_a_damaged_database_stops_no_other_look(doctor: Doctor, published: Path) -> None:  # X9
    database = published / "state" / "nashir.db"
    data = bytearray(database.read_bytes())
    data[4096 * 2 :] = os.urandom(len(data) - 4096 * 2)
    database.write_bytes(data)
    answer = doctor()

    assert {"database-damaged"} == kinds(answer, "database file")
    assert {"daemon-down"} == kinds(answer, "daemon")
    assert "GB free" in told(answer, "disk")


def test_a_file_that_is_no_database_is_told_of(doctor: Doctor, published: Path) -> None:  # X9
    (published / "state" / "nashir.db").write_bytes(b"something else " * 1000)
    answer = doctor()

    assert {"database-damaged"} == kinds(answer, "database") == kinds(answer, "database file")


def test_a_state_that_was_copied_is_told_of(doctor: Doctor, published: Path) -> None:  # X10
    database = published / "state" / "nashir.db"
    shutil.copy2(database, published / "copy")
    (published / "copy").replace(database)

    assert {"fence-up"} == kinds(doctor(), "database")


def test_a_lost_key_is_told_once(doctor: Doctor, published: Path) -> None:
    (published / "state" / "secret.key").unlink()
    answer = doctor({"SITE__URL": OPEN})
    (found,) = (each for each in answer["findings"] if "secret key" in each["what"])

    assert ("database", "database-unusable", "fault") == (found["check"], found["kind"], found["grade"])
    assert "not tried" in told(answer, "settings")
    assert "none can be made" in told(answer, "letters")


@pytest.mark.parametrize(
    ("revision", "head", "kind"),
    [
        ("0009", "0001", "schema-ahead"),
        ("0001", "0002", "schema-behind"),
        (None, "0001", "database-lost"),
    ],
)
def test_a_database_of_another_program_or_none_is_told_of(
    doctor: Doctor,
    published: Path,
    revision: str | None,
    head: str,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schema, "HEAD", head)
    with closing(sqlite3.connect(published / "state" / "nashir.db")) as connection, connection:
        connection.execute("DELETE FROM alembic_version")
        if revision:
            connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))

    assert {kind} == kinds(doctor(), "database")


def test_a_server_that_is_away_is_told_of(doctor: Doctor) -> None:
    with Sink() as sink:
        port = sink.port
    answer = doctor({"STORE__URL": f"postgresql://nashir:hidden@127.0.0.1:{port}/none"})

    assert {"database-unusable"} == kinds(answer, "database")
    assert "hidden" not in json.dumps(answer)


def test_a_relay_that_is_down_and_a_dns_that_is_silent_are_told_of(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctoring, "Dns", partial(Dns, seconds=0.3))
    with Sink() as sink:
        url = sink.url
    with Nameserver({}, deaf=True) as server:
        changes = {"MAIL__RELAY": json.dumps([url, "smtp://127.0.0.2:1"]), "MAIL__FROM": "news@news.test"}
        answer = doctor(changes, dns=server.address)

    assert ["relay-down", "relay-down", "dns-silent", "dkim-unsigned"] == [
        each["kind"] for each in answer["findings"] if each["kind"].startswith(("relay", "dns", "dkim"))
    ]


def test_the_dns_is_asked_where_letters_are_mailed_from_somebodys_domain(doctor: Doctor) -> None:
    with Sink() as sink, Nameserver({"news.test TXT": ["v=spf1 +all"]}) as server:
        mailing = {"MAIL__RELAY": sink.url}
        ours = doctor(mailing | {"MAIL__FROM": "news@news.test"}, dns=server.address)
        asked = len(server.asked)
        sample = doctor(mailing, dns=server.address)
        folder = doctor({"MAIL__FROM": "news@news.test"}, dns=server.address)

        assert asked == len(server.asked)
    assert {"spf-open"} == kinds(ours, "SPF of news.test")
    assert {"dmarc-missing"} == kinds(ours, "DMARC of news.test")
    assert {"bounces-unread"} == kinds(ours, "mailbox")
    assert not any(each["check"].startswith("SPF") for each in sample["checked"] + folder["checked"])


def test_backups_that_were_not_made_are_told_of(doctor: Doctor, site: Path) -> None:
    assert set() == kinds(doctor(), "backups")
    night = site / "backups" / f"nashir-{load(site, {}).site.id[:8]}-2026-01-02.tar.gz"
    night.parent.mkdir()
    (site / "state").mkdir()
    night.write_bytes(b"x")
    os.utime(night, (1_767_400_000, 1_767_400_000))
    answer = doctor()

    assert {"backup-old", "backup-beside"} == kinds(answer, "backups")
    assert "2026-01-02" in told(answer, "backups")
    assert {"backup-off"} == kinds(doctor({"BACKUP__AT": ""}), "backups")


def test_a_state_that_we_may_not_read_stops_no_other_look(
    doctor: Doctor, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kernel refuses it to who is not root."""
    stat = Path.stat

    def refused(path: Path, **how: bool) -> os.stat_result:
        if path.parent == published / "state":
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **how)

    monkeypatch.setattr(Path, "stat", refused)
    answer = doctor({"SITE__URL": OPEN})
    (found,) = (each for each in answer["findings"] if "denied" in each["what"])

    assert ("database", "not-looked") == (found["check"], found["kind"])
    assert "not tried" in told(answer, "settings")
    assert {"sample-sender"} == kinds(answer, "settings")


# The daemon and the site's address


class Answers(BaseHTTPRequestHandler):
    status = 200
    body = b'{"status": "ok", "problems": [], "warnings": []}'

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(about, "SECONDS", LONG)
    peer = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=peer.serve_forever)
    thread.start()
    yield peer.server_address[1]
    peer.shutdown()
    thread.join()
    peer.server_close()


@pytest.mark.parametrize(
    ("status", "running", "found"),
    [
        (200, True, []),
        (503, True, ["ailing"]),
        (404, True, ["daemon-silent"]),
        (200, False, ["daemon-down", "port-taken"]),
    ],
)
def test_a_daemon_answers_or_its_port_is_free(
    status: int, running: bool, found: list[str], port: int, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answers, "status", status)
    settings = load(site, {"NASHIR__WEB__LISTEN": f"127.0.0.1:{port}"})

    assert found == [each.kind for each in about.daemon(settings, running=running).symptoms]


def test_what_healthz_warns_of_is_a_finding(port: int, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = ["config.toml:3: it is not taken. Mend: write it otherwise", "no backup was made"]
    monkeypatch.setattr(Answers, "body", json.dumps({"status": "ok", "warnings": said}).encode())
    looked = about.daemon(load(site, {"NASHIR__WEB__LISTEN": f"127.0.0.1:{port}"}), running=True)

    assert ["warned", "warned"] == [each.kind for each in looked.symptoms]
    assert "config.toml:3: it is not taken" == looked.symptoms[0].what
    assert "write it otherwise" == looked.symptoms[0].mend
    assert ("no backup was made", "warning") == (looked.symptoms[1].what, looked.symptoms[1].grade)
    assert "all is well" not in looked.told


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"warnings": 3}', b"[" * 100_000])
def test_what_answers_in_the_daemons_place_is_not_taken_for_it(
    body: bytes, port: int, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answers, "body", body)
    looked = about.daemon(load(site, {"NASHIR__WEB__LISTEN": f"127.0.0.1:{port}"}), running=True)

    assert ["daemon-silent"] == [each.kind for each in looked.symptoms]


def test_of_one_kind_a_few_are_told_and_how_many_more(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [symptom("warned", "x", f"number {each}") for each in range(45)]
    looked = Looked("seen", (*many, symptom("ailing", "x", "alone")))
    monkeypatch.setattr(doctoring, "_looks", lambda *_: {"daemon": lambda: looked})
    found = doctor()

    whats = [each["what"] for each in found["findings"]]
    assert [*(f"number {each}" for each in range(5)), "and 40 more of this kind", "alone"] == whats
    assert 7 == found["checked"][0]["findings"]


def test_who_interrupts_it_gets_130(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctoring, "doctor", interrupted)
    with pytest.raises(SystemExit) as ended:
        command(["-C", str(site), "doctor"])
    assert Exit.INTERRUPTED == ended.value.code


@pytest.mark.parametrize(("ahead", "found"), [(0, []), (60, ["clock-apart"]), (-60, ["clock-apart"])])
def test_the_sites_address_answers_by_the_same_clock(
    ahead: int, found: list[str], port: int, site: Path
) -> None:
    settings = load(site, {"NASHIR__SITE__URL": f"http://127.0.0.1:{port}"})
    looked = about.reached(settings, lambda: datetime.now(UTC) + timedelta(seconds=ahead))

    assert found == [each.kind for each in looked.symptoms]


def test_a_page_that_takes_long_is_no_difference_of_clocks(port: int, site: Path) -> None:
    settings = load(site, {"NASHIR__SITE__URL": f"http://127.0.0.1:{port}"})
    ours = iter([datetime.now(UTC) - timedelta(seconds=40), datetime.now(UTC) + timedelta(seconds=40)])

    assert () == about.reached(settings, lambda: next(ours)).symptoms


def test_what_strangers_wrote_commands_no_terminal_and_has_an_end(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    wild = "v=spf1 \x1b]0;mine\x07\x9b2J\r\n\u202e" + "x" * 9000
    found = symptom("spf-wrong", f"{wild}.test", wild, f"mend {wild}")
    monkeypatch.setattr(about, "letters", lambda *_: Looked(wild, (found,)))
    answer = doctor()
    (row,) = [each for each in answer["findings"] if each["check"] == "letters"]
    printed = [line for line, _ in doctoring.lines(answer)]

    assert all(each.isprintable() for each in (*printed, *row.values()))
    assert "v=spf1 [U+001B]]0;mine[U+0007][U+009B]2J⏎⏎[U+202E]xxx" in told(answer, "letters")
    for each in (told(answer, "letters"), row["what"], row["where"]):
        assert len(each) < 400
    assert len(row["mend"]) > 9000  # what is to be written somewhere is whole


def test_a_page_that_does_not_open_is_told_of(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "" == about._opens(f"http://127.0.0.1:{port}/u/x")
    monkeypatch.setattr(Answers, "status", 502)

    assert "the server answered 502" == about._opens(f"http://127.0.0.1:{port}/u/x")


def test_it_works_beside_a_daemon(site: Path) -> None:  # X10
    daemon = Forked("-C", site, "run", environment={"NASHIR__WEB__LISTEN": "127.0.0.1:0"})
    try:
        end = time.monotonic() + LONG
        while not control.listens(site / "state" / "control.sock"):
            assert time.monotonic() < end
            time.sleep(0.05)
        done = nashir("-C", site, "--json", "doctor", environment={"NASHIR__WEB__LISTEN": "127.0.0.1:0"})
    finally:
        daemon.send_signal(15)
        daemon.communicate()

    assert "one runs, at a port of its choice" == told(json.loads(done.stdout), "daemon")
    assert not control.listens(site / "state" / "control.sock")


# Looks that fail


def test_a_look_that_fails_keeps_no_other(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Looked:
        raise PermissionError(13, "Permission denied", "/srv/state")

    def broken(*_: object) -> Looked:
        raise KeyError("x")

    monkeypatch.setattr(here, "disks", refused)
    monkeypatch.setattr(here, "clock", broken)
    answer = doctor()

    said = {each["check"]: each["what"] for each in answer["findings"] if each["kind"] == "not-looked"}
    assert {"disk": "/srv/state: Permission denied", "clock": "KeyError: 'x'"} == said
    assert "none runs" == told(answer, "daemon")


def test_a_look_that_never_ends_is_left(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(here, "disks", lambda _: ended.wait(LONG) and Looked("late"))
    monkeypatch.setattr(doctoring, "LONGEST", 1.0)
    heard: list[dict[str, Any]] = []
    answer = doctor(told=heard.append)
    ended.set()

    assert {"not-looked"} == kinds(answer, "disk")
    assert heard[-1]["done"] < heard[-1]["total"]


def test_a_database_too_large_to_be_seen_whole_is_no_finding(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here, "SECONDS", -1.0)
    monkeypatch.setattr(examining, "OPS", 1)
    looked = here.whole(load(published, {}))

    assert ((), True) == (looked.symptoms, "were not enough" in looked.told)


def test_an_address_of_no_dns_server_is_refused_though_none_is_asked(doctor: Doctor) -> None:
    with pytest.raises(BadInput):
        doctor(dns="nonsense")


def test_a_clock_that_nobody_knows_of_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "clock", lambda: None)

    assert "nobody knows" in here.clock(datetime(2026, 1, 1, tzinfo=UTC)).told
