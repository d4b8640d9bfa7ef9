"""changes"""

import sqlalchemy as sa
from alembic import op

from forum.changes.triggers import drops, triggers, wakes
from forum.db import BigId, UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WATCHED = {
    "accounts": "id",
    "answers": "thread_id",
    "comments": "thread_id",
    "flags": None,
    "follows": "thread_id",
    "ledger_entries": "account_id",
    "me_too": "thread_id",
    "notifications": "account_id",
    "options": None,
    "organisations": "id",
    "reviews": "id",
    "revisions": "post_id",
    "sanctions": "account_id",
    "spaces": None,
    "tags": "id",
    "thread_tags": "thread_id",
    "threads": "id",
    "ticket_events": "ticket_id",
    "ticket_followers": "ticket_id",
    "ticket_messages": "ticket_id",
    "tickets": "id",
    "unhelpful_answers": "answer_id",
    "votes": "post_id",
}
UNSEEN = {"email", "unconfirmed_email", "password_hash", "mail_notifications", "unread_count", "locale"}
"""Of accounts: columns that no page of others shows."""


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("noun", sa.String(length=40), nullable=False),
        sa.Column("key", BigId, nullable=True),
        sa.Column("transaction", BigId, nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index("ix_changes_transaction", "changes", ["transaction"])
    op.create_index("ix_changes_at", "changes", ["at"])
    bind = op.get_bind()
    here = sa.inspect(bind)
    if bind.dialect.name == "postgresql":
        for statement in wakes():
            op.execute(statement)
    for table, key in WATCHED.items():
        columns = {column["name"] for column in here.get_columns(table)} - (UNSEEN if table == "accounts" else set())
        for statement in triggers(bind.dialect.name, table, key, columns):
            op.execute(statement)


def downgrade() -> None:
    for table in WATCHED:
        for statement in drops(op.get_bind().dialect.name, table):
            op.execute(statement)
    op.drop_table("changes")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION changes_wake()")
        op.execute("DROP FUNCTION changes_since(pg_snapshot, integer)")
