"""threads"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, Json, UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", BigId, nullable=False),
        sa.Column(
            "post_kind",
            sa.Enum("thread", "answer", "comment", name="postkind", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("post_id", BigId, nullable=False),
        sa.Column("number", BigId, nullable=False),
        sa.Column("author_id", BigId, nullable=False),
        sa.Column("title", sa.String(length=150), nullable=True),
        sa.Column("tags", Json, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("rolled_back_to", BigId, nullable=True),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_revisions_author_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("post_kind", "post_id", "number", name=op.f("uq_revisions_post_kind_post_id_number")),
    )
    op.create_index(op.f("ix_revisions_author_id"), "revisions", ["author_id"], unique=False)
    op.create_table(
        "threads",
        sa.Column("id", BigId, nullable=False),
        sa.Column(
            "kind", sa.Enum("question", "discussion", name="threadkind", native_enum=False, length=30), nullable=False
        ),
        sa.Column("title", sa.String(length=150), nullable=False),
        sa.Column("environment", sa.String(length=300), nullable=False),
        sa.Column("space_id", BigId, nullable=True),
        sa.Column("score", BigId, nullable=False),
        sa.Column("score_base", BigId, nullable=False),
        sa.Column("answer_count", BigId, nullable=False),
        sa.Column("comment_count", BigId, nullable=False),
        sa.Column("follower_count", BigId, nullable=False),
        sa.Column("view_count", BigId, nullable=False),
        sa.Column("last_activity_at", UTCDateTime(), nullable=False),
        sa.Column("last_activity_by_id", BigId, nullable=True),
        sa.Column("needs_info_at", UTCDateTime(), nullable=True),
        sa.Column("accepted_answer_id", BigId, nullable=True),
        sa.Column("accepted_at", UTCDateTime(), nullable=True),
        sa.Column("accepted_by_id", BigId, nullable=True),
        sa.Column("duplicate_of_id", BigId, nullable=True),
        sa.Column("locked_at", UTCDateTime(), nullable=True),
        sa.Column("locked_until", UTCDateTime(), nullable=True),
        sa.Column("locked_by_id", BigId, nullable=True),
        sa.Column("lock_reason", sa.String(length=300), nullable=True),
        sa.Column(
            "staff_state",
            sa.Enum(
                "asked",
                "with_staff",
                "declined",
                "waiting",
                "answered",
                "solved",
                name="staffstate",
                native_enum=False,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("staff_state_at", UTCDateTime(), nullable=True),
        sa.Column("imported_at", UTCDateTime(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("cooker_version", BigId, nullable=False),
        sa.Column(
            "visibility",
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
            nullable=False,
        ),
        sa.Column(
            "visibility_before",
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
        sa.Column("visibility_reason", sa.String(), nullable=True),
        sa.Column("visibility_at", UTCDateTime(), nullable=True),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("revision", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("edited_at", UTCDateTime(), nullable=True),
        sa.Column("once", sa.String(length=80), nullable=True),
        sa.Column("author_id", BigId, nullable=False),
        sa.Column("edited_by_id", BigId, nullable=True),
        sa.Column("visibility_by_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(["accepted_by_id"], ["accounts.id"], name=op.f("fk_threads_accepted_by_id_accounts")),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_threads_author_id_accounts")),
        sa.ForeignKeyConstraint(["duplicate_of_id"], ["threads.id"], name=op.f("fk_threads_duplicate_of_id_threads")),
        sa.ForeignKeyConstraint(["edited_by_id"], ["accounts.id"], name=op.f("fk_threads_edited_by_id_accounts")),
        sa.ForeignKeyConstraint(
            ["last_activity_by_id"], ["accounts.id"], name=op.f("fk_threads_last_activity_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(["locked_by_id"], ["accounts.id"], name=op.f("fk_threads_locked_by_id_accounts")),
        sa.ForeignKeyConstraint(["space_id"], ["spaces.id"], name=op.f("fk_threads_space_id_spaces")),
        sa.ForeignKeyConstraint(
            ["visibility_by_id"], ["accounts.id"], name=op.f("fk_threads_visibility_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.UniqueConstraint("once", name=op.f("uq_threads_once")),
    )
    op.create_index("ix_threads_active", "threads", ["visibility", "last_activity_at", "id"], unique=False)
    op.create_index(op.f("ix_threads_author_id"), "threads", ["author_id"], unique=False)
    op.create_index(op.f("ix_threads_duplicate_of_id"), "threads", ["duplicate_of_id"], unique=False)
    op.create_index("ix_threads_new", "threads", ["visibility", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_threads_space_id"), "threads", ["space_id"], unique=False)
    op.create_table(
        "answers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("thread_id", BigId, nullable=False),
        sa.Column("score", BigId, nullable=False),
        sa.Column("score_base", BigId, nullable=False),
        sa.Column("from_staff", sa.Boolean(), nullable=False),
        sa.Column("unhelpful_count", BigId, nullable=False),
        sa.Column("chosen_by_id", BigId, nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("cooker_version", BigId, nullable=False),
        sa.Column(
            "visibility",
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
            nullable=False,
        ),
        sa.Column(
            "visibility_before",
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
        sa.Column("visibility_reason", sa.String(), nullable=True),
        sa.Column("visibility_at", UTCDateTime(), nullable=True),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("revision", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("edited_at", UTCDateTime(), nullable=True),
        sa.Column("once", sa.String(length=80), nullable=True),
        sa.Column("author_id", BigId, nullable=False),
        sa.Column("edited_by_id", BigId, nullable=True),
        sa.Column("visibility_by_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_answers_author_id_accounts")),
        sa.ForeignKeyConstraint(["chosen_by_id"], ["accounts.id"], name=op.f("fk_answers_chosen_by_id_accounts")),
        sa.ForeignKeyConstraint(["edited_by_id"], ["accounts.id"], name=op.f("fk_answers_edited_by_id_accounts")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_answers_thread_id_threads")),
        sa.ForeignKeyConstraint(
            ["visibility_by_id"], ["accounts.id"], name=op.f("fk_answers_visibility_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("once", name=op.f("uq_answers_once")),
    )
    op.create_index(op.f("ix_answers_author_id"), "answers", ["author_id"], unique=False)
    op.create_index(op.f("ix_answers_thread_id"), "answers", ["thread_id"], unique=False)
    op.create_table(
        "follows",
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("thread_id", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_follows_account_id_accounts")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_follows_thread_id_threads")),
        sa.PrimaryKeyConstraint("account_id", "thread_id", name=op.f("pk_follows")),
    )
    op.create_index(op.f("ix_follows_thread_id"), "follows", ["thread_id"], unique=False)
    op.create_table(
        "thread_tags",
        sa.Column("thread_id", BigId, nullable=False),
        sa.Column("tag_id", BigId, nullable=False),
        sa.Column("position", BigId, nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_thread_tags_tag_id_tags")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_thread_tags_thread_id_threads")),
        sa.PrimaryKeyConstraint("thread_id", "tag_id", name=op.f("pk_thread_tags")),
    )
    op.create_index(op.f("ix_thread_tags_tag_id"), "thread_tags", ["tag_id"], unique=False)
    op.create_table(
        "comments",
        sa.Column("id", BigId, nullable=False),
        sa.Column("thread_id", BigId, nullable=False),
        sa.Column("answer_id", BigId, nullable=True),
        sa.Column("score_base", BigId, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("cooker_version", BigId, nullable=False),
        sa.Column(
            "visibility",
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
            nullable=False,
        ),
        sa.Column(
            "visibility_before",
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
        sa.Column("visibility_reason", sa.String(), nullable=True),
        sa.Column("visibility_at", UTCDateTime(), nullable=True),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("revision", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("edited_at", UTCDateTime(), nullable=True),
        sa.Column("once", sa.String(length=80), nullable=True),
        sa.Column("author_id", BigId, nullable=False),
        sa.Column("edited_by_id", BigId, nullable=True),
        sa.Column("visibility_by_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(["answer_id"], ["answers.id"], name=op.f("fk_comments_answer_id_answers")),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_comments_author_id_accounts")),
        sa.ForeignKeyConstraint(["edited_by_id"], ["accounts.id"], name=op.f("fk_comments_edited_by_id_accounts")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_comments_thread_id_threads")),
        sa.ForeignKeyConstraint(
            ["visibility_by_id"], ["accounts.id"], name=op.f("fk_comments_visibility_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("once", name=op.f("uq_comments_once")),
    )
    op.create_index(op.f("ix_comments_answer_id"), "comments", ["answer_id"], unique=False)
    op.create_index(op.f("ix_comments_author_id"), "comments", ["author_id"], unique=False)
    op.create_index(op.f("ix_comments_thread_id"), "comments", ["thread_id"], unique=False)
    op.create_table(
        "unhelpful_answers",
        sa.Column("answer_id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_unhelpful_answers_account_id_accounts")),
        sa.ForeignKeyConstraint(["answer_id"], ["answers.id"], name=op.f("fk_unhelpful_answers_answer_id_answers")),
        sa.PrimaryKeyConstraint("answer_id", "account_id", name=op.f("pk_unhelpful_answers")),
    )

    with op.batch_alter_table("threads") as threads:
        threads.create_foreign_key("fk_threads_accepted_answer_id_answers", "answers", ["accepted_answer_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("threads") as threads:
        threads.drop_constraint("fk_threads_accepted_answer_id_answers", type_="foreignkey")
    op.drop_table("unhelpful_answers")
    op.drop_table("comments")
    op.drop_table("thread_tags")
    op.drop_table("follows")
    op.drop_table("answers")
    op.drop_table("threads")
    op.drop_table("revisions")
