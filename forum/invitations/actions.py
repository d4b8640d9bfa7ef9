"""Inviting people to the site, and coming in by an invitation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from forum import i18n
from forum.access import Actor, Privilege, Role
from forum.accounts import admission, ignoring, tokens
from forum.accounts.actions import has_joined, register_invited
from forum.accounts.admission import LETS_IN, SITE
from forum.accounts.models import Account, AccountToken, Organisation, TokenPurpose
from forum.accounts.names import clean_emails
from forum.accounts.queries import token_hash
from forum.accounts.roles import give_role
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.accounts import PeopleInvited, SiteInvitationRevoked
from forum.i18n import gettext as _
from forum.letters import send_letter
from forum.options import option, set_option
from forum.organisations import invitations as to_organisations
from forum.organisations.invitations import Addressee
from forum.organisations.membership import hold_account

SENT = "setup.invited"
PURPOSE = {
    None: TokenPurpose.JOIN,
    Role.MODERATOR: TokenPurpose.JOIN_AS_MODERATOR,
    Role.STAFF: TokenPurpose.JOIN_AS_STAFF,
}
ROLE = {purpose: role for role, purpose in PURPOSE.items()}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many addresses somebody may invite at once, and have waiting."""

    at_once: int
    waiting: int


ADMINS = Bounds(100, 1000)
CUSTOMERS = Bounds(5, 20)


def bounds_of(actor: Actor) -> Bounds:
    return ADMINS if actor.can(Privilege.ADMINISTER) else CUSTOMERS


def invite(
    session: Session, actor: Actor, typed: str, *, role: Role | None = None, organisation_id: int | None = None
) -> int:
    """Mail an invitation to each address, apart by space, comma or line; says how many that were.

    With an organisation it is that organisation's own invitation, by which an account can be made as well. Whoever was
    invited by the actor before and has not come gets a new link, and the one before ends.

    Raises:
        Forbidden: the actor may not invite, or may not give roles.
        Invalid: an address is none or has an account, there are too many, or one was mailed too often this hour.
        NotFound: there is no such organisation.
    """
    runs_it = actor.can(Privilege.ADMINISTER)
    if not admission.may_invite(session, actor):
        raise Forbidden(_("You may not invite others here."))
    if (role or organisation_id is not None) and not runs_it:
        raise Forbidden(_("You may not do this."))
    if role and organisation_id is not None:
        raise Invalid({"organisation": _("Whoever has a role here works for you: choose the one or the other.")})
    if organisation_id is not None:
        count = to_organisations.invite(session, actor, organisation_id, typed)
        set_option(session, SENT, True)
        return count
    addresses = clean_emails(typed, bounds_of(actor).at_once)
    known = _accounts(session, addresses)
    if runs_it and known:
        email, account = next(iter(known.items()))
        words = _("{address} has an account already: @{handle}. Roles are given under Roles.")
        raise Invalid({"addresses": words.format(address=email, handle=account.handle)})
    hold_account(session, actor.id)  # two requests of the same person do not pass their limit together
    _refuse_too_many(session, actor, addresses)
    for email in addresses:
        _send(session, actor, email, PURPOSE[role], known.get(email))
    if runs_it:
        emit(session, PeopleInvited(actor_id=actor.id, count=len(addresses), role=role.value if role else ""))
        if not option(session, SENT, False):
            set_option(session, SENT, True)
    return len(addresses)


def resend(session: Session, actor: Actor, invitation_id: int) -> str:
    """Mail a new link in place of one that nobody has used; the address is returned.

    Raises:
        NotFound: there is no such invitation, or none of the actor's.
        Forbidden: the actor may not invite any more.
        Invalid: the address was mailed too often this hour, or has an account by now.
    """
    link = _find_own(session, actor, invitation_id)
    if link.purpose is TokenPurpose.JOIN_ORGANISATION:
        assert link.organisation_id is not None, "it is bound to one"
        to_organisations.invite(session, actor, link.organisation_id, link.email)
        return link.email
    link.used_at = now()
    session.flush()
    invite(session, actor, link.email, role=ROLE[link.purpose])
    return link.email


