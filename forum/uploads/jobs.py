"""Letting go of bytes: those of files that were erased, and those that no file knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from forum.clock import now
from forum.db import Database
from forum.jobs import Jobs, Task, enqueue
from forum.storage import Kept, Storage
from forum.uploads import actions
from forum.uploads.actions import PURGE, UNDO, forget
from forum.uploads.holders import holders_of
from forum.uploads.models import File, FileSweep, FileUse

SWEEP, DUE = "uploads.sweep", "uploads.sweep_due"
UNUSED = timedelta(days=1)
"""How long a file waits for a post that shows it, and bytes for their file."""
BATCH = 500


class Sweeper:
    """Knows the storage as well, which the transactions of jobs have no business with."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self.database = database
        self.storage = storage

    def install(self, jobs: Jobs) -> None:
        jobs.every("23 3 * * *", DUE, due)
        jobs.sends(SWEEP, self.sweep)
        jobs.sends(PURGE, self.purge)

    def purge(self, task: Task) -> None:
        for key in task.payload["keys"]:
            self.storage.delete(key)

    def sweep(self, _task: Task | None = None) -> None:
        """Let go of files that nobody used or that were removed long ago, then of bytes that no file knows.

        Bytes are written under a key of their own before their file's row, which follows within the hour or never: a
        day later, what no row names is nobody's, and nobody can be about to name it.
        """
        unused = 0
        while count := self.database.write(let_go):
            unused += count
        self.database.write(drop_uses_of_nothing)
        looked_at = orphans = orphan_bytes = 0
        found = iter(self.storage.all())
        while some := list(islice(found, BATCH)):
            looked_at += len(some)
            for kept in self._unknown(some):
                self.storage.delete(kept.key)
                orphans, orphan_bytes = orphans + 1, orphan_bytes + kept.size
        swept = FileSweep(looked_at=looked_at, orphans=orphans, orphan_bytes=orphan_bytes, unused=unused)
        self.database.write(lambda session: session.add(swept))

    def _unknown(self, some: Iterable[Kept]) -> list[Kept]:
        before = now() - UNUSED
        old = {kept.key: kept for kept in some if kept.written_at < before}
        if not old:
            return []
        with self.database.reading() as session:
            query = select(File.key, File.thumbnail_key).where(or_(File.key.in_(old), File.thumbnail_key.in_(old)))
            known = {key for row in session.execute(query) for key in row}
        return [kept for key, kept in old.items() if key not in known]


def due(session: Session, _payload: dict[str, Any]) -> None:
    enqueue(session, SWEEP, {})


def let_go(session: Session) -> int:
    """One batch of files that no post came to show within a day, or that were removed and not given back."""
    unused = File.attached_at.is_(None) & (File.created_at < now() - UNUSED)
    return forget(session, unused | (File.removed_at < now() - UNDO))


def drop_uses_of_nothing(session: Session) -> None:
    """Posts and messages that were erased by whatever way take with them what was attached to them alone."""
    for holder in holders_of(session):
        gone = select(FileUse.holder_id).where(FileUse.holder_kind == holder.kind, ~holder.there(FileUse.holder_id))
        actions.forget_holders(session, holder.kind, session.scalars(gone.distinct().limit(BATCH)).all())
    lost = File.attached_at.is_not(None) & ~exists().where(FileUse.file_id == File.id)
    forget(session, lost)
