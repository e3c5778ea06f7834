"""B1: what a message that came back means. The words are ours; what real servers write is in `real_bounces.tsv`."""

import os
from collections import Counter
from pathlib import Path

import pytest

from publisher.mail.bounces import addressed, read
from publisher.mail.bounces.table import meaning
from publisher.model.report import Kind, Report
from tests.mail import returns
from tests.mail.returns import OURS, READER

HARD, SOFT, US = Kind.HARD, Kind.SOFT, Kind.US
MICROSOFT = "example-net.mail.protection.outlook.com"


@pytest.mark.parametrize(
    ("kind", "diagnostic"),
    [
        (HARD, "550 5.1.1 <reader@example.net>: Recipient address rejected: User unknown"),
        (HARD, "550 5.1.2 bad destination"),
        (HARD, "553 5.1.3 bad address"),
        (HARD, "550 5.1.6 recipient no longer on server"),
        (HARD, "556 5.1.10 recipient has null MX"),
        (HARD, "550 5.2.1 mailbox disabled"),
        (HARD, "550 5.5.0 Invalid recipient"),
        (HARD, "550 No such user here"),
        (HARD, "550 sorry, no mailbox here by that name (#5.1.1)"),
        (HARD, "550-5.1.1 The email account that you tried to reach does not exist."),
        (HARD, "554 delivery error: dd This user doesn't have a example.net account"),
        (SOFT, "552 5.2.2 over quota"),
        (SOFT, "552 sorry, over quota temporarily (#5.1.1)"),
        (SOFT, "550 5.1.1 mailbox full"),
        (SOFT, "452 4.2.2 mailbox full"),
        (SOFT, "451 4.7.1 Greylisted, come back"),
        (SOFT, "421 4.3.0 upstream error"),
        (SOFT, "550 5.2.1 receiving mail at a rate that prevents additional messages from being delivered"),
        (SOFT, "550 5.1.0 Address rejected."),
        (SOFT, "550 Requested action not taken: mailbox unavailable"),
        (SOFT, "554 5.4.6 too many hops"),
        (SOFT, "554 Service currently unavailable"),
        (SOFT, "550 something nobody has written before"),
        (US, "550 5.7.1 refused"),
        (US, "550 5.7.1 User unknown"),
        (US, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]"),
        (US, "550 5.1.7 bad sender"),
        (US, "553 5.1.8 Domain of sender address does not exist"),
        (US, "550 5.1.0 <b@bounce.example.org> sender rejected"),
        (US, "550 5.1.1 <reader@example.net> 192.0.2.1 has sent to too many recipients this hour"),
        (US, "553 http://www.spamhaus.org/query/bl?ip=192.0.2.1"),
        (US, "450 <x>: Helo command rejected: Host not found"),
        (US, "550 5.1.1 <b@bounce.example.org>: Sender address rejected: User unknown"),
        (US, "5.1.0 - Unknown address error 550-'5.7.1 Access denied'"),
        (US, "552 5.3.4 message size exceeds the limit"),
        (US, "554 5.6.0 bad content"),
        (US, "421 4.7.0 temporarily deferred due to unexpected volume or user complaints"),
        (US, "550 daily sending quota exceeded"),
    ],
)
def test_the_server_s_code_and_words_decide(kind: Kind, diagnostic: str) -> None:  # B1
    found = read(returns.dsn("5.0.0", diagnostic))

    assert (kind, diagnostic) == (found.kind, found.note)


@pytest.mark.parametrize(
    ("kind", "diagnostic"),
    [
        (HARD, "550 5.4.1 [reader@example.net]: Recipient address rejected: Access denied"),
        (HARD, "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)"),
    ],
)
def test_what_only_microsoft_means_by_it(kind: Kind, diagnostic: str) -> None:  # B1
    assert kind is read(returns.dsn("5.0.0", diagnostic, remote=MICROSOFT)).kind
    assert kind is not read(returns.dsn("5.0.0", diagnostic)).kind


@pytest.mark.parametrize("status", ["5.1.1", "5.1.3", "5.2.1"])
def test_a_relay_s_guess_behind_a_bare_550_charges_no_reader(status: str) -> None:  # B1
    assert SOFT is read(returns.dsn(status, "550 go away")).kind