def revoke(session: Session, actor: Actor, invitation_id: int) -> str:
    """End an invitation that was not accepted; the address is returned.

    Raises:
        NotFound: there is no such invitation, or none of the actor's.
    """
    link = _find_own(session, actor, invitation_id)
    if link.purpose is TokenPurpose.JOIN_ORGANISATION:
        assert link.organisation_id is not None, "it is bound to one"
        to_organisations.revoke(session, actor, link.organisation_id, invitation_id)
        return link.email
    link.used_at = now()
    if actor.can(Privilege.ADMINISTER):
        emit(session, SiteInvitationRevoked(actor_id=actor.id, invitation_id=link.id))
    return link.email


@dataclass(frozen=True, slots=True)
class Letter:
    """What a link invites to; `known` says that its address has an account by now."""

    email: str
    inviter: str
    role: Role | None
    organisation: str | None
    known: bool


def look_at(session: Session, token: str) -> Letter:
    """What a link invites to, for whoever holds it.

    Raises:
        NotFound: it was used, was revoked, is too old, or whoever sent it may no longer give its role.
    """
    link = _find(session, token, hold=False)
    inviter = session.get(Account, link.sent_by_id) if link.sent_by_id else None
    organisation = session.get(Organisation, link.organisation_id) if link.organisation_id else None
    return Letter(
        email=link.email,
        inviter=inviter.display_name if inviter and inviter.anonymised_at is None else "",
        role=ROLE.get(link.purpose),
        organisation=organisation.name if organisation else None,
        known=bool(_accounts(session, [link.email])),
    )


def join(
    session: Session, token: str, *, handle: str, display_name: str, password_hash: str, agreed: str | None = None
) -> Account:
    """Make the account that a link invites to; its address counts as confirmed, for the link was mailed to it.

    Raises:
        NotFound: the link was used, was revoked, is too old, or its sender may no longer give its role.
        Forbidden: no accounts are made at the moment.
        Conflict: the address has an account by now.
        Invalid: the handle is taken or not to be had, or there are terms that they did not agree to.
    """
    link = _find(session, token)
    if not admission.may_join(session, link.email):
        raise Forbidden(admission.refusal(session))
    if _accounts(session, [link.email]):
        raise Conflict(_("This address has an account already. Sign in to that one."))
    account = register_invited(
        session,
        handle=handle,
        display_name=display_name,
        email=link.email,
        password_hash=password_hash,
        agreed=agreed,
    )
    link.account_id = account.id
    if link.organisation_id is not None:
        to_organisations.accept_for_new(session, account, link)
    link.used_at = now()
    session.flush()
    has_joined(session, account, link.email)
    if (role := ROLE.get(link.purpose)) is not None:
        give_role(session, account, role, given_by=link.sent_by_id)
    return account


def accept(session: Session, actor: Actor, token: str) -> Role | None:
    """Take what an invitation to one's own address offers whoever has an account already: its role, if it has one.

    Raises:
        NotFound: the link was used, was revoked, is too old, or its sender may no longer give its role.
        Forbidden: it was sent to another address than the actor's confirmed one.
    """
    link = _find(session, token)
    if link.purpose not in SITE:
        raise NotFound(_("This link has been used or is too old. Ask for a new one."))
    account = hold_account(session, actor.id)
    if account.email != link.email:
        raise Forbidden(_("This invitation is for another address than the one that you have confirmed here."))
    link.used_at, link.account_id = now(), account.id
    role = ROLE[link.purpose]
    if role is not None:
        give_role(session, account, role, given_by=link.sent_by_id)
    return role


def was_accepted_by(session: Session, actor: Actor | None, token: str) -> bool:
    """Whether somebody has come in by this link before: a button that was pressed twice."""
    if actor is None:
        return False
    mine = select(AccountToken.id).where(AccountToken.token_hash == token_hash(token))
    found = mine.where(AccountToken.account_id == actor.id, AccountToken.used_at.is_not(None))
    return session.scalar(found) is not None


def end_for(session: Session, account_id: int, email: str) -> None:
    """Somebody is here by now: invitations to their address that offer nothing else have done their work."""
    mine = (AccountToken.email == email, AccountToken.purpose == TokenPurpose.JOIN, AccountToken.used_at.is_(None))
    session.execute(update(AccountToken).where(*mine).values(used_at=now(), account_id=account_id))


