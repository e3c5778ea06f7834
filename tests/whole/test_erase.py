"""Erasing with the real command and daemon, with kills, a backup and a restore; grep is the judge."""

import json
import shutil
import subprocess
import time
from functools import partial

import pytest

from tests.commands import Forked, nashir
from tests.sink import Fault
from tests.whole.senders import until

DAN = "dan.canary@example.org"
REFUSAL = """\
From: MAILER-DAEMON@x.example
To: someone@b.example.org
Subject: Undelivered

<{}> is unknown here
"""
OTHERS = [f"r{n}@example.org" for n in range(40)]


def grep(site, address=DAN):
    """The files in state/ and outbox/ in which grep finds the address."""
    there = [name for name in ("state", "outbox") if (site.folder / name).exists()]
    words = ["grep", "-raci", "--", address, *there]
    done = subprocess.run(words, cwd=site.folder, capture_output=True, text=True, check=False)
    return sorted(line.rpartition(":")[0] for line in done.stdout.splitlines() if not line.endswith(":0"))


@pytest.fixture
def lived(site, story, tmp_path):
    """A site on which Dan was imported, mailed and refused by mail."""
    site.article("park.txt", story)
    site.run("publish")
    people = tmp_path / "people.csv"
    people.write_text("email\n" + "".join(f"{each}\n" for each in [*OTHERS, DAN]))
    site.run("subscribers", "import", "--confirmed", str(people))
    site.run("send", "--now", "--include-existing")
    assert len(grep(site)) >= 2
    return site


def test_a_restored_backup_and_an_import_bring_nobody_back(lived, tmp_path):  # L8
    site, file = lived, tmp_path / "saved.tar"
    site.run("backup", str(file))
    assert {"erased": True, "done": True, "problem": ""} == {
        name: each
        for name, each in site.json("subscribers", "erase", DAN, "--yes").items()
        if name != "seconds"
    }
    assert [] == grep(site)
    assert 0o600 == (site.folder / "state" / "erased").stat().st_mode & 0o777

    done = site.json("subscribers", "import", "--confirmed", str(tmp_path / "people.csv"))
    assert (1, []) == (done["kept"], done["rejected"])
    assert "erased" in site.run("subscribers", "add", DAN, "--confirmed", expect=2).stderr
    assert [] == grep(site)

    (site.folder / "state").rename(site.folder / "state.old")
    subprocess.run(["tar", "-xf", str(file)], cwd=site.folder, check=True)
    assert ["state/nashir.db"] == grep(site)
    site.run("resume")
    assert [] == grep(site)
    later = tmp_path / "later.tar"
    assert "state/erased.backup" in site.json("backup", str(later))["holds"]

    shutil.rmtree(site.folder / "state.old")
    shutil.rmtree(site.folder / "state")
    subprocess.run(["tar", "-xf", str(later)], cwd=site.folder, check=True)
    site.run("resume")
    # The older file again, over what is there: its list is joined to the newer one, and the database swept.
    for log in (site.folder / "state").glob("nashir.db-*"):
        log.unlink()
    subprocess.run(["tar", "-xf", str(file)], cwd=site.folder, check=True)
    site.run("resume")

    assert [] == grep(site)
    assert {*OTHERS} == {each["address"] for each in site.json("subscribers", "list")["subscribers"]}
    assert 41 == site.json("status")["deliveries"]["sent"]


def begun(listed, process):
    """Whether the line is written: an erasure that was cut off before has not begun."""
    written = listed.exists() and listed.read_bytes().endswith(b"\n")
    return written or process.poll() is not None


def test_killed_at_any_moment_the_next_command_finishes_it(lived, tmp_path):  # L8
    saved = tmp_path / "saved"
    shutil.copytree(lived.folder, saved)
    killed = 0
    for number in range(60):  # a dozen, where enough of them are killed in time
        if number >= 12 and killed > 2:
            break
        shutil.rmtree(lived.folder)
        shutil.copytree(saved, lived.folder, copy_function=shutil.copy2)
        lived.run("resume")
        process = Forked("-C", lived.folder, "subscribers", "erase", DAN, "--yes")
        listed = lived.folder / "state" / "erased"
        until(partial(begun, listed, process))
        time.sleep(number % 12 * 0.003)
        process.kill()
        killed += process.wait() != 0
        assert listed.exists()

        lived.run("subscribers", "add", "new@example.org")

        assert [] == grep(lived)
        assert {"active": 40, "pending": 1, "erased": 1} == lived.json("status")["subscribers"]
    assert killed > 2


