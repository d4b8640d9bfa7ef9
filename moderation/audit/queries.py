"""Reading the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Result, Select, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.threads.queries import Person, people
from moderation.audit.models import AuditEntry, AuditText
from moderation.reviews.models import ReviewDecision

PAGE = 50


@dataclass(frozen=True, slots=True)
class LogRow:
    """`decision` is the one made or taken back; `texts` is None where the words were erased, empty without any."""

    id: int
    at: datetime
    actor: Person | None
    by_program: bool
    action: str
    facts: dict[str, Any]
    decision: ReviewDecision | None
    texts: dict[str, Any] | None
    hash: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: one kind of act, those of one person, only those of admins, from a moment on, before another."""

    action: str = ""
    who: str = ""
    by_admins: bool = False
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Log:
    rows: tuple[LogRow, ...]
    actions: tuple[str, ...]
    older: int | None


def log(session: Session, actor: Actor, wanted: Wanted = Wanted(), *, before: int | None = None) -> Log:
    """The newest entries first, fifty a page; `before` is the last entry of the page before."""
    query = _entries(actor, wanted)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    found = session.execute(query.limit(PAGE + 1)).all()
    page = found[:PAGE]
    known = people(session, [entry.actor_id for entry, _text in page])
    decisions = _decisions(session, {entry.facts.get("decision_id") for entry, _text in page})
    rows = tuple(
        LogRow(
            id=entry.id,
            at=entry.at,
            actor=known.get(entry.actor_id or 0),
            by_program=entry.actor_id is None,
            action=entry.action,
            facts=entry.facts,
            decision=decisions.get(entry.facts.get("decision_id", 0)),
            texts=text.texts if text else None if entry.text_digest else {},
            hash=entry.hash,
        )
        for entry, text in page
    )
    names = tuple(session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)))
    return Log(rows, names, page[-1][0].id if len(found) > PAGE else None)


def exported(session: Session, actor: Actor, wanted: Wanted, most: int) -> Result[Any]:
    """The newest entries as plain rows."""
    columns = (
        AuditEntry.id,
        AuditEntry.at,
        AuditEntry.action,
        AuditEntry.facts,
        AuditEntry.text_digest,
        AuditEntry.hash,
        AuditText.texts,
        Account.handle,
    )
    query = _entries(actor, wanted).with_only_columns(*columns, maintain_column_froms=True)
    return session.execute(query.outerjoin(Account, Account.id == AuditEntry.actor_id).limit(most))


def _entries(actor: Actor, wanted: Wanted) -> Select[AuditEntry, AuditText]:
    query = (
        select(AuditEntry, AuditText)
        .outerjoin(AuditText, AuditText.entry_id == AuditEntry.id)
        .where(AuditEntry.visible_to(actor))
    )
    if wanted.action:
        query = query.where(AuditEntry.action == wanted.action)
    if wanted.who:
        query = query.where(AuditEntry.actor_id.in_(select(Account.id).where(Account.handle == wanted.who.lower())))
    if wanted.by_admins:
        query = query.where(AuditEntry.actor_id.in_(select(Account.id).where(Account.admin.is_(True))))
    if wanted.since is not None:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEntry.at < wanted.until)
    return query.order_by(AuditEntry.id.desc())


def _decisions(session: Session, ids: set[int | None]) -> dict[int, ReviewDecision]:
    rows = session.scalars(select(ReviewDecision).where(ReviewDecision.id.in_([one for one in ids if one is not None])))
    return {row.id: row for row in rows}
