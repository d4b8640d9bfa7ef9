"""accounts that became part of another"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, UTCDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_merges",
        sa.Column("id", BigId, nullable=False),
        sa.Column("from_id", BigId, nullable=False),
        sa.Column("to_id", BigId, nullable=False),
        sa.Column("asked_by_id", BigId, nullable=True),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("moved_at", UTCDateTime(), nullable=True),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["accounts.id"], name=op.f("fk_account_merges_from_id_accounts")),
        sa.ForeignKeyConstraint(["to_id"], ["accounts.id"], name=op.f("fk_account_merges_to_id_accounts")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["accounts.id"], name=op.f("fk_account_merges_asked_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_merges")),
        sa.UniqueConstraint("from_id", name=op.f("uq_account_merges_from_id")),
    )
    op.create_index(op.f("ix_account_merges_to_id"), "account_merges", ["to_id"], unique=False)


def downgrade() -> None:
    op.drop_table("account_merges")
