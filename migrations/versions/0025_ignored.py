"""people whom somebody ignores or blocks"""

import sqlalchemy as sa
from alembic import op

from forum.changes.triggers import drops, triggers
from forum.db import BigId, UTCDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
TABLE = "ignored"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("other_id", BigId, nullable=False),
        sa.Column("blocks", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_ignored_account_id_accounts")),
        sa.ForeignKeyConstraint(["other_id"], ["accounts.id"], name=op.f("fk_ignored_other_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "other_id", name=op.f("pk_ignored")),
    )
    op.create_index(op.f("ix_ignored_other_id"), TABLE, ["other_id"], unique=False)
    op.add_column("accounts", sa.Column("ignores", sa.Boolean(), nullable=False, server_default=sa.false()))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("accounts", "ignores", server_default=None)
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(TABLE)}
    for statement in triggers(op.get_bind().dialect.name, TABLE, "account_id", columns):
        op.execute(statement)


def downgrade() -> None:
    for statement in drops(op.get_bind().dialect.name, TABLE):
        op.execute(statement)
    op.drop_column("accounts", "ignores")
    op.drop_table(TABLE)
