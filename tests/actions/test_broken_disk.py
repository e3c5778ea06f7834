"""A disk that fails in the midst of a publish."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.errors import Unwritable
from tests.conftest import Write

Publishes = Callable[..., Published]


@pytest.mark.parametrize("call", ["fsync of a file", "rename", "fsync of a folder"])
def test_a_broken_disk_costs_no_feed_and_is_made_good_when_it_is_mended(
    house: House, write: Write, publishes: Publishes, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:  # X6
    write(house, "one.md", "# خبر\n\nنص.\n")
    publishes(house)
    names = ("atom.xml", "rss.xml", "feed.json", "index.html")
    before = [(house.out / name).read_bytes() for name in names]
    write(house, "two.md", "# خبر جديد\n\nنص.\n")
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_relative_to(house.out) and path.is_dir() == (call == "fsync of a folder"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(descriptor)

    def rename(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as broken:
        broken.setattr(os, *(("replace", rename) if call == "rename" else ("fsync", fsync)))
        with pytest.raises(Unwritable, match="Input/output error") as caught:
            publishes(house)
    after = [(house.out / name).read_bytes() for name in names]

    assert "check the disk" == caught.value.mend
    assert before[1:] == after[1:]
    # A folder's fsync comes after the rename: that one file is the new one, whole.
    assert before == after or (call == "fsync of a folder" and "خبر جديد".encode() in after[0])
    assert [] == list(house.out.rglob(".~*"))
    publishes(house)
    assert all("خبر جديد".encode() in (house.out / name).read_bytes() for name in names)
    assert () == publishes(house).written
