"""people at a sign-in provider: their links, ways there and back, and those who have no account yet

The column of `sign_in_steps` is added in place, so that SQLite keeps what belongs to the table.
"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, UTCDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_steps", sa.Column("proven_at", UTCDateTime(), nullable=True))
    op.create_table(
        "linked_identities",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("last_used_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_linked_identities_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_linked_identities_issuer_subject")),
        sa.UniqueConstraint("account_id", "issuer", name=op.f("uq_linked_identities_account_id_issuer")),
    )
    op.create_table(
        "provider_trips",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=True),
        sa.Column("session_hash", sa.String(length=64), nullable=True),
        sa.Column("purpose", sa.String(length=30), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=64), nullable=False),
        sa.Column("next", sa.String(length=2000), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_provider_trips_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_trips")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_provider_trips_state_hash")),
    )
    op.create_index(op.f("ix_provider_trips_account_id"), "provider_trips", ["account_id"])
    op.create_table(
        "provider_arrivals",
        sa.Column("id", BigId, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("handle", sa.String(length=30), nullable=False),
        sa.Column("display_name", sa.String(length=60), nullable=False),
        sa.Column("next", sa.String(length=2000), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_arrivals")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_provider_arrivals_token_hash")),
    )


def downgrade() -> None:
    for table in ("provider_arrivals", "provider_trips", "linked_identities"):
        op.drop_table(table)
    op.execute("DELETE FROM security_events WHERE kind IN ('identity_linked', 'identity_unlinked')")
    op.drop_column("sign_in_steps", "proven_at")
