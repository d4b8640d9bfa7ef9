"""indexes for size

What lists, profiles and the front page ask for, in the order in which they show it: each page reads the rows
that it shows, however many there are. `thread_tags.created_at` is the thread's own time, so that a tag's threads
lie in their order.
"""

import sqlalchemy as sa
from alembic import op

from forum.changes.triggers import drops, triggers
from forum.db import UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NOTED = {"thread_id", "tag_id", "position"}

OLD = {
    "ix_threads_author_id": ("threads", ["author_id"]),
    "ix_threads_space_id": ("threads", ["space_id"]),
    "ix_answers_author_id": ("answers", ["author_id"]),
    "ix_thread_tags_tag_id": ("thread_tags", ["tag_id"]),
    "ix_ledger_entries_account_day": ("ledger_entries", ["account_id", "day"]),
    "ix_ledger_entries_created_at": ("ledger_entries", ["created_at"]),
}
NEW = {
    "ix_threads_author_new": ("threads", ["author_id", "created_at", "id"], None),
    "ix_threads_author_open": (
        "threads",
        ["author_id", "last_activity_at", "id"],
        "accepted_answer_id IS NULL AND duplicate_of_id IS NULL",
    ),
    "ix_threads_space_new": ("threads", ["space_id", "visibility", "created_at", "id"], None),
    "ix_threads_space_active": ("threads", ["space_id", "visibility", "last_activity_at", "id"], None),
    "ix_threads_solved": ("threads", ["visibility", "accepted_at", "id"], "accepted_at IS NOT NULL"),
    "ix_threads_unanswered": ("threads", ["visibility", "created_at", "id"], "answer_count = 0"),
    "ix_threads_discussions": ("threads", ["visibility", "last_activity_at", "id"], "kind = 'discussion'"),
    "ix_threads_with_staff": ("threads", ["visibility", "last_activity_at", "id"], "staff_state IS NOT NULL"),
    "ix_answers_author_new": ("answers", ["author_id", "id"], None),
    "ix_thread_tags_new": ("thread_tags", ["tag_id", "created_at", "thread_id"], None),
    "ix_ledger_entries_account_growth": (
        "ledger_entries",
        ["account_id", "day", "rule", "points", "reverses_id", "restores_id"],
        None,
    ),
    "ix_ledger_entries_lately": (
        "ledger_entries",
        ["created_at", "rule", "account_id", "points", "reverses_id"],
        None,
    ),
    "ix_accounts_staff": ("accounts", ["display_name"], "staff IS TRUE"),
    "ix_tickets_last_word_at": ("tickets", ["last_word_at", "id"], None),
}


def upgrade() -> None:
    # A constant default, so that SQLite need not rebuild the table; every row gets its thread's time at once.
    op.add_column(
        "thread_tags",
        sa.Column("created_at", UTCDateTime(), nullable=False, server_default=sa.text("'1970-01-01 00:00:00.000000'")),
    )
    op.execute(
        "UPDATE thread_tags SET created_at ="
        " (SELECT threads.created_at FROM threads WHERE threads.id = thread_tags.thread_id)"
    )
    _note({*NOTED, "created_at"})
    for name, (table, columns, only) in NEW.items():
        where = sa.text(only) if only else None
        # SQLite has no booleans: a query asks it for `staff IS 1`, and only the same words find the index.
        here = sa.text(only.replace("IS TRUE", "IS 1")) if only else None
        op.create_index(name, table, columns, unique=False, sqlite_where=here, postgresql_where=where)
    for name, (table, _columns) in OLD.items():
        op.drop_index(name, table_name=table)


def downgrade() -> None:
    for name, (table, columns) in OLD.items():
        op.create_index(name, table, columns, unique=False)
    for name, (table, _columns, _only) in NEW.items():
        op.drop_index(name, table_name=table)
    for statement in drops(op.get_bind().dialect.name, "thread_tags"):
        op.execute(statement)
    op.drop_column("thread_tags", "created_at")
    _note(NOTED)


def _note(columns: set[str]) -> None:
    """The triggers that note what is written name the columns that a write may change."""
    for statement in triggers(op.get_bind().dialect.name, "thread_tags", "thread_id", columns):
        op.execute(statement)
