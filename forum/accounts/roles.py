"""Who has which role, and giving and taking them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, not_, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, Role, require
from forum.accounts.factors.models import has_factor
from forum.accounts.models import TIERS, Account, roles_of
from forum.errors import Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.accounts import RolesChanged
from forum.i18n import gettext as _

PAGE = 50


@dataclass(frozen=True, slots=True)
class RoleHolder:
    """Somebody as an admin sees them; `protected` by a second factor."""

    id: int
    handle: str
    display_name: str
    email: str | None
    roles: frozenset[Role]
    tier: int | None
    protected: bool


def role_holders(
    session: Session, actor: Actor, name: str = "", after: str = ""
) -> tuple[list[RoleHolder], str | None]:
    """Everybody with a role, or whose handle, name or address begins so; and after whom the next page begins.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    query = _people().order_by(Account.handle).limit(PAGE + 1)
    begins = name.replace("\0", "").strip().lower().removeprefix("@")
    if begins:
        names = (Account.handle, func.lower(Account.display_name), Account.email)
        query = query.where(or_(*(one.startswith(begins, autoescape=True) for one in names)))
    else:
        query = query.where(or_(Account.moderator.is_(True), Account.staff.is_(True), Account.admin.is_(True)))
    if after:
        query = query.where(Account.handle > after)
    found = [_holder(row) for row in session.execute(query)]
    return found[:PAGE], found[PAGE - 1].handle if len(found) > PAGE else None


def role_holder(session: Session, actor: Actor, handle: str) -> RoleHolder:
    """
    Raises:
        NotFound: nobody who has joined has this handle.
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    row = session.execute(_people().where(Account.handle == handle.lower())).one_or_none()
    if row is None:
        raise NotFound(_("There is nobody by that name here."))
    return _holder(row)


def unprotected_holders(session: Session, actor: Actor) -> int:
    """How many people with a role have no second factor.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    held = or_(Account.moderator.is_(True), Account.staff.is_(True), Account.admin.is_(True))
    here = (Account.anonymised_at.is_(None), Account.offboarded_at.is_(None))
    counted = select(func.count()).select_from(Account).where(held, *here, not_(has_factor(Account.id)))
    return session.scalar(counted) or 0


def set_roles(session: Session, actor: Actor, handle: str, roles: frozenset[Role], tier: int | None) -> Account:
    """Give somebody exactly these roles; `tier` is for staff.

    Raises:
        NotFound: nobody who has joined has this handle.
        Forbidden: the actor is no admin.
        Invalid: staff without a tier, a role for whoever has confirmed no address, the actor would no longer be an
            admin, or what the person is at must go to somebody else first.
    """
    holder = role_holder(session, actor, handle)
    held = select(Account).where(Account.id.in_([actor.id, holder.id])).order_by(Account.id).with_for_update()
    found = {one.id: one for one in session.scalars(held.execution_options(populate_existing=True))}
    account = found[holder.id]
    if not found[actor.id].admin:  # two admins may take the role from each other, and one was quicker
        raise Forbidden(_("You may not do this."))
    if account.id == actor.id and Role.ADMIN not in roles:
        raise Invalid({"roles": _("You cannot take this role from yourself; another admin can.")})
    if Role.STAFF in roles and tier not in TIERS:
        raise Invalid({"tier": _("Choose a tier from 1 to 3.")})
    if {Role.STAFF, Role.MODERATOR, Role.ADMIN} & roles and account.email_verified_at is None:
        raise Invalid({"roles": _("They have not confirmed an address yet, so anybody may be behind this account.")})
    previous, kept_tier = account.roles, tier if Role.STAFF in roles else None
    if (previous, account.tier) != (roles, kept_tier):
        account.moderator, account.staff = Role.MODERATOR in roles, Role.STAFF in roles
        account.admin, account.tier = Role.ADMIN in roles, kept_tier
        session.flush()
        now, before = tuple(sorted(roles)), tuple(sorted(previous))
        event = RolesChanged(actor_id=actor.id, account_id=account.id, roles=now, previous=before, tier=kept_tier)
        emit(session, event)
    return account


def give_role(session: Session, account: Account, role: Role, *, given_by: int | None) -> None:
    """Add a role to a locked account with a confirmed address, in the name of the admin who invited it to have it."""
    previous = account.roles
    if role in previous:
        return
    if role is Role.MODERATOR:
        account.moderator = True
    elif role is Role.STAFF:
        account.staff, account.tier = True, TIERS[0]
    session.flush()
    now, before = tuple(sorted(account.roles)), tuple(sorted(previous))
    event = RolesChanged(actor_id=given_by, account_id=account.id, roles=now, previous=before, tier=account.tier)
    emit(session, event)


def _people() -> Select[*tuple[Any, ...]]:
    names = (Account.id, Account.handle, Account.display_name, Account.email, Account.tier)
    joined = or_(Account.email_verified_at.is_not(None), Account.imported_at.is_not(None))
    here = (joined, Account.anonymised_at.is_(None), Account.offboarded_at.is_(None))
    protected = has_factor(Account.id).label("protected")
    return select(*names, Account.moderator, Account.staff, Account.admin, protected).where(*here)


def _holder(row: Any) -> RoleHolder:
    held = roles_of(moderator=row.moderator, staff=row.staff, admin=row.admin)
    return RoleHolder(row.id, row.handle, row.display_name, row.email, held, row.tier, bool(row.protected))
