import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.mail.message import Sender, assemble
from publisher.model.delivery import Letter
from publisher.model.digest import UNSUBSCRIBE_SLOT, Content, Edition

PLANNED = datetime(2026, 11, 23, 4, tzinfo=UTC)
EDITION = Edition(17, "daily", "2026-11-23T04:00:00Z", PLANNED, PLANNED, 5)
CONTENT = Content(
    subject="\u200fCNN تعلن: ارتفاع أسعار النفط إلى 75.5$ للبرميل (تقرير خاص)",
    html=f'<!doctype html>\n<html dir="rtl"><body><p>خبر</p><a href="{UNSUBSCRIBE_SLOT}">إلغاء</a></body></html>\n',
    text=f"خبر\n\nإلغاء الاشتراك:\n{UNSUBSCRIBE_SLOT}\n",
    language="ar",
    direction="rtl",
)
SENDER = Sender(
    name="صحيفة ناشر",
    address="news@example.org",
    reply_to="editor@example.org",
    domain="example.org",
    bounce="bounce@example.org",
    list_id="daily.example.org",
    list_title="النشرة اليومية",
    owner="editor@example.org",
    home="https://example.org/",
)
URL = "https://example.org/u/AbC-_123"


def written(
    content: Content = CONTENT,
    sender: Sender = SENDER,
    recipient: str = "reader@example.net",
    key: str = "k-_9",
    url: str = URL,
) -> Letter:
    return assemble(content, EDITION, sender, recipient=recipient, message_id_key=key, unsubscribe_url=url)


def parsed(letter: Letter) -> EmailMessage:
    return BytesParser(policy=email.policy.default).parsebytes(letter.data)


def parts(letter: Letter) -> tuple[str, str]:
    text, html = cast(list[EmailMessage], list(parsed(letter).iter_parts()))
    assert ("text/plain", "text/html") == (text.get_content_type(), html.get_content_type())
    return text.get_content(), html.get_content()


def clean(data: bytes) -> bool:
    """No bare CR or LF, no line over 76 in the body, 78 in the head."""
    head, _, body = data.partition(b"\r\n\r\n")
    wide = [line for line in head.split(b"\r\n") if len(line) > 78] + [
        line for line in body.split(b"\r\n") if len(line) > 76
    ]
    return (
        not re.search(rb"(?<!\r)\n|\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", data)
        and not wide
        and data.isascii()
    )


def test_pythons_parser_finds_no_fault() -> None:  # M1
    letter = written()
    message = parsed(letter)

    assert clean(letter.data)
    assert [] == message.defects + [defect for part in message.walk() for defect in part.defects]
    assert [] == [defect for header in message.values() for defect in header.defects]
    assert "multipart/alternative" == message.get_content_type()
    assert ["utf-8", "utf-8"] == [part.get_content_charset() for part in message.iter_parts()]
    assert ["base64", "base64"] == [part["content-transfer-encoding"] for part in message.iter_parts()]


def test_every_part_comes_back_with_the_readers_own_url() -> None:  # M1
    text, html = parts(written())

    assert CONTENT.text.replace(UNSUBSCRIBE_SLOT, URL) == text.replace("\r\n", "\n")
    assert CONTENT.html.replace(UNSUBSCRIBE_SLOT, URL) == html.replace("\r\n", "\n")


def test_the_headers_say() -> None:  # M5 H1 H5
    message = parsed(written())

    assert CONTENT.subject == message["Subject"]
    assert ("صحيفة ناشر", "news@example.org") == (
        message["From"].addresses[0].display_name,
        message["From"].addresses[0].addr_spec,
    )
    assert {
        "To": "reader@example.net",
        "Reply-To": "editor@example.org",
        "Date": "Mon, 23 Nov 2026 04:00:00 +0000",
        "Message-ID": "<17.k-_9@example.org>",
        "MIME-Version": "1.0",
        "List-Unsubscribe": f"<{URL}>, <mailto:editor@example.org?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-ID": "النشرة اليومية <daily.example.org>",
        "List-Help": "<mailto:editor@example.org?subject=help>",
        "List-Archive": "<https://example.org/>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply, RN, NRN",
        "Precedence": "bulk",
        "Feedback-ID": "17:daily:digest:exampleorg",
    } == {name: value for name, value in message.items() if name not in ("From", "Subject", "Content-Type")}


