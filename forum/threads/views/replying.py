"""Answering and commenting."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import signed_in
from forum.i18n import gettext as _
from forum.posts import PostKind, Visibility
from forum.threads import actions, queries
from forum.threads.forms import AnswerForm, CommentForm
from forum.threads.models import Thread
from forum.threads.queries import Place
from forum.threads.views.thread import fill_slots, share_of, whole
from forum.uploads.limits import WITH_FILES
from forum.web import Access, Reply, Route, act, partial, render, see_other, wants_fragment


def answer_again(request: Request, session: Session, form: Any) -> Response:
    return whole(request, session, request.path_params["thread_id"], form)


@act(AnswerForm, again=answer_again)
def answer(request: Request, session: Session, form: AnswerForm) -> Response | Reply:
    thread_id = request.path_params["thread_id"]
    made = actions.post_answer(
        session,
        signed_in(request),
        thread_id,
        form.cooked,
        from_staff=bool(form.from_staff.data),
        once=form.once.data,
    )
    if wants_fragment(request):
        return lambda session: whole(request, session, thread_id)
    thread = session.get_one(Thread, thread_id)  # which the act has just read
    waits = made.visibility is Visibility.PENDING
    return see_other(
        request,
        "threads.show",
        thread_id=thread_id,
        slug=thread.slug,
        query={"answer": made.id},
        anchor=f"answer-{made.id}",
        flash=_("Thank you. A moderator looks at it before everybody sees it.") if waits else None,
    )


def comment_again(request: Request, session: Session, form: Any) -> Response:
    return _comments(request, session, form)


@act(CommentForm, again=comment_again)
def comment(request: Request, session: Session, form: CommentForm) -> Response | Reply:
    parent = _parent(request, session)
    made = actions.post_comment(
        session,
        signed_in(request),
        parent.thread_id,
        form.cooked,
        answer_id=parent.ref.id if parent.ref.kind is PostKind.ANSWER else None,
        once=form.once.data,
    )
    if wants_fragment(request):
        return lambda session: _comments(request, session)
    return see_other(
        request,
        "threads.show",
        thread_id=parent.thread_id,
        slug=parent.slug,
        query={"answer": made.answer_id},
        anchor=f"comment-{made.id}",
    )


def _parent(request: Request, session: Session) -> queries.PostRow:
    ref = queries.ref(request.path_params["kind"], request.path_params["post_id"])
    return queries.find_post(session, request.state.actor, ref)


def _comments(request: Request, session: Session, form: CommentForm | None = None) -> Response:
    """The comments under one post, for a script; on a page of their own otherwise, with the form as it was left."""
    parent = _parent(request, session)
    place = Place(answer_id=parent.ref.id if parent.ref.kind is PostKind.ANSWER else None)
    thread = queries.thread_page(session, request.state.actor, parent.thread_id, place)
    article = next(one for one in thread.articles if one.ref == parent.ref)
    show: Any = partial if wants_fragment(request) else render
    name = "_comments.html" if wants_fragment(request) else "comment.html"
    slots = share_of(article, fill_slots(request, session, thread))
    response: Response = show(
        request, f"forum/threads/{name}", page=thread, article=article, comment_form=form, slots=slots
    )
    return response


routes = [
    Route(
        "/threads/{thread_id:int}/answers",
        answer,
        name="threads.answer",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="60/hour",
        max_body=WITH_FILES,
    ),
    Route(
        "/posts/{kind}/{post_id:int}/comments",
        comment,
        name="threads.comment",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="120/hour",
        max_body=WITH_FILES,
    ),
]
