"""The ledger: one row a letter, committed before its first byte leaves (S1).

A letter is found here by what it does:

    waits, and is claimed        waiting
    leaves, or did not           settling
    is counted and listed        counting
"""

from publisher.store.ledger.counting import (
    Entry,
    at_hand,
    by_edition,
    expired,
    gone,
    listing,
    refused_as_gone,
    tally,
    under_way,
)
from publisher.store.ledger.settling import (
    RETRIED,
    abandon,
    begin,
    mark,
    put_back,
    put_off,
    recover,
    retry,
    settle,
    unmarked,
)
from publisher.store.ledger.waiting import (
    CHUNK,
    REST,
    ROUNDS,
    Chunk,
    Late,
    Opens,
    chunks_due,
    claim,
    due_now,
    first_due,
    is_due,
    late,
    next_due,
    oldest_due,
    open_waves,
    released,
    wait,
)

__all__ = [
    "CHUNK",
    "REST",
    "RETRIED",
    "ROUNDS",
    "Chunk",
    "Entry",
    "Late",
    "Opens",
    "abandon",
    "at_hand",
    "begin",
    "by_edition",
    "chunks_due",
    "claim",
    "due_now",
    "expired",
    "first_due",
    "gone",
    "is_due",
    "late",
    "listing",
    "mark",
    "next_due",
    "oldest_due",
    "open_waves",
    "put_back",
    "put_off",
    "recover",
    "refused_as_gone",
    "released",
    "retry",
    "settle",
    "tally",
    "under_way",
    "unmarked",
    "wait",
]
