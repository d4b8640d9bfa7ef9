"""Where a chain of duplicates ends."""

from __future__ import annotations

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.threads.models import Thread
from forum.threads.queries.listing import as_rows, select_rows
from forum.threads.queries.rows import ThreadRow

MAX_CHAIN = 20


def original_of(session: Session, actor: Actor | None, thread_id: int | None) -> ThreadRow | None:
    """The thread at the end of a chain, if the actor may see it."""
    if thread_id is None:
        return None
    chain = select(Thread.id, Thread.duplicate_of_id, literal(0).label("step")).where(Thread.id == thread_id)
    links = chain.cte("chain", recursive=True)
    links = links.union_all(
        select(Thread.id, Thread.duplicate_of_id, links.c.step + 1)
        .join(links, Thread.id == links.c.duplicate_of_id)
        .where(links.c.step < MAX_CHAIN)
    )
    root = select(links.c.id).order_by(links.c.step.desc()).limit(1).scalar_subquery()
    found = session.execute(select_rows().where(Thread.id == root, Thread.visible_to(actor))).all()
    return as_rows(session, found)[0] if found else None
