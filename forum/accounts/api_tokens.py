"""Tokens for programs: made, listed, revoked, and read from a request to the API.

A token does what its account may do, and of that only what its scopes name. It ends
when it is revoked, when its time is up, and with every change of the password, since
whoever knew the old one may have made it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from forum.access import Actor, Bearer, Role, Scope, narrow, usable_scopes
from forum.accounts.models import Account, ApiToken
from forum.accounts.queries import actor_of, token_hash
from forum.accounts.tokens import new_token
from forum.clock import now
from forum.errors import Conflict, Invalid, NotFound
from forum.i18n import gettext as _

PREFIX = "porch_"
"""So that a token can be told from other random words, by people and by whoever looks for leaked ones."""
MOST = 50
LONGEST_NAME = 80
LONGEST_DAYS = 3650
ROUGHLY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TokenRow:
    id: int
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


def make_token(
    session: Session,
    account_id: int,
    name: str,
    scopes: Collection[Scope],
    *,
    days: int | None = None,
) -> tuple[ApiToken, str]:
    """A new token, and the word itself, which is never seen again; `days` until it ends, None for no end.

    Raises:
        Invalid: no name, no scope, or one that the account could never use.
        Conflict: the account has too many already.
    """
    account = session.get_one(Account, account_id, with_for_update=True)
    name = " ".join(name.split())
    _check(account.roles, name, scopes, days)
    count = select(func.count()).select_from(ApiToken).where(ApiToken.account_id == account_id, *living())
    if (session.scalar(count) or 0) >= MOST:
        raise Conflict(_("You have {count} tokens. Revoke one that is not used any more.").format(count=MOST))
    word = PREFIX + new_token()
    token = ApiToken(
        account_id=account_id,
        name=name,
        token_hash=token_hash(word),
        scopes=[scope.value for scope in Scope if scope in scopes],
        created_at=now(),
        expires_at=now() + timedelta(days=days) if days else None,
    )
    session.add(token)
    session.flush()
    return token, word


def account_by_handle(session: Session, handle: str) -> Account:
    """An open account.

    Raises:
        Invalid: nobody has the handle, or nobody any more.
    """
    account = session.scalars(
        select(Account).where(
            Account.handle == handle.strip().lstrip("@").lower(),
            Account.anonymised_at.is_(None),
            Account.offboarded_at.is_(None),
        )
    ).one_or_none()
    if account is None:
        raise Invalid({"handle": _("There is nobody by that name here.")})
    return account


def revoke_token(session: Session, actor: Actor, token_id: int) -> ApiToken:
    """End one's own token at once; one that has ended stays so.

    Raises:
        NotFound: there is no such token, or it is somebody else's.
    """
    token = session.scalars(
        select(ApiToken).where(ApiToken.id == token_id, ApiToken.account_id == actor.id).with_for_update()
    ).one_or_none()
    if token is None:
        raise NotFound(_("There is no such token."))
    token.revoked_at = token.revoked_at or now()
    return token


def revoke_all(session: Session, account_id: int) -> None:
    """End every token of an account."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now())
    )


def own_tokens(session: Session, actor: Actor) -> list[TokenRow]:
    """The living tokens of an account, the newest first."""
    rows = session.scalars(
        select(ApiToken).where(ApiToken.account_id == actor.id, *living()).order_by(ApiToken.id.desc()).limit(MOST)
    )
    return [
        TokenRow(
            id=row.id,
            name=row.name,
            scopes=tuple(Scope(scope) for scope in row.scopes),
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
        )
        for row in rows
    ]


def load_bearer(session: Session, word: str) -> Bearer | None:
    """Who is behind a token, if it lives and its account is open."""
    row = session.execute(
        select(Account, ApiToken)
        .join(ApiToken, ApiToken.account_id == Account.id)
        .where(
            ApiToken.token_hash == token_hash(word),
            *living(),
            Account.anonymised_at.is_(None),
            Account.offboarded_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    account, token = row
    # Whoever writes reads: an act answers with what it changed, and all that stands around it.
    scopes = frozenset({Scope.READ, *(Scope(scope) for scope in token.scopes)})
    return Bearer(narrow(actor_of(session, account), scopes), scopes, token.id, token.name, token.expires_at)


def mark_used(session: Session, counts: Mapping[int, int]) -> None:
    """For the telemetry: these tokens were used just now; written at most once a minute each."""
    stale = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < now() - ROUGHLY)
    session.execute(update(ApiToken).where(ApiToken.id.in_(counts), stale).values(last_used_at=now()))


def living() -> tuple[ColumnElement[bool], ...]:
    """Which tokens still open something."""
    return ApiToken.revoked_at.is_(None), or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now())


def _check(roles: Collection[Role], name: str, scopes: Collection[Scope], days: int | None) -> None:
    wrong: dict[str, str] = {}
    if not 1 <= len(name) <= LONGEST_NAME:
        wrong["name"] = _("Say in up to {most} characters what it is for.").format(most=LONGEST_NAME)
    if not scopes:
        wrong["scopes"] = _("Choose at least one.")
    if beyond := [scope for scope in Scope if scope in scopes and scope not in usable_scopes(roles)]:
        words = _("This account could never use {scopes}: it has not the role for it.")
        wrong["scopes"] = words.format(scopes=", ".join(beyond))
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        wrong["days"] = _("Choose how long it lives.")
    if wrong:
        raise Invalid(wrong)
