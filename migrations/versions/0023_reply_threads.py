"""the thread that a kept reply tells of"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_replies", sa.Column("thread_id", BigId, nullable=True))
    op.create_index(op.f("ix_api_replies_thread_id"), "api_replies", ["thread_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_api_replies_thread_id"), table_name="api_replies")
    op.drop_column("api_replies", "thread_id")
