"""Where somebody's reputation came from, over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import signed_in
from forum.posts import PostKind
from forum.web import Access
from forum.web.api import ApiRouter, api_page
from forum.web.api.shapes import After, Listed, Shown, number_cursor
from reputation.ledger import queries
from reputation.ledger.models import Rule

router = ApiRouter(tags=["reputation"])


class Cause(Shown):
    """The post that points were for, if the reader may see it."""

    kind: PostKind
    id: int
    title: str
    url: str


class EntryOut(Shown):
    """Points given or taken; `taken_back` marks the row that takes an earlier one back."""

    id: int
    rule: Rule
    points: int
    taken_back: bool
    restored: bool
    post: Cause | None
    created_at: datetime


class HistoryOut(Listed[EntryOut]):
    """The entries, the newest first, with what they add up to."""

    handle: str
    reputation: int


@api_page(router, "/accounts/{handle}/reputation", access=Access.SIGNED_IN)
def history(
    request: Request,
    session: Session,
    handle: Annotated[str, Path(min_length=1, max_length=64)],
    after: After = None,
) -> HistoryOut:
    """Every entry of somebody's ledger that the reader may read."""
    found = queries.history(session, signed_in(request), handle, before=number_cursor(after))
    return HistoryOut(
        handle=found.handle,
        reputation=found.reputation,
        items=[_entry(request, row) for row in found.entries],
        next=str(found.older) if found.older is not None else None,
    )


def _entry(request: Request, row: queries.EntryRow) -> EntryOut:
    post = row.post
    base = request.state.site.settings.base_url
    return EntryOut(
        id=row.id,
        rule=row.rule,
        points=row.points,
        taken_back=row.taken_back,
        restored=row.restored,
        post=Cause(kind=post.ref.kind, id=post.ref.id, title=post.title, url=f"{base}{post.path}") if post else None,
        created_at=row.created_at,
    )
