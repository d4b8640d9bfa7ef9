"""Carrying an erasure out: a batch a transaction, each taking up where the last one ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum.accounts.merged import former_accounts
from forum.accounts.models import Account
from forum.accounts.personal import subject_of
from forum.clock import now
from forum.db import Database
from forum.erasures.actions import PERFORM
from forum.erasures.log import Erased, note
from forum.erasures.models import ErasureRequest
from forum.events import emit
from forum.events.accounts import ErasureDone
from forum.jobs import Job, Jobs, enqueue
from forum.personal import Personal
from forum.settings import Settings

DUE = "erasures.due"
A_WHILE = 0.2
"""Seconds that one transaction goes on with further batches: nobody who writes waits longer for it."""
SETTLES = timedelta(seconds=20)
"""After the doors were shut, what was sent just before is waited for: a write waits 15 seconds for its turn."""


class Eraser:
    """The jobs of erasing, for the parts that a site has."""

    def __init__(self, personal: Personal) -> None:
        self.personal = personal

    def install(self, jobs: Jobs) -> None:
        jobs.does(PERFORM, self.perform)
        jobs.every("*/10 * * * *", DUE, self.start_due)

    def start_due(self, session: Session, _payload: dict[str, Any]) -> None:
        """Start what is due, and take up again what no job is at any more."""
        query = select(ErasureRequest.id).where(
            ErasureRequest.due_at <= now(), ErasureRequest.withdrawn_at.is_(None), ErasureRequest.done_at.is_(None)
        )
        waiting = select(Job.payload).where(Job.kind == PERFORM, Job.done_at.is_(None), Job.dead_at.is_(None))
        at_work = {payload.get("request_id") for payload in session.scalars(waiting)}
        for request_id in session.scalars(query.order_by(ErasureRequest.id).limit(100)).all():
            if request_id not in at_work:
                enqueue(session, PERFORM, {"request_id": request_id})

    def perform(self, session: Session, payload: dict[str, Any]) -> None:
        """Do some of an erasure, and queue the rest."""
        request = session.get(ErasureRequest, payload["request_id"], with_for_update=True)
        if request is None or request.withdrawn_at or request.done_at or request.due_at > now():
            return
        account = session.get_one(Account, request.account_id, with_for_update=True)
        if account.roles and request.begun_at is None:  # given since it was asked for: an admin hands it over first
            return
        steps = self.personal.steps
        if request.begun_at is None:
            self._begin(session, request, account)
        if request.steps != len(steps):  # another version of the program began it
            request.steps, request.step, request.position = len(steps), 0, 0
        subject, until = subject_of(account, content=request.content), time.monotonic() + A_WHILE
        while request.step < len(steps):
            end = steps[request.step](session, subject, request.position)
            request.step, request.position = (request.step + 1, 0) if end is None else (request.step, end)
            if time.monotonic() > until or request.step == 1:
                break
        if request.step < len(steps):
            pause = SETTLES if request.step == 1 else timedelta(0)
            enqueue(session, PERFORM, {"request_id": request.id}, run_at=now() + pause)
        else:
            request.done_at = now()
            emit(
                session,
                ErasureDone(actor_id=request.owner_id, account_id=request.account_id, request_id=request.id),
            )

    def _begin(self, session: Session, request: ErasureRequest, account: Account) -> None:
        settings: Settings = session.info["settings"]
        request.begun_at = now()
        for one in (account, *former_accounts(session, account.id)):  # a backup may know them as two
            note(settings.var, Erased(one.id, one.created_at, request.content, request.begun_at))


def erase_again(
    database: Database, personal: Personal, records: Iterable[Erased], told: Callable[[], None] = lambda: None
) -> int:
    """Do erasures again that a restored backup does not know of; says how many people they concerned."""
    wanted: dict[int, Erased] = {}
    for record in records:
        known = wanted.get(record.account_id)
        wanted[record.account_id] = record if known is None or record.content else known
    count = 0
    for record in wanted.values():
        count += _again(database, personal, record)
        told()
    return count


def _again(database: Database, personal: Personal, record: Erased) -> bool:
    def subject(session: Session) -> Any:
        account = session.get(Account, record.account_id)
        same = account is not None and account.created_at == record.made_at
        return subject_of(account, content=record.content) if account is not None and same else None

    with database.reading() as session:
        if subject(session) is None:
            return False
    for step in personal.steps:
        position: int | None = 0
        while position is not None:
            at = position
            position = database.write(lambda session, step=step, at=at: step(session, subject(session), at))  # type: ignore[misc]
    database.write(lambda session: _settle(session, record))
    return True


def _settle(session: Session, record: Erased) -> None:
    mine = (ErasureRequest.account_id == record.account_id, ErasureRequest.done_at.is_(None))
    session.execute(update(ErasureRequest).where(*mine).values(done_at=now(), withdrawn_at=None))
    emit(session, ErasureDone(actor_id=None, account_id=record.account_id, request_id=0))
