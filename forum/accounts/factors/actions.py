"""What people do with their second factors, and what an admin does for whoever lost them."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.accounts.api_tokens import revoke_all
from forum.accounts.factors import checking, passkeys, recovery, steps, totp
from forum.accounts.factors.models import TABLES, Passkey, RecoveryCode, TotpSecret
from forum.accounts.models import Account, SecurityKind
from forum.accounts.security import NOWHERE, Origin, record
from forum.accounts.sessions import end_sessions
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.accounts import FactorsReset
from forum.i18n import gettext as _
from forum.settings import Settings


def add_app(
    session: Session, settings: Settings, actor: Actor, secret: str | None, code: str, origin: Origin
) -> list[str] | None:
    """Take up an offered secret, in place of any before, once the app has shown a code of it.

    With the first factor come recovery codes, which are seen this once.

    Raises:
        Invalid: the code is wrong, or the offer too old.
    """
    if secret is None:
        raise Invalid({"code": _("That took too long: scan the new picture.")})
    step = totp.step_of(secret, recovery.plain(code))
    if step is None:
        raise Invalid({"code": _("That code is not right. Is the clock of your phone right?")})
    account = _own(session, actor)
    first = not checking.is_protected(session, account.id)
    totp.keep(session, settings, account.id, secret, step)
    steps.forget(session, account.id)
    record(session, account, SecurityKind.APP_ADDED, origin)
    return recovery.renew(session, account.id) if first else None


def remove_app(session: Session, actor: Actor, origin: Origin) -> None:
    """
    Raises:
        Conflict: there is none.
    """
    account = _own(session, actor)
    gone = delete(TotpSecret).where(TotpSecret.account_id == account.id).returning(TotpSecret.account_id)
    if session.execute(gone).one_or_none() is None:
        raise Conflict(_("There is no code app any more."))
    record(session, account, SecurityKind.APP_REMOVED, origin)
    _tidy(session, account)


def add_passkey(
    session: Session, settings: Settings, actor: Actor, cookie: str | None, answer: str, name: str, origin: Origin
) -> list[str] | None:
    """Keep a passkey; as with the app, recovery codes come with the first factor.

    Raises:
        Invalid, Conflict: as `passkeys.register`.
    """
    account = _own(session, actor)
    first = not checking.is_protected(session, account.id)
    made = passkeys.register(session, settings, account, cookie, answer, name)
    record(session, account, SecurityKind.PASSKEY_ADDED, origin, detail=made.name)
    return recovery.renew(session, account.id) if first else None


def remove_passkey(session: Session, actor: Actor, passkey_id: int, origin: Origin) -> None:
    """
    Raises:
        NotFound: there is no such passkey, or it is somebody else's.
    """
    account = _own(session, actor)
    mine = (Passkey.id == passkey_id, Passkey.account_id == actor.id)
    name = session.execute(delete(Passkey).where(*mine).returning(Passkey.name)).scalar_one_or_none()
    if name is None:
        raise NotFound(_("There is no such passkey."))
    record(session, account, SecurityKind.PASSKEY_REMOVED, origin, detail=name)
    _tidy(session, account)


def renew_codes(session: Session, actor: Actor, origin: Origin) -> list[str]:
    """New recovery codes in place of the old.

    Raises:
        Conflict: there is no factor that they could stand in for.
    """
    account = _own(session, actor)
    if not checking.is_protected(session, account.id):
        raise Conflict(_("Add a second factor first."))
    record(session, account, SecurityKind.CODES_RENEWED, origin)
    return recovery.renew(session, account.id)


def reset_factors(session: Session, account: Account) -> None:
    """Take away all second factors of an account, sign it out everywhere, and tell its owner."""
    for table in TABLES:
        session.execute(delete(table).where(table.account_id == account.id))
    end_sessions(session, account.id)
    revoke_all(session, account.id)
    record(session, account, SecurityKind.FACTORS_RESET, NOWHERE)


def reset_for(session: Session, actor: Actor, handle: str) -> Account:
    """Do so for somebody who has lost them, as an admin.

    Raises:
        Forbidden: the actor is no admin, or does it to themself, who has settings for that.
        NotFound: nobody who has joined has this handle.
        Conflict: there is nothing to take away.
    """
    require(actor, Privilege.ADMINISTER)
    account = session.scalars(
        select(Account).where(
            Account.handle == handle.lower(), Account.anonymised_at.is_(None), Account.offboarded_at.is_(None)
        )
    ).one_or_none()
    if account is None:
        raise NotFound(_("There is nobody by that name here."))
    if account.id == actor.id:
        raise Forbidden(_("Remove your own in your settings."))
    if not checking.is_protected(session, account.id):
        raise Conflict(_("They have no second factor."))
    reset_factors(session, account)
    emit(session, FactorsReset(actor_id=actor.id, account_id=account.id))
    return account


def _own(session: Session, actor: Actor) -> Account:
    """One's account, held until commit so that what hangs on it changes in turn."""
    return session.get_one(Account, actor.id, with_for_update=True)


def _tidy(session: Session, account: Account) -> None:
    """Half-way sign-ins end with a factor; with the last one, recovery codes stand in for nothing."""
    steps.forget(session, account.id)
    if not checking.is_protected(session, account.id):
        session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
