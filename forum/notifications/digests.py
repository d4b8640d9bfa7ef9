"""Digests: what was told to somebody, and what they could answer, in one letter a day or a week.

Each is made once: its row names the account and the day, as the account counts days, and whoever writes it second
writes nothing. One with nothing in it is not sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_date
from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from forum import i18n
from forum.access import Actor
from forum.accounts.models import Account
from forum.accounts.queries import actor_of
from forum.clock import now
from forum.db import Database, insert_on
from forum.following.models import HEARING, Follow, Level, Subject
from forum.i18n import gettext as _
from forum.jobs import Task, enqueue
from forum.letters import known
from forum.mail import Postman
from forum.notifications import items, mailing, unsubscribing
from forum.notifications.headers import bulk_headers
from forum.notifications.models import ByMail, Digest, DigestChoice, Notification
from forum.notifications.schedule import PERIOD, next_time, zone_of
from forum.posts import PostKind, PostRef
from forum.threads.models import Answer, Thread, ThreadTag
from forum.threads.queries import path_of
from forum.threads.queries.listing import unanswered

DUE = "notifications.digests"
DIGEST = "notifications.digest"
AT_ONCE = 100
TOO_FAR = timedelta(days=8)
"""Later than any digest can be due: the clock was set back since."""
MOST_TOLD = 30
MOST_THREADS = 5
MOST_TAGS = 50
UNANSWERED_SINCE = timedelta(days=14)
LATEST_ANSWERS = 50


def make_due(session: Session, _payload: dict[str, Any]) -> None:
    """Begin the digests whose time has come, and leave the rest of many to the job after this one."""
    moment = now()
    due = or_(DigestChoice.next_at <= moment, DigestChoice.next_at > moment + TOO_FAR)
    rows = session.execute(
        select(DigestChoice, Account)
        .join(Account, Account.id == DigestChoice.account_id)
        .where(due)
        .order_by(DigestChoice.next_at, DigestChoice.account_id)
        .limit(AT_ONCE)
        .with_for_update(of=DigestChoice, skip_locked=True)
    ).all()
    for choice, account in rows:
        if choice.next_at <= moment:
            _begin(session, choice, account, moment)
        choice.next_at = next_time(choice, account.time_zone, moment)
    session.flush()
    if len(rows) == AT_ONCE:
        enqueue(session, DUE, {})


def _begin(session: Session, choice: DigestChoice, account: Account, moment: datetime) -> None:
    day = choice.next_at.astimezone(zone_of(account.time_zone)).date()
    last = session.scalar(select(func.max(Digest.until)).where(Digest.account_id == account.id))
    since = min(last, moment) if last is not None else moment - PERIOD[choice.rhythm]
    row = insert_on(session.get_bind().dialect.name, Digest).values(
        account_id=account.id, day=day, since=since, until=moment
    )
    made = session.scalars(row.on_conflict_do_nothing().returning(Digest.account_id)).one_or_none()
    if made is not None:
        enqueue(session, DIGEST, {"account_id": account.id, "day": day.isoformat()})


class Binder:
    """Makes digests out and hands them to the postman."""

    def __init__(self, database: Database, postman: Postman) -> None:
        self.database = database
        self.postman = postman

    def deliver(self, task: Task) -> None:
        self.database.write(lambda session: mailing.claim(session, task, ByMail.DIGEST))
        with self.database.reading() as session:
            account = mailing.receiver(session, task.payload["account_id"])
            # Stopped while it waited: then what it had taken is not brought either.
            if account is None or session.get(DigestChoice, account.id) is None:
                return
            rows = mailing.taken_by(session, account.id, task)
            with i18n.use_locale(account.locale):
                sections = _sections(session, account, rows, task.payload["day"])
        if sections:
            letter, stop = self._letter(account, sections, task.payload["day"])
            headers = bulk_headers(self.postman.settings, stop.path)
            message = self.postman.letter(task, str(account.email), letter, headers)
            self.postman.send(task, message, str(account.email))

    def _letter(
        self, account: Account, sections: list[dict[str, Any]], day: str
    ) -> tuple[dict[str, Any], unsubscribing.Stop]:
        stop = unsubscribing.of_digest(self.postman.settings.secret, account)
        context = {
            "day": format_date(datetime.fromisoformat(day).date(), "long", locale=account.locale),
            "sections": sections,
            "because": stop.because,
            "stops": [{"words": stop.words, "link": stop.path}],
        }
        return {"template": "digest", "reader": known(account), "path": "/", "context": context}, stop


def _sections(session: Session, account: Account, rows: Sequence[Notification], day: str) -> list[dict[str, Any]]:
    """What stands in a digest, under headings; [] when nothing does."""
    told = items.still_told(session, account, rows)
    actor = actor_of(session, account)
    period = session.scalars(
        select(Digest).where(Digest.account_id == account.id, Digest.day == datetime.fromisoformat(day).date())
    ).one()
    seen = {item.thread_id for item in told if item.thread_id is not None}
    solved = _solved(session, actor, period, seen)
    waiting = _unanswered(session, actor, period.until)
    found = {
        _("What you follow, and what concerns you"): [items.line(item) for item in told[:MOST_TOLD]],
        _("Solved since the last digest"): solved,
        _("Questions in your tags that nobody has answered"): waiting,
    }
    return [{"heading": heading, "items": lines} for heading, lines in found.items() if lines]


def _solved(session: Session, actor: Actor, period: Digest, but: set[int]) -> list[dict[str, str]]:
    """Threads that were solved in this time, and that they or a tag of which they follow."""
    followed = exists().where(
        Follow.account_id == actor.id,
        Follow.subject == Subject.THREAD,
        Follow.subject_id == Thread.id,
        Follow.level.in_(HEARING),
    )
    tagged = Thread.id.in_(select(ThreadTag.thread_id).where(ThreadTag.tag_id.in_(_followed_tags(actor))))
    query = _threads(actor).where(
        Thread.accepted_at > period.since, Thread.accepted_at <= period.until, or_(followed, tagged)
    )
    query = query.where(Thread.id.not_in(but)).order_by(Thread.accepted_at.desc()).limit(MOST_THREADS)
    return _lines(session, query)


def _unanswered(session: Session, actor: Actor, until: datetime) -> list[dict[str, str]]:
    """New questions that wait for an answer, in the tags that they follow, or else have answered in of late."""
    tags = list(session.scalars(_followed_tags(actor).limit(MOST_TAGS))) or _answered_tags(session, actor)
    if not tags:
        return []
    query = _threads(actor).where(
        Thread.id.in_(select(ThreadTag.thread_id).where(ThreadTag.tag_id.in_(tags))),
        Thread.created_at > until - UNANSWERED_SINCE,
        Thread.author_id != actor.id,
        *unanswered(),
    )
    query = query.order_by(Thread.created_at.desc(), Thread.id.desc()).limit(MOST_THREADS)
    return _lines(session, query)


def _threads(actor: Actor) -> Select[Any]:
    """Threads that they may see, in lists, and neither muted nor muted or ignored who asked."""

    def muted(subject: Subject) -> Select[int]:
        mine = (Follow.account_id == actor.id, Follow.subject == subject, Follow.level == Level.MUTE)
        return select(Follow.subject_id).where(*mine)

    columns: tuple[Any, ...] = (Thread.id, Thread.title)
    query: Select[Any] = select(*columns)
    return query.where(
        Thread.author_id.not_in(actor.ignored),
        Thread.visible_to(actor),
        Thread.listed(),
        Thread.id.not_in(muted(Subject.THREAD)),
        Thread.author_id.not_in(muted(Subject.PERSON)),
    )


def _followed_tags(actor: Actor) -> Select[int]:
    mine = (Follow.account_id == actor.id, Follow.subject == Subject.TAG, Follow.level.in_(HEARING))
    return select(Follow.subject_id).where(*mine).order_by(Follow.subject_id)


def _answered_tags(session: Session, actor: Actor) -> list[int]:
    latest = select(Answer.thread_id).where(Answer.author_id == actor.id).order_by(Answer.id.desc())
    threads = latest.limit(LATEST_ANSWERS).subquery()
    query = select(ThreadTag.tag_id).where(ThreadTag.thread_id.in_(select(threads.c.thread_id)))
    return list(session.scalars(query.group_by(ThreadTag.tag_id).order_by(func.count().desc()).limit(5)))


def _lines(session: Session, query: Select[Any]) -> list[dict[str, str]]:
    return [
        {"text": row.title, "note": "", "link": path_of(PostRef(PostKind.THREAD, row.id), row.id, row.title)}
        for row in session.execute(query, {"now": now()})
    ]
