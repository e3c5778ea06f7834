"""Letters that the verbs send are signed (H8)."""

import asyncio
import os
from datetime import UTC, datetime

import pytest

from publisher.actions.init import create
from publisher.config import load
from publisher.errors import BadConfig
from publisher.verbs import reading, table
from publisher.verbs import session as sessions
from tests.commands import nashir
from tests.mail.signing import ed25519_pem, judged, rsa_pem

TABLE = """[mail.dkim]
selector = "r"
key_file = "keys/r.pem"
ed25519_selector = "e"
ed25519_key_file = "keys/e.pem"

[[newsletters]]"""


def clock():
    return datetime(2025, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    """A site of example.org with keys and an article."""
    folder = tmp_path / "site"
    create(folder, "Asia/Baghdad")
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("[[newsletters]]", TABLE), "utf-8")
    (folder / "keys").mkdir()
    for name, pem in (("r.pem", rsa_pem()), ("e.pem", ed25519_pem())):
        (folder / "keys" / name).write_bytes(pem)
        (folder / "keys" / name).chmod(0o600)
    for path in (folder / "articles").iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


@pytest.fixture
def run(folder):
    """Runs a writing verb on the site."""

    def run(verb, **arguments):
        with sessions.writing(load(folder, {}), clock) as session, asyncio.Runner() as runner:
            return runner.run(table.run(session, verb, arguments))

    return run


def outbox(folder):
    return [path.read_bytes() for path in (folder / "outbox" / "new").glob("*")]


def problems(folder):
    with sessions.trying(load(folder, {})) as house:
        return reading.check(house, clock())["problems"]


def test_what_verbs_send_is_signed(run, folder):  # H8
    run("publish")
    run("subscribers add", address="reader@example.net", confirmed=True)
    run("send", now=True, include_existing=True)
    nashir("-C", folder, "test-send", "editor@example.net").check_returncode()

    assert [[True, True]] * 2 == [judged(data) for data in outbox(folder)]
    assert [] == problems(folder)


def test_a_key_that_others_can_read_sends_nothing_and_stops_no_feed(run, folder):  # H8 threat 9
    key = folder / "keys" / "r.pem"
    run("publish")
    run("subscribers add", address="reader@example.net", confirmed=True)
    key.chmod(0o644)
    with pytest.raises(BadConfig) as refused:
        run("send", now=True, include_existing=True)
    run("publish")

    assert f"{key}: the DKIM key can be read by others. Mend: chmod o= {key}" == str(refused.value)
    assert [{"where": str(key), "what": refused.value.what, "mend": refused.value.mend}] == problems(folder)
    assert [] == outbox(folder)
    key.chmod(0o600)
    run("send")
    assert [[True, True]] == [judged(data) for data in outbox(folder)]
