"""Accepting an answer, and saying that one did not help."""

from __future__ import annotations

from functools import partial as bind

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import signed_in
from forum.i18n import gettext as _
from forum.threads import actions
from forum.threads.forms import NoteForm
from forum.threads.models import Thread
from forum.threads.views.thread import whole
from forum.web import Access, Reply, Route, act, see_other, wants_fragment


@act()
def accept(request: Request, session: Session) -> Response | Reply:
    answer_id = request.path_params["answer_id"]
    return _shown(request, actions.accept_answer(session, signed_in(request), answer_id), answer_id)


@act()
def unaccept(request: Request, session: Session) -> Response | Reply:
    answer_id = request.path_params["answer_id"]
    return _shown(request, actions.unaccept_answer(session, signed_in(request), answer_id), answer_id)


@act(NoteForm)
def unhelpful(request: Request, session: Session, form: NoteForm) -> Response | Reply:
    answer_id = request.path_params["answer_id"]
    thread = actions.say_unhelpful(session, signed_in(request), answer_id, form.note.data or "")
    flash = _("Noted. You can ask staff now, below your question.")
    return _shown(request, thread, answer_id, flash=flash)


def _shown(
    request: Request, thread: Thread, answer_id: int | None = None, *, flash: str | None = None
) -> Response | Reply:
    thread_id = thread.id
    if wants_fragment(request):
        return lambda session: whole(request, session, thread_id)
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
]
