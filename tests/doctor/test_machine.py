"""The door to this machine, before real folders, sockets and the kernel."""

import os
import resource
import socket
from contextlib import closing
from pathlib import Path

import pytest

from publisher.doctor import machine
from publisher.doctor.host import File


def test_a_file_is_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"x")
    path.chmod(0o640)
    found = machine.file(path)

    assert (str(path), 0o640, os.geteuid(), True, True) == (
        found.path, found.mode, found.owner, found.readable, found.there)  # fmt: skip
    assert File(str(tmp_path / "none"), there=False) == machine.file(tmp_path / "none")


def test_a_folder_in_one_that_is_closed_is_not_reached(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "open"
    inner.mkdir(parents=True)
    inner.chmod(0o755)
    (tmp_path / "closed").chmod(0o700)

    assert not machine.file(inner).reachable
    assert machine.file(Path("/usr/share")).reachable


def test_a_disk_is_that_of_the_folder_that_will_be_made(tmp_path: Path) -> None:
    found, here = machine.disk(tmp_path / "not" / "there"), os.statvfs(tmp_path)

    assert str(tmp_path) == found.path
    assert 0.5 < (found.free + 1) / (here.f_bavail * here.f_frsize + 1) < 2  # others write meanwhile


def test_the_kernel_is_asked_for_its_clock_and_limits() -> None:
    assert machine.clock() in {True, False, None}
    assert machine.watches() == int(Path("/proc/sys/fs/inotify/max_user_watches").read_text("ascii"))
    assert machine.files(None) == machine.files(os.getpid()) == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_time_zones_have_versions() -> None:
    found = machine.zones()

    assert found.package[:2] == "20"
    assert found.system == "" or found.system[:2] == "20"


def test_folders_are_counted(tmp_path: Path) -> None:
    for name in ("a/b", "a/c", "d"):
        (tmp_path / name).mkdir(parents=True)

    assert 5 == machine.folders(tmp_path)
    assert 0 == machine.folders(tmp_path / "none")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_is_free_or_taken(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as peer:
        peer.bind((host, 0))
        peer.listen()
        port = peer.getsockname()[1]

        assert "in use" in machine.free(host, port)
    assert "" == machine.free(host, port) == machine.free(host, 0)


def test_an_address_to_listen_at_that_is_not_ours_is_told() -> None:
    assert machine.free("192.0.2.1", 8080)


def test_own_addresses_are_addresses() -> None:
    for each in machine.own_addresses():
        assert socket.getaddrinfo(each, 1, flags=socket.AI_NUMERICHOST)
