import asyncio
import mailbox
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from publisher.mail.carrier import Carrier, Down
from publisher.mail.maildir import MaildirCarrier, put, remove
from publisher.model.delivery import Letter, Reply, Stage
from publisher.text.mention import Mention
from tests.mail.bags import Letters

LETTER = Letter(
    "b@example.org", "r@example.net", b"Subject: one\r\n\r\nx\r\n", "1795.1_key.example.org", False
)


def post(
    folder: Path, *letters: Letter, before: Callable[[Letter], Awaitable[bool]] | None = None
) -> list[tuple[Stage, Reply]]:
    async def main() -> list[tuple[Stage, Reply]]:
        carrier: Carrier = MaildirCarrier(folder)
        bag = Letters(*letters, before=before)
        await carrier.open()
        try:
            await carrier.converse(bag)
        finally:
            await carrier.close()
        return bag.outcomes

    return asyncio.run(main())


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_letter_lies_in_new_as_it_was_sent(tmp_path: Path) -> None:
    found = post(tmp_path / "a/outbox", LETTER)

    assert [(Stage.CONTENT, 250)] == [(stage, reply.code) for stage, reply in found]
    assert LETTER.data == (tmp_path / "a/outbox/new" / LETTER.name).read_bytes()
    assert ["one"] == [letter["subject"] for letter in mailbox.Maildir(tmp_path / "a/outbox", create=False)]


def test_a_letter_sent_again_is_still_one(tmp_path: Path) -> None:
    post(tmp_path, LETTER)
    post(tmp_path, LETTER)
    post(tmp_path, LETTER)

    assert [f"new/{LETTER.name}"] == files(tmp_path)


def test_a_letter_sent_again_is_found_where_a_reader_put_it(tmp_path: Path) -> None:
    post(tmp_path, LETTER)
    (tmp_path / "new" / LETTER.name).rename(tmp_path / "cur" / f"{LETTER.name}:2,S")
    found = post(tmp_path, LETTER)

    assert 250 == found[0][1].code
    assert [f"cur/{LETTER.name}:2,S"] == files(tmp_path)


def test_a_draft_of_a_killed_sender_is_overwritten(tmp_path: Path) -> None:
    post(tmp_path)
    (tmp_path / "tmp" / LETTER.name).write_bytes(b"Subject: half, and longer than the letter itself" * 9)
    post(tmp_path, LETTER)

    assert LETTER.data == (tmp_path / "new" / LETTER.name).read_bytes()
    assert [f"new/{LETTER.name}"] == files(tmp_path)


def test_nothing_is_written_before_the_ledger_committed(tmp_path: Path) -> None:  # S1
    async def commit(letter: Letter) -> bool:
        assert [] == files(tmp_path)
        return True

    async def full(letter: Letter) -> bool:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        post(tmp_path, LETTER, before=full)
    assert [] == files(tmp_path)
    post(tmp_path, LETTER, before=commit)
    assert [f"new/{LETTER.name}"] == files(tmp_path)


def test_a_folder_that_cannot_be_made_is_down(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Down) as down:
        post(tmp_path / "file/outbox", LETTER)

    assert (Stage.CONNECT, 0) == (down.value.stage, down.value.reply.code)


def test_a_letter_that_cannot_be_written_is_not_in_doubt(tmp_path: Path) -> None:
    async def main() -> None:
        carrier = MaildirCarrier(tmp_path)
        await carrier.open()
        (tmp_path / "tmp").rmdir()
        bag = Letters(LETTER, replace(LETTER, name="2"))
        await carrier.converse(bag)

        assert [(Stage.DATA, 0)] == [(stage, reply.code) for stage, reply in bag.outcomes]
        assert 1 == len(bag.waiting)

    asyncio.run(main())


def test_a_letter_cancelled_before_it_is_written_is_not(tmp_path: Path) -> None:  # S7
    async def cancelled(letter: Letter) -> bool:
        return letter is not LETTER

    other = replace(LETTER, name="2")

    assert 1 == len(post(tmp_path, LETTER, other, before=cancelled))
    assert ["new/2"] == files(tmp_path)


@pytest.mark.parametrize("where", ["subject", "text", "html", "raw", "other"])
def test_what_was_passed_on_is_removed_with_the_address_in_it_however_it_is_encoded(
    tmp_path: Path, where: str
) -> None:  # L8
    said = {
        "subject": "خبر",
        "text": "نص",
        "html": "<p>نص</p>",
        where: f"كتب ghost@example.net لنا {'نص ' * 30}",
    }
    inner = EmailMessage()
    inner["Subject"] = said["subject"]
    inner.set_content(said["text"], cte="base64")
    inner.add_alternative(said["html"], subtype="html", cte="base64")
    outer = EmailMessage()
    outer["Subject"] = "رسالة وصلت"
    outer.set_content("نص", cte="base64")
    whole = inner.as_bytes() + (b"\r\nghost@example.net" if where == "raw" else b"")
    outer.add_attachment(whole, maintype="application", subtype="octet-stream")
    asyncio.run(MaildirCarrier(tmp_path).open())
    put(tmp_path, "passed", outer.as_bytes())
    put(tmp_path, "letter", b"Subject: x\r\n\r\nnobody\r\n")

    assert b"ghost" not in outer.as_bytes()
    assert (0 if where == "other" else 1) == remove(tmp_path, Mention(["ghost@example.net"]))
    assert ("other" == where) == (tmp_path / "new" / "passed").exists()
    assert (tmp_path / "new" / "letter").exists()
