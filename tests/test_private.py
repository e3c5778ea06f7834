"""The files that hold a secret."""

import os
import socket
from pathlib import Path

import pytest

from publisher import private
from publisher.errors import BadConfig, BadState, Unwritable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "one"


def test_what_is_put_is_read_again_and_its_owners_alone(path: Path) -> None:  # threat 9
    private.put(path, b"first")
    private.put(path, b"word")

    assert b"word" == private.read(path, "the key", "make one")
    assert [0o700, 0o600] == [each.stat().st_mode & 0o777 for each in (path.parent, path)]
    assert [path] == [*path.parent.iterdir()]


def test_a_file_that_is_there_stays_where_it_is_not_to_be_replaced(path: Path) -> None:
    private.put(path, b"first", replace=False)
    private.put(path, b"second", replace=False)

    assert b"first" == path.read_bytes()
    assert [path] == [*path.parent.iterdir()]


@pytest.mark.parametrize("group, mode, mend", [(False, 0o640, "chmod 600 "), (True, 0o604, "chmod o= "),
                                               (False, 0o620, "chmod 600 "), (True, 0o602, "chmod o= ")])  # fmt: skip
def test_what_others_can_read_or_write_is_refused(
    group: bool, mode: int, mend: str, path: Path
) -> None:  # threat 9
    private.put(path, b"a secret")
    path.chmod(mode)

    with pytest.raises(BadState) as refused:
        private.read(path, "the key", "make one", group=group, error=BadState)

    assert f"{path}: the key can be read by others. Mend: {mend}{path}" == str(refused.value)


def test_a_group_may_read_what_somebody_else_puts_there(path: Path) -> None:
    private.put(path, b"word")
    path.chmod(0o440)

    assert b"word" == private.read(path, "the key", "make one", group=True)


@pytest.mark.parametrize(
    "name, why", [("none", "No such file"), (".", "Is a directory"), ("a\0b", "null byte")]
)
def test_what_cannot_be_read_is_one_line(name: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=rf"the key cannot be read: .*{why}.* Mend: make one"):
        private.read(tmp_path / name, "the key", "make one")


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:  # X14
    os.mkfifo(tmp_path / "pipe", 0o600)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path in (tmp_path / "pipe", tmp_path / "socket", Path("/dev/zero")):
            with pytest.raises(BadConfig, match=r"cannot be read: it is a pipe, a socket or a device"):
                private.read(path, "the key", "make one")


def test_what_is_too_long_for_a_secret_is_refused(path: Path) -> None:
    private.put(path, b"x" * private.LONGEST)
    assert private.LONGEST == len(private.read(path, "the key", "make one"))
    private.append(path, "x")

    with pytest.raises(BadConfig, match="more than 1,000,000 bytes"):
        private.read(path, "the key", "make one")


def test_lines_follow_each_other_also_one_that_was_cut_off(path: Path) -> None:
    private.append(path, "one")
    private.append(path, "two")
    path.write_bytes(path.read_bytes() + "ثل".encode()[:3])
    private.append(path, "three")

    assert b"one\ntwo\n\xd8\xab\xd9\nthree\n" == path.read_bytes()
    assert 0o600 == path.stat().st_mode & 0o777


@pytest.mark.parametrize(
    "write", [lambda path: private.put(path, b"x"), lambda path: private.append(path, "x")]
)
def test_a_folder_that_cannot_be_is_one_line(write, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Unwritable, match=r"cannot be written: .*\. Mend: look at its rights"):
        write(tmp_path / "file" / "key")
    assert [tmp_path / "file"] == [*tmp_path.iterdir()]
