"""votes"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "votes",
        sa.Column("account_id", BigId, nullable=False),
        sa.Column(
            "post_kind",
            sa.Enum("thread", "answer", "comment", name="postkind", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("post_id", BigId, nullable=False),
        sa.Column("value", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("value IN (-1, 1)", name=op.f("ck_votes_value")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_votes_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "post_kind", "post_id", name=op.f("pk_votes")),
    )
    op.create_index("ix_votes_post", "votes", ["post_kind", "post_id"], unique=False)


def downgrade() -> None:
    op.drop_table("votes")