def test_no_log_error_or_listing_says_an_address_or_a_secret(lived, daemon, sink, tmp_path):  # threat 9 P1 L8
    secret = "canary-secret-7c1"
    sink.set(Fault("rcpt", "reply", 550, f"5.1.1 <{DAN}>: no such user", recipient=DAN))
    settings = {"NASHIR__MAIL__RELAY": sink.url, "NASHIR__MAIL__BOUNCE_DOMAIN": "b.example.org"}
    sample = REFUSAL.format(DAN).replace("\n", "\r\n").encode()
    said = ""
    with daemon(**settings) as running:
        lived.article("second.txt", "خبر ثانٍ\n\nنصه هنا، وهو طويل بما يكفي.\n")
        lived.run("publish")
        lived.run(
            "send", "--now", expect=1
        )  # its answer on stdout names who was refused: that is what it is for
        piped = nashir("-C", lived.folder, "bounces", "-", stdin=sample)
        assert 0 == piped.returncode
        assert any(name.startswith("state/bounces/") for name in grep(lived))
        said += piped.stdout + piped.stderr + lived.run("publish").stdout
        said += lived.run("subscribers", "erase", DAN, "--yes").stdout
        running.until(lambda: grep(lived) == [])
        lived.run("subscribers", "add", DAN, expect=2)
        said += running.get("/healthz")[2].decode() + running.get("/metrics")[2].decode() + running.said()
    assert "nashir_deliveries" in said
    said += lived.run("backup", str(tmp_path / "b.tar")).stdout
    listing = ["tar", "-tvf", str(tmp_path / "b.tar")]
    said += subprocess.run(listing, capture_output=True, text=True, check=True).stdout
    login = {"NASHIR__MAIL__USERNAME": "u", "NASHIR__MAIL__PASSWORD": secret}
    said += lived.run("send", expect=78, NASHIR__MAIL__RELAY="smtp://127.0.0.1:1", **login).stderr
    said += lived.run("send", "--now", NASHIR__MAIL__RELAY="smtps://127.0.0.1:1", **login).stderr

    assert DAN not in said and secret not in said
    assert "username" in said  # something was said


def test_the_daemon_shortens_the_addresses_that_servers_quote(lived, daemon, sink):  # P1 threat 9
    sink.set(Fault("rcpt", "reply", 550, f"5.1.1 <{DAN}>: no such user", recipient=DAN))
    text = (lived.folder / "config.toml").read_text().replace("daily 07:00", "instant")
    (lived.folder / "config.toml").write_text(text)
    with daemon(NASHIR__MAIL__RELAY=sink.url) as running:
        running.until(lambda: "published" in running.said())
        lived.article("third.txt", "خبر ثالث\n\nنصه هنا، وهو طويل بما يكفي.\n")
        running.until(lambda: "refused" in running.said())
        said = running.said()

    assert "5.1.1 <d…@example.org>: no such user" in said
    assert DAN not in said


def test_everything_on_one_person_is_given_to_them(lived):  # L8
    found = json.loads(lived.run("subscribers", "export", "--person", DAN.upper()).stdout)

    assert (DAN, "reachable") == (found["person"]["address"], found["person"]["state"])
    assert ["active"] == [each["state"] for each in found["subscriptions"]]
    assert ["sent"] == [each["state"] for each in found["letters"]]
    assert not [each for each in OTHERS if each in json.dumps(found)]


def test_the_list_is_written_whole_or_not_at_all(lived, tmp_path):  # L7 X6
    file = tmp_path / "list.csv"
    assert 41 == lived.json("subscribers", "export", str(file))["readers"]
    assert 0o600 == file.stat().st_mode & 0o777
    before = file.read_bytes()
    assert before == lived.run("subscribers", "export").stdout.replace("\n", "\r\n").encode()
    lived.run("subscribers", "export", str(lived.folder / "feeds" / "list.csv"), expect=2)
    lived.run("subscribers", "export", str(tmp_path / "no" / "list.csv"), expect=74)

    assert not (lived.folder / "feeds" / "list.csv").exists()
    assert [] == list(tmp_path.glob(".nashir-export-*"))
    assert {"readers": 0} | {"file": str(file)} == {
        name: each
        for name, each in lived.json("subscribers", "export", str(file), "--state", "ended").items()
        if name != "seconds"
    }
