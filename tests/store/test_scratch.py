"""What is kept aside comes back, and lies in no file that has a name."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from publisher.store.scratch import Scratch

KEY = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(st.dictionaries(KEY, st.integers(0, 99), max_size=5), max_size=5), KEY)
def test_the_last_number_of_a_key_is_kept(some: list[dict[int, int]], other: int) -> None:
    with closing(Scratch()) as scratch:
        expected: dict[int, int] = {}
        for each in some:
            scratch.put(each)
            expected |= each

        assert expected == scratch.get(list(expected))
        assert ({other: expected[other]} if other in expected else {}) == scratch.get([other])


def test_many_numbers_lie_in_a_file_without_a_name() -> None:
    with closing(Scratch()) as scratch:
        scratch.put({number * 7919: 1 for number in range(300_000)})
        held = [each.readlink().name for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]

        assert any(each.startswith("etilqs_") and each.endswith("(deleted)") for each in held)
