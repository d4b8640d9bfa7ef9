"""Who somebody was at another site, when two accounts become one."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum.clock import now
from forum.i18n import gettext as _
from forum.importers.models import ImportedId, ImportRun
from forum.importers.personal import USER
from forum.importers.runs import SILENT
from forum.merging import QUIETLY, Joins, Merge


def refuses(session: Session, _merge: Merge) -> Iterator[str]:
    """An import remembers for a while who is who."""
    running = (ImportRun.ended_at.is_(None), ImportRun.seen_at > now() - SILENT)
    if session.scalar(select(ImportRun.id).where(*running).limit(1)) is not None:
        yield _("An import is running. Wait until it is through.")


def carry_over(session: Session, merge: Merge) -> None:
    theirs = (ImportedId.kind == USER, ImportedId.local_id == merge.from_id)
    session.execute(update(ImportedId).where(*theirs).values(local_id=merge.to_id), **QUIETLY)


JOINS = Joins(name="imports", by_hand={ImportedId.local_id: ""}, refuses=(refuses,), before=(carry_over,))
