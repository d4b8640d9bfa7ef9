"""Coming in and going out: the check of a password, and what follows when it fits."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.accounts.models import Account
from forum.accounts.passwords import Checked, check_password
from forum.accounts.sessions import open_session
from forum.db import Database
from forum.errors import Forbidden, Invalid
from forum.i18n import gettext as _
from forum.options import option


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


def sign_in(session: Session, request: Request, answer: Answer) -> tuple[Account, str]:
    """Open a session for whom the password belongs to, and keep its hash at today's cost.

    Raises:
        Invalid: name and password do not fit, or the password was changed since it was compared.
    """
    account = session.get(Account, answer.known.id) if answer.checked.fits else None
    if account is None or account.password_hash != answer.known.password_hash:
        raise Invalid({"": refusal()})
    if answer.checked.renewed:
        account.password_hash = answer.checked.renewed
    return account, open_session(session, request, account)


def sign_in_demo(session: Session, request: Request, handle: str) -> tuple[Account, str]:
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
