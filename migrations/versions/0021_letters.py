"""levels, choices, digests, letters, dead addresses

Following a thread becomes one of four levels, for tags, products and people too. The one switch for mail becomes a
choice for each matter: off, it is off for all of them.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

from forum.changes.triggers import drops, triggers
from forum.db import BigId, UTCDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

EVERY = "*"
UNSEEN = {"by_mail", "letter_id", "why"}
"""Of notifications: columns that no kept page shows."""


def upgrade() -> None:
    _levels()
    _notifications()
    _choices()
    _letters()


def downgrade() -> None:
    op.drop_table("bounced_addresses")
    op.drop_table("letter_wordings")
    op.drop_table("digests")
    op.drop_table("digest_choices")
    op.drop_table("mail_windows")
    op.add_column("accounts", sa.Column("mail_notifications", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute(
        "UPDATE accounts SET mail_notifications = false WHERE id IN"
        f" (SELECT account_id FROM notification_choices WHERE matter = '{EVERY}' AND by_mail = 'never')"
    )
    op.drop_table("notification_choices")
    _unwatch("notifications")
    # What was told by mail alone never was in the page.
    op.execute("DELETE FROM notifications WHERE NOT page")
    op.drop_index("ix_notifications_to_mail", "notifications")
    op.drop_index("ix_notifications_letter_id", "notifications")
    for column in ("page", "by_mail", "letter_id", "why"):
        op.drop_column("notifications", column)
    _watch("notifications", "account_id")
    _thread_followers()


def _levels() -> None:
    """Who follows a thread goes on following it."""
    _unwatch("follows")
    op.execute("CREATE TABLE follows_before AS SELECT account_id, thread_id, created_at FROM follows")
    op.drop_table("follows")
    op.create_table(
        "follows",
        sa.Column("account_id", BigId, nullable=False),
        sa.Column(
            "subject",
            sa.Enum("thread", "tag", "product", "person", name="subject", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("subject_id", BigId, nullable=False),
        sa.Column(
            "level",
            sa.Enum("watch", "follow", "normal", "mute", name="level", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_follows_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "subject", "subject_id", name=op.f("pk_follows")),
    )
    op.execute(
        "INSERT INTO follows (account_id, subject, subject_id, level, created_at)"
        " SELECT account_id, 'thread', thread_id, 'follow', created_at FROM follows_before"
    )
    op.drop_table("follows_before")
    op.create_index("ix_follows_subject", "follows", ["subject", "subject_id", "account_id"])
    _watch("follows", "subject_id")


def _thread_followers() -> None:
    """Back to followers of threads; other levels are lost."""
    _unwatch("follows")
    op.execute("CREATE TABLE follows_after AS SELECT account_id, subject, subject_id, level, created_at FROM follows")
    op.drop_table("follows")
    op.create_table(
        "follows",
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("thread_id", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_follows_account_id_accounts")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_follows_thread_id_threads")),
        sa.PrimaryKeyConstraint("account_id", "thread_id", name=op.f("pk_follows")),
    )
    op.execute(
        "INSERT INTO follows (account_id, thread_id, created_at) SELECT account_id, subject_id, created_at"
        " FROM follows_after WHERE subject = 'thread' AND level IN ('watch', 'follow')"
        " AND subject_id IN (SELECT id FROM threads)"
    )
    op.drop_table("follows_after")
    op.create_index(op.f("ix_follows_thread_id"), "follows", ["thread_id"])
    _watch("follows", "thread_id")


def _notifications() -> None:
    _unwatch("notifications")
    op.add_column("notifications", sa.Column("page", sa.Boolean(), nullable=False, server_default=sa.true()))
    by_mail = sa.Enum("at_once", "digest", "never", name="bymail", native_enum=False, length=30)
    op.add_column("notifications", sa.Column("by_mail", by_mail, nullable=True))
    op.add_column("notifications", sa.Column("letter_id", BigId, nullable=True))
    op.add_column("notifications", sa.Column("why", sa.String(length=40), nullable=False, server_default=""))
    _index("ix_notifications_to_mail", ["account_id", "by_mail", "id"], "by_mail IS NOT NULL AND letter_id IS NULL")
    _index("ix_notifications_letter_id", ["letter_id"], "letter_id IS NOT NULL")
    _watch("notifications", "account_id")


def _choices() -> None:
    by_mail = sa.Enum("at_once", "digest", "never", name="bymail", native_enum=False, length=30)
    op.create_table(
        "notification_choices",
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("matter", sa.String(length=40), nullable=False),
        sa.Column("page", sa.Boolean(), nullable=False),
        sa.Column("by_mail", by_mail, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_notification_choices_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "matter", name=op.f("pk_notification_choices")),
    )
    # Whoever was imported chose nothing: the switch was off for all of them.
    op.execute(
        "INSERT INTO notification_choices (account_id, matter, page, by_mail)"
        f" SELECT id, '{EVERY}', true, 'never' FROM accounts"
        " WHERE NOT mail_notifications AND (imported_at IS NULL OR email IS NOT NULL)"
    )
    op.drop_column("accounts", "mail_notifications")
    op.create_table(
        "mail_windows",
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_mail_windows_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_mail_windows")),
    )
    op.create_table(
        "digest_choices",
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("rhythm", sa.Enum("daily", "weekly", name="rhythm", native_enum=False, length=30), nullable=False),
        sa.Column("hour", BigId, nullable=False),
        sa.Column("weekday", BigId, nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_digest_choices_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_digest_choices")),
    )
    op.create_index(op.f("ix_digest_choices_next_at"), "digest_choices", ["next_at"])
    op.create_table(
        "digests",
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_digests_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("pk_digests")),
    )


def _letters() -> None:
    op.create_table(
        "letter_wordings",
        sa.Column("letter", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=150), nullable=False),
        sa.Column("opening", sa.String(length=1000), nullable=False),
        sa.Column("closing", sa.String(length=1000), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("changed_by_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["accounts.id"], name=op.f("fk_letter_wordings_changed_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("letter", name=op.f("pk_letter_wordings")),
    )
    op.create_table(
        "bounced_addresses",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("failures", BigId, nullable=False),
        sa.Column("said", sa.String(length=300), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=False),
        sa.Column("stopped_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_bounced_addresses")),
    )


def _index(name: str, columns: list[str], which: str) -> None:
    op.create_index(name, "notifications", columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))


def _watch(table: str, key: str) -> None:
    bind = op.get_bind()
    columns = {column["name"] for column in sa.inspect(bind).get_columns(table)} - UNSEEN
    _run(triggers(bind.dialect.name, table, key, columns))


def _unwatch(table: str) -> None:
    _run(drops(op.get_bind().dialect.name, table))


def _run(statements: Iterable[str]) -> None:
    for statement in statements:
        op.execute(statement)