@pytest.mark.parametrize(
    ("kind", "status"), [(HARD, "5.1.1"), (SOFT, "5.2.2"), (SOFT, "4.4.7"), (US, "5.7.1"), (SOFT, "")]
)
def test_the_status_decides_where_no_server_was_asked(kind: Kind, status: str) -> None:  # B1
    found = read(returns.dsn(status))

    assert (kind, status) == (found.kind, found.code)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_what_did_not_fail_needs_nothing(action: str) -> None:  # B1
    status = "4.4.1" if action == "delayed" else "2.0.0"

    assert Kind.DELIVERED is read(returns.dsn(status, action=action)).kind


def test_the_words_for_people_help_where_the_fields_say_nothing() -> None:  # B1
    told = "Your message wasn't delivered because the address couldn't be found."

    assert HARD is read(returns.dsn("5.0.0", "550 #5.1.0 Address rejected.", told=told)).kind


def test_sendmail_s_own_words_about_a_refusal_count_for_nothing() -> None:  # B1
    told = "----- Transcript of session follows -----\n<<< 550 no\n550 5.1.1 <a@b.example>... User unknown"

    assert SOFT is read(returns.dsn("5.1.1", "550 no", told=told)).kind
    assert SOFT is read(returns.notice(told)).kind


def test_all_that_a_report_says() -> None:  # B1
    assert read(returns.dsn("5.1.1", "550 5.1.1 User unknown")) == Report(
        HARD,
        "5.1.1",
        "550 5.1.1 User unknown",
        READER,
        "mx.example.net",
        "7.deadbeef@example.org",
        OURS,
        READER,
    )


@pytest.mark.parametrize(
    ("kind", "address"),
    [(SOFT, ""), (HARD, "gone@example.net"), (SOFT, "full@example.net"), (SOFT, "x@y.example")],
)
def test_of_several_recipients_ours_decides_or_the_mildest(kind: Kind, address: str) -> None:  # B1
    """Somebody forwards our letter to two addresses."""
    more = "\n\n".join(
        f"Final-Recipient: rfc822; {name}@example.net\nAction: failed\nStatus: {status}"
        for name, status in (("full", "5.2.2"), ("gone", "5.1.1"))
    )
    message = returns.dsn("5.1.1", more=more).replace(
        f"rfc822; {READER}".encode(), b"rfc822; third@example.net"
    )

    assert kind is read(message, address).kind


def test_of_two_lines_about_one_recipient_the_worst_decides() -> None:  # B1
    more = f"Final-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.1.1"

    assert HARD is read(returns.dsn("5.2.2", more=more)).kind


def test_the_returned_letter_tells_whose_report_it_is() -> None:  # B1
    """The address we wrote to stands in Original-Recipient where it was forwarded."""
    more = (
        "Original-Recipient: rfc822; reader@example.net\nFinal-Recipient: rfc822; other@example.com\n"
        "Action: failed\nStatus: 5.2.2\n\nFinal-Recipient: rfc822; more@example.com\nAction: failed\nStatus: 5.1.1"
    )
    message = returns.dsn("5.1.1", more=more).replace(
        f"Final-Recipient: rfc822; {READER}".encode(), b"Final-Recipient: rfc822; third@example.com", 1
    )
    found = read(message)

    assert (SOFT, READER) == (found.kind, found.recipient)


