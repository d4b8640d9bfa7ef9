"""administration

Synonyms of tags and what undoes their merging, dead jobs that were put aside, how far imports have come, and whether
the log was verified.
"""

import sqlalchemy as sa
from alembic import op

from forum.changes.triggers import drops, triggers
from forum.db import BigId, Json, UTCDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _synonyms()
    op.create_table(
        "removed_tags",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(length=35), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("synonyms", Json, nullable=False),
        sa.Column("created_by_id", BigId, nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("removed_by_id", BigId, nullable=False),
        sa.Column("removed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["accounts.id"], name=op.f("fk_removed_tags_created_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["removed_by_id"], ["accounts.id"], name=op.f("fk_removed_tags_removed_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removed_tags")),
    )
    op.create_table(
        "tag_merges",
        sa.Column("id", BigId, nullable=False),
        sa.Column("tag_id", BigId, nullable=False),
        sa.Column("into_id", BigId, nullable=False),
        sa.Column("synonym_ids", Json, nullable=False),
        sa.Column("thread_count", BigId, nullable=False),
        sa.Column("merged_by_id", BigId, nullable=False),
        sa.Column("merged_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["into_id"], ["tags.id"], name=op.f("fk_tag_merges_into_id_tags")),
        sa.ForeignKeyConstraint(["merged_by_id"], ["accounts.id"], name=op.f("fk_tag_merges_merged_by_id_accounts")),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_tag_merges_tag_id_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_merges")),
        sa.UniqueConstraint("tag_id", name=op.f("uq_tag_merges_tag_id")),
    )
    op.create_index(op.f("ix_tag_merges_into_id"), "tag_merges", ["into_id"])
    op.create_table(
        "tag_merge_threads",
        sa.Column("merge_id", BigId, nullable=False),
        sa.Column("thread_id", BigId, nullable=False),
        sa.Column("had_both", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["merge_id"], ["tag_merges.id"], name=op.f("fk_tag_merge_threads_merge_id_tag_merges")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_tag_merge_threads_thread_id_threads")),
        sa.PrimaryKeyConstraint("merge_id", "thread_id", name=op.f("pk_tag_merge_threads")),
    )
    op.create_index(op.f("ix_tag_merge_threads_thread_id"), "tag_merge_threads", ["thread_id"])
    op.add_column("jobs", sa.Column("discarded_at", UTCDateTime(), nullable=True))
    dead = sa.text("dead_at IS NOT NULL")
    op.create_index("ix_jobs_dead", "jobs", ["dead_at", "id"], sqlite_where=dead, postgresql_where=dead)
    op.create_table(
        "import_runs",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("phase", sa.String(length=80), nullable=False),
        sa.Column("done", BigId, nullable=False),
        sa.Column("total", BigId, nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.Column("error", sa.String(length=1000), nullable=True),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["import_sources.id"], name=op.f("fk_import_runs_source_id_import_sources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_runs")),
    )
    op.create_index(op.f("ix_import_runs_source_id"), "import_runs", ["source_id"])
    _watch("import_runs")
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"])
    op.create_table(
        "audit_checks",
        sa.Column("id", BigId, nullable=False),
        sa.Column("asked_by_id", BigId, nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("checked", BigId, nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("broken_id", BigId, nullable=True),
        sa.Column("why", sa.String(length=100), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["accounts.id"], name=op.f("fk_audit_checks_asked_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checks")),
    )


def downgrade() -> None:
    bind = op.get_bind()
    op.drop_table("audit_checks")
    op.drop_index("ix_audit_entries_at", "audit_entries")
    for statement in drops(bind.dialect.name, "import_runs"):
        op.execute(statement)
    op.drop_table("import_runs")
    op.drop_index("ix_jobs_dead", "jobs")
    op.drop_column("jobs", "discarded_at")
    op.drop_table("tag_merge_threads")
    op.drop_table("tag_merges")
    op.drop_table("removed_tags")
    for statement in drops(bind.dialect.name, "tags"):
        op.execute(statement)
    op.execute("DELETE FROM tags WHERE main_id IS NOT NULL")
    op.drop_index(op.f("ix_tags_main_id"), "tags")
    if bind.dialect.name != "sqlite":
        op.drop_constraint(op.f("fk_tags_main_id_tags"), "tags", type_="foreignkey")
    op.execute("ALTER TABLE tags DROP COLUMN main_id")
    _watch("tags")


def _synonyms() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":  # in place: a table built anew would lose its triggers
        op.execute("ALTER TABLE tags ADD COLUMN main_id INTEGER CONSTRAINT fk_tags_main_id_tags REFERENCES tags (id)")
    else:
        op.add_column("tags", sa.Column("main_id", BigId, nullable=True))
        op.create_foreign_key(op.f("fk_tags_main_id_tags"), "tags", "tags", ["main_id"], ["id"])
    op.create_index(op.f("ix_tags_main_id"), "tags", ["main_id"])
    _watch("tags")


def _watch(table: str) -> None:
    bind = op.get_bind()
    columns = {column["name"] for column in sa.inspect(bind).get_columns(table)}
    for statement in triggers(bind.dialect.name, table, "id", columns):
        op.execute(statement)
