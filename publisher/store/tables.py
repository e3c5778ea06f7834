"""The schema. docs/architecture.md says what each table decides; migrations/ say how it came about."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from publisher.store.types import Adoption, Contents, Corrections, Instant, Json, MediaList, PathBytes

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


QUEUED = text("deliveries.state = 0")  # written out: the queue's index is found for no bound value
ON_THE_WAY = text("deliveries.state IN (1, 2)")  # claimed, or being sent: few at any time
NOT_SENT = text("deliveries.state > 3")
QUEUED_NOTICE = text("notices.state = 0")
PENDING = text("subscriptions.state = 'pending'")
CANARY = text("deliveries.wave = 0")
HELD_BACK = text("editions.wave = 0")


# Likewise for the index of what is refused.
REFUSED = text("leaves.status = 'quarantined'")
PINNED = text("articles.pin")
OTHER = text("spellings.shown <> spellings.spelling")
STALE_FEED = text("feeds.stale")
STALE_ARCHIVE = text("archives.stale")
STALE_SITEMAP = text("sitemaps.stale")
STALE_LIST = text("lists.stale")
UNTOLD = text("(announcements.wanted <> announcements.told OR announcements.wanted = '')")
SHOWN = text("editions.shown IS NOT NULL")
PUBLIC = text("editions.page > ''")

OUTDATED = "outdated"  # instead of what a page was made from: it stands on disk and is not what it should be


def _where(name: str, *columns: str, where: str) -> Index:
    """An index of those rows only that are few."""
    # `postgresql_where` would load that dialect at every start.
    return Index(name, *columns, sqlite_where=text(where), info={"where": where})


def _key() -> Column[int]:
    return Column("id", Integer, primary_key=True)


# Facts about the state itself: generation, file identity of the database, what the output shows.
meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

# Every file the last scan saw, and what became of it: articles in = articles out + files named.
leaves = Table(
    "leaves",
    metadata,
    Column("path", PathBytes, primary_key=True),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("status", Text, nullable=False),  # model.article.Status
    Column("article", ForeignKey("articles.id"), nullable=True),
    Column("reason", Text, nullable=False, server_default=""),
    Column("mend", Text, nullable=False, server_default=""),
    Column("line", Integer, nullable=True),
    Column("warnings", Json, nullable=False, server_default="[]"),
    Index("ix_leaves_article", "article"),
    _where("ix_leaves_refused", "path", where="status = 'quarantined'"),
)

# What the entries of the last feed show: so that one new article costs one rendering.
rendered = Table(
    "rendered",
    metadata,
    Column("article", ForeignKey("articles.id"), primary_key=True),
    Column("made_from", Text, nullable=False),
    Column("html", Text, nullable=False),
)

# An article outlives its file: its id, seq and slug stay reserved after a removal.
articles = Table(
    "articles",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seq", Integer, unique=True, nullable=True),  # given once, when first published
    Column("slug", Text, nullable=True),
    Column("wish", Text, nullable=False, server_default=""),  # the slug or address its file declared last
    Column("path", PathBytes, nullable=False),
    Column("status", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("summary_is_lead", Boolean, nullable=False),
    Column("authors", Json, nullable=False),
    Column("categories", Json, nullable=False),
    Column("published", Instant, nullable=False),
    Column("updated", Instant, nullable=False),
    Column("digest", Boolean, nullable=False),
    Column("pin", Boolean, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("digits", Text, nullable=False),
    Column("expires", Instant, nullable=True),
    Column("content_hash", Text, nullable=False),
    Column("removed", Instant, nullable=True),
    Column("adopted", Adoption, nullable=True),
    # What its page on disk was made from; "": there is none.
    Column("page", Text, nullable=False, server_default=""),
    # What is published beside it, as the table of that name has it.
    Column("media", MediaList, nullable=False, server_default=""),
    # What was said to be wrong in it, as the table of that name has it.
    Column("corrections", Corrections, nullable=False, server_default=""),
    Index("ix_articles_newest", "status", "published", "seq"),
    Index("ix_articles_hash", "content_hash"),
    Index("ix_articles_page", "status", "page"),
    # Few rows at any time: questions that every look at the folder asks.
    _where("ix_articles_unplaced", "status", "published", "path", where="seq IS NULL"),
    _where("ix_articles_expires", "status", "expires", where="expires IS NOT NULL"),
    _where("ix_articles_removed", "removed", where="removed IS NOT NULL"),
    _where("ix_articles_pinned", "status", "id", where="pin"),
)

# The labels of published articles: categories and tags, authors, language. Every spelling of a word has one key (A8).
labels = Table(
    "labels",
    metadata,
    Column("key", Text, primary_key=True),  # "category:", "author:" or "language:" and the folded word
    Column("article", ForeignKey("articles.id"), primary_key=True),
    Column("spelling", Text, nullable=False),
    sqlite_with_rowid=False,
)

# The labels that an article had when it left the site: whose feeds tell that it left (F13).
departures = Table(
    "departures",
    metadata,
    Column("key", Text, primary_key=True),
    Column("article", ForeignKey("articles.id"), primary_key=True),
    Column("at", Instant, nullable=False),
    Index("ix_departures_article", "article"),
    Index("ix_departures_at", "at"),
    sqlite_with_rowid=False,
)

# How many published articles spell a word so. Kept with every change, so that nobody counts 100,000 articles.
spellings = Table(
    "spellings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("spelling", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("shown", Text, nullable=False),  # what stands for it: itself, or the commonest spelling of its key
    _where("ix_spellings_other", "spelling", "shown", where="shown <> spelling"),
    sqlite_with_rowid=False,
)

# The feeds of labels. An address is given once: the row outlives the last article with the label.
feeds = Table(
    "feeds",
    metadata,
    Column("key", Text, primary_key=True),  # the label's
    Column(
        "folder", Text, unique=True, nullable=True
    ),  # below the document root; NULL until it is first written
    Column("stale", Boolean, nullable=False),  # what is on disk is not what it should be
    _where("ix_feeds_stale", "key", where="stale"),
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
    _where("ix_archives_stale", "number", where="stale"),
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
    _where("ix_sitemaps_stale", "number", where="stale"),
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
    _where("ix_lists_stale", "key", where="stale"),
    sqlite_with_rowid=False,
)

# Articles that are one in several languages, and those whose file claims to be (A17).
translations = Table(
    "translations",
    metadata,
    Column("article", ForeignKey("articles.id"), primary_key=True),
    Column("claim", PathBytes, nullable=True),  # the name its file gives; NULL for one that others name
    Column("key", PathBytes, nullable=True),  # the same for all of them
    Column("told", Text, nullable=False, server_default=""),  # what pages of the others say of it
    Index("ix_translations_claim", "claim"),
    Index("ix_translations_key", "key"),
)

# Every file beside an article that it names, and what was made of it from which state of the file.
media = Table(
    "media",
    metadata,
    Column("article", ForeignKey("articles.id"), primary_key=True),
    Column("reference", PathBytes, primary_key=True),  # model.media.Reference.path
    Column("position", Integer, nullable=True),  # NULL: the article names it no more
    Column("use", Text, nullable=False),
    Column("alt", Text, nullable=False),
    Column("line", Integer, nullable=True),
    Column("in_text", Boolean, nullable=False),
    Column("key", PathBytes, nullable=False),  # where it is looked for, whatever its case
    Column("fresh", Boolean, nullable=False),  # False: look at it again
    Column("source", PathBytes, nullable=True),  # the file it was made from, and how that looked
    Column("mtime_ns", BigInteger, nullable=False, server_default="0"),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("inode", BigInteger, nullable=False, server_default="0"),
    Column("digest", Text, nullable=False, server_default=""),
    Column("made", MediaList, nullable=False, server_default=""),
    Column("files", Json, nullable=False, server_default="[]"),  # of the output folder
    Column("note", Text, nullable=False, server_default=""),  # why it is not published, or not as it is
    Index("ix_media_key", "key"),
    _where("ix_media_waiting", "article", where="NOT fresh"),
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
    _where("ix_pings_earliest", "kind", "target", "earliest", where="earliest IS NOT NULL"),
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
    _where("ix_announcements_untold", "path", where="(wanted <> told OR wanted = '')"),
    sqlite_with_rowid=False,
)

# What the last versions of each feed held, by the entity tag readers know them by (F23).
feed_versions = Table(
    "feed_versions",
    metadata,
    _key(),
    Column("path", Text, nullable=False),  # of the output folder
    Column("etag", Text, nullable=False),  # feeds.document.fingerprint
    Column("entries", LargeBinary, nullable=False),  # feeds.document.marks
    UniqueConstraint("path", "etag"),
    sqlite_autoincrement=True,  # the order they came in
)

slugs = Table(
    "slugs",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("article", ForeignKey("articles.id"), nullable=False),
)

# Addresses that lead to an article and are not its own: former ones for ever, aliases while its file names them.
redirects = Table(
    "redirects",
    metadata,
    Column("article", ForeignKey("articles.id"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # store.places: FORMER, ALIAS, GONE
    Index("ix_redirects_kind", "kind"),
)

newsletters = Table(
    "newsletters",
    metadata,
    _key(),
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
    _key(),
    Column("address", Text, nullable=False),
    Column("address_key", Text, unique=True, nullable=False),
    Column("state", Text, nullable=False),  # model.people.Reach
    Column("language", Text, nullable=True),
    Column("created", Instant, nullable=False),
    # When a person said that they can be reached again: what came back before counts no more (B2).
    Column("cleared", Instant, nullable=True),
    _where("ix_subscribers_unreachable", "state", where="state <> 'reachable'"),
    sqlite_autoincrement=True,  # a key is never used twice
)

# What a person said, or others say they said, of being mailed (L4): evidence that outlives the subscription.
consents = Table(
    "consents",
    metadata,
    _key(),
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

# When readers who chose alike are due: "" stands for the newsletter's own schedule and the site's zone (D4). Nobody
# asks for the due time of a million readers; one asks which of these few rows are due.
cadences = Table(
    "cadences",
    metadata,
    _key(),
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
    _where("ix_subscriptions_pending", "changed", where="state = 'pending'"),
    _where("ix_subscriptions_resumes", "resumes", where="resumes IS NOT NULL"),
    _where("ix_subscriptions_moves", "cadence", "moves", where="moves IS NOT NULL"),
    _where("ix_subscriptions_moves_to", "moves_to", where="moves_to IS NOT NULL"),
)

editions = Table(
    "editions",
    metadata,
    _key(),
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
    _where("ix_editions_shown", "release", "page", where="shown IS NOT NULL"),
    _where("ix_editions_public", "newsletter", where="page > ''"),
    _where("ix_editions_held_back", "release", where="wave = 0"),
    sqlite_autoincrement=True,
)

variants = Table(
    "variants",
    metadata,
    _key(),
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
    _key(),
    Column("edition", ForeignKey("editions.id"), nullable=False),
    Column("subscriber", ForeignKey("subscribers.id"), nullable=False),
    Column("variant", ForeignKey("variants.id"), nullable=False),
    Column("state", SmallInteger, nullable=False),  # model.delivery.State
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("due", Instant, nullable=False),
    Column("expires", Instant, nullable=False),  # the end of the edition's life for this reader
    Column("seen_seq", Integer, nullable=False, server_default="0"),  # their watermark before it
    Column("wave", SmallInteger, nullable=False, server_default="1"),  # 0: the canary (S9)
    Column("code", Integer, nullable=False, server_default="0"),
    Column("note", Text, nullable=False, server_default=""),
    Column("at", Instant, nullable=True),  # of the last try
    # No index by subscriber alone: with a letter a day to each of a million readers every edition would write all of it
    # anew. A reader's letters are found edition by edition.
    UniqueConstraint("edition", "subscriber"),
    # Settling touches no index of the queue: this one knows queued rows only. By edition first: those that are held
    # are passed over in one step, however many letters they have.
    _where("ix_deliveries_queue", "edition", "wave", "due", "variant", where="state = 0"),
    # The few that a sender has at hand, and the few that did not go well: with the queue's, every state is counted
    # without a look at the letters that were sent.
    _where("ix_deliveries_on_the_way", "edition", where="state IN (1, 2)"),
    _where("ix_deliveries_not_sent", "edition", "subscriber", "state", where="state > 3"),
    _where("ix_deliveries_canary", "edition", where="wave = 0"),
    sqlite_autoincrement=True,
)

# Letters that are no edition's, to one person each: previews and notices for editors. What stands here is sent.
notices = Table(
    "notices",
    metadata,
    _key(),
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
    UniqueConstraint("kind", "key", "recipient"),
    _where("ix_notices_queue", "due", where="state = 0"),
    sqlite_autoincrement=True,
)

# What was wrong in an article, as its editors said it (D9).
corrections = Table(
    "corrections",
    metadata,
    _key(),
    Column("article", ForeignKey("articles.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Text, nullable=False),  # paragraphs parted by empty lines
    Index("ix_corrections_article", "article"),
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
)

# What came back by mail about a letter or its reader (B1): each message once.
reports = Table(
    "reports",
    metadata,
    _key(),
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
