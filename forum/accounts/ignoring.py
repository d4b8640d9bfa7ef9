"""Not wanting to meet somebody's words (ignoring), and keeping them from reaching oneself as well (blocking)."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account, Ignored
from forum.accounts.queries import holds_role
from forum.errors import Conflict, NotFound
from forum.i18n import gettext as _
from forum.personal import Fate, Finding, Part, Section, Subject, count, forgets, in_batches

MOST = 500


class Stance(enum.StrEnum):
    """What somebody wants of a person."""

    NONE = "none"
    IGNORE = "ignore"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Other:
    """A person as whoever ignores them sees them in the settings; in `office` it is without effect."""

    id: int
    handle: str
    display_name: str
    stance: Stance
    office: bool
    created_at: datetime | None = None


def ignore(session: Session, actor: Actor, other_id: int, stance: Stance) -> Account:
    """Ignore or block a person from now on, or no longer. They are not told.

    Raises:
        NotFound: there is nobody by that id whom the actor may know of.
        Conflict: it is themselves, somebody with a role, or there are too many.
    """
    mine = session.get_one(Account, actor.id, with_for_update=True, populate_existing=True)
    row = session.get(Ignored, (actor.id, other_id), populate_existing=True)
    other = _find(session, actor, other_id)
    if stance is Stance.NONE:
        if row is not None:
            session.delete(row)
            session.flush()
        left = select(Ignored.other_id).where(Ignored.account_id == actor.id).limit(1)
        mine.ignores = session.scalar(left) is not None
        session.flush()
        return other
    if other.id == actor.id:
        raise Conflict(_("You cannot ignore yourself."))
    if other.roles:
        raise Conflict(_("What staff and moderators write and decide reaches everybody, so they cannot be ignored."))
    if row is None:
        counted = select(func.count()).select_from(Ignored).where(Ignored.account_id == actor.id)
        if (session.scalar(counted) or 0) >= MOST:
            raise Conflict(_("You ignore {most} people; stop ignoring some first.").format(most=MOST))
        row = Ignored(account_id=actor.id, other_id=other.id)
        session.add(row)
    row.blocks = stance is Stance.BLOCK
    mine.ignores = True
    session.flush()
    return other


def stance_to(session: Session, actor: Actor, other_id: int) -> Other:
    """A person, and what the actor wants of them.

    Raises:
        NotFound: there is nobody by that id whom the actor may know of.
    """
    other = _find(session, actor, other_id)
    row = session.get(Ignored, (actor.id, other_id))
    stance = Stance.NONE if row is None else Stance.BLOCK if row.blocks else Stance.IGNORE
    return Other(other.id, other.handle, other.display_name, stance, bool(other.roles))


def ignored_people(session: Session, actor: Actor) -> list[Other]:
    """All whom somebody ignores or blocks, the latest first."""
    columns = (Account.id, Account.handle, Account.display_name, Ignored.blocks, Ignored.created_at)
    query = select(*columns, holds_role(Account).label("office")).join(Ignored, Ignored.other_id == Account.id)
    query = query.where(Ignored.account_id == actor.id, Account.anonymised_at.is_(None))
    return [
        Other(
            row.id,
            row.handle,
            row.display_name,
            Stance.BLOCK if row.blocks else Stance.IGNORE,
            bool(row.office),
            row.created_at,
        )
        for row in session.execute(query.order_by(Ignored.created_at.desc(), Account.id).limit(MOST))
    ]


def is_blocked_by_address(session: Session, actor: Actor, email: str) -> bool:
    """Whether whoever has this address has blocked somebody, so that no letter of theirs is to reach it."""
    query = select(Ignored.other_id).join(Account, Account.id == Ignored.account_id)
    theirs = (Account.email == email, Ignored.other_id == actor.id, Ignored.blocks.is_(True))
    return not actor.roles and session.scalar(query.where(*theirs)) is not None


def _find(session: Session, actor: Actor, other_id: int) -> Account:
    query = select(Account).where(Account.id == other_id, Account.visible_to(actor), Account.anonymised_at.is_(None))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(_("There is nobody by that name here."))
    return found


def _of(subject: Subject) -> ColumnElement[bool]:
    """Whom they ignore, and who ignores them: the second is never told."""
    return or_(Ignored.account_id == subject.account_id, Ignored.other_id == subject.account_id)


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    theirs = count(session, Ignored, Ignored.account_id == subject.account_id)
    yield Finding(_("people whom they ignore or block"), theirs, Fate.ERASED)


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    words = {"handle": _("Handle"), "blocked": _("Blocked"), "created_at": _("Since")}
    query = select(Ignored.other_id, Account.handle, Ignored.blocks, Ignored.created_at)
    query = query.join(Account, Account.id == Ignored.other_id).where(Ignored.account_id == subject.account_id)
    rows = (
        {"handle": row.handle, "blocked": row.blocks, "created_at": row.created_at}
        for row in in_batches(session, query, Ignored.other_id)
    )
    yield Section("ignored", _("People you ignore or block"), words, rows)


PART = Part(
    name="ignored",
    tables=frozenset({"ignored"}),
    sections=sections,
    findings=findings,
    steps=(forgets(Ignored, _of),),
)
