"""B1, X14: whatever comes back by mail is read, in time that grows with its length and no faster."""

import encodings
from collections.abc import Callable
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.mail.bounces import addressed, read
from publisher.mail.bounces.mime import LONGEST, parse, text_of, walk
from publisher.model.report import Kind, Report
from tests.mail import returns
from tests.patience import took

SAMPLES = (
    returns.dsn("5.1.1", "550 5.1.1 User unknown"),
    returns.dsn("5.0.0", kind="global-delivery-status"),
    returns.notice("<reader@example.net>:\n550 5.1.1 User unknown"),
    returns.notice("gives nothing away"),
    returns.feedback("abuse"),
    returns.mail("Auto-Submitted: auto-replied", subject="=?utf-8?b?2LHYryDYqtmE2YLYp9im2Yo=?="),
    returns.mail("Content-Type: text/html; charset=windows-1256", text="<p>x</p><style>"),
)
PIECES = (
    "--=_1\r\n", "--=_1--\r\n", "\r\n\r\n", "\n", "\r", "Content-Type: message/rfc822\r\n\r\n",
    "message/delivery-status",
    'Content-Type: multipart/mixed; boundary="=_1"\r\n\r\n', "Content-Transfer-Encoding: base64\r\n", "; charset=idna",
    "; charset=zlib", "; charset=utf-7", "=?x?q?=zz?=", "=?utf-8?b?a?=", r"\x{110000}", r"\x{D800}", "5.1.1", "Status:",
    "Action: failed\r\n", "Final-Recipient: ;", "<>", "@", "\x00", "\udc80", "boundary=", "&#x110000;", "From: (",
    "<<< ",
)  # fmt: skip


def hold(data: bytes) -> Report:
    """What every report promises, whatever it was read from."""
    report = read(data)
    assert report.kind in Kind
    assert all(
        len(value) <= 1_000 for value in (report.note, report.recipient, report.code, report.returned_id)
    )
    assert all("@" in address for address in addressed(data))
    return report


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(data: bytes) -> None:  # B1
    hold(data)


@given(st.sampled_from(SAMPLES), st.data())
def test_reports_that_are_damaged_are_read(sample: bytes, data: st.DataObject) -> None:  # B1
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(sample)))
        cut = data.draw(st.integers(0, 40))
        piece = data.draw(st.one_of(st.binary(max_size=8), st.sampled_from(PIECES).map(_encoded)))
        sample = sample[:at] + piece + sample[at + cut :]

    hold(sample)


NOT_THE_READER = (
    "5.7.1 refused", "5.1.8 bad sender", "Mailbox full", "over quota", "4.2.2 later", "listed by spamhaus", "blocked",
    "DMARC policy", "sender address rejected", "too many recipients this hour", "message size exceeds limit",
    "temporarily unavailable", "connection timed out", "receiving mail at a rate that prevents", "5.2.2 full",
    "helo command rejected", "relay access denied",
)  # fmt: skip
FINAL = (
    "5.1.1",
    "5.2.1",
    "User unknown",
    "no such user here",
    "mailbox disabled",
    "5.1.10",
    "does not exist",
    "550",
)


@given(st.sampled_from(NOT_THE_READER), st.lists(st.sampled_from(FINAL), max_size=4), st.data())
def test_whatever_else_it_says_a_reason_beside_the_reader_is_never_hard(
    reason: str, final: list[str], data: st.DataObject
) -> None:  # B1
    words = data.draw(st.permutations([reason, *final]))
    said = f"550 {', '.join(words)}"

    assert Kind.HARD is not read(returns.dsn("5.1.1", said, remote=data.draw(HOSTS))).kind
    assert Kind.HARD is not read(returns.notice(said)).kind


HOSTS = st.sampled_from(
    ["", "mx.example.net", "example-net.mail.protection.outlook.com", "gmail-smtp-in.l.google.com"]
)


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_order_of_the_pieces_is_read(pieces: list[str]) -> None:  # B1
    body = b"".join(map(_encoded, pieces))

    hold(b"From: MAILER-DAEMON@x\nSubject: failure notice\n" + body)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    "charset", sorted({*encodings.aliases.aliases.values(), "idna", "punycode", "nonsense"})
)
def test_any_charset_is_read(charset: str) -> None:  # B1
    raw = bytes(range(256)) * 4
    part = parse(f"Content-Type: text/plain; charset={charset}\n\n".encode() + raw)

    assert text_of(part)
    hold(f"Subject: =?{charset}?q?=FF=00?=\n\nx".encode())


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_line_ends_do_not_matter(sample: bytes, end: bytes) -> None:  # B1
    assert read(sample) == read(sample.replace(b"\r\n", end))


@pytest.mark.parametrize(
    "nested", ["Content-Type: message/rfc822\n\n", "Content-Type: multipart/mixed; boundary=a\n\n--a\n"]
)
def test_a_nest_of_messages_ends(nested: str) -> None:  # B1
    data = nested.encode() * 20_000

    assert len(list(walk(parse(data), into=True))) < 100
    hold(data)


def test_no_more_than_a_megabyte_is_looked_at() -> None:  # B1
    behind = returns.dsn("5.1.1", "550 5.1.1 User unknown")

    assert hold(b"X: y\n" * (LONGEST // 5) + behind).kind is Kind.UNKNOWN


HEADS = {
    "in the header": b"From: MAILER-DAEMON@x\nSubject: failure notice\n",
    "in a notice": b"From: MAILER-DAEMON@x\nSubject: failure notice\n\nfailed\n",
    "in a status": b"From: MAILER-DAEMON@x\nContent-Type: message/delivery-status\n\nAction: failed\n",
    "in HTML": b"From: MAILER-DAEMON@x\nContent-Type: text/html\n\n",
    "in a subject": b"From: a@b\nSubject: ",
    "in a type": b"From: a@b\nContent-Type: multipart/mixed; ",
}
UNITS = (
    b"a", b"@", b"a@", b"a.", b"\n", b"--a\n", b"<", b"<style", b"=?utf-8?q?", b"=?utf-8?b?YQ==?= ", b" ", b"5.1.1 ",
    b"550-", b"Received: from x\n", b"Final-Recipient: rfc822;a@b.c\nAction: failed\nStatus: 5.1.1\n\n", b"X: y\n",
    b"X:\n y\n", b" y\n", b"<<< ", b"&#1;", b"boundary = ", b'boundary="', b"Content-Type: message/rfc822\n\n",
    b"Content-Type: multipart/mixed; boundary=a\n\n--a\n", b"To: a@b.c\n", b" for <a@b.c>",
)  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("where", HEADS)
def test_time_grows_as_the_length_does(where: str, unit: bytes) -> None:  # B1, X14
    def made(size: int) -> bytes:
        return HEADS[where] + unit * (size // len(unit))

    assert_linear(made)


def test_a_hundred_thousand_header_lines() -> None:  # B1, X14
    assert_linear(lambda size: b"".join(b"X-%d: %d\n" % (n, n) for n in range(size // 4)))

    hold(b"".join(b"X%d: y\n" % n for n in range(100_000)))


def seconds(data: bytes) -> float:
    return took(lambda: (read(data), addressed(data)), 0, 1)


def assert_linear(make: Callable[[int], bytes], tries: int = 4) -> None:
    """The best of a few tries: a loaded machine makes any one of them slow, a quadratic reader all. The floor hides
    the part of a message that is looked at whatever its length."""
    small, large = make(20_000), make(80_000)
    best = inf
    for _ in range(tries):
        best = min(best, seconds(large) / max(seconds(small), 0.01))
        if best < 8:
            break

    assert best < 8, "four times the message took eight times the time"
