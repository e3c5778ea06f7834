import inspect
import os
import socket
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.articles.folder import Odd, Seen, compare, read, shown
from publisher.errors import Unreadable


def write(folder: Path, path: str, data: bytes = b"x") -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def scan(folder: Path) -> list[Seen | Odd]:
    found = compare(folder, {})
    return sorted([*found.changed, *found.odd], key=lambda each: each.path)


def paths(folder: Path) -> list[str]:
    return [found.path for found in scan(folder) if isinstance(found, Seen)]


def test_scan_sees_regular_files_sorted_with_what_tells_a_change(tmp_path: Path) -> None:
    for path in (
        "b.md",
        "a/z.md",
        "a/b/c.txt",
        "x.jpg",
        "_index.md",
        "node_modules/y.md",
        "_drafts/d.md",
        ".git/HEAD",
    ):
        write(tmp_path, path, b"12345")
    info = (tmp_path / "b.md").stat()
    found = list(scan(tmp_path))

    assert paths(tmp_path) == ["_index.md", "a/b/c.txt", "a/z.md", "b.md", "x.jpg"]
    assert Seen("b.md", info.st_mtime_ns, 5, info.st_ino) in found


def test_scan_names_what_is_no_file_and_follows_no_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, outside = tmp_path / "articles", tmp_path / "outside"
    write(outside, "secret.md")
    write(folder, "a.md")
    os.mkfifo(folder / "fifo.txt")
    (folder / "leak.md").symlink_to(outside / "secret.md")
    (folder / "leaks").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    (folder / ".#lock.md").symlink_to("nowhere")  # an editor's lock: litter, not worth a word
    with socket.socket(socket.AF_UNIX) as peer:
        monkeypatch.chdir(folder)  # the name of a socket may not be long
        peer.bind("s.txt")
    found = list(scan(folder))

    assert paths(folder) == ["a.md"]
    assert [odd.path for odd in found if isinstance(odd, Odd)] == [
        "fifo.txt",
        "leak.md",
        "leaks",
        "loop",
        "s.txt",
    ]
    assert all(odd.reason and odd.mend for odd in found if isinstance(odd, Odd))


def test_missing_folder_is_odd_and_says_nothing_is_known(tmp_path: Path) -> None:
    (found,) = scan(tmp_path / "unmounted")

    assert isinstance(found, Odd)
    assert found.path == "/"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_folder_that_cannot_be_listed_is_odd_and_ends_with_a_slash(tmp_path: Path) -> None:
    write(tmp_path, "a/b.md").parent.chmod(0)
    (found,) = scan(tmp_path)
    (tmp_path / "a").chmod(0o700)

    assert isinstance(found, Odd)
    assert found.path == "a/"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    write(tmp_path, "a.md").chmod(0)

    with pytest.raises(Unreadable, match="may not read"):
        read(tmp_path, "a.md", 10)


def test_names_are_bytes_and_come_back(tmp_path: Path) -> None:
    raw = b"x-\xce\xc8\xd1\n.txt"
    write(tmp_path, os.fsdecode(raw), b"data")
    (path,) = paths(tmp_path)

    assert read(tmp_path, path, 10).data == b"data"
    assert path == read(tmp_path, path, 10).path
    assert shown(path) == "x-%CE%C8%D1%0A.txt"


def test_deep_folders_cost_no_recursion(tmp_path: Path) -> None:
    path = "d/" * 300 + "a.md"
    write(tmp_path, path)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 60)
    try:
        found, leaf = paths(tmp_path), read(tmp_path, path, 10)
    finally:
        sys.setrecursionlimit(limit)

    assert [path] == found
    assert leaf.data == b"x"


@pytest.mark.parametrize("path", ["../outside.md", "a/../../outside.md", "link.md", "linked/outside.md", "/etc/passwd",
                                  ".", "", "fifo.md", "a", "gone.md", "a.md/x"])  # fmt: skip
def test_read_takes_only_regular_files_below_the_folder(path: str, tmp_path: Path) -> None:  # threat 5
    folder = tmp_path / "articles"
    write(tmp_path, "outside.md", b"secret")
    write(folder, "a/b.md")
    write(folder, "a.md")
    (folder / "link.md").symlink_to(tmp_path / "outside.md")
    (folder / "linked").symlink_to(tmp_path)
    os.mkfifo(folder / "fifo.md")
    before = len(list(Path("/proc/self/fd").iterdir()))

    with pytest.raises(Unreadable) as refused:
        read(folder, path, 100)

    assert refused.value.mend
    assert before == len(list(Path("/proc/self/fd").iterdir()))


def test_read_stops_at_the_limit(tmp_path: Path) -> None:
    write(tmp_path, "a.md", b"12345")

    assert read(tmp_path, "a.md", 5).data == b"12345"
    with pytest.raises(Unreadable, match="5 bytes, more than 4"):
        read(tmp_path, "a.md", 4)


@pytest.mark.parametrize(
    "path, expected",
    [("أ/خبر 100%.md", "أ/خبر 100%.md"), ("a\x1b[31m\n.md", "a%1B[31m%0A.md"), ("\u202egpj.md", "%E2%80%AEgpj.md"),
     ("\udcff.md", "%FF.md"), ("100%25.md", "100%2525.md"), ("%\n0.md", "%%0A0.md")],
)  # fmt: skip
def test_shown_path_is_safe_to_print(path: str, expected: str) -> None:
    assert expected == shown(path)


@given(st.binary(min_size=1, max_size=30))
def test_a_shown_path_tells_the_bytes_of_the_name(name: bytes) -> None:
    assert name == unquote_to_bytes(shown(os.fsdecode(name)))
