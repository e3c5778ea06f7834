import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.people import Wish
from publisher.subscribers.lifecycle import wish

states = st.sampled_from([None, *Wish])
events = st.sampled_from(["ask", "confirm", "unsubscribe", "pause", "resume", "something else"])


@pytest.mark.parametrize(
    "before, event, after",
    [
        (None, "ask", Wish.PENDING),
        (None, "confirm", Wish.ACTIVE),
        (Wish.PENDING, "confirm", Wish.ACTIVE),
        (Wish.ACTIVE, "unsubscribe", Wish.ENDED),
        (Wish.ENDED, "confirm", Wish.ENDED),
        (Wish.ENDED, "ask", Wish.ENDED),
        (None, "unsubscribe", None),
        (Wish.ACTIVE, "pause", Wish.PAUSED),
        (Wish.PAUSED, "resume", Wish.ACTIVE),
        (Wish.PENDING, "resume", Wish.PENDING),
        (Wish.ENDED, "resume", Wish.ENDED),
        (Wish.PAUSED, "unsubscribe", Wish.ENDED),
    ],
)
def test_an_event_does_what_the_table_says(before, event, after):  # L1
    assert after == wish(before, event)


@given(states, st.text())
def test_an_unknown_event_changes_nothing(state, event):  # L1
    if event not in {"ask", "confirm", "unsubscribe", "pause", "resume"}:
        assert state == wish(state, event)


@given(states, events)
def test_an_event_twice_is_an_event_once(state, event):  # H2
    assert wish(state, event) == wish(wish(state, event), event)