def test_addresses_in_utf_8() -> None:  # B1
    """RFC 6533; the second recipient's address is escaped for a transport that takes ASCII only."""
    message = returns.dsn("5.1.1", "550 5.1.1 User unknown", kind="global-delivery-status")
    plain = message.replace(f"rfc822; {READER}".encode(), "utf-8; نور@مثال.example".encode())
    escaped = message.replace(f"rfc822; {READER}".encode(), rb"utf-8; \x{646}\x{648}\x{631}@example.net")

    assert (HARD, "نور@مثال.example") == (read(plain).kind, read(plain).recipient)
    assert (HARD, "نور@example.net") == (read(escaped).kind, read(escaped).recipient)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (HARD, "This is qmail-send.\n\n<reader@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)"),
        (SOFT, "<reader@example.net>:\nThis account is over quota and cannot receive mail."),
        (HARD, "This is a permanent error.\n  reader@example.net\n    host mx.example.net: 550 5.1.1 User unknown"),
        (HARD, "did not reach the following recipient(s):\nreader@example.net\n  The recipient name is not recognized"),
        (HARD, "was not delivered to:\n  reader@example.net\nbecause:\n  User reader not listed in Domino Directory"),
        (US, "Remote host said: 554 5.7.1 rejected as spam"),
        (SOFT, "Your message could not be delivered to\nreader@example.net"),
        (SOFT, "<a@example.net>: 550 5.2.2 Mailbox full\n<b@example.net>: 550 5.1.1 User unknown"),
        (Kind.DELIVERED, "Delivery to reader@example.net has been delayed.\nMessage will be retried for 2 more days"),
        (Kind.UNKNOWN, ""),
    ],
)  # fmt: skip
def test_reports_in_a_server_s_own_form(kind: Kind, told: str) -> None:  # B1
    found = read(returns.notice(told))

    assert (kind, "7.deadbeef@example.org", OURS) == (found.kind, found.returned_id, found.returned_from)


@pytest.mark.parametrize(
    ("sender", "subject"),
    [
        ("postmaster@relay.example", "Re: your newsletter"),
        ("Noor <reader@example.net>", "Re: Undeliverable: headlines"),
        ("Noor <reader@example.net>", "Delivery problem with your newsletter"),
    ],
)
def test_what_somebody_writes_about_a_failure_is_no_report(sender: str, subject: str) -> None:  # B1
    message = b"From: %b\r\nSubject: %b\r\n\r\nMy colleague gets no mail. Does that user exist?\r\n"

    assert Kind.HUMAN is read(message % (sender.encode(), subject.encode())).kind


def test_our_own_headline_is_no_reason() -> None:  # B1
    told = (
        "Your message\n  Subject: User unknown in the mailbox full of spam\ndid not reach reader@example.net"
    )

    assert SOFT is read(returns.notice(told)).kind


def test_a_form_that_others_know() -> None:  # B1
    """The fallback finds whom it is about; that it is final nobody said."""
    found = read(
        returns.notice(
            "undeliverable to gone@example.net",
            sender="Postmaster <postmaster@relay.example>",
            subject="Undeliverable Mail",
        )
    )

    assert (SOFT, "gone@example.net") == (found.kind, found.recipient)


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (Kind.COMPLAINT, "abuse"),
        (Kind.COMPLAINT, "fraud"),
        (Kind.COMPLAINT, "other"),
        (Kind.LEAVE, "opt-out"),
        (Kind.DELIVERED, "not-spam"),
        (US, "auth-failure"),
        (US, "virus"),
        (Kind.UNKNOWN, "weather"),
    ],
)
def test_feedback(kind: Kind, type_: str) -> None:  # B1
    assert read(returns.feedback(type_)) == Report(
        kind, "", type_, READER, "arf.example", "7.deadbeef@example.org", OURS, READER
    )


def test_a_complaint_as_microsoft_writes_it() -> None:  # B1
    letter = returns.LETTER + f"X-HmXmrOriginalRecipient: {READER}\n"
    message = (
        "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\nMIME-Version: 1.0\n"
        f"Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: message/rfc822\n\n{letter}\n--c--\n"
    )
    found = read(message.encode())

    assert (Kind.COMPLAINT, READER, OURS) == (found.kind, found.recipient, found.returned_from)


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (rejected)",
        "Precedence: auto_reply",
        "Precedence: bulk",
        "X-Autoreply: yes",
        "X-Autorespond: x",
        "X-Auto-Response-Suppress: All",
    ],
)
def test_a_program_answers(field: str) -> None:  # B1
    away = "I no longer work here; this address does not exist. 550 5.1.1 User unknown"

    assert Kind.REPLY is read(returns.mail(field, "Return-Path: <>", text=away)).kind


