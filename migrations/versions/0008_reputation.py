"""reputation"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

REFUSAL = "The ledger is append-only: add an entry that reverses the old one."


def upgrade() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column(
            "rule",
            sa.Enum(
                "joined",
                "imported",
                "question_up",
                "question_down",
                "answer_up",
                "answer_down",
                "down_cast",
                "accepted",
                "accepting",
                "edit_approved",
                "abuse",
                name="rule",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("points", BigId, nullable=False),
        sa.Column("nominal", BigId, nullable=False),
        sa.Column("cause_kind", sa.String(length=20), nullable=False),
        sa.Column("cause_id", BigId, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("round", BigId, nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reverses_id", BigId, nullable=True),
        sa.Column("restores_id", BigId, nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_ledger_entries_account_id_accounts")),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name=op.f("fk_ledger_entries_actor_id_accounts")),
        sa.ForeignKeyConstraint(
            ["restores_id"], ["ledger_entries.id"], name=op.f("fk_ledger_entries_restores_id_ledger_entries")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger_entries.id"], name=op.f("fk_ledger_entries_reverses_id_ledger_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("restores_id", name=op.f("uq_ledger_entries_restores_id")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_entries_reverses_id")),
    )
    op.create_index("ix_ledger_entries_account", "ledger_entries", ["account_id", "id"], unique=False)
    op.create_index("ix_ledger_entries_account_day", "ledger_entries", ["account_id", "day"], unique=False)
    op.create_index("ix_ledger_entries_cause", "ledger_entries", ["cause_kind", "cause_id"], unique=False)
    op.create_index("ix_ledger_entries_created_at", "ledger_entries", ["created_at"], unique=False)
    op.create_index(
        "uq_ledger_entries_award",
        "ledger_entries",
        ["key", "round"],
        unique=True,
        sqlite_where=sa.text("reverses_id IS NULL"),
        postgresql_where=sa.text("reverses_id IS NULL"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER ledger_entries_no_{act.lower()} BEFORE {act} ON ledger_entries "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION ledger_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries "
            "FOR EACH ROW EXECUTE FUNCTION ledger_entries_refuse()"
        )


def downgrade() -> None:
    op.drop_table("ledger_entries")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_entries_refuse()")
