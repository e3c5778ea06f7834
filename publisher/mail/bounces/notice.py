"""What a report says to people: its words, without the letter it gives back, and that letter's header."""

import re
from collections.abc import Iterator
from itertools import islice

from publisher.mail.bounces import mime
from publisher.mail.bounces.mime import Part

_LONGEST = 20_000  # characters of a notice
_ADDRESSES = 50
# Where the returned letter begins: a line that says so, or its first trace field.
_RETURNED = re.compile(
    r"^[ \t>*|=-]{0,80}(?:received:\s*(?:from|by|\()|return-path:\s*<|below (?:this|the next) line"
    r"|a copy of the original"
    r"|this is a copy of the message|the header of the original|original mail as follows|included is a copy"
    r"|message headers? follows?|message text follows|(?:un)?sent message follows|original message\b"
    r"|returned (?:mail|message)\b|bounced e-mail|(?:the )?headers? and top |end of message)",
    re.IGNORECASE | re.MULTILINE,
)
_OURS = re.compile(r"^[ \t>]{0,9}(?:subject|from|to|cc|sent|date|message-id)[ \t]{0,9}:", re.IGNORECASE)
_TRANSCRIPT = re.compile(r"^[ -]{0,20}transcript of session follows", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"(?<![\w.+=/-])([\w.+=/'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,9})")


def words(message: Part) -> str:
    """What *message* tells people: the first text that says something, without the returned letter and without the
    lines that repeat our own subject and addresses (nobody's headline may become a reason)."""
    text = _uncut(message)
    found = _RETURNED.search(text)
    kept = (text[: found.start()] if found else text)[:_LONGEST]
    return "\n".join(line for line in kept.split("\n") if not _OURS.match(line))


def before_transcript(text: str) -> str:
    """*text* without the dialogue sendmail appends: it holds sendmail's own words, `550 5.1.1 ... User unknown` after
    any refusal."""
    found = _TRANSCRIPT.search(text)
    return text[: found.start()] if found else text


def answers(text: str) -> str:
    """*text* with what the other server answered alone for a dialogue, where it is marked so (`<<<`)."""
    found = _TRANSCRIPT.search(text)
    heard = [line for line in text[found.end() :].split("\n") if line.startswith("<<< ")] if found else []
    return "\n".join([text[: found.start()], *heard]) if found and heard else text


def addresses(text: str) -> list[str]:
    """The addresses in *text*, each once, in its order."""
    found = islice(_ADDRESS.finditer(text), _ADDRESSES)
    return list(dict.fromkeys(match[1].strip("'") for match in found))


def returned(message: Part) -> Part | None:
    """The letter that *message* gives back, or its header alone, as a part or as text."""
    for part in mime.walk(message):
        if part.encloses:
            return part.parts[0] if part.parts else None
    text = _uncut(message)
    found = _RETURNED.search(text)
    return mime.parse(_flush(text[found.start() :]).encode("utf-8", "replace")) if found else None


def _uncut(message: Part) -> str:
    leaves = [part for part in mime.walk(message) if not part.parts and not part.encloses]
    return next((text for leaf in _readable(leaves) if (text := mime.text_of(leaf)).strip()), "")


def _readable(leaves: list[Part]) -> Iterator[Part]:
    yield from (leaf for leaf in leaves if leaf.type == "text/plain")
    yield from (leaf for leaf in leaves if leaf.type == "text/html")
    yield from (leaf for leaf in leaves if leaf.type.startswith("multipart/"))  # a boundary that is not there


def _flush(text: str) -> str:
    """The header that begins somewhere behind the first line of *text*, at the left edge."""
    lines = text.split("\n")
    start = next((n for n, line in enumerate(lines) if re.match(r"[ \t>]{0,9}[A-Za-z-]{2,40}:", line)), 0)
    indent = len(lines[start]) - len(lines[start].lstrip(" \t>"))
    return "\n".join(line[indent:] if not line[:indent].strip(" \t>") else line for line in lines[start:])
