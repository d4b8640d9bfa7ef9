"""All API tokens of the site, as admins see and end them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, Scope, require
from forum.accounts.api_tokens import living
from forum.accounts.models import Account, ApiToken
from forum.clock import now
from forum.errors import NotFound
from forum.events import emit
from forum.events.accounts import TokenRevokedByAdmin
from forum.i18n import gettext as _

PAGE = 50


@dataclass(frozen=True, slots=True)
class SiteToken:
    id: int
    name: str
    handle: str
    display_name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


def site_tokens(
    session: Session, actor: Actor, name: str = "", before: int | None = None
) -> tuple[tuple[SiteToken, ...], int | None]:
    """The living tokens, the newest first, of everybody or whose handle or name begins so; and where the rest begins.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    columns = (
        ApiToken.id,
        ApiToken.name,
        Account.handle,
        Account.display_name,
        ApiToken.scopes,
        ApiToken.created_at,
        ApiToken.last_used_at,
        ApiToken.expires_at,
    )
    query = select(*columns).join(Account, Account.id == ApiToken.account_id).where(*living())
    begins = name.replace("\0", "").strip().lower().removeprefix("@")
    if begins:
        names = (Account.handle, func.lower(Account.display_name))
        query = query.where(or_(*(one.startswith(begins, autoescape=True) for one in names)))
    if before is not None:
        query = query.where(ApiToken.id < before)
    rows = session.execute(query.order_by(ApiToken.id.desc()).limit(PAGE + 1)).all()
    found = tuple(SiteToken(*row[:4], tuple(Scope(one) for one in row.scopes), *row[5:]) for row in rows[:PAGE])
    return found, found[-1].id if len(rows) > PAGE else None


def end_token(session: Session, actor: Actor, token_id: int) -> ApiToken:
    """End anybody's token at once, and tell its owner; one that has ended stays so, and nobody hears of it again.

    Raises:
        NotFound: there is no such token.
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    held = select(ApiToken).where(ApiToken.id == token_id).with_for_update()
    token = session.scalar(held.execution_options(populate_existing=True))
    if token is None:
        raise NotFound(_("There is no such token."))
    if token.revoked_at is None:
        token.revoked_at = now()
        account_id, name = token.account_id, token.name
        emit(session, TokenRevokedByAdmin(actor_id=actor.id, account_id=account_id, token_id=token.id, name=name))
    return token
