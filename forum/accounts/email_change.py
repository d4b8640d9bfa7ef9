"""Moving an account to another address: asked for, confirmed there, and taken back by the old one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forum import bounces
from forum.access import Actor
from forum.accounts import tokens
from forum.accounts.api_tokens import revoke_all
from forum.accounts.factors import checking, steps
from forum.accounts.factors.models import Passkey, RecoveryCode, TotpSecret
from forum.accounts.models import Account, AccountToken, SecurityKind, TokenPurpose
from forum.accounts.oidc.models import LinkedIdentity
from forum.accounts.security import Origin, record
from forum.accounts.sessions import end_sessions
from forum.errors import Conflict, Invalid
from forum.i18n import gettext as _
from forum.jobs import enqueue
from forum.letters import send_letter

CONFIRM = "accounts.confirm"
SUSPECT = timedelta(days=1)
"""Factors added or sign-ins linked since this long before an address was changed may be of whoever changed it."""


def ask_change(session: Session, actor: Actor, email: str, origin: Origin) -> None:
    """Send a link to the new address, which becomes the account's when it is opened there; the old one is told.

    The same is done whether or not somebody has the address: the job that sends the mail looks.

    Raises:
        Invalid: it is the address that the account has.
    """
    account = session.get_one(Account, actor.id, with_for_update=True)
    if account.email == email:
        raise Invalid({"email": _("This is your address already.")})
    account.unconfirmed_email = email
    tokens.use_up(session, account.id, TokenPurpose.VERIFY_EMAIL)
    enqueue(session, CONFIRM, {"account_id": account.id})
    if account.email is not None:
        record(session, account, SecurityKind.EMAIL_ASKED, origin, detail=email)


def drop_change(session: Session, actor: Actor) -> None:
    """Keep the address; the link that was sent to another opens nothing any more.

    Raises:
        Conflict: there is no change to drop.
    """
    account = session.get_one(Account, actor.id, with_for_update=True)
    if account.email is None or account.unconfirmed_email is None:
        raise Conflict(_("There is no change to take back."))
    account.unconfirmed_email = None
    tokens.use_up(session, account.id, TokenPurpose.VERIFY_EMAIL)


def tell_old_address(session: Session, account: Account, previous: str, origin: Origin) -> None:
    """After an account has moved: a letter to the address it had, with a link that moves it back."""
    record(session, account, SecurityKind.EMAIL_CHANGED, origin, detail=previous)
    token = tokens.issue(session, account.id, TokenPurpose.UNDO_EMAIL, previous)
    days = tokens.LIFETIME[TokenPurpose.UNDO_EMAIL].days
    path = f"/undo-email/{token}" if token else None
    send_letter(session, "email_changed", previous, account, path=path, days=days)


def undo_change(session: Session, token: str, origin: Origin) -> str | None:
    """Put the address back that a link was sent to, and shut out whoever changed it.

    Sessions, API tokens, the password and factors added since end. Returns the word for setting a new password. Links
    to addresses that the account had earlier go on working: whoever took it may have moved it more than once.

    Raises:
        NotFound: the link was used, is too old, or was never sent for this.
        Conflict: somebody else has confirmed the address since.
    """
    link = tokens.find(session, token, TokenPurpose.UNDO_EMAIL)
    account = session.scalars(
        select(Account).where(Account.id == link.account_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    other = select(Account.id).where(Account.email == link.email, Account.id != account.id)
    if account.anonymised_at or session.scalar(other) is not None:
        raise Conflict(_("This address belongs to another account by now."))
    for address in {link.email, account.email or link.email}:
        bounces.try_again(session, address)
    account.email, account.unconfirmed_email, account.password_hash = link.email, None, None
    tokens.use_up(session, account.id, TokenPurpose.UNDO_EMAIL, since=link.id)
    others = (TokenPurpose.VERIFY_EMAIL, TokenPurpose.RESET_PASSWORD, TokenPurpose.END_SESSIONS)
    tokens.use_up(session, account.id, *others)
    end_sessions(session, account.id)
    revoke_all(session, account.id)
    steps.forget(session, account.id)
    _drop_suspects(session, account, link)
    session.flush()
    record(session, account, SecurityKind.EMAIL_PUT_BACK, origin)
    return tokens.issue(session, account.id, TokenPurpose.RESET_PASSWORD, link.email)


def _drop_suspects(session: Session, account: Account, link: AccountToken) -> None:
    since = link.created_at - SUSPECT
    for table in (TotpSecret, Passkey, LinkedIdentity):
        session.execute(delete(table).where(table.account_id == account.id, table.created_at > since))
    if not checking.is_protected(session, account.id):
        session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
