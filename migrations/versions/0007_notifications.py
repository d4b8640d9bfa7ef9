"""notifications"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("thread_id", BigId, nullable=True),
        sa.Column(
            "post_kind",
            sa.Enum("thread", "answer", "comment", name="postkind", native_enum=False, length=30),
            nullable=True,
        ),
        sa.Column("post_id", BigId, nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notifications_account_id_accounts")),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name=op.f("fk_notifications_actor_id_accounts")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_notifications_thread_id_threads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_notifications_account_id_key")),
    )
    op.create_index("ix_notifications_account_id_id", "notifications", ["account_id", "id"], unique=False)
    op.create_index(op.f("ix_notifications_thread_id"), "notifications", ["thread_id"], unique=False)


def downgrade() -> None:
    op.drop_table("notifications")
