"""Where the work stands: a page in a fixed number of queries, none of which goes through all that was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cronsim import CronSim
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.jobs import BEAT, Job, Jobs, Worker
from forum.outbox.words import fault_words, payload_words, technical

PAGE = 30
LATELY = 20
ALIVE = 6 * BEAT
"""A worker that said nothing for so long is busy with one long job, or gone."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Jobs of one kind; `failed` of them failed before, and are to be tried again."""

    kind: str
    count: int
    since: datetime
    failed: int


@dataclass(frozen=True, slots=True)
class Running:
    id: int
    kind: str
    worker: str | None


@dataclass(frozen=True, slots=True)
class Done:
    id: int
    kind: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Dead:
    id: int
    kind: str
    fault: str
    note: str
    payload: list[tuple[str, str]]
    attempts: int
    created_at: datetime
    dead_at: datetime
    discarded_at: datetime | None


@dataclass(frozen=True, slots=True)
class Turn:
    """What the clock asks for: when its last turn was to be and when that was done, and when the next one is."""

    kind: str
    cron: str
    last: datetime
    done_at: datetime | None
    failed: bool
    next: datetime


@dataclass(frozen=True, slots=True)
class Outbox:
    waiting: tuple[Waiting, ...]
    running: tuple[Running, ...]
    done: tuple[Done, ...]
    dead_kinds: Mapping[str, int]
    discarded: int
    workers: tuple[tuple[str, datetime], ...]
    alive: bool
    turns: tuple[Turn, ...]

    @property
    def dead(self) -> int:
        return sum(self.dead_kinds.values())


def outbox(session: Session, actor: Actor, jobs: Jobs) -> Outbox:
    """
    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    moment = now()
    open_ = (Job.done_at.is_(None), Job.dead_at.is_(None))
    leased = Job.leased_until > moment
    free = or_(Job.leased_until.is_(None), Job.leased_until <= moment)
    failed = func.count(Job.error)
    waiting = select(Job.kind, func.count(), func.min(Job.run_at), failed).where(*open_, free)
    running = select(Job.id, Job.kind, Job.leased_by).where(*open_, leased)
    done = select(Job.id, Job.kind, Job.done_at).where(Job.done_at.is_not(None)).order_by(Job.id.desc())
    aside = Job.discarded_at.is_not(None)
    dead = select(Job.kind, aside, func.count()).where(Job.dead_at.is_not(None)).group_by(Job.kind, aside)
    counts = session.execute(dead.order_by(Job.kind)).all()
    workers = session.execute(select(Worker.name, Worker.seen_at).order_by(Worker.seen_at.desc()).limit(LATELY))
    seen = tuple((name, at) for name, at in workers)
    rows = session.execute(waiting.group_by(Job.kind).order_by(func.min(Job.run_at)))
    return Outbox(
        waiting=tuple(Waiting(*row) for row in rows),
        running=tuple(Running(*row) for row in session.execute(running.order_by(Job.id).limit(LATELY))),
        done=tuple(Done(*row) for row in session.execute(done.limit(LATELY))),
        dead_kinds={kind: count for kind, discarded, count in counts if not discarded},
        discarded=sum(count for _kind, discarded, count in counts if discarded),
        workers=seen,
        alive=any(moment - at < ALIVE for _name, at in seen),
        turns=_turns(session, jobs, moment),
    )


def dead_jobs(
    session: Session, actor: Actor, jobs: Jobs, *, kind: str = "", discarded: bool = False, before: int | None = None
) -> tuple[tuple[Dead, ...], int | None]:
    """Jobs that failed for good, thirty a page, those with the highest number first; the last number if more follow.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    aside = Job.discarded_at.is_not(None) if discarded else Job.discarded_at.is_(None)
    query = select(Job).where(Job.dead_at.is_not(None), aside)
    if kind:
        query = query.where(Job.kind == kind)
    if before is not None:
        query = query.where(Job.id < before)
    found = session.scalars(query.order_by(Job.id.desc()).limit(PAGE + 1)).all()
    known = frozenset(jobs.transactional) | frozenset(jobs.outgoing)
    rows = tuple(
        Dead(
            job.id,
            job.kind,
            fault_words(job.kind, job.error, known),
            technical(job.error),
            payload_words(job.payload),
            job.attempts,
            job.created_at,
            job.dead_at or job.created_at,
            job.discarded_at,
        )
        for job in found[:PAGE]
    )
    return rows, rows[-1].id if len(found) > PAGE else None


def _turns(session: Session, jobs: Jobs, moment: datetime) -> tuple[Turn, ...]:
    """Each turn of a schedule has a key of its own, so its row is looked up by that."""
    last = {
        kind: next(CronSim(cron, moment + timedelta(seconds=1), reverse=True)) for kind, cron in jobs.schedule.items()
    }
    keys = {f"{kind}@{due.isoformat()}": kind for kind, due in last.items()}
    rows = session.execute(select(Job.key, Job.done_at, Job.dead_at).where(Job.key.in_(keys)))
    found = {keys[row.key]: row for row in rows}
    turns = (
        Turn(
            kind,
            cron,
            last[kind],
            found[kind].done_at if kind in found else None,
            bool(kind in found and found[kind].dead_at),
            next(CronSim(cron, moment)),
        )
        for kind, cron in jobs.schedule.items()
    )
    return tuple(sorted(turns, key=lambda turn: turn.next))
