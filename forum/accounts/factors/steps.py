"""Between the password and the second factor: nobody is signed in yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forum.accounts.factors import checking
from forum.accounts.factors.models import SignInStep
from forum.accounts.models import Account
from forum.accounts.queries import token_hash
from forum.accounts.security import Origin
from forum.accounts.tokens import new_token
from forum.clock import now
from forum.settings import Settings

COOKIE = "sign-in-step"
LIVES = timedelta(minutes=10)
MOST_TRIES = 5
AT_ONCE = 10


def begin(session: Session, account: Account, *, remembered: bool, proven_at: datetime | None = None) -> str:
    """Remember that the first factor was right, and say the cookie by which this browser goes on."""
    waiting = select(SignInStep.id).where(SignInStep.account_id == account.id).order_by(SignInStep.id.desc())
    old = session.scalars(waiting.offset(AT_ONCE - 1).limit(100)).all()
    session.execute(delete(SignInStep).where(SignInStep.id.in_(old)))
    token = new_token()
    session.add(
        SignInStep(
            account_id=account.id,
            token_hash=token_hash(token),
            remembered=remembered,
            proven_at=proven_at,
            expires_at=now() + LIVES,
        )
    )
    session.flush()
    return token


def find(session: Session, token: str | None, *, hold: bool = False) -> SignInStep | None:
    """The step that a browser is at, while it lives and has tries left."""
    query = select(SignInStep).where(
        SignInStep.token_hash == token_hash(token or ""),
        SignInStep.expires_at > now(),
        SignInStep.tries < MOST_TRIES,
    )
    return session.scalars(query.with_for_update() if hold else query).one_or_none()


def pass_on(session: Session, settings: Settings, step: SignInStep, code: str, origin: Origin) -> Account | None:
    """The account, once a code of its app or a recovery code is right; a wrong one counts as a try.

    The step ends with it, so that it leads to one session.
    """
    account = session.get_one(Account, step.account_id)
    if account.anonymised_at or account.offboarded_at:
        return None
    if not checking.take_code(session, settings, account, code, origin):
        step.tries += 1
        return None
    session.delete(step)
    return account


def forget(session: Session, account_id: int) -> None:
    """End every half-way sign-in of an account: its password or its factors have changed."""
    session.execute(delete(SignInStep).where(SignInStep.account_id == account_id))
