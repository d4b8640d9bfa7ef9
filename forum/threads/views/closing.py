"""Locking a thread, pointing it at another, asking for more."""

from __future__ import annotations

from functools import partial as bind
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef
from forum.threads import actions, queries
from forum.threads.forms import DuplicateForm, LockForm
from forum.threads.models import Thread
from forum.web import Access, Route, act, page, render, see_other


@page
def show(request: Request, session: Session) -> Response:
    return closing_page(request, session)


def closing_page(request: Request, session: Session, form: Any = None) -> Response:
    """Lock and duplicate on one page, each with its own form."""
    thread = queries.thread_page(session, request.state.actor, request.path_params["thread_id"])
    return render(
        request,
        "forum/threads/close.html",
        page=thread,
        lock_form=form if isinstance(form, LockForm) else LockForm(),
        duplicate_form=form if isinstance(form, DuplicateForm) else DuplicateForm(),
    )


@act(LockForm, again=closing_page)
def lock(request: Request, session: Session, form: LockForm) -> Response:
    actor, thread_id = signed_in(request), request.path_params["thread_id"]
    thread = actions.lock_thread(session, actor, thread_id, reason=form.reason.data or "", until=form.moment)
    return _back(request, thread, _("The thread is locked."), undo="threads.unlock")


@act()
def unlock(request: Request, session: Session) -> Response:
    thread = actions.unlock_thread(session, signed_in(request), request.path_params["thread_id"])
    return _back(request, thread, _("The thread is open again."))


@act(DuplicateForm, again=closing_page)
def duplicate(request: Request, session: Session, form: DuplicateForm) -> Response:
    actor, thread_id = signed_in(request), request.path_params["thread_id"]
    actions.mark_duplicate(session, actor, thread_id, form.original_id)
    thread = queries.find_post(session, actor, PostRef(PostKind.THREAD, thread_id))
    return _back(request, thread, _("Marked as a duplicate."), undo="threads.unduplicate")


@act()
def unduplicate(request: Request, session: Session) -> Response:
    thread = actions.unmark_duplicate(session, signed_in(request), request.path_params["thread_id"])
    return _back(request, thread, _("It stands on its own again."))


@act()
def needs_info(request: Request, session: Session) -> Response:
    thread = actions.ask_for_info(session, signed_in(request), request.path_params["thread_id"])
    return _back(request, thread, _("The person who asked is told that more is needed."), undo="threads.has_info")


@act()
def has_info(request: Request, session: Session) -> Response:
    thread = actions.ask_for_info(session, signed_in(request), request.path_params["thread_id"], needed=False)
    return _back(request, thread, _("It no longer says that more is needed."))


def _back(request: Request, thread: Thread | queries.PostRow, flash: str, undo: str | None = None) -> Response:
    thread_id = thread.id if isinstance(thread, Thread) else thread.thread_id
    undo_path = str(request.app.url_path_for(undo, thread_id=thread_id)) if undo else None
    return see_other(request, "threads.show", thread_id=thread_id, slug=thread.slug, flash=flash, undo=undo_path)


_closes = bind(Route, access=Privilege.CLOSE, methods=["POST"])
_signed = bind(Route, access=Access.SIGNED_IN, methods=["POST"])
routes = [
    Route("/threads/{thread_id:int}/close", show, name="threads.close", access=Access.SIGNED_IN),
    _closes("/threads/{thread_id:int}/lock", lock, name="threads.lock"),
    _closes("/threads/{thread_id:int}/unlock", unlock, name="threads.unlock"),
    _signed("/threads/{thread_id:int}/duplicate", duplicate, name="threads.duplicate"),
    _signed("/threads/{thread_id:int}/unduplicate", unduplicate, name="threads.unduplicate"),
    _closes("/threads/{thread_id:int}/needs-info", needs_info, name="threads.needs_info"),
    _closes("/threads/{thread_id:int}/has-info", has_info, name="threads.has_info"),
]