@pytest.mark.parametrize(
    "subject",
    [
        "Out of Office: headlines",
        "Automatic reply: headlines",
        "Abwesenheitsnotiz: x",
        "Réponse automatique : x",
        "=?utf-8?b?2LHYryDYqtmE2YLYp9im2Yo6INi52YbYp9mI2YrZhg==?=",
        "پاسخ خودکار: x",
        "מענה אוטומטי: x",
        "خودکار جواب: x",
        "وەڵامی خۆکار: x",
        "自動応答: x",
        "[Ticket#123] received",
        "Please confirm your message",
    ],
)
def test_a_program_that_says_so_in_its_subject_only(subject: str) -> None:  # B1
    assert Kind.REPLY is read(returns.mail(subject=subject)).kind
    assert Kind.REPLY is read(returns.mail(subject=subject).replace(b"Noor <reader@", b"<postmaster@")).kind


def test_somebody_writes() -> None:  # B1
    assert Report(Kind.HUMAN, note="سؤال") == read(returns.mail("Auto-Submitted: no", subject="سؤال"))


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"\0" * 500,
        bytes(range(256)) * 4,
        b"\n\nwords without a header\n",
        b"Subject: hello\n\nneither who nor when\n",
        b"From: x@example.org\nDate: Fri, 27 Nov 2026 08:00:00 +0000\n\n \n",
    ],
)
def test_what_nobody_can_have_written_is_nobodys(rubbish: bytes) -> None:  # B1, threat 10
    assert Kind.UNKNOWN is read(rubbish).kind


def test_leaving_by_mail() -> None:  # B1
    """The subject says who, where no address of its own does; a mail client may call itself a program."""
    found = read(returns.mail("Auto-Submitted: auto-generated", subject="unsubscribe 0abc123"))

    assert Report(Kind.LEAVE, note="unsubscribe 0abc123") == found


def test_a_reader_s_own_rule_is_no_lost_address() -> None:  # B1
    """RFC 5429 (sieve) and RFC 8098."""

    def refused(told: str) -> Report:
        return read(returns.dsn("", told=told, kind="disposition-notification", action="displayed"))

    assert (
        SOFT
        is refused("Your message was automatically rejected: User unknown. It could not be delivered.").kind
    )
    assert SOFT is refused("Your message could not be delivered: quota exceeded").kind
    receipt = "Content-Type: message/disposition-notification\n\nDisposition: manual-action; displayed"
    assert Kind.REPLY is read(f"From: a@b.example\nSubject: Read: x\n{receipt}".encode()).kind


def test_where_a_message_was_delivered_in_the_order_of_trust() -> None:  # B1
    message = (
        f"To: <News@example.org>, {OURS}\nCc: other@example.org\nReceived: by mx; for <b+1@bounce.example.org>; Mon\n"
        f"X-Original-To: b+2@bounce.example.org\nDelivered-To: {OURS}\nDelivered-To: box@example.org\n\nx"
    )

    assert [
        OURS,
        "box@example.org",
        "b+2@bounce.example.org",
        "b+1@bounce.example.org",
        "News@example.org",
        "other@example.org",
    ] == addressed(message.encode())


def test_the_same_table_reads_a_reply_on_the_wire() -> None:  # B1
    assert (HARD, "5.1.1", True) == (
        (found := meaning("550 5.1.1 User unknown", host="mx.example.net")).kind,
        found.code,
        found.known,
    )


REAL = Path(os.environ.get("NASHIR_SAMPLES", "/nowhere")) / "mail"
TRUTH = [
    line.split("\t") for line in (Path(__file__).parent / "real_bounces.tsv").read_text().splitlines()[1:]
]
# What the reader leaves milder than a person would, on purpose: 5.7.x is never hard, "no valid recipients" says no why.
MILDER = {"sisimai/lhost-bigfoot-02.eml", "sisimai/lhost-verizon-01.eml"}


def test_real_messages() -> None:  # B1
    """Long: 241 of them. The judge is a person who has read each."""
    if not REAL.is_dir():
        pytest.skip("NASHIR_SAMPLES has no mail")
    found = {path: read((REAL / path).read_bytes()) for path, _, _ in TRUTH}
    differing = {path for path, kind, _ in TRUTH if found[path].kind != kind}
    print(Counter(report.kind.value for report in found.values()))
    for path in sorted(differing):
        print(path, found[path])

    assert not [path for path, kind, _ in TRUTH if found[path].kind is HARD and kind != "hard"]
    assert differing <= MILDER
