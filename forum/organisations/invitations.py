"""Invitations to an organisation: a mailed link for one address, once, for two weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from forum import i18n
from forum.access import Actor, Privilege
from forum.accounts import ignoring, tokens
from forum.accounts.models import Account, AccountToken, Organisation, TokenPurpose
from forum.accounts.names import clean_emails
from forum.accounts.queries import token_hash
from forum.clock import now
from forum.errors import Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.organisations import InvitationRevoked, Joined, MembersInvited
from forum.i18n import gettext as _
from forum.letters import send_letter
from forum.organisations.membership import enter, hold_account, live_invitations, manage

MOST_AT_ONCE = 20
MOST_PENDING = 200
PURPOSE = TokenPurpose.JOIN_ORGANISATION


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a letter goes to of whom nothing is known but an address; whether it has an account changes nothing."""

    display_name: str
    locale: str
    handle: str = ""
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Pending:
    id: int
    email: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link invites to; `mine` says that the reader has confirmed its address, `member_of` where they belong."""

    id: int
    organisation: str
    email: str
    mine: bool = False
    member_of: str | None = None


def invite(session: Session, actor: Actor, organisation_id: int, typed: str) -> int:
    """Mail an invitation to each address, apart by space, comma or line; says how many that were.

    Whoever was invited before and has not come gets a new link, and the one before ends.

    Raises:
        NotFound: there is no such organisation, or none that the actor manages.
        Invalid: an address is none or a member's, there are too many, or one was mailed too often this hour.
    """
    organisation = manage(session, actor, organisation_id)
    addresses = clean_emails(typed, MOST_AT_ONCE)
    _refuse(session, organisation, addresses)
    for email in addresses:
        _send(session, actor, organisation, email)
    if actor.can(Privilege.ADMINISTER):
        count = len(addresses)
        emit(session, MembersInvited(actor_id=actor.id, organisation_id=organisation.id, count=count))
    return len(addresses)


def revoke(session: Session, actor: Actor, organisation_id: int, invitation_id: int) -> None:
    """End an invitation that was not accepted.

    Raises:
        NotFound: there is none, or the actor does not manage the organisation.
    """
    manage(session, actor, organisation_id)
    ended = session.execute(
        update(AccountToken)
        .where(AccountToken.id == invitation_id, *_of(organisation_id))
        .values(used_at=now())
        .returning(AccountToken.id)
    )
    if ended.one_or_none() is None:
        raise NotFound(_("There is no such invitation any more."))
    if actor.can(Privilege.ADMINISTER):
        emit(session, InvitationRevoked(actor_id=actor.id, organisation_id=organisation_id))


def end_invitations(session: Session, account_id: int) -> None:
    """Those that somebody sent and nobody has accepted yet."""
    sent = (AccountToken.sent_by_id == account_id, AccountToken.purpose == PURPOSE, AccountToken.used_at.is_(None))
    session.execute(update(AccountToken).where(*sent).values(used_at=now()))


def accept(session: Session, actor: Actor, token: str) -> Organisation:
    """Become a member by a link. Pressed twice, it is one press.

    Raises:
        NotFound: the link was used by somebody else, was revoked, or is too old.
        Forbidden: it was sent to another address than the actor's confirmed one.
        Conflict: the actor belongs to another organisation.
    """
    try:
        link = tokens.find(session, token, PURPOSE)
    except NotFound:
        if (joined := _accepted_before(session, actor, token)) is None:
            raise
        return joined
    return _enter(session, actor, link)


def accept_own(session: Session, actor: Actor, invitation_id: int) -> Organisation:
    """Become a member by an invitation that was sent to one's own confirmed address, without its link.

    Raises: as `accept`.
    """
    email = session.scalar(select(Account.email).where(Account.id == actor.id))
    query = select(AccountToken).where(AccountToken.id == invitation_id, *live_invitations(email))
    link = session.scalars(query.with_for_update()).one_or_none()
    if link is None:
        raise NotFound(_("There is no such invitation any more."))
    return _enter(session, actor, link)


def accept_for_new(session: Session, account: Account, link: AccountToken) -> None:
    """Make an account that was just made by this link a member of what the link invites to."""
    organisation = session.get_one(Organisation, link.organisation_id)
    enter(session, account, organisation, Joined.INVITATION)


def look_at(session: Session, actor: Actor | None, token: str) -> Invitation:
    """What a link invites to, for whoever holds it.

    Raises:
        NotFound: it was used, was revoked, or is too old.
    """
    link = tokens.find(session, token, PURPOSE, hold=False)
    name = session.get_one(Organisation, link.organisation_id).name
    account = session.get(Account, actor.id) if actor else None
    if account is None:
        return Invitation(link.id, name, link.email)
    other = account.organisation_id if account.organisation_id != link.organisation_id else None
    member_of = session.get_one(Organisation, other).name if other is not None else None
    return Invitation(link.id, name, link.email, account.email == link.email, member_of)


def own_invitations(session: Session, email: str | None) -> list[Invitation]:
    """Those sent to a confirmed address."""
    query = select(AccountToken.id, Organisation.name, AccountToken.email).join(
        Organisation, Organisation.id == AccountToken.organisation_id
    )
    rows = session.execute(query.where(*live_invitations(email)).order_by(AccountToken.id).limit(20))
    return [Invitation(*row, mine=True) for row in rows]


def pending(session: Session, organisation_id: int) -> list[Pending]:
    """Invitations that nobody has accepted yet, the newest first."""
    columns = (AccountToken.id, AccountToken.email, AccountToken.created_at, AccountToken.expires_at)
    query = select(*columns).where(*_of(organisation_id)).order_by(AccountToken.id.desc()).limit(MOST_PENDING)
    return [Pending(*row) for row in session.execute(query)]


def _enter(session: Session, actor: Actor, link: AccountToken) -> Organisation:
    account = hold_account(session, actor.id)
    if account.email != link.email:
        raise Forbidden(_("This invitation is for another address than the one that you have confirmed here."))
    organisation = session.get_one(Organisation, link.organisation_id)
    enter(session, account, organisation, Joined.INVITATION)
    link.used_at, link.account_id = now(), account.id
    return organisation


def _accepted_before(session: Session, actor: Actor, token: str) -> Organisation | None:
    query = (
        select(Organisation)
        .join(AccountToken, AccountToken.organisation_id == Organisation.id)
        .join(Account, Account.organisation_id == Organisation.id)
        .where(
            AccountToken.token_hash == token_hash(token),
            AccountToken.purpose == PURPOSE,
            AccountToken.account_id == actor.id,
            Account.id == actor.id,
        )
    )
    return session.scalars(query).one_or_none()


def _of(organisation_id: int) -> tuple[Any, ...]:
    return (
        AccountToken.organisation_id == organisation_id,
        AccountToken.purpose == PURPOSE,
        AccountToken.used_at.is_(None),
        AccountToken.expires_at > now(),
    )


def _refuse(session: Session, organisation: Organisation, addresses: list[str]) -> None:
    there = select(Account.email).where(Account.organisation_id == organisation.id, Account.email.in_(addresses))
    if (member := session.scalar(there.limit(1))) is not None:
        raise Invalid({"addresses": _("{address} belongs to a member already.").format(address=member)})
    waiting = select(func.count()).select_from(AccountToken)
    known = session.scalar(waiting.where(*_of(organisation.id), AccountToken.email.not_in(addresses))) or 0
    if known + len(addresses) > MOST_PENDING:
        words = _("{most} invitations are open at most. Wait until some were accepted, or take some back.")
        raise Invalid({"addresses": words.format(most=MOST_PENDING)})


def _send(session: Session, actor: Actor, organisation: Organisation, email: str) -> None:
    session.execute(
        update(AccountToken).where(*_of(organisation.id), AccountToken.email == email).values(used_at=now())
    )
    token = tokens.issue(session, None, PURPOSE, email, organisation_id=organisation.id, sent_by_id=actor.id)
    if token is None:
        words = _("{address} was sent enough links for now. Try again in an hour.")
        raise Invalid({"addresses": words.format(address=email)})
    if ignoring.is_blocked_by_address(session, actor, email):
        return  # they are not told so
    send_letter(
        session,
        "invitation",
        email,
        Addressee(display_name=email, locale=i18n.current_locale()),
        path=f"/invitations/{token}",
        organisation=organisation.name,
        inviter=actor.display_name,
        days=tokens.LIFETIME[PURPOSE].days,
    )
