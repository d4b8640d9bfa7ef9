"""The table of what moved, and which tables leave rows in it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base

EVERYTHING = "*"
"""The noun of a row that stands for all: whoever meets it forgets what it kept."""

WATCHED: dict[str, str | None] = {
    "account_sessions": "account_id",
    "accounts": "id",
    "answers": "thread_id",
    "comments": "thread_id",
    "flags": None,
    "follows": "subject_id",
    "guidelines": None,
    "ignored": "account_id",
    "import_runs": "id",
    "ledger_entries": "account_id",
    "me_too": "thread_id",
    "notifications": "account_id",
    "options": None,
    "organisations": "id",
    "reviews": "id",
    "revisions": "post_id",
    "sanctions": "account_id",
    "space_organisations": None,
    "spaces": None,
    "tags": "id",
    "thread_tags": "thread_id",
    "threads": "id",
    "ticket_events": "ticket_id",
    "ticket_followers": "ticket_id",
    "ticket_messages": "ticket_id",
    "tickets": "id",
    "unhelpful_answers": "answer_id",
    "votes": "post_id",
}
"""Tables whose writes are noted, by name since the core knows no noun, with the column that tells its rows apart."""

UNSEEN: dict[str, frozenset[str]] = {
    "account_sessions": frozenset({"user_agent", "address", "confirmed_at", "remembered"}),
    "accounts": frozenset(
        {
            "email",
            "unconfirmed_email",
            "password_hash",
            "sign_in_alerts",
            "unread_count",
            "ignores",
            "consented_version",
            "locale",
        }
    ),
    "notifications": frozenset({"by_mail", "letter_id", "why"}),
}
"""Columns that no page of others shows, and no page of many: to write these alone is not noted."""


class Change(Base):
    """One row that was written: `noun` is its table, `key` tells it apart where the table has a key.

    `transaction` is PostgreSQL's own number of the transaction: ids are given out before the commit, so only it
    tells what a snapshot could not see yet. SQLite, with one writer at a time, leaves it empty.
    """

    __tablename__ = "changes"
    id: Mapped[int] = mapped_column(primary_key=True)
    noun: Mapped[str] = mapped_column(String(40))
    key: Mapped[int | None]
    transaction: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_changes_transaction", "transaction"), Index("ix_changes_at", "at"))
