"""What `send`, `status` and /healthz say of letters that did not leave: the truth, and not that a relay is down."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from publisher.daemon.common import gathered
from publisher.errors import BadConfig, Damaged, PublisherError
from publisher.verbs.held import alone_lines
from tests.sink import Fault, Sink, certificate
from tests.whole.conftest import Daemon, Site
from tests.whole.senders import plan

READERS = 30


@pytest.fixture
def planned(tmp_path, story):
    plan(tmp_path / "site", story, READERS)
    return Site(tmp_path / "site")


def send(site, sink, expect=0):
    """The JSON of `send`, and what it says to a person."""
    done = site.run("--json", "send", expect=expect, NASHIR__MAIL__RELAY=sink.url)
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize(
    ("fault", "reason", "mend"),
    [
        (Fault("rcpt", "reply", 550, "5.7.1 listed by a block list"), "complaints", "block lists"),
        (Fault("content", "reply", 552, "5.6.0 a virus is in it"), "content", "the letter itself"),
    ],
)
def test_an_edition_that_is_stopped_is_called_that(planned, sink, fault, reason, mend):  # S3
    sink.set(fault)
    done, said = send(planned, sink)

    assert ("", []) == (done["down"], done["failures"])
    (stopped,) = done["stopped"]
    assert (1, "daily", reason) == (stopped["edition"], stopped["newsletter"], stopped["reason"])
    assert fault.text in stopped["reply"] and READERS == stopped["letters"]
    assert f"edition 1 is stopped: {reason}: {fault.code} {fault.text}; {READERS} letters wait" in said
    assert mend in said and "`nashir editions release 1`" in said
    assert "relay cannot be used" not in said
    assert [stopped] == planned.json("status")["stopped"]
    with Daemon(planned, NASHIR__MAIL__RELAY=sink.url) as running:
        code, _, body = running.get("/healthz")
    assert 200 == code
    assert "edition 1 is stopped" in json.loads(body)["warnings"][0]


def test_an_edition_that_a_person_holds_is_called_that(planned, sink):
    planned.run("editions", "hold", "1")
    done, said = send(planned, sink)

    assert [{"edition": 1, "newsletter": "daily", "reason": "", "reply": "", "letters": READERS}] == done[
        "stopped"
    ]
    assert f"edition 1 is held: {READERS} letters wait. `nashir editions release 1` lets them leave" in said


def test_a_domain_that_refuses_us_is_named(tmp_path, story, sink):  # S3
    plan(tmp_path / "site", story, READERS)
    site = Site(tmp_path / "site")
    sink.set(Fault("rcpt", "reply", 450, "4.7.1 too much mail from you", recipient="r[0-9]@*"))
    with Daemon(site, NASHIR__MAIL__RELAY=sink.url, NASHIR__MAIL__CONNECTIONS="1") as running:
        running.until(lambda: site.json("status")["left_alone"] != [])
        (alone,) = site.json("status")["left_alone"]
        assert ("example.org", "450 4.7.1 too much mail from you") == (alone["domain"], alone["reply"])
        assert "example.org refuses us: 450 4.7.1" in site.run("status").stdout
        code, _, body = running.get("/healthz")
        assert 200 == code and "example.org refuses us" in body.decode()
        assert "cannot be used" not in running.said()


def test_letters_that_were_put_off_are_no_error_and_have_a_time(planned, sink):  # S3
    sink.set(Fault("rcpt", "reply", 450, "4.2.0 greylisted, try again later", per="recipient", first=1))
    done, said = send(planned, sink)

    assert (0, READERS, "") == (done["sent"], done["deferred"], done["down"])
    again = datetime.fromisoformat(done["next_try"]).astimezone(ZoneInfo("Asia/Baghdad"))
    assert f"letters that were put off are tried again from {again:%Y-%m-%d %H:%M}" in said
    assert "relay" not in said


def test_only_where_no_relay_can_be_used_is_that_said(planned):
    done = planned.run("send", expect=74, NASHIR__MAIL__RELAY="smtp://127.0.0.1:9")

    assert "the relay cannot be used: no reply" in done.stderr
    assert "stopped" not in done.stderr


def test_a_wrong_password_is_called_that(planned):
    context, trusted = certificate()
    with Sink(tls=context, password=("news", "right")) as sink:
        settings = {"NASHIR__MAIL__USERNAME": "news", "NASHIR__MAIL__PASSWORD": "wrong"}
        settings |= {"SSL_CERT_FILE": str(trusted)}
        relay = sink.url.replace("smtp://127.0.0.1", "smtp+starttls://localhost")
        done = planned.run("send", expect=74, NASHIR__MAIL__RELAY=relay, **settings)

    assert "cannot be used: 535: 5.7.8 no. Mend: look at mail.username and mail.password" in done.stderr


def test_only_a_damaged_database_ends_the_reading_of_mail():  # X9
    problems: list[str] = []

    def reading(error: PublisherError) -> None:
        with gathered(problems):
            raise error

    reading(BadConfig("no such mailbox"))
    with pytest.raises(Damaged):
        reading(Damaged("it is damaged"))

    assert ["no such mailbox."] == problems


def test_of_many_domains_that_refuse_us_a_few_are_named():
    rows = [{"domain": f"d{n}.example", "reply": "550 no", "next_try": "soon"} for n in range(40)]
    lines = list(alone_lines(rows))

    assert 6 == len(lines)
    assert "... and 35 more domains" == lines[-1]
    assert 2 == len(list(alone_lines(rows[:2])))
