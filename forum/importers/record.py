"""What a run says of itself in the database while it goes on, in short writes of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from forum.clock import now
from forum.db import Database
from forum.importers.dump import DumpError
from forum.importers.models import ImportRun
from forum.importers.run import Report, Show

PAUSE = 2.0
"""Seconds between two words about how far a run is: a page that shows it is never much older."""
LONGEST_ERROR = 1000


class Record:
    """The row of one run; `show` is a progress that also writes there."""

    def __init__(self, database: Database, run_id: int, report: Report, show: Show) -> None:
        self.database = database
        self.run_id = run_id
        self.report = report
        self._show = show
        self._said = 0.0

    @contextmanager
    def show(self, phase: str, total: int) -> Iterator[Callable[[int], None]]:
        done = 0
        self.say(phase=phase[:80], done=0, total=total)

        def advance(count: int) -> None:
            nonlocal done
            done += count
            further(count)
            if time.monotonic() - self._said >= PAUSE:
                self.say(done=min(done, total))

        with self._show(phase, total) as further:
            yield advance

    def say(self, **columns: Any) -> None:
        self._said = time.monotonic()
        values = {"seen_at": now(), "report": as_counts(self.report), **columns}
        statement = update(ImportRun).where(ImportRun.id == self.run_id).values(**values)
        self.database.write(lambda session: session.execute(statement))


@contextmanager
def recorded(database: Database, source_id: int, form: str, report: Report, show: Show) -> Iterator[Show]:
    """Let a run be seen: from its beginning, as far as it comes, to its end, whatever that is."""
    record = Record(database, database.write(lambda session: _begin(session, source_id, form)), report, show)
    try:
        yield record.show
    except BaseException as error:
        record.say(ended_at=now(), error=_words(error)[:LONGEST_ERROR])
        raise
    record.say(ended_at=now())


def as_counts(report: Report) -> dict[str, Any]:
    """What came of the rows so far, as plain values."""
    kinds = dict.fromkeys((*report.read, *report.added, *report.changed))
    return {
        "kinds": {
            kind: {"read": report.read[kind], "added": report.added[kind], "changed": report.changed[kind]}
            for kind in kinds
        },
        "skipped": [[kind, why, count] for (kind, why), count in sorted(report.skipped.items())][:100],
        "notes": report.notes[:20],
    }


def _begin(session: Session, source_id: int, form: str) -> int:
    run = ImportRun(source_id=source_id, format=form, report={}, started_at=now(), seen_at=now())
    session.add(run)
    session.flush()
    return run.id


def _words(error: BaseException) -> str:
    if isinstance(error, DumpError):
        return str(error)
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return "It was stopped by hand."
    return f"The import ended at an error of the program ({type(error).__name__})."
