"""The ledger's one table."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base


class Rule(enum.StrEnum):
    """Why points move."""

    JOINED = "joined"
    IMPORTED = "imported"
    QUESTION_UP = "question_up"
    QUESTION_DOWN = "question_down"
    ANSWER_UP = "answer_up"
    ANSWER_DOWN = "answer_down"
    DOWN_CAST = "down_cast"
    ACCEPTED = "accepted"
    ACCEPTING = "accepting"
    EDIT_APPROVED = "edit_approved"
    ABUSE = "abuse"


class LedgerEntry(Base):
    """Points given or taken, or the taking back of such a row. Triggers refuse change and deletion.

    An award is named by `key` ("answer_up:answer:5:7": the up vote of account 7 on answer 5)
    and `round`, which counts how often it was made. It lives until a row with its id in
    `reverses_id` takes it back; both are unique, so nothing is paid or taken back twice.

    `points` is what was applied, `nominal` what the rules said before the day's cap and the
    floor. `restores_id` is the award that a restored post's row repeats; such a row does
    not count for the cap again.
    """

    __tablename__ = "ledger_entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    rule: Mapped[Rule]
    points: Mapped[int]
    nominal: Mapped[int]
    cause_kind: Mapped[str] = mapped_column(String(20))
    cause_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(100))
    round: Mapped[int]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    day: Mapped[date]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    restores_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        Index(
            "uq_ledger_entries_award",
            "key",
            "round",
            unique=True,
            sqlite_where=text("reverses_id IS NULL"),
            postgresql_where=text("reverses_id IS NULL"),
        ),
        Index("ix_ledger_entries_account", "account_id", "id"),
        Index("ix_ledger_entries_account_growth", "account_id", "day", "rule", "points", "reverses_id", "restores_id"),
        Index("ix_ledger_entries_cause", "cause_kind", "cause_id"),
        Index("ix_ledger_entries_lately", "created_at", "rule", "account_id", "points", "reverses_id"),
    )
