"""mail that comes in, and replies by mail that wait for their writer"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, Json, UTCDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    states = sa.Enum("waiting", "done", "ignored", "held", "discarded", name="mailstate", native_enum=False, length=30)
    op.create_table(
        "inbound_mails",
        sa.Column("id", BigId, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("sender", sa.String(length=254), nullable=False),
        sa.Column("mailbox", sa.String(length=40), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("size", BigId, nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("written_from", sa.String(length=254), nullable=False),
        sa.Column("account_id", BigId, nullable=True),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_inbound_mails_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_mails")),
        sa.UniqueConstraint("recipient", "digest", name=op.f("uq_inbound_mails_recipient_digest")),
    )
    op.create_index(op.f("ix_inbound_mails_account_id"), "inbound_mails", ["account_id"])
    op.create_index(op.f("ix_inbound_mails_received_at"), "inbound_mails", ["received_at"])
    held = sa.text("state = 'held'")
    op.create_index("ix_inbound_mails_held", "inbound_mails", ["id"], sqlite_where=held, postgresql_where=held)
    kinds = sa.Enum("thread", "answer", "comment", name="postkind", native_enum=False, length=30)
    replies = sa.Enum(
        "asked", "refused", "posted", "given", "discarded", name="replystate", native_enum=False, length=30
    )
    op.create_table(
        "mailed_replies",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("mail_id", BigId, nullable=True),
        sa.Column("thread_id", BigId, nullable=False),
        sa.Column("post_kind", kinds, nullable=False),
        sa.Column("post_id", BigId, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("left_out", Json, nullable=False),
        sa.Column("state", replies, nullable=False),
        sa.Column("said", sa.String(length=1000), nullable=False),
        sa.Column("token_id", BigId, nullable=True),
        sa.Column("made_kind", kinds, nullable=True),
        sa.Column("made_id", BigId, nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_mailed_replies_account_id_accounts")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_mailed_replies_thread_id_threads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailed_replies")),
        sa.UniqueConstraint("mail_id", name=op.f("uq_mailed_replies_mail_id")),
        sa.UniqueConstraint("token_id", name=op.f("uq_mailed_replies_token_id")),
    )
    op.create_index(op.f("ix_mailed_replies_account_id"), "mailed_replies", ["account_id"])
    op.create_index(op.f("ix_mailed_replies_thread_id"), "mailed_replies", ["thread_id"])


def downgrade() -> None:
    op.drop_table("mailed_replies")
    op.drop_table("inbound_mails")
    op.execute("DELETE FROM account_tokens WHERE purpose = 'mailed_reply'")
    op.execute("DELETE FROM jobs WHERE kind = 'mailin.sort'")
