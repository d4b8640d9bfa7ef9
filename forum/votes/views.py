"""Voting from a thread's page, with a script or without."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import signed_in
from forum.posts import PostKind, PostRef
from forum.threads.queries import path_of
from forum.votes import actions, queries
from forum.votes.forms import VoteForm
from forum.web import Access, Reply, Route, act, partial, wants_fragment
from forum.web.replies import leave_for


@act(VoteForm)
def on_thread(request: Request, session: Session, form: VoteForm) -> Response | Reply:
    return _vote(request, session, PostRef(PostKind.THREAD, request.path_params["thread_id"]), form)


@act(VoteForm)
def on_answer(request: Request, session: Session, form: VoteForm) -> Response | Reply:
    return _vote(request, session, PostRef(PostKind.ANSWER, request.path_params["answer_id"]), form)


def _vote(request: Request, session: Session, ref: PostRef, form: VoteForm) -> Response | Reply:
    actor = signed_in(request)
    value = form.value.data or 0
    voted = actions.cast_vote(session, actor, ref, value)
    if wants_fragment(request):
        control = queries.control_after(session, ref, voted.score, value)
        return lambda _session: partial(request, "forum/votes/_control.html", data=control)
    return leave_for(request, path_of(ref, voted.thread_id, voted.title))


routes = [
    Route(
        "/threads/{thread_id:int}/vote",
        on_thread,
        name="votes.thread",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="60/minute",
    ),
    Route(
        "/answers/{answer_id:int}/vote",
        on_answer,
        name="votes.answer",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="60/minute",
    ),
]
