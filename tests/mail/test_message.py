import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.mail.message import MailingList, Sender, assemble, letter, notice, skeleton
from publisher.model.delivery import Letter
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Content, Edition, Kind

PLANNED = datetime(2026, 11, 23, 4, tzinfo=UTC)
EDITION = Edition(17, "daily", "2026-11-23T04:00:00Z", PLANNED, PLANNED, 5, name="2026-11-23")
CONTENT = Content(
    subject="\u200fCNN تعلن: ارتفاع أسعار النفط إلى 75.5$ للبرميل (تقرير خاص)",
    html='<!doctype html>\n<html dir="rtl"><body><p>خبر</p>'
    f'<a href="{UNSUBSCRIBE_SLOT}">إلغاء</a><a href="{PREFERENCES_SLOT}">خيارات</a>'
    "</body></html>\n",
    text=f"خبر\n\nإلغاء الاشتراك:\n{UNSUBSCRIBE_SLOT}\nخيارات:\n{PREFERENCES_SLOT}\n",
    language="ar",
    direction="rtl",
)
PLAIN = replace(CONTENT, html="", text="مرحبًا\n")  # of a letter that belongs to no list
LIST = MailingList(
    id="daily.example.org",
    title="النشرة اليومية",
    owner="editor@example.org",
    archive="https://example.org/newsletter/daily/",
)
SENDER = Sender(
    name="صحيفة ناشر",
    address="news@example.org",
    reply_to="editor@example.org",
    domain="example.org",
    list=LIST,
)
URL = "https://example.org/u/AbC-_123"
CHOICES = "https://example.org/preferences/AbC-_456"
PAGE = "https://example.org/newsletter/daily/2026-11-23/"
# Each of these may stand once (RFC 5322, 3.6; RFC 2369, 2; RFC 2919, 3; RFC 8058, 2), and the first must.
ONCE = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")


def written(
    content: Content = CONTENT,
    sender: Sender = SENDER,
    recipient: str = "reader@example.net",
    key: str = "k-_9",
    url: str = URL,
    choices: str = CHOICES,
    edition: Edition = EDITION,
) -> Letter:
    return assemble(
        content,
        edition,
        sender,
        recipient=recipient,
        message_id_key=key,
        unsubscribe_url=url,
        preferences_url=choices,
        archived_at=PAGE,
    )


def filled(text: str) -> str:
    """What a reader reads of a part."""
    return text.replace(UNSUBSCRIBE_SLOT, URL).replace(PREFERENCES_SLOT, CHOICES)


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

    assert filled(CONTENT.text) == text.replace("\r\n", "\n")
    assert filled(CONTENT.html) == html.replace("\r\n", "\n")


def test_the_headers_say() -> None:  # M5 H1 H5 H7
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
        "List-Archive": "<https://example.org/newsletter/daily/>",
        "Archived-At": f"<{PAGE}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply, RN, NRN",
        "Precedence": "bulk",
        "Feedback-ID": "17:daily:digest:exampleorg",
    } == {name: value for name, value in message.items() if name not in ("From", "Subject", "Content-Type")}


def test_every_header_stands_once() -> None:  # M6
    for made in (written(), written(replace(CONTENT, html="", text="خبر")), noticed()):
        names = [name.lower() for name in parsed(made)]

        assert sorted(set(names)) == sorted(names)
        assert set(ONCE) <= set(names)
        assert not {"bcc", "cc"} & set(names)
        assert 1 == len(parsed(made)["To"].addresses)


def test_no_encoded_word_stands_in_what_machines_read() -> None:  # M3
    long = "t" * 200
    made = letter(
        skeleton(CONTENT, EDITION, replace(SENDER, bounce_domain="b.example.org"), archived_at=PAGE + long),
        recipient="reader@example.net",
        message_id_key=long,
        unsubscribe_url="https://example.org/u/" + long,
        preferences_url=CHOICES,
        leave_token="l" * 48,
        bounce_token="b" * 48,
    )
    head = made.data.split(b"\r\n\r\n")[0]
    fields = dict(line.split(b": ", 1) for line in re.split(rb"\r\n(?![ \t])", head))
    words = [name for name, value in fields.items() if b"=?" in value]
    folded = {name: value for name, value in fields.items() if b"\r\n" in value and name not in words}

    assert [b"From", b"Subject", b"List-ID"] == words
    assert fields[b"List-ID"].endswith(b"?= <daily.example.org>")
    assert [b"List-Unsubscribe"] == list(folded)
    assert fields[b"List-Unsubscribe"] == (
        b"<https://example.org/u/" + long.encode() + b">,\r\n <mailto:u+" + b"l" * 48
        + b"@b.example.org?subject=unsubscribe>"
    )  # fmt: skip


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


