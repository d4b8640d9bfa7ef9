"""What links somebody at the provider to an account: made with it, linked to one that they proved, taken away."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum import i18n
from forum.access import Actor
from forum.accounts import admission
from forum.accounts.actions import create_account, register
from forum.accounts.consents import consent_at_sign_up
from forum.accounts.factors import checking, passkeys, steps
from forum.accounts.models import Account, SecurityKind
from forum.accounts.oidc.models import LinkedIdentity, ProviderArrival
from forum.accounts.oidc.provider import Identity
from forum.accounts.security import Origin, record
from forum.clock import now
from forum.errors import Conflict, Forbidden, NotFound
from forum.events import emit
from forum.events.accounts import EmailVerified, IdentityLinked, IdentityUnlinked
from forum.i18n import gettext as _
from forum.settings import Settings

Vouched = Identity | ProviderArrival
"""Somebody at the provider, just now or while they wait."""


def whose(session: Session, vouched: Vouched) -> LinkedIdentity | None:
    """Their link, found by what the issuer calls them and by nothing else."""
    named = (LinkedIdentity.issuer == vouched.issuer, LinkedIdentity.subject == vouched.subject)
    return session.scalars(select(LinkedIdentity).where(*named)).one_or_none()


def own(session: Session, account_id: int) -> list[LinkedIdentity]:
    """The links of an account: one a provider, of which a site has one at a time."""
    query = select(LinkedIdentity).where(LinkedIdentity.account_id == account_id)
    return list(session.scalars(query.order_by(LinkedIdentity.id).limit(20)))


def has_account(session: Session, vouched: Vouched) -> bool:
    """Whether an account here has the address that is theirs. Of an address that may not be theirs, nobody is told."""
    if not vouched.verified:
        return False
    return session.scalar(select(Account.id).where(Account.email == vouched.email)) is not None


def lets_join(session: Session, vouched: Vouched) -> bool:
    """Whether an account may be made: an address that may not be theirs brings no invitation."""
    if vouched.verified:
        return admission.may_join(session, vouched.email)
    return admission.registration(session) is admission.Registration.OPEN


def enter(session: Session, linked: LinkedIdentity, email: str) -> Account:
    """The account that a link opens.

    Raises:
        Forbidden: it is closed.
    """
    account = session.get_one(Account, linked.account_id)
    if account.anonymised_at or account.offboarded_at:
        raise Forbidden(_("The account that this opens is closed. Whoever runs this site can tell you more."))
    linked.last_used_at, linked.email = now(), email
    return account


def join(
    session: Session,
    settings: Settings,
    vouched: Vouched,
    *,
    handle: str,
    display_name: str,
    email: str,
    origin: Origin,
    agreed: str | None = None,
) -> Account:
    """Make an account that has no password, for somebody whom the provider vouches for.

    An address that is known to be theirs counts as confirmed; any other is confirmed by a link, as with a password.

    `agreed` is the version of the terms that they agreed to.

    Raises:
        Forbidden: no account may be made for this address.
        Invalid: the handle or the name is not to be had, or there are terms that they did not agree to.
        Conflict: the address, or they themself, have an account by now.
    """
    _refuse_known(session, vouched)
    if has_account(session, vouched):
        raise Conflict(_("There is an account with your address by now. Sign in to it."))
    if not lets_join(session, vouched):
        raise Forbidden(admission.refusal(session))
    if vouched.verified:
        account = create_account(session, handle=handle, email=vouched.email, display_name=display_name)
        account.locale = i18n.current_locale()
        consent_at_sign_up(session, account, agreed)
        emit(session, EmailVerified(actor_id=account.id, account_id=account.id, email=vouched.email))
    else:
        given = {"handle": handle, "display_name": display_name, "email": email}
        account = register(session, **given, password_hash=None, agreed=agreed)
    _keep(session, settings, account, vouched, origin)
    return account


def link(session: Session, settings: Settings, actor: Actor, vouched: Vouched, origin: Origin) -> LinkedIdentity:
    """Let somebody at the provider sign in to the actor's account.

    Raises:
        Conflict: they open another account, or this one already; or another at the provider opens it.
    """
    account = session.get_one(Account, actor.id, with_for_update=True)
    _refuse_known(session, vouched, account)
    if any(one.issuer == vouched.issuer for one in own(session, account.id)):
        words = _("Another account of {name} is linked to yours. Remove that one first.")
        raise Conflict(words.format(name=settings.oidc_name))
    return _keep(session, settings, account, vouched, origin)


def unlink(session: Session, settings: Settings, actor: Actor, identity_id: int, origin: Origin) -> None:
    """
    Raises:
        NotFound: there is no such link, or it is somebody else's.
        Conflict: nothing else would let them in.
    """
    account = session.get_one(Account, actor.id, with_for_update=True)
    linked = session.get(LinkedIdentity, identity_id)
    if linked is None or linked.account_id != account.id:
        raise NotFound(_("There is no such link any more."))
    if is_only_way(session, settings, account, linked):
        raise Conflict(_("Nothing else would let you in. Set a password first, or add a passkey."))
    detail = _called(settings, linked)
    session.delete(linked)
    session.flush()
    steps.forget(session, account.id)
    record(session, account, SecurityKind.IDENTITY_UNLINKED, origin, detail=detail)
    if account.roles:
        emit(session, IdentityUnlinked(actor_id=account.id, account_id=account.id))


def is_only_way(session: Session, settings: Settings, account: Account, linked: LinkedIdentity) -> bool:
    """Whether an account has neither a password nor a passkey; an earlier provider of the site lets nobody in."""
    if linked.issuer != settings.oidc_issuer or account.password_hash is not None:
        return False
    return not (passkeys.offered(settings) and checking.has_passkey(session, account.id))


def _refuse_known(session: Session, vouched: Vouched, account: Account | None = None) -> None:
    linked = whose(session, vouched)
    if linked is None:
        return
    if account is not None and linked.account_id == account.id:
        raise Conflict(_("It is linked to your account already."))
    raise Conflict(_("It is linked to another account here. Sign in with it, and remove the link there first."))


def _keep(session: Session, settings: Settings, account: Account, vouched: Vouched, origin: Origin) -> LinkedIdentity:
    linked = LinkedIdentity(
        account_id=account.id, issuer=vouched.issuer, subject=vouched.subject, email=vouched.email, last_used_at=now()
    )
    try:
        with session.begin_nested():
            session.add(linked)
    except IntegrityError as error:  # somebody else was quicker, or oneself in another window
        raise Conflict(_("It was linked to an account a moment ago.")) from error
    record(session, account, SecurityKind.IDENTITY_LINKED, origin, detail=_called(settings, linked))
    if account.roles:
        emit(session, IdentityLinked(actor_id=account.id, account_id=account.id))
    return linked


def _called(settings: Settings, linked: LinkedIdentity) -> str:
    name = provider_name(settings, linked.issuer)
    return f"{name}, {linked.email}" if linked.email else name


def provider_name(settings: Settings, issuer: str) -> str:
    """What a provider is called here; of one that was the site's earlier, only the host is known."""
    return settings.oidc_name if issuer == settings.oidc_issuer else urlsplit(issuer).hostname or issuer
