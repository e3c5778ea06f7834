"""One-click unsubscribing, read off a letter."""

from email import message_from_bytes
from email.policy import default

import pytest

from publisher.doctor import letter

LINK = "https://news.test/u/token"
POST = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
SIGNED = (
    "DKIM-Signature: v=1; d=news.test;\r\n h=from:list-unsubscribe:\r\n list-unsubscribe-post:to; b=x\r\n"
)


def made(link: str = f"<{LINK}>, <mailto:b@news.test>", post: str = POST, signature: str = "") -> str:
    return f"{signature}From: a@news.test\r\nList-Unsubscribe: {link}\r\n{post}\r\ntext\r\n"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (made(), []),
        (made(f"<mailto:b@news.test>,\r\n <{LINK}>"), []),
        (made(signature=SIGNED), []),
        (made(signature=SIGNED + SIGNED), []),
        (made(post=""), ["no-one-click"]),
        (made("<http://news.test/u/token>"), ["no-one-click"]),
        (made("<mailto:b@news.test>"), ["no-one-click"]),
        ("From: a@news.test\r\n\r\ntext\r\n", ["no-one-click"]),
        (made(signature=SIGNED.replace(":\r\n list-unsubscribe-post", "")), ["one-click-unsigned"]),
        (made(signature="DKIM-Signature: v=1; b=x\r\n"), ["one-click-unsigned"]),
    ],
)
def test_a_letter_has_what_one_click_needs(text: str, kinds: list[str]) -> None:  # H1, H8
    found = message_from_bytes(text.encode(), policy=default)

    assert kinds == [each.kind for each in letter.judge(found, "daily")]


@pytest.mark.parametrize(
    ("link", "expected"), [(f"<{LINK}>", LINK), ("<mailto:a@b>", ""), ("https://x.test", "")]
)
def test_the_link_is_the_first_of_the_web(link: str, expected: str) -> None:
    assert expected == letter.link(message_from_bytes(made(link).encode(), policy=default))
