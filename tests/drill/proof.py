"""What must hold after a fault: all that was acknowledged is there once, and nothing is half done."""

from __future__ import annotations

import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import and_, exists, func, or_, select, text, update
from sqlalchemy.orm import Session

from forum.clock import now
from forum.db import Database
from forum.jobs import PUT_OFF, Job
from forum.notifications.mailing import LETTER
from forum.notifications.models import Notification
from forum.posts import PostKind
from forum.threads.models import Answer, Thread
from forum.votes.models import Vote
from moderation.audit.actions import verify
from reputation.ledger import rebuild
from support.messages.models import Message
from tests.drill.record import Record

PATIENCE = 60.0
TOKEN = re.compile(r"drill-[0-9a-f]{16}")
SOURCES = {"answer": Answer.source, "thread": Thread.source, "message": Message.source}


@dataclass
class Found:
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)
    """What else does not hold, each in words."""
    letters: int = 0
    letters_again: int = 0
    """Sent a second time, with the same Message-ID, by which whoever receives them can tell."""


def prove(database: Database, record: Record, followers: list[int], busy: int, letters: Counter[str] | None) -> Found:
    """Hold the record against the database; the clients rest meanwhile, the server runs."""
    found = Found()
    if not _worked_off(database):
        found.wrong.append("jobs are left over")
    with database.reading() as session:
        _texts(session, record, found)
        _votes(session, record, found)
        _accepted(session, record, found)
        _told(session, record, followers, busy, found)
        found.wrong += _half_done(session)
        found.wrong += [f"{one.subject}: {one.found}" for one in rebuild.check(session, lambda _count: None)]
        _count, broken = verify(session)
        if broken is not None:
            found.wrong.append(f"audit entry {broken.entry_id} {broken.why}")
        if letters is not None:
            _letters(session, letters, found)
        dead = session.execute(select(Job.kind, Job.error).where(Job.dead_at.is_not(None))).all()
        found.wrong += [f"a job was given up: {kind}, {error}" for kind, error in dead[:5]]
    return found


def _worked_off(database: Database) -> bool:
    """Whether all work gets done, once the leases of those that were killed have run out (here at once).

    However much it is, as long as it gets less.
    """

    def left() -> int:
        with database.writing() as session:
            killed = (
                update(Job)
                .where(Job.done_at.is_(None), Job.leased_until > now())
                .where(Job.leased_by.not_in(_living()))
            )
            session.execute(killed.values(leased_until=None))
            waiting = or_(Job.run_at <= now() + PUT_OFF, Job.created_at > now())
            undone = select(func.count()).where(Job.done_at.is_(None), Job.dead_at.is_(None), waiting)
            return session.scalar(undone.select_from(Job)) or 0

    fewest, since = left(), time.monotonic()
    while fewest and time.monotonic() - since < PATIENCE:
        time.sleep(0.3)
        if (now_left := left()) < fewest:
            fewest, since = now_left, time.monotonic()
    return not fewest


def _living() -> list[str]:
    """The names of workers whose process is there."""
    return [f"{socket.gethostname()}:{folder.name}" for folder in Path("/proc").glob("[0-9]*")]


def _texts(session: Session, record: Record, found: Found) -> None:
    for kind, source in SOURCES.items():
        there = Counter(token for one in session.scalars(select(source)) for token in TOKEN.findall(one))
        for (of, token), allowed in record.texts.items():
            if of == kind and there[token] not in allowed:
                found.lost += there[token] < min(allowed)
                found.doubled += there[token] > max(allowed)


def _votes(session: Session, record: Record, found: Found) -> None:
    rows = session.execute(select(Vote.account_id, Vote.post_id, Vote.value).where(Vote.post_kind == PostKind.ANSWER))
    there = {(account, post): value for account, post, value in rows}
    found.lost += sum(there.get(key, 0) not in allowed for key, allowed in record.votes.items())


def _accepted(session: Session, record: Record, found: Found) -> None:
    rows = session.execute(select(Thread.id, Thread.accepted_answer_id))
    there = {thread_id: answer_id for thread_id, answer_id in rows}  # noqa: C416 - dict() takes a result for a mapping
    found.lost += sum(there.get(thread) not in allowed for thread, allowed in record.accepted.items())


def _told(session: Session, record: Record, followers: list[int], busy: int, found: Found) -> None:
    """Of an answer in the busy thread each follower hears once, through a job that works in slices."""
    rows = session.execute(
        select(Notification.post_id, Notification.account_id)
        .join(Answer, Answer.id == Notification.post_id)
        .where(Notification.post_kind == PostKind.ANSWER, Answer.thread_id == busy)
        .where(Notification.account_id.in_(followers), Notification.kind == "followed_answer")
    )
    told = Counter((post, account) for post, account in rows)
    found.doubled += sum(count > 1 for count in told.values())
    answers = {
        token: answer_id
        for answer_id, source in session.execute(select(Answer.id, Answer.source).where(Answer.thread_id == busy))
        for token in TOKEN.findall(source)
    }
    for token, thread in record.told_of.items():
        if thread == busy and token in answers:
            found.lost += sum((answers[token], follower) not in told for follower in followers)


def _half_done(session: Session) -> Iterator[str]:
    """Counters, index and counts of votes against the rows they count."""
    checks = {
        "threads whose answers are counted wrongly": "SELECT count(*) FROM threads t WHERE answer_count <>"
        " (SELECT count(*) FROM answers a WHERE a.thread_id = t.id AND a.visibility = 'published')",
        "answers whose votes are counted wrongly": "SELECT count(*) FROM answers a WHERE score - score_base <>"
        " (SELECT coalesce(sum(value), 0) FROM votes v WHERE v.post_kind = 'answer' AND v.post_id = a.id)",
        "answers that cannot be found": "SELECT count(*) FROM answers a WHERE a.visibility = 'published'"
        " AND a.source LIKE '%(drill-%'"
        " AND NOT EXISTS (SELECT 1 FROM search_index s WHERE s.rowid = a.id * 2 + 1)",
        "tickets without a word": "SELECT count(*) FROM tickets t WHERE NOT EXISTS"
        " (SELECT 1 FROM ticket_messages m WHERE m.ticket_id = t.id)",
        "accepted answers of other threads": "SELECT count(*) FROM threads t JOIN answers a"
        " ON a.id = t.accepted_answer_id WHERE a.thread_id <> t.id",
        "unread counts that are wrong": "SELECT count(*) FROM accounts c WHERE unread_count <>"
        " (SELECT count(*) FROM notifications n WHERE n.account_id = c.id AND n.page AND n.read_at IS NULL)",
    }
    for words, statement in checks.items():
        if count := session.scalar(text(statement)):
            yield f"{count} {words}"
    if session.get_bind().dialect.name == "sqlite":
        if (said := session.scalar(text("PRAGMA integrity_check"))) != "ok":
            yield f"integrity_check: {said}"
        if session.execute(text("PRAGMA foreign_key_check")).first():
            yield "foreign keys lead nowhere"


def _letters(session: Session, letters: Counter[str], found: Found) -> None:
    """Each letter that was settled arrived; one whose worker was killed then may have come again."""
    carries = exists().where(Notification.letter_id == Job.id)
    letter = or_(Job.kind == "mail", and_(Job.kind == LETTER, carries))
    done = session.scalars(select(Job.id).where(letter, Job.done_at.is_not(None))).all()
    letters = letters.copy()  # some may still come in
    ids = {int(one) for one in letters}
    found.lost += len(set(done) - ids)
    found.letters = len(letters)
    found.letters_again = letters.total() - len(letters)
