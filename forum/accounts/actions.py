"""What people do with their own account, and what the command line does for them."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum import bounces, i18n
from forum.access import Actor, Role
from forum.accounts import admission, tokens
from forum.accounts.api_tokens import revoke_all
from forum.accounts.consents import consent_at_sign_up
from forum.accounts.email_change import CONFIRM, tell_old_address
from forum.accounts.factors import steps
from forum.accounts.merged import whose_now
from forum.accounts.models import TIERS, Account, SecurityKind, TokenPurpose
from forum.accounts.names import clean_display_name, clean_handle, clean_website
from forum.accounts.reserving import reserved
from forum.accounts.security import NOWHERE, Origin, record
from forum.accounts.sessions import end_sessions
from forum.clock import now
from forum.errors import Conflict, Invalid, NotFound
from forum.events import emit
from forum.events.accounts import AccountJoined, EmailVerified, PasswordChanged, TimeZoneChanged
from forum.i18n import gettext as _
from forum.jobs import enqueue

RESET = "accounts.reset"
CHANGED = "accounts.password_changed"


def register(
    session: Session,
    *,
    handle: str,
    display_name: str,
    email: str,
    password_hash: str | None,
    agreed: str | None = None,
) -> Account:
    """Make an account whose address waits to be confirmed.

    Whether the address is known is looked up by the job that sends the mail: here the
    same is done for every address, so neither words nor time tell them apart. `agreed` is the version of the terms
    that they agreed to.

    Raises:
        Forbidden: not everybody may make an account here.
        Invalid: the handle is taken or not to be had, or there are terms that they did not agree to.
    """
    admission.require_open(session)
    handle = clean_handle(handle)
    account = Account(
        handle=handle,
        display_name=clean_display_name(display_name, handle),
        unconfirmed_email=email,
        password_hash=password_hash,
        locale=i18n.current_locale(),
    )
    _add(session, account)
    consent_at_sign_up(session, account, agreed)
    enqueue(session, CONFIRM, {"account_id": account.id})
    return account


def create_account(
    session: Session,
    *,
    handle: str,
    email: str | None,
    display_name: str = "",
    password_hash: str | None = None,
    roles: frozenset[Role] = frozenset(),
    tier: int | None = None,
) -> Account:
    """Make an account whose address is taken as confirmed: for the command line and demo content.

    Raises:
        Invalid: the handle or address is taken, or the tier does not fit the roles.
    """
    if tier is not None and (tier not in TIERS or Role.STAFF not in roles):
        raise Invalid({"tier": _("Staff have a tier from 1 to 3, others none.")})
    handle = clean_handle(handle)
    account = Account(
        handle=handle,
        display_name=clean_display_name(display_name, handle),
        email=email,
        email_verified_at=now() if email else None,
        password_hash=password_hash,
        moderator=Role.MODERATOR in roles,
        staff=Role.STAFF in roles,
        admin=Role.ADMIN in roles,
        tier=(tier or 1) if Role.STAFF in roles else None,
    )
    _add(session, account)
    emit(session, AccountJoined(actor_id=account.id, account_id=account.id))
    return account


def register_invited(
    session: Session, *, handle: str, display_name: str, email: str, password_hash: str, agreed: str | None = None
) -> Account:
    """Make an account for whoever opened a link that was mailed to this address, which is confirmed by that.

    Whoever calls it looks after the link, and says with `has_joined` that all is settled.

    Raises:
        Invalid: the handle or the address is taken or not to be had, or there are terms that they did not agree to.
    """
    handle = clean_handle(handle)
    account = Account(
        handle=handle,
        display_name=clean_display_name(display_name, handle),
        email=email,
        email_verified_at=now(),
        password_hash=password_hash,
        locale=i18n.current_locale(),
    )
    _add(session, account)
    consent_at_sign_up(session, account, agreed)
    return account


def has_joined(session: Session, account: Account, email: str) -> None:
    """Say that an account with a confirmed address is there."""
    bounces.try_again(session, email)
    emit(session, AccountJoined(actor_id=account.id, account_id=account.id))
    emit(session, EmailVerified(actor_id=account.id, account_id=account.id, email=email))


def send_again(session: Session, actor: Actor) -> None:
    """Mail another link to the address that waits to be confirmed.

    Raises:
        Conflict: there is nothing to confirm.
    """
    account = session.get_one(Account, actor.id)
    if account.unconfirmed_email is None:
        raise Conflict(_("Your address is confirmed already."))
    enqueue(session, CONFIRM, {"account_id": account.id})


def confirm_email(session: Session, token: str, origin: Origin = NOWHERE) -> Account:
    """Take the address a link was sent to as its reader's own; with the first one, the account joins.

    The address that it replaces is told, and can take that back.

    Raises:
        NotFound: the link was used, is too old, or was sent to another address than the account has now.
        Conflict: somebody else has confirmed the address since.
    """
    link = tokens.find(session, token, TokenPurpose.VERIFY_EMAIL)
    account = session.scalars(select(Account).where(Account.id == link.account_id).with_for_update()).one()
    if account.unconfirmed_email != link.email:
        raise NotFound(_("This link has been used or is too old. Ask for a new one."))
    other = session.scalars(select(Account).where(Account.email == link.email).with_for_update()).one_or_none()
    if other is not None and whose_now(session, other.id) == account.id:  # of an account that became part of this one
        other.email = None
        session.flush()
    elif other is not None:
        raise Conflict(_("This address belongs to another account by now. Sign in to that one."))
    joins, previous = account.email_verified_at is None, account.email
    account.email, account.email_verified_at, account.unconfirmed_email = link.email, now(), None
    tokens.use_up(session, account.id, TokenPurpose.VERIFY_EMAIL, TokenPurpose.RESET_PASSWORD)
    session.flush()
    for address in {link.email, previous or link.email}:  # mail was read at the one, and goes to the other no more
        bounces.try_again(session, address)
    if previous is not None and not joins:
        tell_old_address(session, account, previous, origin)
    if joins:
        emit(session, AccountJoined(actor_id=account.id, account_id=account.id))
    emit(session, EmailVerified(actor_id=account.id, account_id=account.id, email=link.email))
    return account


def ask_for_reset(session: Session, email: str) -> None:
    """Have a link mailed to the address, if it has an account; only the job finds out."""
    enqueue(session, RESET, {"email": email})


def reset_password(session: Session, token: str, password_hash: str, origin: Origin = NOWHERE) -> Account:
    """Set a new password by a mailed link, and sign the account out everywhere.

    Raises:
        NotFound: the link was used, is too old, or was sent to another address than the account has now.
    """
    link = tokens.find(session, token, TokenPurpose.RESET_PASSWORD)
    account = session.get_one(Account, link.account_id, with_for_update=True)
    if account.email != link.email or account.offboarded_at or account.anonymised_at:
        raise NotFound(_("This link has been used or is too old. Ask for a new one."))
    _set_password(session, account, password_hash, origin)
    end_sessions(session, account.id)
    return account


def change_password(
    session: Session, actor: Actor, *, checked_hash: str | None, password_hash: str, origin: Origin = NOWHERE
) -> Account:
    """Set a new password, knowing the old one, and end every other session.

    `checked_hash` is what the old password was compared with before the transaction.

    Raises:
        Conflict: the password was changed elsewhere in the meantime.
    """
    account = session.get_one(Account, actor.id, with_for_update=True)
    if account.password_hash != checked_hash:
        raise Conflict(_("Your password was changed a moment ago in another window."))
    _set_password(session, account, password_hash, origin)
    end_sessions(session, account.id, but=actor.session_id)
    return account


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person says of themself; `bio_html` is the cooked `bio_source`."""

    display_name: str
    bio_source: str
    bio_html: str
    location: str
    website: str
    time_zone: str
    locale: str


