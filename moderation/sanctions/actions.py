"""Warning, silencing, suspending, and lifting it again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.accounts.models import Account
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.moderation import AccountSanctioned, SanctionKind, SanctionLifted
from forum.i18n import gettext as _
from moderation.sanctions.models import FOR_GOOD, Sanction
from moderation.telling import tell

MESSAGE = 2000
COLUMNS = {SanctionKind.SILENCE: "silenced_until", SanctionKind.SUSPEND: "suspended_until"}


def impose(
    session: Session,
    actor: Actor,
    account_id: int,
    kind: SanctionKind,
    *,
    message: str,
    until: datetime | None = None,
    told: bool = False,
) -> Sanction:
    """Warn somebody, or stop their public writing until a moment (None: until it is lifted).

    `told` says that the person is told already, by the decision this is part of.

    Raises:
        NotFound: there is no such account.
        Forbidden: the actor may not, or the person is a moderator, staff or the actor.
        Invalid: no message, or a moment that is past.
    """
    person = _lock_person(session, actor, account_id)
    message = message.strip()
    if not message or len(message) > MESSAGE:
        raise Invalid({"message": _("Say why, in at most 2000 characters: the person will read it.")})
    if kind is SanctionKind.WARN:
        until = None
    elif until is not None and until <= now():
        raise Invalid({"days": _("Choose a time that is still to come.")})
    sanction = Sanction(account_id=person.id, kind=kind, message=message, until=until, by_id=actor.id, created_at=now())
    session.add(sanction)
    session.flush()
    settle(session, person, kind)
    emit(
        session,
        AccountSanctioned(
            actor_id=actor.id, account_id=person.id, sanction_id=sanction.id, kind=kind, until=until, reason=message
        ),
    )
    if not told:
        tell(session, person.id, "sanction", f"{_opening(kind)} {message}", f"/people/{person.handle}")
    return sanction


def lift(session: Session, actor: Actor, sanction_id: int, *, note: str = "", told: bool = False) -> Sanction:
    """End a sanction now; the person is told, unless what ends it tells them.

    Raises:
        NotFound: there is no such sanction.
        Forbidden: the actor may not.
        Conflict: it was lifted already.
    """
    require(actor, Privilege.SANCTION, _("Only moderators can lift a sanction."))
    account_id = session.scalar(select(Sanction.account_id).where(Sanction.id == sanction_id))
    if account_id is None:
        raise NotFound(_("There is no such sanction."))
    person = _lock_person(session, actor, account_id)
    sanction = session.get_one(Sanction, sanction_id, populate_existing=True)
    if sanction.lifted_at is not None:
        raise Conflict(_("Somebody has lifted this already."))
    sanction.lifted_at, sanction.lifted_by_id, sanction.lift_note = now(), actor.id, note.strip()[:MESSAGE]
    session.flush()
    settle(session, person, sanction.kind)
    emit(
        session,
        SanctionLifted(
            actor_id=actor.id, account_id=person.id, sanction_id=sanction.id, kind=sanction.kind, reason=note
        ),
    )
    if not told:
        words = _("A moderator took back a sanction: you can write in public again, unless another one stands.")
        tell(session, person.id, "sanction", words, f"/people/{person.handle}")
    return sanction


def _opening(kind: SanctionKind) -> str:
    return {
        SanctionKind.WARN: _("A moderator warned you:"),
        SanctionKind.SILENCE: _(
            "A moderator stopped your public writing; votes, flags and your tickets are left. Why:"
        ),
        SanctionKind.SUSPEND: _("A moderator suspended your account; reading and your tickets are left. Why:"),
    }[kind]


def _lock_person(session: Session, actor: Actor, account_id: int) -> Account:
    require(actor, Privilege.SANCTION, _("Only moderators can sanction somebody."))
    person = session.scalars(
        select(Account)
        .where(Account.id == account_id, Account.anonymised_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if person is None:
        raise NotFound(_("There is no such person."))
    if person.id == actor.id:
        raise Forbidden(_("Nobody decides about themselves."))
    if person.admin or (person.roles and not actor.can(Privilege.ADMINISTER)):
        raise Forbidden(_("Only an admin can sanction moderators and staff, and nobody an admin."))
    return person


def settle(session: Session, person: Account, kind: SanctionKind) -> None:
    """Let the account's column say how long the longest of its live sanctions of this kind still lasts."""
    column = COLUMNS.get(kind)
    if column is None:
        return
    ends = session.scalars(
        select(func.coalesce(Sanction.until, FOR_GOOD, type_=Sanction.until.type)).where(
            Sanction.account_id == person.id, Sanction.kind == kind, Sanction.lifted_at.is_(None)
        )
    )
    setattr(person, column, max((end for end in ends if end > now()), default=None))
    session.flush()
    latest = session.scalars(
        select(Sanction)
        .where(Sanction.account_id == person.id, Sanction.lifted_at.is_(None), Sanction.kind != SanctionKind.WARN)
        .order_by(Sanction.id.desc())
    )
    standing = next((sanction for sanction in latest if sanction.active), None)
    person.sanction_reason = standing.message if standing else None
    session.flush()
