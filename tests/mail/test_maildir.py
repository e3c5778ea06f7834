import asyncio
import mailbox
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from publisher.mail.carrier import Carrier, Down
from publisher.mail.maildir import MaildirCarrier
from publisher.model.delivery import Letter, Reply, Stage

LETTER = Letter(
    "b@example.org", "r@example.net", b"Subject: one\r\n\r\nx\r\n", "1795.1_key.example.org", False
)


async def nothing() -> None:
    pass


def post(
    folder: Path, *letters: Letter, before: Callable[[], Awaitable[None]] = nothing
) -> list[tuple[Stage, Reply]]:
    async def main() -> list[tuple[Stage, Reply]]:
        carrier: Carrier = MaildirCarrier(folder)
        await carrier.open()
        try:
            return [await carrier.send(letter, before) for letter in letters]
        finally:
            await carrier.close()

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
    post(tmp_path, LETTER, LETTER)

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
    async def commit() -> None:
        assert [] == files(tmp_path)

    async def full() -> None:
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
        stage, reply = await carrier.send(LETTER, nothing)

        assert (Stage.DATA, 0, False) == (stage, reply.code, carrier.alive)
        assert (Stage.CONNECT, 0) == ((found := await carrier.send(LETTER, nothing))[0], found[1].code)

    asyncio.run(main())
