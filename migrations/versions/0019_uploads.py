"""files in posts and tickets"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, UTCDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("id", BigId, nullable=False),
        sa.Column("token", sa.String(length=22), nullable=False),
        sa.Column("uploader_id", BigId, nullable=False),
        sa.Column("kind", sa.Enum("image", "other", name="filekind", native_enum=False, length=30), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("width", BigId, nullable=True),
        sa.Column("height", BigId, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("thumbnail_key", sa.String(length=120), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("attached_at", UTCDateTime(), nullable=True),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.Column("removed_by_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(["uploader_id"], ["accounts.id"], name=op.f("fk_files_uploader_id_accounts")),
        sa.ForeignKeyConstraint(["removed_by_id"], ["accounts.id"], name=op.f("fk_files_removed_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("token", name=op.f("uq_files_token")),
        sa.UniqueConstraint("key", name=op.f("uq_files_key")),
        sa.UniqueConstraint("thumbnail_key", name=op.f("uq_files_thumbnail_key")),
    )
    op.create_index("ix_files_uploader_id", "files", ["uploader_id", "created_at"])
    _some("ix_files_unattached", "created_at", "attached_at IS NULL")
    _some("ix_files_removed_at", "removed_at", "removed_at IS NOT NULL")
    op.create_table(
        "file_uses",
        sa.Column("file_id", BigId, nullable=False),
        sa.Column("holder_kind", sa.String(length=20), nullable=False),
        sa.Column("holder_id", BigId, nullable=False, autoincrement=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_file_uses_file_id_files")),
        sa.PrimaryKeyConstraint("file_id", "holder_kind", "holder_id", name=op.f("pk_file_uses")),
    )
    op.create_index("ix_file_uses_holder", "file_uses", ["holder_kind", "holder_id"])
    op.create_table(
        "file_sweeps",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("looked_at", BigId, nullable=False),
        sa.Column("orphans", BigId, nullable=False),
        sa.Column("orphan_bytes", BigId, nullable=False),
        sa.Column("unused", BigId, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_sweeps")),
    )


def downgrade() -> None:
    op.drop_table("file_sweeps")
    op.drop_table("file_uses")
    op.drop_table("files")


def _some(name: str, column: str, which: str) -> None:
    op.create_index(name, "files", [column], sqlite_where=sa.text(which), postgresql_where=sa.text(which))