EVIL = [
    "\r\nBcc: x@example.net",
    "\nBcc: x@example.net",
    "\r\n\r\n<script>",
    "\x00",
    "\x0b\x0c\x1c\x1e",
    "\x85Bcc: x",
    "\u2028Bcc: x",
    "\x9b31m\x1b[0m",
    "\ud800",
    '"<x@example.net>, ',
    "=?utf-8?Q?=0D=0ABcc:_x?=",
]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_breaks_out_of_a_letter(evil: str) -> None:  # M4 M6 threat 2
    named = replace(SENDER, name=f"ناشر{evil}", list=replace(LIST, title=f"daily{evil}"))
    made = written(replace(CONTENT, subject=f"خبر{evil}عاجل"), named)
    message = parsed(made)

    assert clean(made.data)
    assert parsed(written()).keys() == message.keys()
    assert ["reader@example.net"] == [each.addr_spec for each in message["To"].addresses]
    assert ["news@example.org"] == [each.addr_spec for each in message["From"].addresses]
    assert "news@example.org" == made.sender


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize(
    "field",
    ["list_id", "archive", "owner", "address", "reply_to", "domain", "bounce_domain", "newsletter", "page"],
)
def test_what_machines_read_is_refused_where_it_would_break(field: str, evil: str) -> None:  # M3 M4 threat 2
    value = f"x@example.org{evil}"
    changes: dict[str, Any] = {
        "list_id": {"list": replace(LIST, id=value)},
        "archive": {"list": replace(LIST, archive=value)},
        "owner": {"list": replace(LIST, owner=value)},
    }.get(field, {field: value})
    edition = replace(EDITION, newsletter=value) if field == "newsletter" else EDITION
    sender = SENDER if field in {"newsletter", "page"} else replace(SENDER, **changes)
    try:
        made = letter(
            skeleton(CONTENT, edition, sender, archived_at=value if field == "page" else PAGE),
            recipient="reader@example.net",
            message_id_key="k",
            unsubscribe_url=URL,
            preferences_url=CHOICES,
            leave_token="l",
            bounce_token="b",
        )
    except ValueError:
        return

    assert clean(made.data) and parsed(written()).keys() == parsed(made).keys()


@settings(deadline=None)
@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_breaks_a_letter(subject: str, name: str, text: str, html: str) -> None:  # M1 M4 M6
    content = replace(CONTENT, subject=subject, text=text, html=html)
    made = written(content, replace(SENDER, name=name, list=replace(LIST, title=name)))
    message = parsed(made)
    allowed = {"\t", "\n", "\r"}

    assert clean(made.data)
    assert {*parsed(written()).keys()} == {*message.keys()} - {"Content-Transfer-Encoding"}
    for part in parts(made) if html else (message.get_content(),):
        assert not [c for c in part if (c < " " or "\x7f" <= c <= "\x9f") and c not in allowed]


pieces = st.lists(
    st.sampled_from([UNSUBSCRIBE_SLOT, PREFERENCES_SLOT, "\n", "خ", "é!", "a", "<p>نص</p>"])
    | st.text("خبر عاجل abc\n", max_size=120),
    max_size=12,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(pieces, pieces, st.integers(0, 9), st.integers(0, 9))
def test_a_letter_reads_as_if_it_were_encoded_in_one_go(
    text: str, html: str, more: int, less: int
) -> None:  # M1 M5
    content = replace(CONTENT, text=text, html=html)
    frame = skeleton(content, EDITION, SENDER)
    for url, choices in ((URL + "u" * more, CHOICES + "&" * less), (URL, CHOICES)):
        reader = {
            "recipient": "reader@example.net",
            "message_id_key": "k",
            "unsubscribe_url": url,
            "preferences_url": choices,
        }
        made, again = letter(frame, **reader), assemble(content, EDITION, SENDER, **reader)
        message = parsed(made)
        wanted = [
            part.replace("\n", "\r\n").replace(UNSUBSCRIBE_SLOT, url).replace(PREFERENCES_SLOT, escaped)
            for part, escaped in ((text, choices), (html, choices.replace("&", "&amp;")))
        ]
        found = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]

        assert [part.encode() for part in (wanted if html else wanted[:1])] == found
        assert clean(made.data) and not message.defects
        assert (3 if html else 1) == made.data.count(b"\r\n\r\n")  # no blank line but behind headers
        assert made.data == letter(frame, **reader).data == again.data


