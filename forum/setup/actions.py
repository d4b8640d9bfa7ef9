"""From an empty database to an open site."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, Role, require
from forum.accounts.actions import create_account
from forum.accounts.models import Account
from forum.doors import DOORS, State
from forum.errors import Conflict, Invalid
from forum.events import emit
from forum.events.site import FirstAdminMade, SetupStepPutOff, SiteOpened
from forum.i18n import gettext as _
from forum.options import Option, option, set_option
from forum.setup.steps import PUT_OFF, StepName

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without those that are taken for one another."""
GROUPS, GROUP = 4, 4


def begin(session: Session) -> str | None:
    """Close a site on which nobody is yet, and say the code by which whoever started it becomes its first admin.

    Each call gives another code, and the one before is void. A site that somebody runs or has joined is left as it is.
    """
    state: State | None = option(session, DOORS, None)
    if state is None and _is_lived_in(session):
        return None
    if state is not None and (state["opened"] or state["code"] is None):
        return None
    code = "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
    set_option(session, DOORS, State(code=_hash(code), opened=False))
    return code


def _is_lived_in(session: Session) -> bool:
    """Whether there is an admin, or somebody who joined: neither imported nor given a role in a shell."""
    joined = and_(Account.imported_at.is_(None), Account.moderator.is_(False), Account.staff.is_(False))
    return session.scalar(select(Account.id).where(or_(Account.admin.is_(True), joined)).limit(1)) is not None


def become_first_admin(
    session: Session, *, code: str, handle: str, display_name: str, email: str, password_hash: str
) -> Account:
    """Make the account that runs the site. Its address counts as confirmed, for there may be no mail yet.

    Raises:
        Conflict: somebody was quicker, or the site never needed it.
        Invalid: the code is not the one of the last start, or the handle or address is not to be had.
    """
    doors = session.scalar(
        select(Option).where(Option.name == DOORS).with_for_update().execution_options(populate_existing=True)
    )
    if doors is None or doors.value["opened"] or doors.value["code"] is None:
        raise Conflict(_("This site has an admin already. Sign in, or ask them."))
    if not hmac.compare_digest(doors.value["code"], _hash(code)):
        raise Invalid({"code": _("This is not the code that the server printed when it was last started.")})
    account = create_account(
        session,
        handle=handle,
        display_name=display_name,
        email=email,
        password_hash=password_hash,
        roles=frozenset({Role.ADMIN}),
    )
    session.flush()
    set_option(session, DOORS, State(code=None, opened=False))
    emit(session, FirstAdminMade(actor_id=account.id, account_id=account.id))
    return account


def void_code(session: Session) -> None:
    """There is an admin by another way: the code leads nowhere any more."""
    state: State | None = option(session, DOORS, None)
    if state is not None and state["code"] is not None:
        set_option(session, DOORS, State(code=None, opened=state["opened"]))


def put_off(session: Session, actor: Actor, step: StepName, *, later: bool) -> None:
    """Leave a step for later, or take it up again.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    before = set(option(session, PUT_OFF, list[str]()))
    after = before | {step.value} if later else before - {step.value}
    if after != before:
        set_option(session, PUT_OFF, sorted(after))
        emit(session, SetupStepPutOff(actor_id=actor.id, step=step, put_off=later))


def open_doors(session: Session, actor: Actor) -> None:
    """Let everybody in, for good.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    state: State | None = option(session, DOORS, None)
    if state is not None and not state["opened"]:
        set_option(session, DOORS, State(code=None, opened=True))
        emit(session, SiteOpened(actor_id=actor.id))


def _hash(code: str) -> str:
    """Of the code however it is typed; it is random, so one round of a plain hash is enough."""
    plain = "".join(char for char in code.upper() if char.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
