"""Mistakes put into real output of ours: lint and preview find them, and nothing where there are none."""

import pytest

from tests.verbs.seeds.every import SEEDS
from tests.verbs.seeds.press import HOMES, LANGUAGES, NOTES, Output, press

# The whole, for every region, is benchmarks/seeded.py.
SITES = ("jerusalem", "tehran")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Output]:
    folder = tmp_path_factory.mktemp("press")
    return {name: press(name, folder) for name in SITES}


@pytest.mark.parametrize("site", SITES)
def test_nothing_is_said_of_clean_output(site: str, outputs: dict[str, Output]) -> None:  # R8, R10
    output = outputs[site]

    assert [] == [
        each for place in output.places() for each in sorted(output.clean(place)) if each[0] not in NOTES
    ]


@pytest.mark.parametrize("kind", SEEDS)
def test_what_was_put_in_is_found(kind: str, outputs: dict[str, Output]) -> None:  # R8, R10, F4, F5, F6, F7
    seeds = [each for each in SEEDS[kind] if each.site in SITES]

    assert len(seeds) >= 4
    assert [] == [each for each in seeds if not outputs[each.site].finds(kind, each)]


def test_the_mistakes_are_two_hundred_of_every_kind_and_language() -> None:
    every = [each for seeds in SEEDS.values() for each in seeds]
    letters = [each for each in every if each.place.split()[-1] in ("html", "text", "subject")]

    assert 200 == len(every) == len(set(every))
    assert {len(seeds) // 30 for seeds in SEEDS.values()} == {1}
    assert set(HOMES) == {each.site for each in every}
    assert set(LANGUAGES) == {HOMES[each.site].language for each in every}
    assert 60 < len(every) - len(letters) < 100
