"""A message that somebody wrote to us: who, and whether it is for a person's eyes."""

import re

from publisher.mail.bounces import mime
from publisher.mail.bounces.mime import Part

# What no person writes (H5, RFC 2919, RFC 2369); and what a spam filter of the mail server has found.
_MASS = ("feedback-id", "list-id", "list-unsubscribe")
_LISTS = ("bulk", "list", "junk")
_SPAM = ("x-spam-flag", "x-spam")
_ANSWERED = re.compile(r"\s*auto-replied\b", re.IGNORECASE)


def author(message: Part) -> str:
    """Who it says that it is from, decoded; "" where it says nothing."""
    return mime.words_of(message.first("from"))


def message_id(message: Part) -> str:
    """Its Message-ID, without the angle brackets."""
    return message.first("message-id").strip(" <>")


def is_mass(message: Part) -> bool:
    """Whether a program wrote it to many, or it is marked as spam: nothing to pass on."""
    if any(name in message.head for name in _MASS):
        return True
    if message.first("precedence").strip().lower() in _LISTS:
        return True
    return any(message.first(name).strip().lower().startswith("yes") for name in _SPAM)


def is_answer(message: Part) -> bool:
    """Whether a program says that it answers (RFC 3834, 5.1), whatever its subject."""
    return bool(_ANSWERED.match(message.first("auto-submitted")))


def beginning(data: bytes, most: int) -> bytes:
    """The first lines of *data*, at most *most* octets: the header, and of a letter with attachments the text."""
    return data if len(data) <= most else data[: data.rfind(b"\n", 0, most) + 1] or data[:most]
