"""What systemd takes from a service, taken from a command by the kernel itself, as far as it can be without systemd:

    python tests/whole/confined.py packaging/systemd/nashir.service COMMAND...

The filter of system calls (by libseccomp, which systemd uses as well), address families, memory that is written and
run, namespaces, set-user-id bits, capabilities, the umask and the limit of files are those of the unit. Its mounts are
not.
"""

import ctypes
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ALLOW, ERRNO = 0x7FFF0000, 0x00050000
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
NOT_EQUAL, EQUAL, MASKED = 1, 4, 7
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
ALL_FAMILIES = 46
WRITE_EXEC, EXEC, SHM_EXEC = 6, 4, 0o100000
NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
SET_ID = (0o4000, 0o2000)
# What systemd.exec(5) allows beside any list.
ALWAYS = {"@default", "execve", "exit", "exit_group", "getrlimit", "rt_sigreturn", "sigreturn"}


class Comparison(ctypes.Structure):
    """An argument of a system call, compared with a value."""

    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def settings(unit: Path) -> list[tuple[str, str]]:
    """The settings of a unit, in order."""
    lines = (line.strip() for line in unit.read_text("utf-8").splitlines())
    return [
        (key, value)
        for key, _, value in (line.partition("=") for line in lines if line[:1] not in ("#", "["))
    ]


def expanded(names: set[str]) -> set[str]:
    """System calls, and those of groups, by name."""
    found: set[str] = set()
    for name in names:
        if not name.startswith("@"):
            found.add(name)
            continue
        listed = subprocess.run(
            ["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True
        ).stdout
        inner = {line.strip() for line in listed.splitlines()[1:]}
        found |= expanded({each for each in inner if each and not each.startswith("#")})
    return found


def allowed(unit: list[tuple[str, str]]) -> set[str]:
    """What the unit's lists come to."""
    found = expanded(ALWAYS)
    for value in (value for key, value in unit if key == "SystemCallFilter"):
        names = expanded(set(value.removeprefix("~").split()))
        found = found - names if value.startswith("~") else found | names
    return found | expanded(ALWAYS)


class Filter:
    """One filter of the kernel."""

    def __init__(self, default: int) -> None:
        self._library = ctypes.CDLL("libseccomp.so.2")
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(default)))

    def rule(self, action: int, name: str, *comparisons: tuple[int, int, int, int]) -> None:
        """Do *action* for the system call of this *name*, where its arguments are so."""
        number = self._library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # of another architecture
            return
        given = (Comparison * len(comparisons))(*(Comparison(*each) for each in comparisons))
        code = self._library.seccomp_rule_add_array(
            self._context, ctypes.c_uint32(action), number, len(comparisons), given
        )
        assert code == 0 or action == ALLOW, (name, code)

    def load(self) -> None:
        """From now on, for this process and all that it starts."""
        assert self._library.seccomp_load(self._context) == 0


def arguments(unit: dict[str, str]) -> Iterator[tuple[str, int, tuple[tuple[int, int, int, int], ...]]]:
    """What is refused by its arguments: the call, the error, the arguments."""
    may = {FAMILIES[name] for name in unit["RestrictAddressFamilies"].split()}
    for family in set(range(ALL_FAMILIES)) - may:
        yield "socket", EAFNOSUPPORT, ((0, EQUAL, family, 0),)
    if unit["MemoryDenyWriteExecute"] == "yes":
        yield "mmap", EPERM, ((2, MASKED, WRITE_EXEC, WRITE_EXEC),)
        yield "mprotect", EPERM, ((2, MASKED, EXEC, EXEC),)
        yield "pkey_mprotect", EPERM, ((2, MASKED, EXEC, EXEC),)
        yield "shmat", EPERM, ((2, MASKED, SHM_EXEC, SHM_EXEC),)
    if unit["RestrictNamespaces"] == "yes":
        yield "clone3", ENOSYS, ()
        yield "setns", EPERM, ()
        for flag in NAMESPACES:
            yield "clone", EPERM, ((0, MASKED, flag, flag),)
            yield "unshare", EPERM, ((0, MASKED, flag, flag),)
    if unit["RestrictSUIDSGID"] == "yes":
        for bit in SET_ID:
            for name, place in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2)):
                yield name, EPERM, ((place, MASKED, bit, bit),)
    if unit["LockPersonality"] == "yes":
        yield "personality", EPERM, ((0, NOT_EQUAL, 0, 0),)


def drop_capabilities() -> None:
    """Root is anybody from now on."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(64):
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    assert libc.capset(header, (ctypes.c_uint32 * 6)()) == 0


def confine(path: Path) -> None:
    """Take from this process what the unit at *path* takes."""
    listed = settings(path)
    unit = dict(listed)
    names = allowed(listed)
    os.umask(int(unit["UMask"], 8))
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(unit["LimitNOFILE"]),) * 2)
    drop_capabilities()
    beside = Filter(ALLOW)
    for name, error, comparisons in arguments(unit):
        beside.rule(ERRNO | error, name, *comparisons)
    calls = Filter(ERRNO | EPERM)
    for name in sorted(names | {"seccomp", "prctl"}):  # the next filter is not loaded otherwise
        calls.rule(ALLOW, name)
    beside.load()
    calls.load()


if __name__ == "__main__":
    confine(Path(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
