"""The first schema."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# As publisher/store/tables/base.py has them.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _where(words: str) -> dict[str, Any]:
    """What makes an index one of few rows."""
    return {"sqlite_where": sa.text(words), "postgresql_where": sa.text(words)}


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("path", _TEXT, nullable=False),
        sa.Column("wanted", _TEXT, nullable=False),
        sa.Column("told", _TEXT, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_announcements")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.create_index(
            "ix_announcements_untold",
            ["path"],
            unique=False,
            **_where("(wanted <> told OR wanted = '')"),
        )

    op.create_table(
        "archives",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("upto", sa.Integer(), nullable=True),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_archives")),
    )
    with op.batch_alter_table("archives", schema=None) as batch_op:
        batch_op.create_index("ix_archives_stale", ["number"], unique=False, **_where("stale"))

    op.create_table(
        "articles",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("slug", _TEXT, nullable=True),
        sa.Column("wish", _TEXT, server_default="", nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("status", _TEXT, nullable=False),
        sa.Column("title", _TEXT, nullable=False),
        sa.Column("language", _TEXT, nullable=False),
        sa.Column("direction", _TEXT, nullable=False),
        sa.Column("summary", _TEXT, nullable=False),
        sa.Column("summary_is_lead", sa.Boolean(), nullable=False),
        sa.Column("authors", _TEXT, nullable=False),
        sa.Column("categories", _TEXT, nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("pin", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("digits", _TEXT, nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("content_hash", _TEXT, nullable=False),
        sa.Column("removed", sa.BigInteger(), nullable=True),
        sa.Column("adopted", _TEXT, nullable=True),
        sa.Column("page", _TEXT, server_default="", nullable=False),
        sa.Column("media", _TEXT, server_default="", nullable=False),
        sa.Column("corrections", _TEXT, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("seq", name=op.f("uq_articles_seq")),
    )
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.create_index(
            "ix_articles_expires",
            ["status", "expires"],
            unique=False,
            **_where("expires IS NOT NULL"),
        )
        batch_op.create_index("ix_articles_hash", ["content_hash"], unique=False)
        batch_op.create_index("ix_articles_newest", ["status", "published", "seq"], unique=False)
        batch_op.create_index("ix_articles_page", ["status", "page"], unique=False)
        batch_op.create_index("ix_articles_pinned", ["status", "id"], unique=False, **_where("pin"))
        batch_op.create_index(
            "ix_articles_removed", ["removed"], unique=False, **_where("removed IS NOT NULL")
        )
        batch_op.create_index(
            "ix_articles_unplaced",
            ["status", "published", "path"],
            unique=False,
            **_where("seq IS NULL"),
        )

    op.create_table(
        "feed_versions",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("path", _TEXT, nullable=False),
        sa.Column("etag", _TEXT, nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_versions")),
        sa.UniqueConstraint("path", "etag", name=op.f("uq_feed_versions_path_etag")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "feeds",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("folder", _TEXT, nullable=True),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_feeds")),
        sa.UniqueConstraint("folder", name=op.f("uq_feeds_folder")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.create_index("ix_feeds_stale", ["key"], unique=False, **_where("stale"))

    op.create_table(
        "lists",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("month", _TEXT, nullable=False),
        sa.Column("files", sa.Integer(), server_default="0", nullable=False),
        sa.Column("word", _TEXT, server_default="", nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", "month", name=op.f("pk_lists")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("lists", schema=None) as batch_op:
        batch_op.create_index("ix_lists_stale", ["key"], unique=False, **_where("stale"))

    op.create_table(
        "meta",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("value", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "newsletters",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("baseline_seq", sa.Integer(), nullable=True),
        sa.Column("opening", _TEXT, server_default="", nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=True),
        sa.Column("instant_seq", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletters")),
        sa.UniqueConstraint("name", name=op.f("uq_newsletters_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pings",
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("target", _TEXT, nullable=False),
        sa.Column("path", _TEXT, nullable=False),
        sa.Column("wanted", _TEXT, nullable=False),
        sa.Column("announced", _TEXT, server_default="", nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("earliest", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answer", _TEXT, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("kind", "target", "path", name=op.f("pk_pings")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("pings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_pings_earliest",
            ["kind", "target", "earliest"],
            unique=False,
            **_where("earliest IS NOT NULL"),
        )
        batch_op.create_index("ix_pings_due", ["kind", "target", "due"], unique=False)

    op.create_table(
        "spellings",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("spelling", _TEXT, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("shown", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", "spelling", name=op.f("pk_spellings")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("spellings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_spellings_other",
            ["spelling", "shown"],
            unique=False,
            **_where("shown <> spelling"),
        )

    op.create_table(
        "sitemaps",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sitemaps")),
    )
    with op.batch_alter_table("sitemaps", schema=None) as batch_op:
        batch_op.create_index("ix_sitemaps_stale", ["number"], unique=False, **_where("stale"))

    op.create_table(
        "subscribers",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("address", _TEXT, nullable=False),
        sa.Column("address_key", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("language", _TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("cleared", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("address_key", name=op.f("uq_subscribers_address_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("subscribers", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subscribers_unreachable",
            ["state"],
            unique=False,
            **_where("state <> 'reachable'"),
        )

    op.create_table(
        "consents",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("subscriber", _KEY, nullable=False),
        sa.Column("newsletter", _KEY, nullable=True),
        sa.Column("event", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("form", _TEXT, nullable=False),
        sa.Column("wording", _TEXT, server_default="", nullable=False),
        sa.Column("ip", _TEXT, server_default="", nullable=False),
        sa.ForeignKeyConstraint(["newsletter"], ["newsletters.id"], name=op.f("fk_consents_newsletter")),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.id"], name=op.f("fk_consents_subscriber")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index("ix_consents_subscriber", ["subscriber"], unique=False)

    op.create_table(
        "cadences",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("newsletter", _KEY, nullable=False),
        sa.Column("schedule", _TEXT, nullable=False),
        sa.Column("zone", _TEXT, nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["newsletter"], ["newsletters.id"], name=op.f("fk_cadences_newsletter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cadences")),
        sa.UniqueConstraint(
            "newsletter", "schedule", "zone", name=op.f("uq_cadences_newsletter_schedule_zone")
        ),
    )
    with op.batch_alter_table("cadences", schema=None) as batch_op:
        batch_op.create_index("ix_cadences_due", ["due"], unique=False)

    op.create_table(
        "departures",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("article", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_departures_article")),
        sa.PrimaryKeyConstraint("key", "article", name=op.f("pk_departures")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("departures", schema=None) as batch_op:
        batch_op.create_index("ix_departures_article", ["article"], unique=False)
        batch_op.create_index("ix_departures_at", ["at"], unique=False)

    op.create_table(
        "editions",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("newsletter", _KEY, nullable=False),
        sa.Column("slot", _TEXT, nullable=False),
        sa.Column("planned", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("upto_seq", sa.Integer(), nullable=False),
        sa.Column("wave", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("stopped", _TEXT, server_default="", nullable=False),
        sa.Column("resumed", sa.BigInteger(), nullable=True),
        sa.Column("spared", sa.Boolean(), nullable=True),
        sa.Column("from_seq", sa.Integer(), nullable=True),
        sa.Column("include_existing", sa.Boolean(), nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("release", _TEXT, nullable=False),
        sa.Column("opening", _TEXT, server_default="", nullable=False),
        sa.Column("name", _TEXT, nullable=True),
        sa.Column("shown", sa.Integer(), nullable=True),
        sa.Column("page", _TEXT, server_default="", nullable=False),
        sa.Column("cadence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cursor", sa.Integer(), server_default="0", nullable=False),
        sa.Column("complete", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("compact", sa.SmallInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["newsletter"], ["newsletters.id"], name=op.f("fk_editions_newsletter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint("newsletter", "name", name=op.f("uq_editions_newsletter_name")),
        sa.UniqueConstraint("newsletter", "slot", name=op.f("uq_editions_newsletter_slot")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("editions", schema=None) as batch_op:
        batch_op.create_index("ix_editions_held_back", ["release"], unique=False, **_where("wave = 0"))
        batch_op.create_index("ix_editions_public", ["newsletter"], unique=False, **_where("page > ''"))
        batch_op.create_index(
            "ix_editions_shown",
            ["release", "page"],
            unique=False,
            **_where("shown IS NOT NULL"),
        )

    op.create_table(
        "labels",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("article", _TEXT, nullable=False),
        sa.Column("spelling", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_labels_article")),
        sa.PrimaryKeyConstraint("key", "article", name=op.f("pk_labels")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leaves",
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("inode", sa.BigInteger(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("status", _TEXT, nullable=False),
        sa.Column("article", _TEXT, nullable=True),
        sa.Column("reason", _TEXT, server_default="", nullable=False),
        sa.Column("mend", _TEXT, server_default="", nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("warnings", _TEXT, server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_leaves_article")),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_leaves")),
    )
    with op.batch_alter_table("leaves", schema=None) as batch_op:
        batch_op.create_index("ix_leaves_article", ["article"], unique=False)
        batch_op.create_index("ix_leaves_refused", ["path"], unique=False, **_where("status = 'quarantined'"))

    op.create_table(
        "media",
        sa.Column("article", _TEXT, nullable=False),
        sa.Column("reference", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("use", _TEXT, nullable=False),
        sa.Column("alt", _TEXT, nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("in_text", sa.Boolean(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=True),
        sa.Column("mtime_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("inode", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("digest", _TEXT, server_default="", nullable=False),
        sa.Column("made", _TEXT, server_default="", nullable=False),
        sa.Column("files", _TEXT, server_default="[]", nullable=False),
        sa.Column("note", _TEXT, server_default="", nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_media_article")),
        sa.PrimaryKeyConstraint("article", "reference", name=op.f("pk_media")),
    )
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.create_index("ix_media_key", ["key"], unique=False)
        batch_op.create_index("ix_media_waiting", ["article"], unique=False, **_where("NOT fresh"))

    op.create_table(
        "redirects",
        sa.Column("article", _TEXT, nullable=False),
        sa.Column("path", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_redirects_article")),
        sa.PrimaryKeyConstraint("article", "path", name=op.f("pk_redirects")),
    )
    with op.batch_alter_table("redirects", schema=None) as batch_op:
        batch_op.create_index("ix_redirects_kind", ["kind"], unique=False)

    op.create_table(
        "rendered",
        sa.Column("article", _TEXT, nullable=False),
        sa.Column("made_from", _TEXT, nullable=False),
        sa.Column("html", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_rendered_article")),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_rendered")),
    )
    op.create_table(
        "slugs",
        sa.Column("slug", _TEXT, nullable=False),
        sa.Column("article", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_slugs_article")),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_slugs")),
    )
    op.create_table(
        "translations",
        sa.Column("article", _TEXT, nullable=False),
        sa.Column("claim", sa.LargeBinary(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("told", _TEXT, server_default="", nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_translations_article")),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_translations")),
    )
    with op.batch_alter_table("translations", schema=None) as batch_op:
        batch_op.create_index("ix_translations_claim", ["claim"], unique=False)
        batch_op.create_index("ix_translations_key", ["key"], unique=False)

    op.create_table(
        "subscriptions",
        sa.Column("newsletter", _KEY, nullable=False),
        sa.Column("subscriber", _KEY, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("seen_seq", sa.Integer(), nullable=False),
        sa.Column("letters", sa.Integer(), server_default="0", nullable=False),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("cadence", _KEY, nullable=False),
        sa.Column("categories", _TEXT, server_default="[]", nullable=False),
        sa.Column("text_only", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("resumes", sa.BigInteger(), nullable=True),
        sa.Column("last_day", sa.Integer(), server_default="0", nullable=False),
        sa.Column("moves_to", _KEY, nullable=True),
        sa.Column("moves", sa.BigInteger(), nullable=True),
        sa.Column("was", _TEXT, server_default="", nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["cadence"], ["cadences.id"], name=op.f("fk_subscriptions_cadence")),
        sa.ForeignKeyConstraint(["moves_to"], ["cadences.id"], name=op.f("fk_subscriptions_moves_to")),
        sa.ForeignKeyConstraint(["newsletter"], ["newsletters.id"], name=op.f("fk_subscriptions_newsletter")),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.id"], name=op.f("fk_subscriptions_subscriber")),
        sa.PrimaryKeyConstraint("newsletter", "subscriber", name=op.f("pk_subscriptions")),
        # Every edition writes each of them anew: with as much room beside it no index is touched (HOT).
        postgresql_with={"fillfactor": 45},
    )
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.create_index("ix_subscriptions_cadence", ["cadence", "subscriber"], unique=False)
        batch_op.create_index(
            "ix_subscriptions_moves",
            ["cadence", "moves"],
            unique=False,
            **_where("moves IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_subscriptions_moves_to",
            ["moves_to"],
            unique=False,
            **_where("moves_to IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_subscriptions_pending", ["changed"], unique=False, **_where("state = 'pending'")
        )
        batch_op.create_index(
            "ix_subscriptions_resumes", ["resumes"], unique=False, **_where("resumes IS NOT NULL")
        )
        batch_op.create_index("ix_subscriptions_subscriber", ["subscriber", "state"], unique=False)

    op.create_table(
        "variants",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("edition", _KEY, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("articles", _TEXT, nullable=False),
        sa.Column("language", _TEXT, nullable=False),
        sa.Column("direction", _TEXT, nullable=False),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("told", _TEXT, nullable=True),
        sa.Column("html", _TEXT, nullable=False),
        sa.Column("text", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_variants_edition")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variants")),
        sa.UniqueConstraint("edition", "key", name=op.f("uq_variants_edition_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("edition", _KEY, nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=False),
        sa.Column("variant", _KEY, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("seen_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("wave", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("code", sa.Integer(), server_default="0", nullable=False),
        sa.Column("note", _TEXT, server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("worker", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_deliveries_edition")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("edition", "subscriber", name=op.f("uq_deliveries_edition_subscriber")),
        # Claimed, begun and sent, each is written anew three times: beside itself, and the table is half as large.
        postgresql_with={"fillfactor": 50},
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_canary", ["edition"], unique=False, **_where("wave = 0"))
        batch_op.create_index(
            "ix_deliveries_queue",
            ["edition", "wave", "due", "variant"],
            unique=False,
            **_where("state = 0"),
        )
        batch_op.create_index(
            "ix_deliveries_on_the_way", ["edition"], unique=False, **_where("state IN (1, 2)")
        )
        batch_op.create_index(
            "ix_deliveries_not_sent",
            ["edition", "subscriber", "state"],
            unique=False,
            **_where("state > 3"),
        )

    op.create_table(
        "counts",
        sa.Column("edition", _KEY, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_counts_edition")),
        sa.PrimaryKeyConstraint("edition", "state", name=op.f("pk_counts")),
    )
    op.create_table(
        "mailed",
        sa.Column("variant", _KEY, nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["variant"], ["variants.id"], name=op.f("fk_mailed_variant")),
        sa.PrimaryKeyConstraint("variant", "page", name=op.f("pk_mailed")),
    )
    with op.batch_alter_table("mailed", schema=None) as batch_op:
        batch_op.create_index("ix_mailed_page", ["page"], unique=False)

    op.create_table(
        "reports",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("mark", _TEXT, nullable=False),
        sa.Column("edition", _KEY, nullable=True),
        sa.Column("subscriber", _KEY, nullable=True),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("code", _TEXT, server_default="", nullable=False),
        sa.Column("note", _TEXT, server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_reports_edition")),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.id"], name=op.f("fk_reports_subscriber")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("mark", name=op.f("uq_reports_mark")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index("ix_reports_edition", ["edition", "kind"], unique=False)
        batch_op.create_index("ix_reports_subscriber", ["subscriber"], unique=False)

    op.create_table(
        "buckets",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_buckets")),
    )
    op.create_table(
        "relays",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("letters", sa.Integer(), nullable=True),
        sa.Column("connections", sa.Integer(), nullable=True),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_relays")),
    )
    op.create_table(
        "notices",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("recipient", _TEXT, nullable=False),
        sa.Column("language", _TEXT, nullable=False),
        sa.Column("direction", _TEXT, nullable=False),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("html", _TEXT, nullable=False),
        sa.Column("text", _TEXT, nullable=False),
        sa.Column("attached", sa.LargeBinary(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("code", sa.Integer(), server_default="0", nullable=False),
        sa.Column("note", _TEXT, server_default="", nullable=False),
        sa.Column("worker", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("kind", "key", "recipient", name=op.f("uq_notices_kind_key_recipient")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index("ix_notices_queue", ["due"], unique=False, **_where("state = 0"))

    op.create_table(
        "corrections",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("article", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_corrections_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index("ix_corrections_article", ["article"], unique=False)

    op.create_table(
        "workers",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
        sqlite_autoincrement=True,
    )

    op.create_table(
        "erasures",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("line", _TEXT, nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("line", name=op.f("uq_erasures_line")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("erasures", schema=None) as batch_op:
        batch_op.create_index("ix_erasures_undone", ["id"], unique=False, **_where("NOT done"))
