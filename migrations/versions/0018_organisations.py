"""organisations

Who belongs to an organisation and by what right, what its members share, and which organisations a product is for.
Whatever somebody could see before, they see afterwards: a product for members of organisations gets all there are,
and tickets of an organisation that shares them are shared.
"""

import sqlalchemy as sa
from alembic import op

from forum.changes.triggers import drops, triggers
from forum.db import BigId, UTCDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

UNSEEN = {
    "accounts": {
        "email",
        "unconfirmed_email",
        "password_hash",
        "mail_notifications",
        "sign_in_alerts",
        "unread_count",
        "locale",
    },
}
"""Columns that no page of others shows."""


def upgrade() -> None:
    op.create_table(
        "organisation_domains",
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("organisation_id", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_domains_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_organisation_domains")),
    )
    op.create_index(op.f("ix_organisation_domains_organisation_id"), "organisation_domains", ["organisation_id"])
    op.create_table(
        "space_organisations",
        sa.Column("space_id", BigId, nullable=False),
        sa.Column("organisation_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_space_organisations_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["space_id"], ["spaces.id"], name=op.f("fk_space_organisations_space_id_spaces")),
        sa.PrimaryKeyConstraint("space_id", "organisation_id", name=op.f("pk_space_organisations")),
    )
    op.create_index(op.f("ix_space_organisations_organisation_id"), "space_organisations", ["organisation_id"])
    # Constant defaults, so that SQLite need not build the tables anew.
    for table, column in (
        ("organisations", sa.Column("joins_by_domain", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("accounts", sa.Column("organisation_domain", sa.String(length=253), nullable=True)),
        ("accounts", sa.Column("organisation_manager", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("tickets", sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.false())),
    ):
        op.add_column(table, column)
    op.execute(
        "INSERT INTO space_organisations (space_id, organisation_id)"
        " SELECT spaces.id, organisations.id FROM spaces CROSS JOIN organisations"
        " WHERE spaces.audience = 'organisations'"
    )
    op.execute(
        "UPDATE tickets SET shared = TRUE WHERE organisation_id IN"
        " (SELECT id FROM organisations WHERE shares_tickets IS TRUE)"
    )
    op.create_index(
        "ix_tickets_organisation_shared", "tickets", ["organisation_id", "shared", "last_word_at", "id"], unique=False
    )
    op.drop_index("ix_tickets_organisation_id", table_name="tickets")
    with op.batch_alter_table("account_tokens") as tokens:
        tokens.alter_column("account_id", existing_type=BigId, nullable=True)
        tokens.add_column(sa.Column("organisation_id", BigId, nullable=True))
        tokens.add_column(sa.Column("sent_by_id", BigId, nullable=True))
        tokens.create_index(op.f("ix_account_tokens_organisation_id"), ["organisation_id"])
        tokens.create_foreign_key(
            op.f("fk_account_tokens_organisation_id_organisations"), "organisations", ["organisation_id"], ["id"]
        )
        tokens.create_foreign_key(op.f("fk_account_tokens_sent_by_id_accounts"), "accounts", ["sent_by_id"], ["id"])
    for table, key in (("accounts", "id"), ("organisations", "id"), ("tickets", "id"), ("space_organisations", None)):
        _note(table, key)


def downgrade() -> None:
    bind = op.get_bind()
    op.execute("DELETE FROM account_tokens WHERE account_id IS NULL OR purpose = 'join_organisation'")
    with op.batch_alter_table("account_tokens") as tokens:
        tokens.drop_constraint(op.f("fk_account_tokens_sent_by_id_accounts"), type_="foreignkey")
        tokens.drop_constraint(op.f("fk_account_tokens_organisation_id_organisations"), type_="foreignkey")
        tokens.drop_index(op.f("ix_account_tokens_organisation_id"))
        tokens.drop_column("sent_by_id")
        tokens.drop_column("organisation_id")
        tokens.alter_column("account_id", existing_type=BigId, nullable=False)
    op.create_index(op.f("ix_tickets_organisation_id"), "tickets", ["organisation_id"], unique=False)
    op.drop_index("ix_tickets_organisation_shared", table_name="tickets")
    for statement in drops(bind.dialect.name, "space_organisations"):
        op.execute(statement)
    for table, columns in (
        ("accounts", ("organisation_domain", "organisation_manager")),
        ("organisations", ("joins_by_domain",)),
        ("tickets", ("shared",)),
    ):
        for statement in drops(bind.dialect.name, table):  # SQLite drops no column that a trigger names
            op.execute(statement)
        for column in columns:
            op.drop_column(table, column)
        _note(table, "id")
    op.drop_table("space_organisations")
    op.drop_table("organisation_domains")


def _note(table: str, key: str | None) -> None:
    """Let every column that there is now be noted."""
    bind = op.get_bind()
    columns = {column["name"] for column in sa.inspect(bind).get_columns(table)} - UNSEEN.get(table, set())
    for statement in triggers(bind.dialect.name, table, key, columns):
        op.execute(statement)
