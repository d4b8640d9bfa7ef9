"""terms by version, and who consented to which"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, UTCDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "terms_versions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("asks_again", sa.Boolean(), nullable=False),
        sa.Column("required_from", sa.Date(), nullable=True),
        sa.Column("published_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_versions")),
    )
    op.create_table(
        "terms_texts",
        sa.Column("version_id", BigId, nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("cooker_version", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["terms_versions.id"], name=op.f("fk_terms_texts_version_id_terms_versions")
        ),
        sa.PrimaryKeyConstraint("version_id", "locale", name=op.f("pk_terms_texts")),
    )
    op.create_table(
        "consents",
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("version_id", BigId, nullable=False),
        sa.Column("consented_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_consents_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["terms_versions.id"], name=op.f("fk_consents_version_id_terms_versions")
        ),
        sa.PrimaryKeyConstraint("account_id", "version_id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_version_id"), "consents", ["version_id"], unique=False)
    op.add_column("accounts", sa.Column("consented_version", BigId, nullable=True))


def downgrade() -> None:
    """Without the versions nothing can be asked for: what the options say of them goes too."""
    op.execute("DELETE FROM options WHERE name IN ('terms.current', 'terms.required')")
    op.drop_column("accounts", "consented_version")
    op.drop_table("consents")
    op.drop_table("terms_texts")
    op.drop_table("terms_versions")
