"""what form a site that was imported has, and the addresses by which imported people are found"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "import_sources",
        sa.Column("format", sa.String(length=20), nullable=False, server_default="stackexchange"),
    )
    op.create_index(
        "ix_accounts_unconfirmed_email",
        "accounts",
        ["unconfirmed_email"],
        unique=False,
        sqlite_where=sa.text("unconfirmed_email IS NOT NULL"),
        postgresql_where=sa.text("unconfirmed_email IS NOT NULL"),
    )


def downgrade() -> None:
    op.execute("DELETE FROM account_tokens WHERE purpose = 'claim_account'")
    op.drop_index("ix_accounts_unconfirmed_email", table_name="accounts")
    op.drop_column("import_sources", "format")
