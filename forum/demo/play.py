"""Playing the script: every line at its moment, each in a transaction, with the jobs that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Account
from forum.accounts.queries import actor_of
from forum.demo import cast, chorus, community, desk, order, script
from forum.demo.scene import Names, Scene
from forum.demo.script import Cue
from forum.jobs import Job, Jobs
from forum.notifications.actions import mark_all_read
from forum.notifications.models import Notification
from forum.options import option, set_option
from forum.threads.actions.viewing import add_views
from forum.threads.models import Thread
from forum.web import Site

ACTS: dict[str, Callable[[Scene], None]] = {**cast.ACTS, **community.ACTS, **order.ACTS, **desk.ACTS}
Act = tuple[datetime, Cue | None]
"""A line of the script with its moment; None is a night, when what goes by the clock is done."""
SMALL, TOGETHER = {"vote", "metoo", "follow"}, 25
OFFERS = "demo.accounts"
NIGHT = timedelta(hours=3, minutes=41)
UNREAD = timedelta(days=4)
"""How far back what people have not read yet goes."""


class Interrupted(Exception):
    """An earlier run did not come to its end."""


class Inhabited(Exception):
    """A real site is there, and no demonstration."""


def is_filled(session: Session) -> bool:
    """Whether the demonstration has been played already.

    Raises:
        Interrupted: what is there is half of the demonstration.
        Inhabited: what is there is somebody's own.
    """
    if option(session, OFFERS, default=[]):
        return True
    if option(session, "demo.begun", default=False):
        raise Interrupted
    if any(session.scalar(select(model.id).limit(1)) is not None for model in (Thread, Account)):
        raise Inhabited
    return False


def running_order(today: datetime) -> list[Act]:
    """All that happens, in the order of time."""
    cues = [*cast.joins(), *script.read()]
    acts: list[Act] = [(cue.when.on(today), cue) for cue in cues]
    acts += chorus.small_acts(cues, today)
    first = min(moment for moment, _cue in acts)
    acts += [(night, None) for night in _nights(first, today)]
    return sorted(acts, key=lambda act: act[0])


def fill(site: Site, acts: list[Act], advance: Callable[[int], None]) -> None:
    """Play it all to the end, and let the sign-in page offer an account for each role."""
    names = Names()
    with clock.at(acts[0][0] - timedelta(hours=1)):
        site.database.write(_begin)
    for together in _transactions(acts):
        with clock.at(together[-1][0]), site.database.writing() as session:
            for moment, cue in together:
                with clock.at(moment):
                    _play(session, site.jobs, names, cue)
            _work(session, site.jobs)
        advance(len(together))
    with site.database.writing() as session:
        _read(session, acts[-1][0] - UNREAD)
        _leave(session, acts)
        add_views(session, chorus.readers(session))
        set_option(session, OFFERS, cast.offers())


def _begin(session: Session) -> None:
    set_option(session, "demo.begun", True)
    cast.lay_out(session)


def _transactions(acts: list[Act]) -> Iterator[list[Act]]:
    """What staff do is committed at its own moment, because the audit log is written then; small acts go together."""
    together: list[Act] = []
    for act in acts:
        together.append(act)
        if act[1] is None or act[1].verb not in SMALL or len(together) == TOGETHER:
            yield together
            together = []
    if together:
        yield together


def _play(session: Session, jobs: Jobs, names: Names, cue: Cue | None) -> None:
    try:
        if cue is None:
            _night(session, jobs)
        else:
            ACTS[cue.verb](Scene(session, cue, names))
    except Exception as error:
        error.add_note(f"{cue.place}: {cue.verb} {cue.who} {cue.args}" if cue else "a night")
        raise


def _nights(first: datetime, today: datetime) -> Iterator[datetime]:
    night = first.replace(hour=0, minute=0, second=0, microsecond=0) + NIGHT
    while night < today:
        if night > first:
            yield night
        night += timedelta(days=1)


def _night(session: Session, jobs: Jobs) -> None:
    for kind in jobs.schedule:
        jobs.transactional[kind](session, {})


def _work(session: Session, jobs: Jobs) -> None:
    """Do what is queued, at once. Nothing leaves the house: letters of the past count as sent."""
    session.flush()
    due = select(Job).where(Job.done_at.is_(None), Job.run_at <= clock.now()).order_by(Job.id)
    while queued := session.scalars(due).all():
        for job in queued:
            job.done_at = clock.now()
            if (work := jobs.transactional.get(job.kind)) is not None:
                work(session, job.payload)
        session.flush()


def _read(session: Session, until: datetime) -> None:
    """Everybody has read what is older."""
    for account in session.scalars(select(Account).order_by(Account.id)).all():
        latest = session.scalar(
            select(func.max(Notification.id)).where(
                Notification.account_id == account.id, Notification.created_at < until
            )
        )
        if latest is not None:
            with clock.at(until):
                mark_all_read(session, actor_of(session, account), up_to=latest)


def _leave(session: Session, acts: list[Act]) -> None:
    """Everybody was here last when they last did something."""
    last = {cue.who: moment for moment, cue in acts if cue is not None}
    for handle, moment in last.items():
        session.execute(update(Account).where(Account.handle == handle).values(last_seen_at=moment))
