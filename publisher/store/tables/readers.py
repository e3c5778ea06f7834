"""Newsletters and their readers."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, text

from publisher.store.tables.base import Text, index_where, key, metadata
from publisher.store.types import Instant, Json

PENDING = text("subscriptions.state = 'pending'")

newsletters = Table(
    "newsletters",
    metadata,
    key(),
    Column("name", Text, unique=True, nullable=False),
    Column("created", Instant, nullable=False),
    Column("baseline_seq", Integer, nullable=True),  # NULL until the first scan has ended
    Column("opening", Text, nullable=False, server_default=""),  # the hash of what the editor said last
    Column("opened", Instant, nullable=True),  # when that was first said
    Column(
        "instant_seq", Integer, nullable=True
    ),  # the newest article that became a letter of its own, or was passed
    sqlite_autoincrement=True,
)

subscribers = Table(
    "subscribers",
    metadata,
    key(),
    Column("address", Text, nullable=False),
    Column("address_key", Text, unique=True, nullable=False),
    Column("state", Text, nullable=False),  # model.people.Reach
    Column("language", Text, nullable=True),
    Column("created", Instant, nullable=False),
    # When a person said that they can be reached again: what came back before counts no more (B2).
    Column("cleared", Instant, nullable=True),
    index_where("ix_subscribers_unreachable", "state", where="state <> 'reachable'"),
    sqlite_autoincrement=True,  # a key is never used twice
)

# What a person said, or others say they said, of being mailed (L4): evidence that outlives the subscription.
consents = Table(
    "consents",
    metadata,
    key(),
    Column("subscriber", ForeignKey("subscribers.id"), nullable=False),
    Column("newsletter", ForeignKey("newsletters.id"), nullable=True),  # NULL: of all, or of the person
    Column("event", Text, nullable=False),  # model.people.Said
    Column("at", Instant, nullable=False),
    Column("form", Text, nullable=False),  # where: "page", "embedded", "letter", "api", "import list.csv"
    Column("wording", Text, nullable=False, server_default=""),  # what they read there
    Column("ip", Text, nullable=False, server_default=""),
    Index("ix_consents_subscriber", "subscriber"),
    sqlite_autoincrement=True,
)

# The lines of the lists of the erased (L8), which lie outside the database, one on each host: what one has written down
# the others take over, and of each it is known whether all was done.
erasures = Table(
    "erasures",
    metadata,
    key(),
    Column(
        "line", Text, unique=True, nullable=False
    ),  # as subscribers.erased has it: of nobody who they were
    Column("done", Boolean, nullable=False),
    index_where("ix_erasures_undone", "id", where="NOT done"),
    sqlite_autoincrement=True,
)

# When readers who chose alike are due: "" stands for the newsletter's own schedule and the site's zone (D4). Nobody
# asks for the due time of a million readers; one asks which of these few rows are due.
cadences = Table(
    "cadences",
    metadata,
    key(),
    Column("newsletter", ForeignKey("newsletters.id"), nullable=False),
    Column("schedule", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("slot", Instant, nullable=False),  # the last one that was dealt with
    Column("due", Instant, nullable=False),  # the next one
    UniqueConstraint("newsletter", "schedule", "zone"),
    Index("ix_cadences_due", "due"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("newsletter", ForeignKey("newsletters.id"), primary_key=True),
    Column("subscriber", ForeignKey("subscribers.id"), primary_key=True),
    Column("state", Text, nullable=False),  # model.people.Wish
    Column("seen_seq", Integer, nullable=False),  # the watermark
    Column("letters", Integer, nullable=False, server_default="0"),
    Column("source", Text, nullable=False),
    Column("changed", Instant, nullable=False),
    Column("cadence", ForeignKey("cadences.id"), nullable=False),
    Column("categories", Json, nullable=False, server_default="[]"),  # () = all
    Column("text_only", Boolean, nullable=False, server_default=text("false")),
    Column("resumes", Instant, nullable=True),  # when a pause ends by itself
    # The local date of the last letter that came on a schedule, as days since 0001-01-01: no second one has it (D5).
    Column("last_day", Integer, nullable=False, server_default="0"),
    # The cadence to change to when the slot `moves` of the one above was dealt with: today's letter still comes (D4).
    Column("moves_to", ForeignKey("cadences.id"), nullable=True),
    Column("moves", Instant, nullable=True),
    Column(
        "was", Text, nullable=False, server_default=""
    ),  # the state before it ended, for who takes that back (L5)
    Column("asked", Instant, nullable=True),  # when its reader was last asked whether they still want it (L9)
    Index("ix_subscriptions_subscriber", "subscriber", "state"),
    Index("ix_subscriptions_cadence", "cadence", "subscriber"),
    index_where("ix_subscriptions_pending", "changed", where="state = 'pending'"),
    index_where("ix_subscriptions_resumes", "resumes", where="resumes IS NOT NULL"),
    index_where("ix_subscriptions_moves", "cadence", "moves", where="moves IS NOT NULL"),
    index_where("ix_subscriptions_moves_to", "moves_to", where="moves_to IS NOT NULL"),
)
