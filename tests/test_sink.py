"""The sink judges our client, so it is judged first: by bytes on a plain socket, and by Python's own client."""

import smtplib
import socket
import ssl
from email.message import EmailMessage

import pytest

from tests.sink import Process, Sink, certificate, entries

LETTER = b"Subject: x\r\nMessage-ID: <1@x>\r\n\r\n..dot\r\n.\r\n"
ENVELOPE = b"MAIL FROM:<b@x>\r\nRCPT TO:<r@y>\r\nDATA\r\n"
R = ("<1@x>", "r@y")


class Wire:
    """A client that says what it is told to, when it is told to."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 5)

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def hear(self, end: bytes = b"\r\n") -> bytes:
        """What comes, until it ends with *end*; or all there is."""
        heard = b""
        while not heard.endswith(end):
            try:
                got = self.socket.recv(65536)
            except ConnectionResetError:
                return heard + b"RST"
            if not got:
                break
            heard += got
        return heard

    def lines(self, count: int) -> bytes:
        """The last of the next *count* replies of one line, or of those that come."""
        heard, more = b"", b"x"
        while more and heard.count(b"\r\n") < count and not heard.startswith(b"421"):
            more = self.hear()
            heard += more
        return heard.splitlines()[-1] if heard else b""

    def session(self) -> bytes:
        """Greet and send one letter; the reply at which it ended."""
        if not (heard := self.hear()).startswith(b"220"):
            return heard
        self.say(b"EHLO me\r\n")
        if not (heard := self.hear()).startswith(b"250"):
            return heard
        try:
            self.say(ENVELOPE)
            if not (heard := self.lines(3)).startswith(b"354"):
                return heard
            self.say(LETTER)
            return self.hear()
        except (ConnectionResetError, BrokenPipeError):
            return b"RST"

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


@pytest.fixture
def sink():
    with Sink() as sink:
        yield sink


@pytest.fixture
def wire(sink):
    with Wire(sink.port) as wire:
        wire.hear()
        wire.say(b"EHLO me\r\n")
        wire.hear(b"SMTPUTF8\r\n")
        yield wire


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_a_letter_is_taken_however_its_bytes_come(step, sink, wire):
    wire.say(ENVELOPE)
    wire.hear(b"dot\r\n")
    for place in range(0, len(LETTER), step):
        wire.say(LETTER[place : place + step])

    assert wire.hear().startswith(b"250 ")
    assert {R: 1} == sink.accepted
    assert not sink.violations


def test_letters_in_one_flight_are_told_apart(sink, wire):
    wire.say(ENVELOPE)
    wire.hear(b"dot\r\n")
    wire.say(LETTER + ENVELOPE)
    wire.hear(b"dot\r\n")
    wire.say(LETTER + b"RSET\r\nQUIT\r\n")

    assert wire.hear(b"bye\r\n").count(b"\r\n") == 3
    assert {R: 2} == sink.accepted
    assert 1 == len(sink.shas[R])
    assert {"duplicates": 1}.items() <= sink.counts().items()
    assert not sink.violations


def test_a_dot_in_any_place_but_alone_ends_nothing(sink, wire):
    content = b"Message-ID: <1@x>\r\n\r\n" + b"a.b\r\n...\r\n.x\r\nb.\r\n" * 9000 + b".\r\n"
    wire.say(ENVELOPE)
    wire.hear(b"dot\r\n")
    wire.say(content)

    assert wire.hear().startswith(b"250 ")
    assert {R: 1} == sink.accepted


@pytest.mark.parametrize(
    "said, named",
    [
        (ENVELOPE + LETTER, "sent before the reply to DATA"),
        (b"NOOP\r\nRSET\r\n", "sent before the reply to NOOP"),
        (b"RSET\n", "a command that does not end in CRLF"),
        (b"MAIL FROM:<b@x>\r\nMAIL FROM:<b@x>\r\n", "MAIL out of turn"),
        ("MAIL FROM:<é@x>\r\n".encode(), "an address beyond ASCII without SMTPUTF8"),
        (b"WHAT\r\n", "an unknown command"),
    ],
)
def test_what_a_client_must_not_do_is_named(said, named, sink, wire):
    wire.say(said)
    wire.hear()
    wire.socket.shutdown(socket.SHUT_WR)
    wire.hear(b"never")

    assert named in sink.violations


@pytest.mark.parametrize(
    "content, named",
    [
        (b"a\nb\r\n.\r\n", "a bare CR or LF in the content"),
        (b"a\rb\r\n.\r\n", "a bare CR or LF in the content"),
        ("é\r\n.\r\n".encode(), "eight bits without 8BITMIME"),
    ],
)
def test_content_that_is_not_lines_of_ascii_is_named(content, named, sink, wire):
    wire.say(ENVELOPE)
    wire.hear(b"dot\r\n")
    wire.say(content)
    wire.hear()

    assert [named] == list(sink.violations)


def test_where_pipelining_is_not_offered_nothing_may_run_ahead(sink):
    sink.pipelining = False
    with Wire(sink.port) as wire:
        wire.hear()
        wire.say(b"EHLO me\r\n")
        assert b"PIPELINING" not in wire.hear(b"SMTPUTF8\r\n")
        wire.say(b"MAIL FROM:<b@x>\r\nRCPT TO:<r@y>\r\n")
        wire.hear()

    assert ["sent before the reply to MAIL"] == list(sink.violations)


def test_a_late_reply_shows_who_did_not_wait_for_it(sink, wire):
    sink.rtt = 0.05
    wire.say(ENVELOPE)
    wire.socket.settimeout(0.02)
    with pytest.raises(TimeoutError):
        wire.hear()
    wire.socket.settimeout(5)
    wire.say(LETTER)
    wire.hear(b"dot\r\n")

    assert ["sent before the reply to DATA"] == list(sink.violations)


@pytest.mark.parametrize(
    "fault, last, accepted, again",
    [
        ("connect:reply;code=421;first=1", b"421 ", 0, 1),
        ("connect:drop;first=1", b"", 0, 1),
        ("ehlo:reply;code=502;first=1", b"502 ", 0, 1),
        ("ehlo:garbage;first=1", b"\x00", 0, 1),
        ("mail:reply;code=451;first=1", b"554 ", 0, 1),
        ("rcpt:reply;code=450;first=1;per=recipient", b"554 ", 0, 1),
        ("rcpt:drop;first=1", b"250 ", 0, 1),
        ("data:reply;code=451;first=1", b"451 ", 0, 1),
        ("body:drop;bytes=10;first=1", b"", 0, 1),
        ("body:reset;bytes=10;first=1", b"RST", 0, 1),
        ("content:reply;code=552;first=1", b"552 ", 0, 1),
        ("content:drop;first=1", b"", 0, 1),
        ("content:accept-drop;first=1", b"", 1, 2),
        ("content:accept-reply;code=451;first=1", b"451 ", 1, 2),
        ("content:delay;seconds=0.05;first=1", b"250 ", 1, 2),
        ("content:drip;seconds=0.001;first=1", b"250 ", 1, 2),
        ("content:stall;seconds=0.05;first=1", b"", 0, 1),
        ("content:accept-stall;seconds=0.05;first=1", b"", 1, 2),
        ("mail:reply;code=421;letters=1", b"250 ", 1, 2),
        ("rcpt:reply;code=550;recipient=^nobody@", b"250 ", 1, 2),
    ],
)
def test_faults_come_when_and_where_they_are_said(fault, last, accepted, again, sink):
    sink.set(fault)
    with Wire(sink.port) as wire:
        said = wire.session()

    assert said.startswith(last) if last else said in {b"", b"RST"}
    assert accepted == sink.accepted.total()
    with Wire(sink.port) as wire:
        wire.session()
    assert again == sink.accepted.total()
    assert not sink.violations


def test_every_third(sink, wire):
    sink.set("mail:reply;every=3")
    codes = []
    for _ in range(6):
        wire.say(b"MAIL FROM:<b@x>\r\n")
        codes.append(wire.hear()[:3])
        wire.say(b"RSET\r\n")
        wire.hear()

    assert [b"250", b"250", b"451"] * 2 == codes


@pytest.mark.parametrize("wrong", ["mail:accept-drop", "mail:nothing", "nowhere:drop", "mail:drop;what=1"])
def test_a_fault_that_does_not_exist_is_refused(wrong):
    with pytest.raises(ValueError, match=r"fault|content"):
        Sink(wrong)


def test_the_process_logs_before_it_answers_and_changes_while_it_runs(tmp_path):
    log = tmp_path / "log"
    with Process("rcpt:reply;code=550;recipient=nobody", log=log) as sink:
        with smtplib.SMTP("127.0.0.1", sink.port) as client:
            message = EmailMessage()
            message["Message-ID"], message["To"] = "<1@x>", "r@y"
            client.send_message(message, "b@x")
            assert "accepted" in log.read_text()
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("b@x", ["nobody@y"], b"x")
        assert 1 == sink.tell(faults=["connect:drop"], pipelining=False)["refused"]
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtplib.SMTP("127.0.0.1", sink.port)
        counts = sink.tell()

    assert {"accepted": 1, "duplicates": 0, "violations": {}}.items() <= counts.items()
    accepted, fault, refused, *_ = entries(log.read_text().splitlines())
    assert ("fault", "rcpt:reply", "nobody@y") == (fault.what, fault.message_id, fault.recipient)
    assert ("accepted", "250", R, "b@x") == (
        accepted.what,
        accepted.answered,
        accepted.letter,
        accepted.sender,
    )
    assert ("refused", "550", "nobody@y") == (refused.what, refused.answered, refused.recipient)


def test_tls_and_a_password():
    try:
        context, trusted = certificate()
    except OSError:
        pytest.skip("no openssl here")
    with (
        Sink(tls=context, password=("ann", "secret")) as sink,
        smtplib.SMTP("127.0.0.1", sink.port) as client,
    ):
        client.starttls(context=ssl.create_default_context(cafile=str(trusted)))
        client.login("ann", "secret", initial_response_ok=True)
        client.sendmail("b@x", "r@y", LETTER[:-3])

        assert 1 == sink.by_recipient["r@y"]
        assert not sink.violations
