"""Imported people take their account over: by a link to the address that they had at the former site, and only by that.

Until then the address stands in `unconfirmed_email` and opens nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum import bounces
from forum.accounts import tokens
from forum.accounts.consents import consent_at_sign_up
from forum.accounts.models import Account, TokenPurpose
from forum.clock import now
from forum.errors import Conflict, NotFound
from forum.events import emit
from forum.events.accounts import EmailVerified
from forum.i18n import gettext as _
from forum.letters import send_letter

CLAIM = "accounts.claim"


def unclaimed() -> ColumnElement[bool]:
    """Accounts that were imported and nobody uses yet. Who got a role here by other ways is given an address there."""
    return and_(
        Account.imported_at.is_not(None),
        Account.email.is_(None),
        Account.password_hash.is_(None),
        Account.anonymised_at.is_(None),
        Account.offboarded_at.is_(None),
        Account.moderator == false(),
        Account.staff == false(),
        Account.admin == false(),
    )


def claimable(session: Session, email: str) -> Account | None:
    """The account that waits for whoever reads mail at this address."""
    waiting = select(Account).where(Account.unconfirmed_email == email, unclaimed())
    return session.scalars(waiting.order_by(Account.id).limit(1)).first()


def any_waits(session: Session) -> bool:
    """Whether there is anybody whom the pages should tell how to come in."""
    waits = exists().where(Account.unconfirmed_email.is_not(None), Account.imported_at.is_not(None), unclaimed())
    return session.scalar(select(true()).where(waits)) is not None


def send_claim(session: Session, payload: dict[str, Any]) -> None:
    """The job of a letter that was asked for by whoever runs the site."""
    account = session.scalars(select(Account).where(Account.id == payload["account_id"], unclaimed())).one_or_none()
    if account is not None and account.unconfirmed_email is not None:
        write_to(session, account)


def write_to(session: Session, account: Account) -> None:
    """A link to the address of an imported account, unless that belongs to another account by now."""
    email = account.unconfirmed_email
    if email is None or session.scalar(select(Account.id).where(Account.email == email)) is not None:
        return
    token = tokens.issue(session, account.id, TokenPurpose.CLAIM_ACCOUNT, email)
    if token is not None:
        days = tokens.LIFETIME[TokenPurpose.CLAIM_ACCOUNT].days
        send_letter(session, "claim", email, account, path=f"/claim/{token}", days=days)


def about(session: Session, token: str) -> Account:
    """Whose account a link opens, to be looked at.

    Raises:
        NotFound: the link was used, is too old, or was sent to another address than the account has now.
    """
    link = tokens.find(session, token, TokenPurpose.CLAIM_ACCOUNT, hold=False)
    account = session.scalars(select(Account).where(Account.id == link.account_id, unclaimed())).one_or_none()
    if account is None or account.unconfirmed_email != link.email:
        raise _too_late()
    return account


def claim(session: Session, token: str, password_hash: str, agreed: str | None = None) -> Account:
    """Make an imported account that of whoever reads mail at its address, with a password of their own.

    It has joined already: what one begins with is among the points that it brought. `agreed` is the version of the
    terms that they agreed to.

    Raises:
        Invalid: there are terms that they did not agree to.
        NotFound: as `about`.
        Conflict: the address belongs to another account by now.
    """
    link = tokens.find(session, token, TokenPurpose.CLAIM_ACCOUNT)
    locked = select(Account).where(Account.id == link.account_id, unclaimed()).with_for_update()
    account = session.scalars(locked.execution_options(populate_existing=True)).one_or_none()
    if account is None or account.unconfirmed_email != link.email:
        raise _too_late()
    consent_at_sign_up(session, account, agreed)
    taken = Conflict(
        _("This address belongs to another account by now. Sign in to that one, and ask staff about this.")
    )
    if session.scalar(select(Account.id).where(Account.email == link.email)) is not None:
        raise taken
    try:
        with session.begin_nested():
            account.email, account.email_verified_at, account.unconfirmed_email = link.email, now(), None
            account.password_hash = password_hash
            session.flush()
    except IntegrityError as error:  # somebody confirmed it since the question above
        raise taken from error
    every = (TokenPurpose.CLAIM_ACCOUNT, TokenPurpose.VERIFY_EMAIL, TokenPurpose.RESET_PASSWORD)
    tokens.use_up(session, account.id, *every)
    bounces.try_again(session, link.email)
    emit(session, EmailVerified(actor_id=account.id, account_id=account.id, email=link.email))
    return account


def _too_late() -> NotFound:
    return NotFound(_("This link has been used or is too old. Ask for a new one."))
