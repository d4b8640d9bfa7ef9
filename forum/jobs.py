"""Work done later: an outbox in the same database, a schedule, and the loop that works it off.

A row is written in the transaction of the act that wants it, so it exists exactly when
the act happened. A worker leases a row; when it dies, the lease runs out and another
takes the row. A `transactional` job does its work in the transaction that also settles
the row, so its effect is single even then. An `outgoing` job leaves the database (mail,
webhooks): it may happen again after a crash, so it must carry an id the receiver can
recognise, and it is retried with growing pauses until it is declared dead.
"""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from cronsim import CronSim
from sqlalchemy import Index, Insert, String, Update, and_, bindparam, delete, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum.clock import now
from forum.db import Base, Database, insert_on
from forum.outages import outage_of
from forum.prepared import prepared

log = structlog.get_logger()
LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 8
KEPT = timedelta(days=7)
KEYS_KEPT = timedelta(days=60)  # longer than any schedule's turn, and than any mail is worth repeating
IDLE = 0.5
BEAT = timedelta(seconds=10)
AGAIN = 2.0
PUT_OFF = timedelta(seconds=10)


class Job(Base):
    """One piece of work. `key`, when given, is unique among all jobs kept: the same work is not queued twice.

    Dead is what failed for good; `discarded_at` when an admin said that it need not be done.
    """

    __tablename__ = "jobs"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]]
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    run_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    leased_by: Mapped[str | None] = mapped_column(String(80))
    leased_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        Index(
            "ix_jobs_due",
            "run_at",
            sqlite_where=text("done_at IS NULL AND dead_at IS NULL"),
            postgresql_where=text("done_at IS NULL AND dead_at IS NULL"),
        ),
        Index(
            "ix_jobs_dead",
            "dead_at",
            "id",
            sqlite_where=text("dead_at IS NOT NULL"),
            postgresql_where=text("dead_at IS NOT NULL"),
        ),
    )


class Worker(Base):
    """The heartbeat of one worker."""

    __tablename__ = "workers"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Task:
    """A leased job, as its handler sees it."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int


Transactional = Callable[[Session, dict[str, Any]], None]
Outgoing = Callable[[Task], None]


def enqueue(
    session: Session, kind: str, payload: dict[str, Any], *, run_at: datetime | None = None, key: str | None = None
) -> None:
    """Queue work in the session's own transaction; with a `key` that is already queued, do nothing."""
    moment = now()
    row = {"kind": kind, "payload": payload, "key": key, "run_at": run_at or moment, "attempts": 0}
    _queue(session, None, session.get_bind().dialect.name, **row, created_at=moment)


@prepared
def _queue(_reader: None, dialect: str) -> Insert:
    return insert_on(dialect, Job).on_conflict_do_nothing(index_elements=["key"])


class Jobs:
    """Who does which kind of work, and when what comes round again is due."""

    def __init__(self) -> None:
        self.transactional: dict[str, Transactional] = {}
        self.outgoing: dict[str, Outgoing] = {}
        self.schedule: dict[str, str] = {}

    def does(self, kind: str, handler: Transactional) -> None:
        self.transactional[kind] = handler

    def sends(self, kind: str, handler: Outgoing) -> None:
        self.outgoing[kind] = handler

    def every(self, cron: str, kind: str, handler: Transactional) -> None:
        """Run a transactional job by the clock (five cron fields, UTC), once however many workers there are."""
        self.does(kind, handler)
        self.schedule[kind] = cron