def update_profile(session: Session, actor: Actor, profile: Profile) -> Account:
    """Change what a profile says and how the site speaks to its owner.

    Raises:
        Invalid: a field is too long or names nothing that exists.
    """
    account = session.get_one(Account, actor.id)
    if profile.time_zone not in available_timezones():
        raise Invalid({"time_zone": _("Choose a time zone from the list.")})
    if profile.locale not in i18n.locales():
        raise Invalid({"locale": _("Choose a language from the list.")})
    location = " ".join(profile.location.split())
    if len(location) > 80:
        raise Invalid({"location": _("Use at most 80 characters.")})
    account.display_name = clean_display_name(profile.display_name, account.handle)
    account.website = clean_website(profile.website)
    account.bio_source, account.bio_html, account.location = profile.bio_source, profile.bio_html, location
    moved = account.time_zone != profile.time_zone
    account.time_zone, account.locale = profile.time_zone, profile.locale
    session.flush()
    if moved:
        emit(session, TimeZoneChanged(actor_id=actor.id, account_id=account.id))
    return account


def _set_password(session: Session, account: Account, password_hash: str, origin: Origin) -> None:
    account.password_hash = password_hash
    revoke_all(session, account.id)
    tokens.use_up(session, account.id, TokenPurpose.RESET_PASSWORD)
    steps.forget(session, account.id)
    record(session, account, SecurityKind.PASSWORD_CHANGED, origin)
    emit(session, PasswordChanged(actor_id=account.id, account_id=account.id))
    enqueue(session, CHANGED, {"account_id": account.id})


def _add(session: Session, account: Account) -> None:
    """Insert, and say which of the two names was taken when one was."""
    taken = session.scalar(select(Account.id).where(Account.handle == account.handle)) is not None
    if taken or reserved(session, [account.handle]):
        raise Invalid({"handle": _("Somebody else has this handle.")})
    if account.email and session.scalar(select(Account.id).where(Account.email == account.email)) is not None:
        raise Invalid({"email": _("Another account has this address.")})
    try:
        with session.begin_nested():
            session.add(account)
    except IntegrityError as error:  # somebody else was registered since the question above
        raise Invalid({"handle": _("Somebody else has this handle.")}) from error
