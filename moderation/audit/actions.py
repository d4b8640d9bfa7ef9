"""Writing the log, and proving that nobody has rewritten it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from forum.clock import now
from forum.events import StaffAction
from moderation.audit import chain
from moderation.audit.models import AuditEntry, AuditHead, AuditText

BLOCK = 1000


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that does not fit, and why."""

    entry_id: int
    why: str


def append(session: Session, events: list[StaffAction]) -> None:
    """Add entries at the end of the chain, holding its head until commit so that writers take turns."""
    head = lock_head(session)
    for event in events:
        facts, texts = chain.split(event)
        salt = secrets.token_hex(16)
        entry: dict[str, Any] = {
            "at": now(),
            "actor_id": event.actor_id,
            "action": type(event).__name__,
            "facts": facts,
            "text_digest": chain.digest_of(salt, texts) if texts else None,
        }
        digest = chain.entry_hash(head.hash, number=head.count + 1, **entry)
        session.add(AuditEntry(id=head.count + 1, previous_hash=head.hash, hash=digest, **entry))
        if texts:
            session.add(AuditText(entry_id=head.count + 1, salt=salt, texts=texts))
        head.count, head.hash = head.count + 1, digest
    session.flush()


def erase_texts(session: Session, entry_ids: list[int]) -> None:
    """Forget the words of some entries for good; that they stand, and the chain, remain."""
    session.execute(delete(AuditText).where(AuditText.entry_id.in_(entry_ids)))


def verify(session: Session) -> tuple[int, Broken | None]:
    """Walk the whole chain: how many entries stand, and the first that is broken."""
    walk = Walk(0, chain.START)
    while not walk.ended:
        walk = go_on(session, walk)
        session.expunge_all()
    return walk.number, walk.broken


@dataclass(frozen=True, slots=True)
class Walk:
    """How far the chain was followed: to the entry `number`, whose hash is `previous`."""

    number: int
    previous: str
    broken: Broken | None = None
    ended: bool = False


def go_on(session: Session, walk: Walk) -> Walk:
    """Follow the chain for a block more, and at its end compare it with its head."""
    number, previous = walk.number, walk.previous
    rows = _block(session, number)
    for entry, text in rows:
        if entry.id != number + 1:
            return Walk(number, previous, Broken(number + 1, "is missing"), ended=True)
        if (why := _fault(entry, text, previous)) is not None:
            return Walk(number, previous, Broken(entry.id, why), ended=True)
        number, previous = entry.id, entry.hash
    if len(rows) == BLOCK:
        return Walk(number, previous)
    return Walk(number, previous, _at_the_head(session, number, previous), ended=True)


def _at_the_head(session: Session, number: int, previous: str) -> Broken | None:
    head = session.get(AuditHead, 1)
    count, last = (head.count, head.hash) if head else (0, chain.START)
    if count > number:
        return Broken(number + 1, "is missing")
    if (count, last) != (number, previous):
        return Broken(number, "is not what the head of the chain remembers")
    return None


def _fault(entry: AuditEntry, text: AuditText | None, previous: str) -> str | None:
    if entry.previous_hash != previous:
        return "does not follow the entry before it"
    expected = chain.entry_hash(
        previous,
        number=entry.id,
        at=entry.at,
        actor_id=entry.actor_id,
        action=entry.action,
        facts=entry.facts,
        text_digest=entry.text_digest,
    )
    if entry.hash != expected:
        return "was changed"
    if text is not None and chain.digest_of(text.salt, text.texts) != entry.text_digest:
        return "has a text that was changed"
    return None


def _block(session: Session, after: int) -> list[tuple[AuditEntry, AuditText | None]]:
    rows = session.execute(
        select(AuditEntry, AuditText)
        .outerjoin(AuditText, AuditText.entry_id == AuditEntry.id)
        .where(AuditEntry.id > after)
        .order_by(AuditEntry.id)
        .limit(BLOCK)
    )
    return [(entry, text) for entry, text in rows]


def lock_head(session: Session) -> AuditHead:
    """The head of the chain, made where there is none; nobody else adds an entry until commit."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(AuditHead).values(id=1, count=0, hash=chain.START).on_conflict_do_nothing())
    return session.execute(
        select(AuditHead).where(AuditHead.id == 1).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
