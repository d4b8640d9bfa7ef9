"""Accepting an answer, saying that one did not help, following a thread."""

from __future__ import annotations

from functools import partial as bind

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import signed_in
from forum.i18n import gettext as _
from forum.threads import actions, queries
from forum.threads.forms import NoteForm
from forum.threads.models import Thread
from forum.threads.views.thread import whole
from forum.web import Access, Route, act, partial, see_other, wants_fragment


@act()
def accept(request: Request, session: Session) -> Response:
    answer_id = request.path_params["answer_id"]
    return _shown(request, session, actions.accept_answer(session, signed_in(request), answer_id), answer_id)


@act()
def unaccept(request: Request, session: Session) -> Response:
    answer_id = request.path_params["answer_id"]
    return _shown(request, session, actions.unaccept_answer(session, signed_in(request), answer_id), answer_id)


@act(NoteForm)
def unhelpful(request: Request, session: Session, form: NoteForm) -> Response:
    answer_id = request.path_params["answer_id"]
    thread = actions.say_unhelpful(session, signed_in(request), answer_id, form.note.data or "")
    flash = _("Noted. You can ask staff now, below your question.")
    return _shown(request, session, thread, answer_id, flash=flash)


@act()
def follow(request: Request, session: Session) -> Response:
    return _button(request, session, actions.follow(session, signed_in(request), request.path_params["thread_id"]))


@act()
def unfollow(request: Request, session: Session) -> Response:
    return _button(request, session, actions.unfollow(session, signed_in(request), request.path_params["thread_id"]))


def _button(request: Request, session: Session, thread: Thread) -> Response:
    if not wants_fragment(request):
        return _shown(request, session, thread)
    found = queries.thread_page(session, request.state.actor, thread.id)
    return partial(request, "forum/threads/_follow.html", page=found)


def _shown(
    request: Request, session: Session, thread: Thread, answer_id: int | None = None, *, flash: str | None = None
) -> Response:
    if wants_fragment(request):
        return whole(request, session, thread.id)
    anchor = f"answer-{answer_id}" if answer_id else None
    query = {"answer": answer_id}
    return see_other(
        request, "threads.show", thread_id=thread.id, slug=thread.slug, query=query, anchor=anchor, flash=flash
    )


_signed = bind(Route, access=Access.SIGNED_IN, methods=["POST"], rate="60/minute")
routes = [
    _signed("/answers/{answer_id:int}/accept", accept, name="threads.accept"),
    _signed("/answers/{answer_id:int}/unaccept", unaccept, name="threads.unaccept"),
    _signed("/answers/{answer_id:int}/unhelpful", unhelpful, name="threads.unhelpful"),
    _signed("/threads/{thread_id:int}/follow", follow, name="threads.follow"),
    _signed("/threads/{thread_id:int}/unfollow", unfollow, name="threads.unfollow"),
]
