"""moderation"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, Json, UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

REFUSAL = "The audit log is only ever added to."


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_action", "audit_entries", ["action", "id"], unique=False)
    op.create_index("ix_audit_entries_actor", "audit_entries", ["actor_id", "id"], unique=False)
    op.create_table(
        "audit_heads",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("count", BigId, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "audit_texts",
        sa.Column("entry_id", BigId, autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_texts")),
    )
    op.create_table(
        "review_batches",
        sa.Column("id", BigId, nullable=False),
        sa.Column("actor_id", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name=op.f("fk_review_batches_actor_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_batches")),
    )
    op.create_table(
        "sanctions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("warn", "silence", "suspend", name="sanctionkind", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("message", sa.String(length=2000), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=True),
        sa.Column("by_id", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("lifted_at", UTCDateTime(), nullable=True),
        sa.Column("lifted_by_id", BigId, nullable=True),
        sa.Column("lift_note", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sanctions_account_id_accounts")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name=op.f("fk_sanctions_by_id_accounts")),
        sa.ForeignKeyConstraint(["lifted_by_id"], ["accounts.id"], name=op.f("fk_sanctions_lifted_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanctions")),
    )
    op.create_index("ix_sanctions_of_person", "sanctions", ["account_id", "created_at"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("id", BigId, nullable=False),
        sa.Column(
            "kind", sa.Enum("flags", "approval", name="reviewkind", native_enum=False, length=30), nullable=False
        ),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "claimed",
                "decided",
                "appealed",
                "upheld",
                "overturned",
                "retracted",
                name="reviewstate",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("version", BigId, nullable=False),
        sa.Column(
            "post_kind",
            sa.Enum("thread", "answer", "comment", name="postkind", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("post_id", BigId, nullable=False),
        sa.Column("thread_id", BigId, nullable=False),
        sa.Column("author_id", BigId, nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column(
            "hidden_from",
            sa.Enum(
                "pending",
                "published",
                "unlisted",
                "rejected",
                "hidden",
                "deleted",
                name="visibility",
                native_enum=False,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("claimed_by_id", BigId, nullable=True),
        sa.Column("claimed_until", UTCDateTime(), nullable=True),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_reviews_author_id_accounts")),
        sa.ForeignKeyConstraint(["claimed_by_id"], ["accounts.id"], name=op.f("fk_reviews_claimed_by_id_accounts")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_reviews_thread_id_threads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("post_kind", "post_id", name=op.f("uq_reviews_post_kind_post_id")),
    )
    op.create_index(op.f("ix_reviews_author_id"), "reviews", ["author_id"], unique=False)
    op.create_index("ix_reviews_queue", "reviews", ["state", "urgent", "weight", "opened_at"], unique=False)
    op.create_index(op.f("ix_reviews_thread_id"), "reviews", ["thread_id"], unique=False)
    op.create_table(
        "review_decisions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("review_id", BigId, nullable=False),
        sa.Column("batch_id", BigId, nullable=True),
        sa.Column("actor_id", BigId, nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "approve",
                "reject",
                "hide",
                "edit",
                "delete",
                "lock",
                "sanction",
                "hand_to_staff",
                "ignore",
                name="decision",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "grounds",
            sa.Enum(
                "spam",
                "abuse",
                "off_topic",
                "not_an_answer",
                "private",
                "needs_staff",
                "other",
                name="flagreason",
                native_enum=False,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("message", sa.String(length=2000), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("effects", Json, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.Column("undone_by_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name=op.f("fk_review_decisions_actor_id_accounts")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["review_batches.id"], name=op.f("fk_review_decisions_batch_id_review_batches")
        ),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_review_decisions_review_id_reviews")),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["accounts.id"], name=op.f("fk_review_decisions_undone_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_decisions")),
    )
    op.create_index(op.f("ix_review_decisions_batch_id"), "review_decisions", ["batch_id"], unique=False)
    op.create_index(op.f("ix_review_decisions_review_id"), "review_decisions", ["review_id"], unique=False)
    op.create_table(
        "appeals",
        sa.Column("id", BigId, nullable=False),
        sa.Column("review_id", BigId, nullable=False),
        sa.Column("decision_id", BigId, nullable=True),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("decided_by_id", BigId, nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("message", sa.String(length=2000), nullable=False),
        sa.Column("by_the_first", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_appeals_account_id_accounts")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["accounts.id"], name=op.f("fk_appeals_decided_by_id_accounts")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["review_decisions.id"], name=op.f("fk_appeals_decision_id_review_decisions")
        ),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_appeals_review_id_reviews")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_appeals_decision_id")),
    )
    op.create_index(op.f("ix_appeals_review_id"), "appeals", ["review_id"], unique=False)
    op.create_table(
        "flags",
        sa.Column("id", BigId, nullable=False),
        sa.Column("review_id", BigId, nullable=False),
        sa.Column(
            "post_kind",
            sa.Enum("thread", "answer", "comment", name="postkind", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("post_id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "spam",
                "abuse",
                "off_topic",
                "not_an_answer",
                "private",
                "needs_staff",
                "other",
                name="flagreason",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending", "agreed", "disagreed", "ignored", "retracted", name="flagstate", native_enum=False, length=30
            ),
            nullable=False,
        ),
        sa.Column("decision_id", BigId, nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_flags_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["review_decisions.id"], name=op.f("fk_flags_decision_id_review_decisions")
        ),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_flags_review_id_reviews")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
        sa.UniqueConstraint("post_kind", "post_id", "account_id", name=op.f("uq_flags_post_kind_post_id_account_id")),
    )
    op.create_index(op.f("ix_flags_decision_id"), "flags", ["decision_id"], unique=False)
    op.create_index("ix_flags_of_person", "flags", ["account_id", "state"], unique=False)
    op.create_index(op.f("ix_flags_review_id"), "flags", ["review_id"], unique=False)
    _refuse_change()


def _refuse_change() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER audit_entries_no_{act} BEFORE {act.upper()} ON audit_entries "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    for act in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER audit_entries_no_{act} BEFORE {act.upper()} ON audit_entries "
            "FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()"
        )
    op.execute(
        "CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()"
    )


def downgrade() -> None:
    op.drop_table("flags")
    op.drop_table("appeals")
    op.drop_table("review_decisions")
    op.drop_table("reviews")
    op.drop_table("sanctions")
    op.drop_table("review_batches")
    op.drop_table("audit_texts")
    op.drop_table("audit_heads")
    op.drop_table("audit_entries")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entries_refuse()")
