"""branding: the site's logo and guidelines"""

import sqlalchemy as sa
from alembic import op

from forum.changes.triggers import drops, triggers
from forum.db import BigId, UTCDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "logos",
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("width", BigId, nullable=False),
        sa.Column("height", BigId, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_logos")),
    )
    op.create_table(
        "guidelines",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("cooker_version", BigId, nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidelines")),
    )
    bind = op.get_bind()
    columns = {column["name"] for column in sa.inspect(bind).get_columns("guidelines")}
    for statement in triggers(bind.dialect.name, "guidelines", None, columns):
        op.execute(statement)


def downgrade() -> None:
    """Whatever of it is chosen goes with it: the options would name a logo and a page that are not there."""
    op.execute("DELETE FROM options WHERE name IN ('site.logo', 'site.guidelines')")
    for statement in drops(op.get_bind().dialect.name, "guidelines"):
        op.execute(statement)
    op.drop_table("guidelines")
    op.drop_table("logos")
