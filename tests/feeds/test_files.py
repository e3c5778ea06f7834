"""The output folder: whole files, untouched where nothing changed, nothing outside."""

import os
from pathlib import Path

import pytest

from publisher.errors import Exit, Unwritable
from publisher.feeds import files


def leftovers(root: Path) -> list[Path]:
    return list(root.rglob(".~*"))


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    assert files.put(tmp_path / "out", "خبر/index.html", b"new") is True
    assert (tmp_path / "out/خبر/index.html").read_bytes() == b"new"
    assert leftovers(tmp_path) == []


def test_a_file_is_readable_for_a_web_server_of_another_user(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        files.put(tmp_path, "rss.xml", b"new")
    finally:
        os.umask(before)

    assert (tmp_path / "rss.xml").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("count", [1, 101])
def test_unchanged_bytes_are_left_untouched(count: int, tmp_path: Path) -> None:
    items = [(f"{number}/index.html", b"same") for number in range(count)]
    first = files.put_many(tmp_path, items)
    before = [(tmp_path / path).stat() for path, _ in items]
    again = files.put_many(tmp_path, items)

    assert [path for path, _ in items] == first
    assert again == []
    assert [(old.st_ino, old.st_mtime_ns) for old in before] == [
        (new.st_ino, new.st_mtime_ns) for new in ((tmp_path / path).stat() for path, _ in items)
    ]


@pytest.mark.parametrize("count", [1, 100, 101, 250])
def test_only_what_changed_is_written(count: int, tmp_path: Path) -> None:
    files.put_many(tmp_path, [(f"{number}.html", b"old") for number in range(count)])
    changed = files.put_many(
        tmp_path, ((f"{number}.html", b"new" if number == 0 else b"old") for number in range(count))
    )

    assert changed == ["0.html"]
    assert (tmp_path / "0.html").read_bytes() == b"new"
    assert leftovers(tmp_path) == []


def test_a_reader_who_has_the_old_file_open_keeps_it(tmp_path: Path) -> None:
    files.put(tmp_path, "rss.xml", b"old")
    with (tmp_path / "rss.xml").open("rb") as reader:
        files.put(tmp_path, "rss.xml", b"new!")

        assert reader.read() == b"old"


@pytest.mark.parametrize("many", [False, True])
def test_a_failed_rename_leaves_the_old_bytes_and_no_temporary(
    many: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.put(tmp_path, "0.html", b"old")

    def full(_: Path, __: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(Unwritable) as caught:
        if many:
            files.put_many(tmp_path, [(f"{number}.html", b"new") for number in range(101)])
        else:
            files.put(tmp_path, "0.html", b"new")

    assert caught.value.exit == Exit.IO
    assert caught.value.where == "0.html"
    assert "free some space" in caught.value.mend
    assert (tmp_path / "0.html").read_bytes() == b"old"
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/x", "", "a\0b", ".."])
def test_no_path_leads_out_of_the_folder(path: str, tmp_path: Path) -> None:
    root = tmp_path / "out"
    (tmp_path / "x").write_bytes(b"theirs")

    with pytest.raises(Unwritable):
        files.put(root, path, b"x")
    with pytest.raises(Unwritable):
        files.put_many(root, [*((f"{number}.html", b"x") for number in range(101)), (path, b"x")])
    with pytest.raises(Unwritable):
        files.remove(root, path)
    assert leftovers(root) == []
    assert [file.read_bytes() for file in tmp_path.rglob("x")] == [b"theirs"]


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    root, outside = tmp_path / "out", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "link").symlink_to(outside)
    many = [(f"{number}.html", b"x") for number in range(101)]

    for path in ("link/x", "link/a/x"):
        with pytest.raises(Unwritable):
            files.put(root, path, b"x")
        with pytest.raises(Unwritable):
            files.put_many(root, [*many, (path, b"x")])
    assert list(outside.iterdir()) == []


def test_a_link_to_a_folder_inside_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    written = files.put_many(tmp_path, [(f"link/{number}/x", b"x") for number in range(101)])

    assert 101 == len(written) == len(list((tmp_path / "real").iterdir()))


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    files.put(tmp_path / "out", "a/b", b"x")

    assert (tmp_path / "real/a/b").read_bytes() == b"x"
    assert files.remove(tmp_path / "out", "a/b") is True
    assert list((tmp_path / "real").iterdir()) == []


def test_a_link_where_a_file_belongs_is_replaced_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "out", tmp_path / "outside"
    root.mkdir()
    outside.write_bytes(b"same")
    (root / "x").symlink_to(outside)
    files.put(root, "x", b"same")

    assert not (root / "x").is_symlink()


@pytest.mark.parametrize("others", [0, 101])
@pytest.mark.parametrize(("blocker", "path"), [("a", "a/index.html"), ("a/b", "a")])
def test_a_file_or_folder_in_the_way_is_named(blocker: str, path: str, others: int, tmp_path: Path) -> None:
    files.put(tmp_path, blocker, b"x")

    with pytest.raises(Unwritable) as caught:
        files.put_many(tmp_path, [*((f"{number}.html", b"x") for number in range(others)), (path, b"y")])
    assert caught.value.where == path
    assert "move the" in caught.value.mend
    assert leftovers(tmp_path) == []


def test_a_removed_file_takes_its_empty_folders_along(tmp_path: Path) -> None:
    files.put_many(tmp_path, [("a/b/index.html", b"x"), ("a/c/index.html", b"x")])

    assert files.remove(tmp_path, "a/b/index.html") is True
    assert not (tmp_path / "a/b").exists()
    assert (tmp_path / "a/c/index.html").exists()
    assert files.remove(tmp_path, "a/c/index.html") is True
    assert tmp_path.exists()
    assert list(tmp_path.iterdir()) == []
    assert files.remove(tmp_path, "a/c/index.html") is False


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    files.put(tmp_path, "a/index.html", b"x")
    (tmp_path / "a/.~0123456789abcdef.tmp").write_bytes(b"half")
    (tmp_path / ".~fedcba9876543210.tmp").write_bytes(b"half")

    assert files.sweep(tmp_path) == 2
    assert files.sweep(tmp_path) == 0
    assert (tmp_path / "a/index.html").read_bytes() == b"x"


def test_sweeping_a_folder_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert files.sweep(tmp_path / "out") == 0