def test_controls_never_reach_a_body() -> None:  # M4
    text, html = parts(
        written(replace(CONTENT, text="ا\x00\x1b\x85\x9b\ud800ب\r\nc\rd\n", html="<p>\x01\x92</p>"))
    )

    assert ("اب\nc\nd\n", "<p></p>") == (text.replace("\r\n", "\n"), html)


def test_the_slots_value_is_escaped_in_html_only() -> None:
    text, html = parts(written(url="https://example.org/u?a=1&b=2", choices="https://example.org/p?c=1&d=2"))

    assert "https://example.org/u?a=1&b=2" in text
    assert 'href="https://example.org/u?a=1&amp;b=2"' in html
    assert "https://example.org/p?c=1&d=2" in text
    assert 'href="https://example.org/p?c=1&amp;d=2"' in html


def test_readers_who_want_text_get_one_part() -> None:  # M1
    made = written(replace(CONTENT, html=""))
    message = parsed(made)

    assert clean(made.data)
    assert ("text/plain", "utf-8", "base64") == (
        message.get_content_type(),
        message.get_content_charset(),
        message["Content-Transfer-Encoding"],
    )
    assert filled(CONTENT.text) == message.get_content().replace("\r\n", "\n")
    assert b"nashir_" not in made.data


def test_no_slot_is_left_in_a_letter() -> None:  # M5
    assert not [part for part in parts(written()) if re.search("[\ufdd0-\ufdef]", part)]


@pytest.mark.parametrize("missing", ["url", "choices"])
@pytest.mark.parametrize("value", ["", "https://example.org/ü", "https://example.org/\r\nx", "a b"])
def test_a_slot_without_a_url_is_an_error(missing: str, value: str) -> None:
    with pytest.raises(ValueError):
        written(**{missing: value})  # type: ignore[arg-type]


def test_a_variant_without_slots_needs_no_urls() -> None:
    assert "مرحبًا\r\n" == parsed(written(PLAIN, replace(SENDER, list=None), url="", choices="")).get_content()


def test_a_letter_of_a_list_can_be_left() -> None:  # H1
    with pytest.raises(ValueError):
        written(PLAIN, url="")


def personal(sender: Sender, **tokens: str) -> Letter:
    frame = skeleton(CONTENT, EDITION, sender)
    return letter(
        frame,
        recipient="reader@example.net",
        message_id_key="k",
        unsubscribe_url=URL,
        preferences_url=CHOICES,
        **tokens,
    )


TOKEN = "aeaqaaaaaaaaaaaadaaaaabogx73kq6d5j6rzcbkqyysvh2a"  # 48 characters, as the shop makes them


@pytest.mark.parametrize(
    "bounce_domain, tokens, mail",
    [
        ("", {}, "editor@example.org?subject=unsubscribe"),
        ("", {"leave_token": TOKEN}, f"editor@example.org?subject=unsubscribe%20{TOKEN}"),
        ("b.example.org", {"leave_token": TOKEN}, f"u+{TOKEN}@b.example.org?subject=unsubscribe"),
        ("b.example.org", {}, "editor@example.org?subject=unsubscribe"),
    ],
)
def test_who_leaves_by_mail_is_known(bounce_domain: str, tokens: dict[str, str], mail: str) -> None:  # H1
    made = personal(replace(SENDER, bounce_domain=bounce_domain), **tokens)

    assert f"<{URL}>, <mailto:{mail}>" == parsed(made)["List-Unsubscribe"]


