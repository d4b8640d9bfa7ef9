"""Who may make an account here: everybody, whoever was invited, or nobody for now."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.accounts.models import AccountToken, TokenPurpose
from forum.brand import INVITE_FROM
from forum.clock import now
from forum.errors import Forbidden, Invalid
from forum.events import emit
from forum.events.accounts import RegistrationChanged
from forum.i18n import gettext as _
from forum.options import hold_options, option, set_option

WHO = "registration.who"
MOST_POINTS = 100_000


class Registration(enum.StrEnum):
    OPEN = "open"
    INVITED = "invited"
    CLOSED = "closed"


SITE = (TokenPurpose.JOIN, TokenPurpose.JOIN_AS_MODERATOR, TokenPurpose.JOIN_AS_STAFF)
"""The links by which somebody is invited to the site itself."""
LETS_IN = (*SITE, TokenPurpose.JOIN_ORGANISATION)
"""The links by which an account can be made: an organisation invites to the site as well."""


def registration(session: Session) -> Registration:
    return Registration(option(session, WHO, Registration.OPEN.value))


def invite_from(session: Session) -> int | None:
    """The reputation from which customers may invite others; None when they may not."""
    return option(session, INVITE_FROM, None)


def may_join(session: Session, email: str) -> bool:
    """Whether an account may be made for somebody who has proven that this address is theirs.

    Every way to a new account asks this, whatever proves the address.
    """
    found = registration(session)
    if found is Registration.INVITED:
        return session.scalar(select(AccountToken.id).where(*invited(email)).limit(1)) is not None
    return found is Registration.OPEN


def invited(email: str) -> tuple[Any, ...]:
    """What makes a token an invitation to this address that can still be used."""
    live = (AccountToken.used_at.is_(None), AccountToken.expires_at > now())
    return (AccountToken.email == email.lower(), AccountToken.purpose.in_(LETS_IN), *live)


def require_open(session: Session) -> None:
    """
    Raises:
        Forbidden: not everybody may make an account.
    """
    if registration(session) is not Registration.OPEN:
        raise Forbidden(refusal(session))


def refusal(session: Session) -> str:
    if registration(session) is Registration.CLOSED:
        return _("No new accounts are made here at the moment.")
    return _("Accounts are made here by invitation only.")


def may_invite(session: Session, actor: Actor) -> bool:
    """Whether somebody may invite others: admins, and, where the site has it so, customers of some reputation."""
    if actor.can(Privilege.ADMINISTER):
        return True
    points = invite_from(session)
    if points is None or registration(session) is Registration.CLOSED:
        return False
    takes_part = actor.verified and actor.can(Privilege.ANSWER) and not actor.must_consent
    return takes_part and actor.reputation >= points


def change_registration(session: Session, actor: Actor, who: Registration, points: int | None) -> None:
    """Say who may make an account, and from how much reputation on customers may invite; None: not at all.

    Raises:
        Forbidden: the actor is no admin.
        Invalid: that is no number of points.
    """
    require(actor, Privilege.ADMINISTER)
    if points is not None and not 0 <= points <= MOST_POINTS:
        raise Invalid({"invite_from": _("Give a number from 0 to {most}.").format(most=MOST_POINTS)})
    hold_options(session)
    if (registration(session), invite_from(session)) == (who, points):
        return
    set_option(session, WHO, who.value)
    set_option(session, INVITE_FROM, points)
    emit(session, RegistrationChanged(actor_id=actor.id, who=who, invite_from=-1 if points is None else points))
