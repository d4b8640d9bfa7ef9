"""Coming in and going out: the check of a password, and what follows when it fits."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.accounts import rules
from forum.accounts.consents import must_consent
from forum.accounts.factors import checking, steps
from forum.accounts.models import Account
from forum.accounts.passwords import Checked, check_password
from forum.accounts.sessions import Opened, open_session, put_cookie
from forum.clock import now
from forum.db import Database
from forum.errors import Forbidden, Invalid
from forum.i18n import gettext as _
from forum.options import option
from forum.web import see_other
from forum.web.replies import leave_for, local_path


@dataclass(frozen=True, slots=True)
class Known:
    """An account as far as signing in must know it; `id` is None for one that does not exist."""

    id: int | None = None
    password_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whom the name and the password belong to, and the hash they were compared with."""

    known: Known
    checked: Checked


def check_entry(database: Database, name: str, password: str) -> Answer:
    """Compare a password outside any transaction; for a name nobody has, the same work is done."""
    with database.reading() as session:
        known = _find(session, name)
    return Answer(known, check_password(password, known.password_hash))


@dataclass(frozen=True, slots=True)
class Entered:
    """Who is at the door: with a session `opened`, or at the `step` at which their second factor is awaited."""

    account: Account
    opened: Opened | None = None
    step: str | None = None


def sign_in(session: Session, request: Request, answer: Answer, *, remembered: bool = True) -> Entered:
    """Open a session for whom the password belongs to, or await their second factor; keep its hash at today's cost.

    Raises:
        Invalid: name and password do not fit, or the password was changed since it was compared.
    """
    account = session.get(Account, answer.known.id) if answer.checked.fits else None
    if account is None or account.password_hash != answer.known.password_hash:
        raise Invalid({"": refusal()})
    if answer.checked.renewed:
        account.password_hash = answer.checked.renewed
    if checking.is_protected(session, account.id):
        return Entered(account, step=steps.begin(session, account, remembered=remembered))
    return Entered(account, opened=open_session(session, request, account, remembered=remembered))


def let_in(request: Request, session: Session, account: Account, opened: Opened, going: str | None) -> Response:
    """On to where the person was going, by way of what they should know about their account first."""
    back = local_path(going)
    further = {"next": back if back != "/" else None}
    sanctioned = any(end and end > now() for end in (account.suspended_until, account.silenced_until))
    if account.roles and rules.factor_required(session) and not checking.is_protected(session, account.id):
        response = see_other(request, "security.show", query=further)
    elif must_consent(session, account.consented_version):
        response = see_other(request, "terms.ask", query=further)
    elif sanctioned or account.email_verified_at is None:
        response = see_other(request, "accounts.standing", query=further)
    else:
        response = leave_for(request, back)
    return put_cookie(request, response, opened)


def sign_in_demo(session: Session, request: Request, handle: str) -> tuple[Account, Opened]:
    """Sign in without a password, in demo mode, as one of the accounts that it offers.

    Raises:
        Forbidden: the site is no demo, or does not offer this account.
    """
    offered = {offer["handle"] for offer in option(session, "demo.accounts", list[dict[str, str]]())}
    account = session.scalars(select(Account).where(Account.handle == handle)).one_or_none()
    if not request.state.site.settings.demo or handle not in offered or account is None:
        raise Forbidden(_("Nobody can sign in like this here."))
    return account, open_session(session, request, account)


def plain_name(typed: str) -> str:
    """A handle or an address as it is kept, however somebody types it."""
    return typed.strip().lower().removeprefix("@")


def refusal() -> str:
    return _("That name and password do not belong together.")


def _find(session: Session, name: str) -> Known:
    name = plain_name(name)
    row = session.execute(
        select(Account.id, Account.password_hash).where(
            or_(Account.handle == name, Account.email == name),
            Account.anonymised_at.is_(None),
            Account.offboarded_at.is_(None),
        )
    ).first()
    return Known() if row is None else Known(*row)