@pytest.mark.parametrize(
    "bounce_domain, tokens, sender",
    [
        ("", {"bounce_token": TOKEN}, "news@example.org"),
        ("b.example.org", {}, "news@example.org"),
        ("b.example.org", {"bounce_token": TOKEN}, f"b+{TOKEN}@b.example.org"),
    ],
)
def test_a_bounce_comes_back_to_an_address_of_its_own(
    bounce_domain: str, tokens: dict[str, str], sender: str
) -> None:  # H7
    made = personal(replace(SENDER, bounce_domain=bounce_domain), **tokens)

    assert sender == made.sender
    assert len(made.sender.partition("@")[0]) <= 64  # RFC 5321, 4.5.3.1.1
    assert b"b+" not in made.data


@pytest.mark.parametrize("token", ["Upper", "a b", "a@b", "x" * 63, "é", "a\r\nb"])
@pytest.mark.parametrize("kind", ["leave_token", "bounce_token"])
def test_a_token_fits_a_local_part(kind: str, token: str) -> None:  # H7 threat 2
    with pytest.raises(ValueError):
        personal(SENDER, **{kind: token})


@pytest.mark.parametrize("kind", Kind)
def test_the_kind_is_in_the_feedback_id(kind: Kind) -> None:  # H5
    message = parsed(written(edition=replace(EDITION, kind=kind)))

    assert f"17:daily:{kind.value}:exampleorg" == message["Feedback-ID"]


@pytest.mark.parametrize(
    "domain, known", [("a.co", "aco00"), ("news.of-the-day.example.org", "newsofthedayexa")]
)
def test_gmail_knows_senders_by_5_to_15_letters(domain: str, known: str) -> None:  # H5
    assert parsed(written(sender=replace(SENDER, domain=domain)))["Feedback-ID"].endswith(f":{known}")


def test_precedence_and_pages_are_optional() -> None:  # H5
    quiet = replace(SENDER, list=replace(LIST, bulk=False, archive=""))
    names = parsed(personal(quiet)).keys()

    assert not {"Precedence", "List-Archive", "Archived-At"} & set(names)


def noticed(**changes: Any) -> Letter:
    values: dict[str, Any] = {
        "kind": "confirm",
        "key": "k-_9",
        "recipient": "reader@example.net",
        "sent": PLANNED,
    }
    return notice(PLAIN, SENDER, **(values | changes))


def test_a_letter_of_no_list_says_so() -> None:  # H5 M5 M6
    message = parsed(noticed())

    assert clean(noticed().data)
    assert {
        "To": "reader@example.net",
        "Reply-To": "editor@example.org",
        "Date": "Mon, 23 Nov 2026 04:00:00 +0000",
        "Message-ID": f"<confirm-{int(PLANNED.timestamp())}.k-_9@example.org>",
        "Feedback-ID": "confirm:exampleorg",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply, RN, NRN",
        "MIME-Version": "1.0",
    } == {
        name: value
        for name, value in message.items()
        if name not in ("From", "Subject", "Content-Type", "Content-Transfer-Encoding")
    }
    assert "مرحبًا\r\n" == message.get_content()
    assert [] == message.defects


def test_a_notice_of_two_parts_has_both() -> None:
    both = notice(
        replace(PLAIN, html="<p>مرحبًا</p>"),
        SENDER,
        kind="welcome",
        key="k",
        recipient="a@example.net",
        sent=PLANNED,
    )

    assert ("مرحبًا\r\n", "<p>مرحبًا</p>") == parts(both)


def test_a_notice_is_the_same_again_and_another_for_others() -> None:  # M5
    later = PLANNED + timedelta(seconds=1)
    ids = {
        parsed(each)["Message-ID"]
        for each in (noticed(), noticed(key="other"), noticed(sent=later), noticed(kind="welcome"))
    }

    assert noticed() == noticed()
    assert 4 == len(ids)
    assert noticed().data == noticed(sent=PLANNED.astimezone(timezone(timedelta(hours=3)))).data


@pytest.mark.parametrize(
    "changes", [{"kind": "a b"}, {"kind": "a\r\nBcc: x"}, {"key": ""}, {"recipient": "a b"}]
)
def test_a_notice_refuses_what_breaks_its_headers(changes: dict[str, str]) -> None:  # M4
    with pytest.raises(ValueError):
        noticed(**changes)
