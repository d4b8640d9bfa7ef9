"""What admins see of imports: the runs, how far they are, and what an open page is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.importers.models import ImportRun, ImportSource
from forum.live import NOTHING, Kind, Kinds, Shown

PAGE = 20
LIVE = 10
SILENT = timedelta(minutes=2)
"""A run that has said nothing for so long was killed, or its machine is gone."""
PHASES = {
    "Reading PostHistory.xml": lazy("Reading the history of posts"),
    "Reading Votes.xml": lazy("Reading votes"),
    "Reading Posts.xml": lazy("Reading posts"),
    "Reading topics": lazy("Reading topics"),
    "Reading people": lazy("Reading people"),
    "Reading addresses": lazy("Reading addresses of imported people"),
    "Fetching topics": lazy("Fetching topics"),
    "Fetching people": lazy("Fetching people"),
    "Importing people": lazy("Importing people"),
    "Importing questions": lazy("Importing questions"),
    "Importing answers": lazy("Importing answers"),
    "Importing tags": lazy("Importing tags"),
    "Importing comments": lazy("Importing comments"),
    "Importing links": lazy("Importing links between questions"),
    "Importing bookmarks": lazy("Importing bookmarks"),
}
KINDS = {
    "users": lazy("People"),
    "people without a user row": lazy("People who left no profile"),
    "accepted answers": lazy("Accepted answers"),
    "questions": lazy("Questions"),
    "answers": lazy("Answers"),
    "comments": lazy("Comments"),
    "revisions": lazy("Revisions"),
    "tags": lazy("Tags"),
    "tags that no question has": lazy("Tags that no question has"),
    "tag descriptions": lazy("Descriptions of tags"),
    "bookmarks": lazy("Bookmarks"),
    "links": lazy("Links"),
    "other posts": lazy("Other posts"),
    "products": lazy("Products"),
    "files": lazy("Files"),
    "addresses": lazy("Addresses of imported people"),
    "letters": lazy("Letters to imported people"),
}


@dataclass(frozen=True, slots=True)
class Came:
    what: str
    read: int
    added: int
    changed: int


@dataclass(frozen=True, slots=True)
class RunRow:
    """`state` is "running", "done", "failed", or "silent" for one that ended without a word."""

    id: int
    source: str
    format: str
    state: str
    phase: str
    percent: int
    error: str | None
    came: tuple[Came, ...]
    skipped: tuple[tuple[str, str, int], ...]
    notes: tuple[str, ...]
    started_at: datetime
    seen_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Runs:
    """`unseen` are sources that were imported from before runs were written down."""

    rows: tuple[RunRow, ...]
    older: int | None
    unseen: tuple[tuple[str, datetime], ...]


def runs(session: Session, actor: Actor, *, before: int | None = None) -> Runs:
    """The newest runs, twenty a page.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    query = select(ImportRun, ImportSource.name).join(ImportSource, ImportSource.id == ImportRun.source_id)
    if before is not None:
        query = query.where(ImportRun.id < before)
    found = session.execute(query.order_by(ImportRun.id.desc()).limit(PAGE + 1)).all()
    without = select(ImportSource.name, ImportSource.created_at).where(
        ~exists().where(ImportRun.source_id == ImportSource.id)
    )
    unseen = session.execute(without.order_by(ImportSource.id.desc()).limit(PAGE)) if before is None else ()
    rows = tuple(_row(run, name) for run, name in found[:PAGE])
    return Runs(rows, rows[-1].id if len(found) > PAGE else None, tuple((name, at) for name, at in unseen))


def install(kinds: Kinds) -> None:
    kinds.add(Kind("imports", read, NOTHING))


def read(session: Session, actor: Actor | None, keys: Sequence[str]) -> Mapping[str, Shown]:
    if actor is None or not actor.can(Privilege.ADMINISTER):
        return dict.fromkeys(keys, Shown(None))
    return dict.fromkeys(keys, Shown(facts(session), frozenset({("import_runs", None)})))


def facts(session: Session) -> dict[str, Any]:
    """How far the newest runs are, and in which phase."""
    columns = (ImportRun.id, ImportRun.phase, ImportRun.done, ImportRun.total, ImportRun.ended_at)
    rows = session.execute(select(*columns).order_by(ImportRun.id.desc()).limit(LIVE)).all()
    return {
        "percent": {str(row.id): _percent(row.done, row.total) for row in rows if row.ended_at is None},
        "state": " ".join(f"{row.id}:{row.phase if row.ended_at is None else 'ended'}" for row in rows),
    }


def words() -> dict[str, str]:
    return {"changed": _("An import has come further")}


def _percent(done: int, total: int) -> int:
    return min(100, done * 100 // total) if total else 100


def _row(run: ImportRun, source: str) -> RunRow:
    kinds: Mapping[str, Mapping[str, int]] = run.report.get("kinds", {})
    return RunRow(
        id=run.id,
        source=source,
        format=run.format,
        state=_state(run),
        phase=str(PHASES.get(run.phase, run.phase)),
        percent=_percent(run.done, run.total),
        error=run.error,
        came=tuple(
            Came(str(KINDS.get(kind, kind)), counts["read"], counts["added"], counts["changed"])
            for kind, counts in kinds.items()
        ),
        skipped=tuple((str(KINDS.get(kind, kind)), why, count) for kind, why, count in run.report.get("skipped", ())),
        notes=tuple(run.report.get("notes", ())),
        started_at=run.started_at,
        seen_at=run.seen_at,
        ended_at=run.ended_at,
    )


def _state(run: ImportRun) -> str:
    if run.ended_at is not None:
        return "failed" if run.error else "done"
    return "silent" if now() - run.seen_at > SILENT else "running"
