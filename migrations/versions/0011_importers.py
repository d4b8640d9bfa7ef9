"""importers"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_sources",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_sources")),
        sa.UniqueConstraint("name", name=op.f("uq_import_sources_name")),
    )
    op.create_table(
        "imported_ids",
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("local_id", BigId, nullable=False),
        sa.Column("digest", sa.String(length=16), nullable=False),
        sa.Column("revision", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["import_sources.id"], name=op.f("fk_imported_ids_source_id_import_sources")
        ),
        sa.PrimaryKeyConstraint("source_id", "kind", "external_id", name=op.f("pk_imported_ids")),
    )
    op.create_index("ix_imported_ids_local", "imported_ids", ["kind", "local_id"], unique=False)


def downgrade() -> None:
    op.drop_table("imported_ids")
    op.drop_table("import_sources")
