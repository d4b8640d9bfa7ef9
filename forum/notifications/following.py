"""Choosing how much to hear of a thread, a tag, a product or a person, and all that somebody chose."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.clock import now
from forum.errors import Conflict, NotFound
from forum.following.models import HEARING, Follow, Level, Subject
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.notifications.names import Named, named
from forum.threads import actions as threads
from forum.threads.models import Thread

PAGE = 30
MOST = 2000
"""Tags, products and people that one person can have a level for."""
LEVEL_WORDS = {
    Level.WATCH: lazy("Watch"),
    Level.FOLLOW: lazy("Follow"),
    Level.NORMAL: lazy("Normal"),
    Level.MUTE: lazy("Mute"),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A level that somebody chose; `name` is "" and `path` empty where they may not see the subject any more."""

    subject: Subject
    subject_id: int
    level: Level
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class ChosenPage:
    """A page of them, the latest subjects first; `next` is the `after` of the page after it."""

    rows: tuple[Chosen, ...]
    next: int | None


def choose_level(
    session: Session, actor: Actor, subject: Subject, subject_id: int, level: Level | None
) -> Named | None:
    """Hear so much of a subject from now on; None goes back to having chosen nothing. The subject is returned.

    What was chosen for something that the actor cannot see any more can be taken back, and then nothing is returned.

    Raises:
        NotFound: there is no such subject, or none that the actor may see.
        Conflict: it is themselves, or there are too many.
    """
    found = named(session, actor, [(subject, subject_id)]).get((subject, subject_id))
    if found is None and level is not None:
        raise NotFound(_("There is nothing at this address."))
    if subject is Subject.THREAD and found is not None:
        threads.choose_level(session, actor, subject_id, level)
        return found
    if level is None:
        _forget(session, actor, subject, subject_id)
        return found
    if subject is Subject.PERSON and subject_id == actor.id:
        raise Conflict(_("You hear of what you do yourself."))
    _refuse_too_many(session, actor)
    session.merge(Follow(account_id=actor.id, subject=subject, subject_id=subject_id, level=level, created_at=now()))
    session.flush()
    return found


def chosen_page(session: Session, actor: Actor, subject: Subject, *, after: int | None = None) -> ChosenPage:
    """What somebody chose for subjects of one kind."""
    query = select(Follow.subject_id, Follow.level).where(Follow.account_id == actor.id, Follow.subject == subject)
    if after is not None:
        query = query.where(Follow.subject_id < after)
    rows = session.execute(query.order_by(Follow.subject_id.desc()).limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    called = named(session, actor, [(subject, row.subject_id) for row in shown])
    gone = Named("", "")
    return ChosenPage(
        tuple(
            Chosen(subject, row.subject_id, row.level, *called.get((subject, row.subject_id), gone)) for row in shown
        ),
        shown[-1].subject_id if len(rows) > PAGE else None,
    )


def counts(session: Session, actor: Actor) -> dict[Subject, int]:
    """How many subjects of each kind somebody chose a level for."""
    query = select(Follow.subject, func.count()).where(Follow.account_id == actor.id).group_by(Follow.subject)
    found = {row[0]: row[1] for row in session.execute(query)}
    return {subject: found.get(subject, 0) for subject in Subject}


def _forget(session: Session, actor: Actor, subject: Subject, subject_id: int) -> None:
    thread = session.get(Thread, subject_id, with_for_update=True) if subject is Subject.THREAD else None
    mine = (Follow.account_id == actor.id, Follow.subject == subject, Follow.subject_id == subject_id)
    level = session.scalar(delete(Follow).where(*mine).returning(Follow.level))
    if thread is not None and level in HEARING:
        thread.follower_count -= 1
    session.flush()


def _refuse_too_many(session: Session, actor: Actor) -> None:
    others = (Follow.account_id == actor.id, Follow.subject != Subject.THREAD)
    some = select(Follow.subject_id).where(*others).limit(MOST)
    if len(session.scalars(some).all()) >= MOST:
        raise Conflict(
            _("You chose a level for {most} tags, products and people; forget some first.").format(most=MOST)
        )
