"""Editions, the ledger, and what is learnt while letters leave."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)

from publisher.store.tables.base import KEY, Text, index_where, key, metadata
from publisher.store.types import Contents, Instant, Json

QUEUED = text("deliveries.state = 0")  # written out: the queue's index is found for no bound value
ON_THE_WAY = text("deliveries.state IN (1, 2)")  # claimed, or being sent: few at any time
NOT_SENT = text("deliveries.state > 3")
QUEUED_NOTICE = text("notices.state = 0")
CANARY = text("deliveries.wave = 0")
HELD_BACK = text("editions.wave = 0")
SHOWN = text("editions.shown IS NOT NULL")
PUBLIC = text("editions.page > ''")

editions = Table(
    "editions",
    metadata,
    key(),
    Column("newsletter", ForeignKey("newsletters.id"), nullable=False),
    Column("slot", Text, nullable=False),
    Column("planned", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
    Column("upto_seq", Integer, nullable=False),
    Column("wave", SmallInteger, nullable=False, server_default="1"),  # letters up to this one may leave (S9)
    Column("stopped", Text, nullable=False, server_default=""),  # why we held it ourselves (S3, S9, B2)
    Column(
        "resumed", Instant, nullable=True
    ),  # released after that: what came before says no more of it (S9)
    # Whether its hard bounces count against nobody, as there are too many of them (B2); NULL: nobody asked.
    Column("spared", Boolean, nullable=True),
    # It holds what comes after this one, whatever its readers had; NULL: each one's watermark says (D1).
    Column("from_seq", Integer, nullable=True),
    Column("include_existing", Boolean, nullable=False),
    Column("kind", Text, nullable=False),  # model.digest.Kind
    Column("release", Text, nullable=False),  # model.digest.Release
    Column("opening", Text, nullable=False, server_default=""),
    Column("name", Text, nullable=True),  # of its page in the archive; NULL: it has none
    Column("shown", Integer, nullable=True),  # the variant that its page shows
    # What its page was made from, or OUTDATED; "" while it has none: whoever has a page has it for ever (F16).
    Column("page", Text, nullable=False, server_default=""),
    # How far it is planned: the cadence at hand, and the last of its subscribers.
    Column("cadence", Integer, nullable=False, server_default="0"),
    Column("cursor", Integer, nullable=False, server_default="0"),
    Column("complete", Boolean, nullable=False, server_default=text("false")),  # everybody is planned
    # Whether its letters are rows (0), are becoming counts and bits (1), or are these (2): store.retention (S8).
    Column("compact", SmallInteger, nullable=False, server_default="0"),
    UniqueConstraint("newsletter", "slot"),
    UniqueConstraint("newsletter", "name"),
    index_where("ix_editions_shown", "release", "page", where="shown IS NOT NULL"),
    index_where("ix_editions_public", "newsletter", where="page > ''"),
    index_where("ix_editions_held_back", "release", where="wave = 0"),
    sqlite_autoincrement=True,
)

variants = Table(
    "variants",
    metadata,
    key(),
    Column("edition", ForeignKey("editions.id"), nullable=False),
    Column("key", Text, nullable=False),  # the selected items, language and options
    Column("articles", Json, nullable=False),
    Column("language", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("told", Contents, nullable=True),  # model.digest.Told; NULL where it is no edition's
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("edition", "key"),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    key(),
    Column("edition", ForeignKey("editions.id"), nullable=False),
    # No foreign keys: without an index each costs a look at every letter to delete somebody who never had one, or a
    # variant that nobody got; and planning would ask for the variant of each letter.
    Column("subscriber", Integer, nullable=False),
    Column("variant", KEY, nullable=False),
    Column("state", SmallInteger, nullable=False),  # model.delivery.State
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("due", Instant, nullable=False),
    Column("expires", Instant, nullable=False),  # the end of the edition's life for this reader
    Column("seen_seq", Integer, nullable=False, server_default="0"),  # their watermark before it
    Column("wave", SmallInteger, nullable=False, server_default="1"),  # 0: the canary (S9)
    Column("code", Integer, nullable=False, server_default="0"),
    Column("note", Text, nullable=False, server_default=""),
    Column("at", Instant, nullable=True),  # of the last try
    # Whose it is while it is on the way: a row of `workers`; 0: the only sender's, which holds the site's lock.
    Column("worker", Integer, nullable=False, server_default="0"),
    # No index by subscriber alone: with a letter a day to each of a million readers every edition would write all of it
    # anew. A reader's letters are found edition by edition.
    UniqueConstraint("edition", "subscriber"),
    # Settling touches no index of the queue: this one knows queued rows only. By edition first: those that are held
    # are passed over in one step, however many letters they have.
    index_where("ix_deliveries_queue", "edition", "wave", "due", "variant", where="state = 0"),
    # The few that a sender has at hand, and the few that did not go well: with the queue's, every state is counted
    # without a look at the letters that were sent.
    index_where("ix_deliveries_on_the_way", "edition", where="state IN (1, 2)"),
    index_where("ix_deliveries_not_sent", "edition", "subscriber", "state", where="state > 3"),
    index_where("ix_deliveries_canary", "edition", where="wave = 0"),
    sqlite_autoincrement=True,
)

# Letters that are no edition's, to one person each: previews and notices for editors. What stands here is sent.
notices = Table(
    "notices",
    metadata,
    key(),
    Column("kind", Text, nullable=False),  # "preview": a word of ASCII letters
    Column("key", Text, nullable=False),  # what it is about; of a kind nobody gets two about the same
    Column("recipient", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("html", Text, nullable=False),  # "" once it has left
    Column("text", Text, nullable=False),
    Column(
        "attached", LargeBinary, nullable=True
    ),  # a message that goes with it (message/rfc822), NULL once it left
    Column("created", Instant, nullable=False),  # its Date
    Column("due", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
    Column("state", SmallInteger, nullable=False),  # model.delivery.State
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("code", Integer, nullable=False, server_default="0"),
    Column("note", Text, nullable=False, server_default=""),
    Column("worker", Integer, nullable=False, server_default="0"),  # as in `deliveries`
    UniqueConstraint("kind", "key", "recipient"),
    index_where("ix_notices_queue", "due", where="state = 0"),
    sqlite_autoincrement=True,
)

# What is left of an edition's letters when their rows are gone: how many of them in each state (S8).
counts = Table(
    "counts",
    metadata,
    Column("edition", ForeignKey("editions.id"), primary_key=True),
    Column("state", SmallInteger, primary_key=True),  # model.delivery.State
    Column("letters", Integer, nullable=False),
)

# ... and who was sent which variant: a bit for each subscriber's key, in pages of 65,536 keys, 8 KiB each.
mailed = Table(
    "mailed",
    metadata,
    Column("variant", ForeignKey("variants.id"), primary_key=True),
    Column(
        "page", Integer, primary_key=True
    ),  # key // 65536; bit key % 65536, the lowest of the first byte first
    Column("bits", LargeBinary, nullable=False),  # compressed (zlib)
    Index("ix_mailed_page", "page"),  # what one person was sent
)

# What came back by mail about a letter or its reader (B1): each message once.
reports = Table(
    "reports",
    metadata,
    key(),
    Column("mark", Text, unique=True, nullable=False),  # of the message, so that a replay is known
    Column("edition", ForeignKey("editions.id"), nullable=True),
    Column("subscriber", ForeignKey("subscribers.id"), nullable=True),
    Column("kind", Text, nullable=False),  # model.report.Kind
    Column("code", Text, nullable=False, server_default=""),  # "5.1.1"
    Column("note", Text, nullable=False, server_default=""),
    Column("at", Instant, nullable=False),
    Index("ix_reports_subscriber", "subscriber"),
    Index("ix_reports_edition", "edition", "kind"),
    sqlite_autoincrement=True,
)

# Who sends letters, where several hosts do: each says again and again that it lives (store.workers). What one has on
# the way that is not here any more waits again.
workers = Table(
    "workers",
    metadata,
    key(),
    Column("name", Text, nullable=False),  # host:process, for people
    Column("seen", Instant, nullable=False),  # by the database's clock
    sqlite_autoincrement=True,
)

# How much of each rate is used up (S5): by relay, and by recipient domain.
buckets = Table(
    "buckets",
    metadata,
    Column("key", Text, primary_key=True),
    Column("state", Json, nullable=False),
)

# What was learnt about each relay (S3, S5).
relays = Table(
    "relays",
    metadata,
    Column("name", Text, primary_key=True),
    Column("letters", Integer, nullable=True),  # it takes on one connection
    Column("connections", Integer, nullable=True),  # it takes at once
    Column("changed", Instant, nullable=False),
)
