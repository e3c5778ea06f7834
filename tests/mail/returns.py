"""Messages that came back, written by us after the forms in use: one function a form."""

OURS = "b+0abc123@bounce.example.org"
READER = "reader@example.net"
LETTER = f"""Return-Path: <{OURS}>
Received: from news.example.org by mx.example.net (envelope-from <{OURS}>)
Message-ID: <7.deadbeef@example.org>
From: News <news@example.org>
To: {READER}
Subject: User unknown, mailbox full, spam: today's headlines
"""


def _bytes(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def dsn(
    status: str,
    diagnostic: str = "",
    *,
    action: str = "failed",
    remote: str = "mx.example.net",
    told: str = "I'm sorry to have to inform you that your message could not be delivered.",
    more: str = "",
    kind: str = "delivery-status",
) -> bytes:
    """RFC 3464, as Postfix writes it; *more*: another recipient's fields."""
    fields = [
        f"Final-Recipient: rfc822; {READER}",
        *([f"Action: {action}"] if action else []),
        *([f"Status: {status}"] if status else []),
        *([f"Remote-MTA: dns; {remote}"] if remote else []),
        *([f"Diagnostic-Code: smtp; {diagnostic}"] if diagnostic else []),
    ]
    return _bytes(f"""Return-Path: <>
Delivered-To: {OURS}
From: MAILER-DAEMON@relay.example (Mail Delivery System)
To: {OURS}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="=_1"

--=_1
Content-Type: text/plain; charset=utf-8

{told}

--=_1
Content-Type: message/{kind}

Reporting-MTA: dns; relay.example
X-Postfix-Sender: rfc822; {OURS}
Arrival-Date: Mon, 23 Nov 2026 07:00:00 +0300

{chr(10).join(fields)}

{more}
--=_1
Content-Type: message/rfc822

{LETTER}
The letter's text says: 550 5.1.1 no such user here.
--=_1--
""")


def notice(told: str, sender: str = "MAILER-DAEMON@relay.example", subject: str = "failure notice") -> bytes:
    """A server's own form: words, then the letter."""
    return _bytes(f"""Return-Path: <>
Delivered-To: {OURS}
From: {sender}
To: {OURS}
Subject: {subject}

{told}

--- Below this line is a copy of the message.

{LETTER}
""")


def feedback(kind: str) -> bytes:
    """RFC 5965."""
    return _bytes(f"""From: feedback@arf.example
To: abuse@example.org
Subject: FW: headlines
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=f

--f
Content-Type: text/plain

This is an email abuse report.
--f
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Example/1.0
Version: 1
Original-Mail-From: <{OURS}>
Original-Rcpt-To: <{READER}>
Reporting-MTA: dns; arf.example

--f
Content-Type: message/rfc822

{LETTER}
--f--
""")


def mail(*fields: str, subject: str = "headlines", text: str = "Thank you.") -> bytes:
    """What somebody, or somebody's program, writes."""
    head = "".join(f"{field}\n" for field in fields)
    return _bytes(f"From: Noor <{READER}>\nTo: news@example.org\nSubject: {subject}\n{head}\n{text}\n")
