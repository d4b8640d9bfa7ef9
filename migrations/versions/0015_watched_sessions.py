"""watched sessions

Who is behind a cookie is kept until their session is written, so sessions are noted as all that pages show.
"""

import sqlalchemy as sa
from alembic import op

from forum.changes.triggers import drops, triggers

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE = "account_sessions"
UNSEEN = {"user_agent", "address"}


def upgrade() -> None:
    bind = op.get_bind()
    columns = {column["name"] for column in sa.inspect(bind).get_columns(TABLE)} - UNSEEN
    for statement in triggers(bind.dialect.name, TABLE, "account_id", columns):
        op.execute(statement)


def downgrade() -> None:
    for statement in drops(op.get_bind().dialect.name, TABLE):
        op.execute(statement)
