"""Articles: the files they were read from, their labels and addresses, and what lies beside them."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, text

from publisher.store.tables.base import Text, index_where, key, metadata
from publisher.store.types import Adoption, Corrections, Instant, Json, MediaList, PathBytes

# Written out: an index of few rows is found for no bound value.
REFUSED = text("leaves.status = 'quarantined'")
PINNED = text("articles.pin")
OTHER = text("spellings.shown <> spellings.spelling")

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
    index_where("ix_leaves_refused", "path", where="status = 'quarantined'"),
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
    index_where("ix_articles_unplaced", "status", "published", "path", where="seq IS NULL"),
    index_where("ix_articles_expires", "status", "expires", where="expires IS NOT NULL"),
    index_where("ix_articles_removed", "removed", where="removed IS NOT NULL"),
    index_where("ix_articles_pinned", "status", "id", where="pin"),
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
    index_where("ix_spellings_other", "spelling", "shown", where="shown <> spelling"),
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
    index_where("ix_media_waiting", "article", where="NOT fresh"),
)

# What was wrong in an article, as its editors said it (D9).
corrections = Table(
    "corrections",
    metadata,
    key(),
    Column("article", ForeignKey("articles.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Text, nullable=False),  # paragraphs parted by empty lines
    Index("ix_corrections_article", "article"),
    sqlite_autoincrement=True,
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
