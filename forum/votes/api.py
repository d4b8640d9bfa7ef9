"""Voting over the API."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import signed_in
from forum.posts import PostKind, PostRef
from forum.votes import actions
from forum.web import Access
from forum.web.api import ApiRouter, api_act
from forum.web.api.shapes import Given, Id, Shown

router = ApiRouter(tags=["votes"])


class VoteIn(Given):
    value: Annotated[int, Field(ge=-1, le=1)] = Field(examples=[1])


class VoteOut(Shown):
    """One's own vote, and what the post's score is with it."""

    value: int
    score: int


@api_act(router, "PUT", "/threads/{thread_id}/vote", access=Access.SIGNED_IN, like="votes.thread")
def on_thread(request: Request, session: Session, thread_id: Id, given: VoteIn) -> VoteOut:
    """Vote on a question: 1, or 0 to take it back; -1 only on a site where questions are voted down."""
    return _vote(request, session, PostRef(PostKind.THREAD, thread_id), given.value)


@api_act(router, "PUT", "/answers/{answer_id}/vote", access=Access.SIGNED_IN, like="votes.answer")
def on_answer(request: Request, session: Session, answer_id: Id, given: VoteIn) -> VoteOut:
    """Vote on an answer: 1, -1, or 0 to take it back."""
    return _vote(request, session, PostRef(PostKind.ANSWER, answer_id), given.value)


def _vote(request: Request, session: Session, ref: PostRef, value: int) -> VoteOut:
    voted = actions.cast_vote(session, signed_in(request), ref, value)
    return VoteOut(value=value, score=voted.score)