class Workshop:
    """Takes jobs one at a time. `run` until told to stop, or `drain` what is due now."""

    def __init__(self, database: Database, jobs: Jobs, *, lease: timedelta = LEASE) -> None:
        self.database = database
        self.jobs = jobs
        self.lease = lease
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._beat_at: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        unsure = False
        while not stop.is_set():
            try:
                if unsure:
                    self._let_go()
                    unsure = False
                self.beat()
                if not self.work_one():
                    stop.wait(IDLE)
            except Exception as error:  # a database that is away comes back; the loop must still be there then
                outage = outage_of(error)
                log.warning("worker: trying again", error=str(error), exc_info=None if outage else error)
                unsure = True
                stop.wait(AGAIN)
        self._leave()

    def _let_go(self) -> None:
        """Free what was leased, or what a lost reply said nothing of: between two jobs a worker holds none."""
        held = update(Job).where(Job.leased_by == self.name, Job.done_at.is_(None)).values(leased_until=None)
        self.database.write(lambda session: session.execute(held))

    def _leave(self) -> None:
        """Take the name off the list of those that work, if there is anybody to tell."""
        try:
            self.database.write(lambda session: session.execute(delete(Worker).where(Worker.name == self.name)))
        except Exception as error:
            if outage_of(error) is None:
                raise

    def drain(self) -> int:
        """Work off all that is due, and say how many jobs that was."""
        count = 0
        while self.work_one():
            count += 1
        return count

    def work_one(self) -> bool:
        task = self.database.write(self._lease)
        if task is None:
            return False
        try:
            if (send := self.jobs.outgoing.get(task.kind)) is not None:
                send(task)
                self.database.write(lambda session: self._settle(session, task))
            else:
                self.database.write(lambda session: self._do(session, task))
        except Exception as error:  # any failure of a handler is the job's failure, never the loop's
            if outage_of(error) is not None:
                self.database.write(lambda session: self._put_back(session, task))
                raise
            log.warning("job failed", job=task.id, kind=task.kind, attempt=task.attempts, error=repr(error))
            failure = repr(error)
            self.database.write(lambda session: self._fail(session, task, failure))
        return True

    def beat(self) -> None:
        """Say that this worker lives, and queue what the clock says is due."""
        moment = now()
        # Either way: a clock set back an hour must not silence the worker for one.
        if self._beat_at is not None and abs(moment - self._beat_at) < BEAT:
            return
        self.database.write(lambda session: self._tick(session, moment))
        self._beat_at = moment

    def _tick(self, session: Session, moment: datetime) -> None:
        """Queue the last turn of each schedule, unless some worker has; one missed while none ran is caught up once."""
        session.merge(Worker(name=self.name, seen_at=moment))
        session.execute(delete(Worker).where(Worker.seen_at < moment - timedelta(days=1)))
        for kind, cron in self.jobs.schedule.items():
            due = next(CronSim(cron, moment + timedelta(seconds=1), reverse=True))
            enqueue(session, kind, {}, run_at=due, key=f"{kind}@{due.isoformat()}")
        old = or_(Job.done_at < moment - KEYS_KEPT, and_(Job.key.is_(None), Job.done_at < moment - KEPT))
        session.execute(delete(Job).where(old))

    def _lease(self, session: Session) -> Task | None:
        moment = now()
        until = moment + self.lease
        given = {"moment": moment, "until": until, "too_late": until + self.lease, "worker": self.name}
        row = session.connection().execute(_LEASE, given).one_or_none()
        return None if row is None else Task(*row)

    def _do(self, session: Session, task: Task) -> None:
        if self._settle(session, task):
            self.jobs.transactional[task.kind](session, task.payload)

    def _settle(self, session: Session, task: Task) -> bool:
        """Mark the job done, unless its lease was lost to another worker meanwhile."""
        given = {"task_id": task.id, "worker": self.name, "attempt": task.attempts, "moment": now()}
        return session.connection().execute(_SETTLE, given).rowcount == 1

    def _put_back(self, session: Session, task: Task) -> None:
        """What an outage kept from being done has not failed: it is tried for as long as that lasts, others first."""
        session.execute(
            update(Job)
            .where(Job.id == task.id, Job.leased_by == self.name, Job.attempts == task.attempts)
            .values(leased_until=None, attempts=Job.attempts - 1, run_at=now() + PUT_OFF)
        )

    def _fail(self, session: Session, task: Task, failure: str) -> None:
        dead = task.attempts >= MAX_ATTEMPTS
        pause = timedelta(seconds=min(3600, 5 * 3 ** (task.attempts - 1)) * random.uniform(0.8, 1.2))  # noqa: S311
        session.execute(
            update(Job)
            .where(Job.id == task.id, Job.leased_by == self.name, Job.attempts == task.attempts)
            .values(leased_until=None, error=failure[:2000], run_at=now() + pause, dead_at=now() if dead else None)
        )


def _lease() -> Update:
    """Lease what is due longest.

    Due is also what was wanted at once, where the clock was set back since and its time is yet to come. Free is what
    nobody leased, or not for so long: a lease that ends later than any given now could was given before the clock was
    set back.
    """
    moment: Any = bindparam("moment")
    due = or_(Job.run_at <= moment, and_(Job.created_at > moment, Job.run_at <= Job.created_at))
    free = or_(Job.leased_until.is_(None), Job.leased_until < moment, Job.leased_until > bindparam("too_late"))
    first = select(Job.id).where(Job.done_at.is_(None), Job.dead_at.is_(None), due, free).order_by(Job.run_at, Job.id)
    lease = update(Job).where(Job.id == first.limit(1).with_for_update(skip_locked=True).scalar_subquery())
    lease = lease.values(leased_by=bindparam("worker"), leased_until=bindparam("until"), attempts=Job.attempts + 1)
    return lease.returning(Job.id, Job.kind, Job.payload, Job.attempts)


def _settle() -> Update:
    leased = (Job.leased_by == bindparam("worker"), Job.attempts == bindparam("attempt"), Job.done_at.is_(None))
    settle = update(Job).where(Job.id == bindparam("task_id"), *leased)
    return settle.values(done_at=bindparam("moment"), leased_until=None, error=None)


_LEASE, _SETTLE = _lease(), _settle()
