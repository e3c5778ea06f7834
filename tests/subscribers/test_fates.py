"""Whatever a list says, nobody is brought back, and the same list again changes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from publisher.model.people import Reach, Wish
from publisher.subscribers.addresses import Address
from publisher.subscribers.fates import Fate, Rules, Standing
from publisher.subscribers.imports import Row

KEYS = ["a@example.org", "b@example.org", "erased@example.org"]
NAMES = ["daily", "weekly"]
WISH, REACH = st.sampled_from(Wish), st.sampled_from([each for each in Reach if each is not Reach.ERASED])
OWN = st.none() | st.dictionaries(st.sampled_from([*NAMES, "theirs"]), WISH)
ADDRESS = st.none() | st.sampled_from(KEYS).map(lambda key: Address(key, key))
ROWS = st.lists(
    st.builds(
        Row, st.just(1), st.just(""), ADDRESS, st.just(""), WISH, OWN, st.just(Reach.REACHABLE) | REACH
    ),
    max_size=8,
)
STANDINGS = st.dictionaries(
    st.sampled_from(KEYS[:2]), st.builds(Standing, REACH, st.tuples(*[st.none() | WISH] * len(NAMES)))
)
RULES = st.booleans().map(lambda confirmed: Rules(NAMES, confirmed, lambda key: key.startswith("erased")))


def judged(rules: Rules, rows: list[Row], standings: dict[str, Standing]) -> list[Fate]:
    return rules.judge(rows, [rules.settled(row) for row in rows], standings)


@given(RULES, ROWS, STANDINGS)
def test_nobody_is_brought_back(rules: Rules, rows: list[Row], before: dict[str, Standing]) -> None:  # L7
    after = dict(before)
    judged(rules, rows, after)

    assert "erased@example.org" not in after
    for key, (reach, wishes) in before.items():
        assert (reach is Reach.REACHABLE) or (after[key].reach is not Reach.REACHABLE)
        for old, new in zip(wishes, after[key].wishes, strict=True):
            assert old is not Wish.ENDED or new is Wish.ENDED
            assert old is not Wish.PAUSED or new in (Wish.PAUSED, Wish.ENDED)
            if not rules.confirmed:
                assert new not in (Wish.ACTIVE, Wish.PAUSED) or old is new


@given(RULES, ROWS, STANDINGS)
def test_the_same_list_again_changes_nothing(
    rules: Rules, rows: list[Row], standings: dict[str, Standing]
) -> None:  # L7
    judged(rules, rows, standings)
    once = dict(standings)

    assert {"added", "gone"}.isdisjoint(became for became, _ in judged(rules, rows, standings))
    assert once == standings


@given(RULES, ROWS, ROWS, STANDINGS)
def test_it_does_not_matter_where_a_list_is_cut(
    rules: Rules, first: list[Row], rest: list[Row], standings: dict[str, Standing]
) -> None:  # L7
    cut = dict(standings)

    assert judged(rules, [*first, *rest], standings) == judged(rules, first, cut) + judged(rules, rest, cut)
    assert standings == cut
