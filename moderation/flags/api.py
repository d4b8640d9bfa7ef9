"""Flagging over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import signed_in
from forum.events.moderation import FlagReason
from forum.posts import PostKind, PostRef
from forum.web import Access
from forum.web.api import ApiRouter, api_act
from forum.web.api.shapes import Given, Id, Line, Shown
from moderation.flags import actions
from moderation.flags.models import FlagState

router = ApiRouter(tags=["flags"])
Reason = Annotated[FlagReason, Field(strict=False)]


class FlagIn(Given):
    reason: Reason = Field(examples=["off_topic"])
    note: Line = ""


class FlagOut(Shown):
    """One's own flag; what becomes of it is told as a notification."""

    reason: FlagReason
    note: str
    state: FlagState
    created_at: datetime


@api_act(router, "POST", "/threads/{thread_id}/flags", access=Access.SIGNED_IN, status=201, like="flags.flag")
def on_thread(request: Request, session: Session, thread_id: Id, given: FlagIn) -> FlagOut:
    """Say that something is wrong with a question; said twice, it is said once."""
    return _flag(request, session, PostRef(PostKind.THREAD, thread_id), given)


@api_act(router, "POST", "/answers/{answer_id}/flags", access=Access.SIGNED_IN, status=201, like="flags.flag")
def on_answer(request: Request, session: Session, answer_id: Id, given: FlagIn) -> FlagOut:
    """Say that something is wrong with an answer; said twice, it is said once."""
    return _flag(request, session, PostRef(PostKind.ANSWER, answer_id), given)


def _flag(request: Request, session: Session, ref: PostRef, given: FlagIn) -> FlagOut:
    flag = actions.flag_post(session, signed_in(request), ref, given.reason, given.note)
    return FlagOut(reason=flag.reason, note=flag.note, state=flag.state, created_at=flag.created_at)
