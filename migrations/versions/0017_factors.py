"""second factors, passkeys, known devices, security events

Columns are added in place, so that SQLite keeps the triggers of both tables; none of them is seen by others.
"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, UTCDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SESSIONS = "account_sessions"


def account(table: str) -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    constraint = sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_account_id_accounts"))
    return sa.Column("account_id", BigId, nullable=False, autoincrement=False), constraint


def upgrade() -> None:
    op.add_column("accounts", sa.Column("sign_in_alerts", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("account_tokens", sa.Column("about_id", BigId, nullable=True))
    op.add_column(SESSIONS, sa.Column("remembered", sa.Boolean(), nullable=False, server_default=sa.true()))
    # SQLite adds no column without a constant to fill it with; those who are signed in did so when their session began.
    then = sa.text("'2000-01-01 00:00:00.000000'")
    op.add_column(SESSIONS, sa.Column("confirmed_at", UTCDateTime(), nullable=False, server_default=then))
    op.execute("UPDATE account_sessions SET confirmed_at = created_at")
    op.create_table(
        "totp_secrets",
        *account("totp_secrets"),
        sa.Column("secret", sa.String(length=400), nullable=False),
        sa.Column("last_step", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_totp_secrets")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", BigId, nullable=False),
        *account("recovery_codes"),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("account_id", "code_hash", name=op.f("uq_recovery_codes_account_id_code_hash")),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", BigId, nullable=False),
        *account("passkeys"),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.String(length=2000), nullable=False),
        sa.Column("sign_count", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("last_used_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index(op.f("ix_passkeys_account_id"), "passkeys", ["account_id"])
    op.create_table(
        "sign_in_steps",
        sa.Column("id", BigId, nullable=False),
        *account("sign_in_steps"),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        sa.Column("tries", BigId, nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_steps")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_steps_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_steps_account_id"), "sign_in_steps", ["account_id"])
    op.create_table(
        "passkey_challenges",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=True),
        sa.Column("ceremony", sa.String(length=30), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("challenge", sa.String(length=128), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_passkey_challenges_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey_challenges")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_passkey_challenges_token_hash")),
    )
    op.create_index(op.f("ix_passkey_challenges_account_id"), "passkey_challenges", ["account_id"])
    op.create_table(
        "known_devices",
        sa.Column("id", BigId, nullable=False),
        *account("known_devices"),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("last_seen_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_devices")),
        sa.UniqueConstraint("account_id", "token_hash", name=op.f("uq_known_devices_account_id_token_hash")),
    )
    op.create_table(
        "security_events",
        sa.Column("id", BigId, nullable=False),
        *account("security_events"),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("detail", sa.String(length=254), nullable=False),
        sa.Column("session_id", BigId, nullable=True),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_events")),
    )
    op.create_index("ix_security_events_account_id_id", "security_events", ["account_id", "id"])


def downgrade() -> None:
    for table in (
        "security_events",
        "known_devices",
        "passkey_challenges",
        "sign_in_steps",
        "passkeys",
        "recovery_codes",
        "totp_secrets",
    ):
        op.drop_table(table)
    op.execute("DELETE FROM account_tokens WHERE purpose IN ('undo_email', 'end_sessions')")
    op.drop_column(SESSIONS, "confirmed_at")
    op.drop_column(SESSIONS, "remembered")
    op.drop_column("account_tokens", "about_id")
    op.drop_column("accounts", "sign_in_alerts")