def end_sent_by(session: Session, account_id: int, purposes: Collection[TokenPurpose] = SITE) -> None:
    """What somebody sent and nobody has accepted opens nothing any more."""
    sent = (AccountToken.sent_by_id == account_id, AccountToken.purpose.in_(purposes), AccountToken.used_at.is_(None))
    session.execute(update(AccountToken).where(*sent).values(used_at=now()))


def _find(session: Session, token: str, *, hold: bool = True) -> AccountToken:
    live = select(AccountToken).where(
        AccountToken.token_hash == token_hash(token),
        AccountToken.purpose.in_(LETS_IN),
        AccountToken.used_at.is_(None),
        AccountToken.expires_at > now(),
    )
    row = session.scalars(live.with_for_update() if hold else live).one_or_none()
    if row is None or (ROLE.get(row.purpose) is not None and not _gives_roles(session, row.sent_by_id)):
        raise NotFound(_("This link has been used or is too old. Ask for a new one."))
    return row


def _gives_roles(session: Session, account_id: int | None) -> bool:
    """Whether who sent an invitation with a role may still give one."""
    sender = session.get(Account, account_id) if account_id is not None else None
    return sender is not None and sender.admin and sender.anonymised_at is None and sender.offboarded_at is None


def _find_own(session: Session, actor: Actor, invitation_id: int) -> AccountToken:
    query: Select[AccountToken] = select(AccountToken).where(
        AccountToken.id == invitation_id, AccountToken.used_at.is_(None), AccountToken.expires_at > now()
    )
    if actor.can(Privilege.ADMINISTER):
        query = query.where(AccountToken.purpose.in_(LETS_IN))
    else:
        query = query.where(AccountToken.purpose == TokenPurpose.JOIN, AccountToken.sent_by_id == actor.id)
    link = session.scalars(query.with_for_update()).one_or_none()
    if link is None:
        raise NotFound(_("There is no such invitation any more."))
    return link


def _accounts(session: Session, addresses: Collection[str]) -> dict[str, Account]:
    rows = session.scalars(select(Account).where(Account.email.in_(addresses)).order_by(Account.id))
    return {row.email: row for row in rows if row.email}


def _refuse_too_many(session: Session, actor: Actor, addresses: list[str]) -> None:
    most = bounds_of(actor).waiting
    live = (AccountToken.purpose.in_(SITE), AccountToken.used_at.is_(None), AccountToken.expires_at > now())
    query = select(func.count()).select_from(AccountToken).where(*live, AccountToken.email.not_in(addresses))
    waiting = session.scalar(query.where(AccountToken.sent_by_id == actor.id)) or 0
    if waiting + len(addresses) > most:
        words = _("{most} invitations are open at most. Wait until some were accepted, or take some back.")
        raise Invalid({"addresses": words.format(most=most)})


def _send(session: Session, actor: Actor, email: str, purpose: TokenPurpose, known: Account | None) -> None:
    """To an address that has an account goes a word to its owner; who invites them cannot tell the two apart."""
    before = [AccountToken.email == email, AccountToken.purpose.in_(SITE), AccountToken.used_at.is_(None)]
    if not actor.can(Privilege.ADMINISTER):  # they end no invitation but their own
        before.append(AccountToken.sent_by_id == actor.id)
    session.execute(update(AccountToken).where(*before).values(used_at=now()))
    token = tokens.issue(session, None, purpose, email, sent_by_id=actor.id)
    if token is None:
        words = _("{address} was sent enough links for now. Try again in an hour.")
        raise Invalid({"addresses": words.format(address=email)})
    if ignoring.is_blocked_by_address(session, actor, email):
        return  # they are not told so
    if known is not None:
        send_letter(session, "join_known", email, known, path="/login", inviter=actor.display_name)
        return
    send_letter(
        session,
        "join",
        email,
        Addressee(display_name=email, locale=i18n.current_locale()),
        path=f"/join/{token}",
        inviter=actor.display_name,
        role=(ROLE[purpose] or ""),
        days=tokens.LIFETIME[purpose].days,
    )