def test_every_header_stands_once() -> None:  # M6
    names = [name.lower() for name in parsed(written())]

    assert sorted(set(names)) == sorted(names)
    assert {"from", "to", "subject", "date", "message-id", "mime-version"} <= set(names)
    assert not {"bcc", "cc"} & set(names)


def test_no_encoded_word_stands_in_what_machines_read() -> None:  # M3
    data = written(url="https://example.org/u/" + "t" * 200).data.split(b"\r\n\r\n")[0]
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", data).split(b"\r\n")
    machines = [line for line in unfolded if not line.startswith((b"From:", b"Subject:"))]

    assert [] == [line for line in machines if b"=?" in line and not line.startswith(b"List-ID:")]
    assert any(line.endswith(b"?= <daily.example.org>") for line in machines)


def test_same_variant_and_reader_same_bytes() -> None:  # M5
    assert written() == written()
    assert written().name == written().name != written(key="other").name
    assert re.fullmatch(r"[\w.-]+", written().name)


def test_no_address_is_in_a_message_id() -> None:  # M5
    assert "reader" not in parsed(written())["Message-ID"]
    for key in ("", "reader@example.net", "a b", "k\r\n", "ك"):
        with pytest.raises(ValueError):
            written(key=key)


def test_one_click_needs_https() -> None:  # H1
    message = parsed(written(url="http://127.0.0.1:8080/u/x"))

    assert message["List-Unsubscribe-Post"] is None
    assert message["List-Unsubscribe"].startswith("<http://127.0.0.1:8080/u/x>, <mailto:")


def test_a_local_part_beyond_ascii_asks_for_smtputf8() -> None:  # M8
    letter = written(recipient="قارئ@مثال.example")

    assert letter.needs_utf8
    assert "قارئ@xn--mgbh0fb.example" == letter.recipient
    assert "To: <قارئ@xn--mgbh0fb.example>\r\n".encode() in letter.data


def test_a_domain_beyond_ascii_needs_no_smtputf8() -> None:  # M8
    letter = written(recipient="reader@مثال.example")

    assert ("reader@xn--mgbh0fb.example", False) == (letter.recipient, letter.needs_utf8)
    assert clean(letter.data)


@pytest.mark.parametrize(
    "evil",
    [
        "a@example.net\r\nBcc: b@example.net",
        "a@example.net>, <b@example.net",
        "a b@example.net",
        "\x00@example.net",
    ],
)
def test_a_recipient_is_one_address(evil: str) -> None:  # M4 M6
    with pytest.raises(ValueError):
        written(recipient=evil)


@settings(deadline=None)
@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_breaks_a_letter(subject: str, name: str, text: str, html: str) -> None:  # M1 M4 M6
    content = replace(CONTENT, subject=subject, text=text, html=html)
    letter = written(content, replace(SENDER, name=name, list_title=name))
    message = parsed(letter)
    allowed = {"\t", "\n", "\r"}

    assert clean(letter.data)
    assert sorted(parsed(written()).keys()) == sorted(message.keys())
    for part in parts(letter):
        assert not [c for c in part if (c < " " or "\x7f" <= c <= "\x9f") and c not in allowed]


def test_controls_never_reach_a_body() -> None:  # M4
    text, html = parts(
        written(replace(CONTENT, text="ا\x00\x1b\x85\x9b\ud800ب\r\nc\rd\n", html="<p>\x01\x92</p>"))
    )

    assert ("اب\nc\nd\n", "<p></p>") == (text.replace("\r\n", "\n"), html)


def test_the_slots_value_is_escaped_in_html_only() -> None:
    text, html = parts(written(url="https://example.org/u?a=1&b=2"))

    assert "https://example.org/u?a=1&b=2" in text
    assert 'href="https://example.org/u?a=1&amp;b=2"' in html
