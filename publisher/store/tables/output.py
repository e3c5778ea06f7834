"""What stands in the output folder, and who was told of it."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, UniqueConstraint, text

from publisher.store.tables.base import Text, index_where, key, metadata
from publisher.store.types import Instant

STALE_FEED = text("feeds.stale")
STALE_ARCHIVE = text("archives.stale")
STALE_SITEMAP = text("sitemaps.stale")
UNTOLD = text("(announcements.wanted <> announcements.told OR announcements.wanted = '')")
STALE_LIST = text("lists.stale")

# The feeds of labels. An address is given once: the row outlives the last article with the label.
feeds = Table(
    "feeds",
    metadata,
    Column("key", Text, primary_key=True),  # the label's
    Column(
        "folder", Text, unique=True, nullable=True
    ),  # below the document root; NULL until it is first written
    Column("stale", Boolean, nullable=False),  # what is on disk is not what it should be
    index_where("ix_feeds_stale", "key", where="stale"),
    sqlite_with_rowid=False,
)

# The documents of the site's archive (RFC 5005), each with its share of the order of first publication: what follows
# the one before it, up to `upto`.
archives = Table(
    "archives",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1
    Column("upto", Integer, nullable=True),  # the last article's seq; NULL: the document at the end
    Column("stale", Boolean, nullable=False),
    index_where("ix_archives_stale", "number", where="stale"),
)

# The parts of the sitemap, each with its share of the order of first publication: store.sitemaps.SHARE places.
sitemaps = Table(
    "sitemaps",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1
    Column("stale", Boolean, nullable=False),
    Column(
        "changed", Instant, nullable=True
    ),  # when the newest of its articles last changed; NULL: it has none
    index_where("ix_sitemaps_stale", "number", where="stale"),
)

# The pages that list articles: of a label, or of the whole site (its archive). One row for the page of the newest, one
# for each month in which an article was ever published.
lists = Table(
    "lists",
    metadata,
    Column("key", Text, primary_key=True),  # the label's; "": the site's archive
    Column("month", Text, primary_key=True),  # "2026-11"; "": the page of the newest
    Column("files", Integer, nullable=False, server_default="0"),  # pages of it that stand on disk
    Column("word", Text, nullable=False, server_default=""),  # what the page of the newest calls the label
    Column("stale", Boolean, nullable=False),  # what is on disk is not what it should be
    index_where("ix_lists_stale", "key", where="stale"),
    sqlite_with_rowid=False,
)

# What the last versions of each feed held, by the entity tag readers know them by (F23).
feed_versions = Table(
    "feed_versions",
    metadata,
    key(),
    Column("path", Text, nullable=False),  # of the output folder
    Column("etag", Text, nullable=False),  # feeds.document.fingerprint
    Column("entries", LargeBinary, nullable=False),  # feeds.document.marks
    UniqueConstraint("path", "etag"),
    sqlite_autoincrement=True,  # the order they came in
)

# Which version of what everybody who hears of news was told of, and which they should be (F24): a hub of each feed, the
# door of search engines of all that `announcements` holds for them.
pings = Table(
    "pings",
    metadata,
    Column("kind", Text, primary_key=True),  # store.pings.Kind
    Column("target", Text, primary_key=True),  # the URL that is told
    Column("path", Text, primary_key=True),  # of the feed, below the output folder; "" for search engines
    Column("wanted", Text, nullable=False),  # the hash of the feed's bytes, or a number that grows
    Column("announced", Text, nullable=False, server_default=""),
    Column("since", Instant, nullable=False),  # when this one was first wanted
    Column("due", Instant, nullable=True),  # of the next try; NULL: told, or given up
    Column("earliest", Instant, nullable=True),  # not before this, the target asks
    Column("attempts", Integer, nullable=False, server_default="0"),  # that failed
    Column("answer", Text, nullable=False, server_default=""),  # to the last of them
    Index("ix_pings_due", "kind", "target", "due"),
    index_where("ix_pings_earliest", "kind", "target", "earliest", where="earliest IS NOT NULL"),
    sqlite_with_rowid=False,
)

# Which content of each article's page search engines were told of, and which they should be (F24). Nothing is kept
# where nobody is told.
announcements = Table(
    "announcements",
    metadata,
    Column("path", Text, primary_key=True),  # of the page, below the output folder
    Column(
        "wanted", Text, nullable=False
    ),  # what the page shows, hashed; "": no article's page stands there any more
    Column("told", Text, nullable=False, server_default=""),
    index_where("ix_announcements_untold", "path", where="(wanted <> told OR wanted = '')"),
    sqlite_with_rowid=False,
)
