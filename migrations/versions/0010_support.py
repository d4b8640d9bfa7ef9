"""support"""

import sqlalchemy as sa
from alembic import op

from forum.db import BigId, Json, UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ticket_counter",
        sa.Column("id", BigId, nullable=False),
        sa.Column("last", BigId, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_counter")),
    )
    op.create_table(
        "me_too",
        sa.Column("thread_id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_me_too_account_id_accounts")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_me_too_thread_id_threads")),
        sa.PrimaryKeyConstraint("thread_id", "account_id", name=op.f("pk_me_too")),
    )
    op.create_index(op.f("ix_me_too_account_id"), "me_too", ["account_id"], unique=False)
    op.create_table(
        "tickets",
        sa.Column("id", BigId, nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("requester_id", BigId, nullable=False),
        sa.Column("organisation_id", BigId, nullable=True),
        sa.Column("opened_by_id", BigId, nullable=True),
        sa.Column("thread_id", BigId, nullable=True),
        sa.Column("about_thread_id", BigId, nullable=True),
        sa.Column("space_id", BigId, nullable=True),
        sa.Column("environment", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=150), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "unanswered",
                "unhelpful",
                "outage",
                "security",
                "billing",
                "data_loss",
                "handed_over",
                "rule",
                "private",
                name="reason",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "open",
                "pending",
                "hold",
                "solved",
                "closed",
                "merged",
                "spam",
                name="ticketstate",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "priority",
            sa.Enum("low", "normal", "high", "urgent", name="priority", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("tier", BigId, nullable=False),
        sa.Column("team", sa.String(length=40), nullable=False),
        sa.Column("assignee_id", BigId, nullable=True),
        sa.Column(
            "solved_how",
            sa.Enum("public", "private", "no_reply", name="solvedhow", native_enum=False, length=30),
            nullable=True,
        ),
        sa.Column("merged_into_id", BigId, nullable=True),
        sa.Column(
            "state_before",
            sa.Enum(
                "new",
                "open",
                "pending",
                "hold",
                "solved",
                "closed",
                "merged",
                "spam",
                name="ticketstate",
                native_enum=False,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("follow_up_of_id", BigId, nullable=True),
        sa.Column("version", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("last_word_at", UTCDateTime(), nullable=False),
        sa.Column("last_requester_at", UTCDateTime(), nullable=True),
        sa.Column("last_staff_at", UTCDateTime(), nullable=True),
        sa.Column("last_public_at", UTCDateTime(), nullable=True),
        sa.Column("pending_since", UTCDateTime(), nullable=True),
        sa.Column("reminded_at", UTCDateTime(), nullable=True),
        sa.Column("solved_at", UTCDateTime(), nullable=True),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.Column("declined_at", UTCDateTime(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["about_thread_id"], ["threads.id"], name=op.f("fk_tickets_about_thread_id_threads")),
        sa.ForeignKeyConstraint(["assignee_id"], ["accounts.id"], name=op.f("fk_tickets_assignee_id_accounts")),
        sa.ForeignKeyConstraint(["follow_up_of_id"], ["tickets.id"], name=op.f("fk_tickets_follow_up_of_id_tickets")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["tickets.id"], name=op.f("fk_tickets_merged_into_id_tickets")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["accounts.id"], name=op.f("fk_tickets_opened_by_id_accounts")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_tickets_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["requester_id"], ["accounts.id"], name=op.f("fk_tickets_requester_id_accounts")),
        sa.ForeignKeyConstraint(["space_id"], ["spaces.id"], name=op.f("fk_tickets_space_id_spaces")),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_tickets_thread_id_threads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("reference", name=op.f("uq_tickets_reference")),
    )
    op.create_index(op.f("ix_tickets_about_thread_id"), "tickets", ["about_thread_id"], unique=False)
    op.create_index("ix_tickets_assignee_id_state", "tickets", ["assignee_id", "state"], unique=False)
    op.create_index(op.f("ix_tickets_follow_up_of_id"), "tickets", ["follow_up_of_id"], unique=False)
    op.create_index(op.f("ix_tickets_merged_into_id"), "tickets", ["merged_into_id"], unique=False)
    op.create_index(op.f("ix_tickets_organisation_id"), "tickets", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_tickets_requester_id"), "tickets", ["requester_id"], unique=False)
    op.create_index("ix_tickets_state_last_word_at", "tickets", ["state", "last_word_at", "id"], unique=False)
    op.create_index("ix_tickets_thread_id", "tickets", ["thread_id"], unique=False)
    op.create_index(
        "uq_tickets_live_thread",
        "tickets",
        ["thread_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('new', 'open', 'pending', 'hold', 'solved')"),
        postgresql_where=sa.text("state IN ('new', 'open', 'pending', 'hold', 'solved')"),
    )
    op.create_table(
        "ticket_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("version", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name=op.f("fk_ticket_events_actor_id_accounts")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_events_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_events")),
    )
    op.create_index(op.f("ix_ticket_events_ticket_id"), "ticket_events", ["ticket_id"], unique=False)
    op.create_table(
        "ticket_followers",
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_ticket_followers_account_id_accounts")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_followers_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", "account_id", name=op.f("pk_ticket_followers")),
    )
    op.create_index(op.f("ix_ticket_followers_account_id"), "ticket_followers", ["account_id"], unique=False)
    op.create_table(
        "ticket_messages",
        sa.Column("id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column(
            "audience",
            sa.Enum("public", "requester", "internal", name="audience", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column(
            "side",
            sa.Enum("requester", "staff", "context", "program", name="side", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum("web", "thread", "automatic", name="messagekind", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("author_id", BigId, nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("cooker_version", BigId, nullable=False),
        sa.Column("source_kind", sa.String(length=20), nullable=True),
        sa.Column("source_id", BigId, nullable=True),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_ticket_messages_author_id_accounts")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_messages_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_messages")),
        sa.UniqueConstraint("source_kind", "source_id", name=op.f("uq_ticket_messages_source_kind_source_id")),
    )
    op.create_index(op.f("ix_ticket_messages_author_id"), "ticket_messages", ["author_id"], unique=False)
    op.create_index(op.f("ix_ticket_messages_ticket_id"), "ticket_messages", ["ticket_id"], unique=False)


def downgrade() -> None:
    op.drop_table("ticket_messages")
    op.drop_table("ticket_followers")
    op.drop_table("ticket_events")
    op.drop_table("tickets")
    op.drop_table("me_too")
    op.drop_table("ticket_counter")
