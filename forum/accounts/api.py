"""People over the API: oneself, and others as everybody may know them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import Bearer, Privilege, Role, Scope, signed_in
from forum.accounts import merged, people
from forum.accounts.models import Account
from forum.web import Access
from forum.web.api import ApiRouter, api_page
from forum.web.api.shapes import Shown

Handle = Annotated[str, Path(min_length=1, max_length=64)]
router = ApiRouter(tags=["accounts"])


class Person(Shown):
    handle: str
    display_name: str
    reputation: int
    roles: list[Role]
    question_count: int
    answer_count: int
    bio_html: str
    location: str
    website: str
    url: str
    created_at: datetime


class UsedToken(Shown):
    """The token that the request came with."""

    name: str
    scopes: list[Scope]
    expires_at: datetime | None


class Me(Shown):
    """`privileges` are what this token may do now, not all that its account may."""

    handle: str
    display_name: str
    email: str | None
    reputation: int
    roles: list[Role]
    tier: int | None
    privileges: list[Privilege]
    unread: int
    locale: str
    time_zone: str
    url: str
    token: UsedToken


@api_page(router, "/me", access=Access.SIGNED_IN)
def me(request: Request, session: Session) -> Me:
    """Who the token acts as, and what it may do."""
    actor, bearer = signed_in(request), request.state.bearer
    account = session.get_one(Account, actor.id)
    return Me(
        handle=actor.handle,
        display_name=actor.display_name,
        email=account.email,
        reputation=actor.reputation,
        roles=sorted(actor.roles),
        tier=actor.tier,
        privileges=sorted(actor.privileges),
        unread=actor.unread,
        locale=actor.locale,
        time_zone=actor.time_zone,
        url=page_of(request, actor.handle),
        token=_used(bearer),
    )


@api_page(router, "/accounts/{handle}", access=Access.SIGNED_IN)
def show(request: Request, session: Session, handle: Handle) -> Person:
    """One person's profile; a handle that somebody had before is answered with who they are today."""
    actor = signed_in(request)
    found = people.profile_page(session, actor, merged.handle_now(session, actor, handle) or handle)
    person = found.person
    return Person(
        handle=person.handle,
        display_name=person.display_name,
        reputation=person.reputation,
        roles=sorted(found.roles - {Role.ADMIN}),
        question_count=person.question_count,
        answer_count=person.answer_count,
        bio_html=found.bio,
        location=person.location,
        website=found.website,
        url=page_of(request, person.handle),
        created_at=person.created_at,
    )


def page_of(request: Request, handle: str) -> str:
    return f"{request.state.site.settings.base_url}/people/{handle}"


def _used(bearer: Bearer) -> UsedToken:
    return UsedToken(name=bearer.token_name, scopes=sorted(bearer.scopes), expires_at=bearer.expires_at)
