"""Deleting and restoring posts, and taking threads out of the lists."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef, Visibility
from forum.threads import actions, queries
from forum.web import Access, Route, act, see_other
from forum.web.replies import leave_for
from forum.web.routing import path_for


@act()
def delete(request: Request, session: Session) -> Response:
    ref = queries.ref(request.path_params["kind"], request.path_params["post_id"])
    post = queries.find_post(session, request.state.actor, ref)
    actions.delete_post(session, signed_in(request), ref)
    undo = path_for(request.state.site.routes, "posts.restore", kind=ref.kind.value, post_id=ref.id)
    words = {
        PostKind.THREAD: _("Your question is deleted."),
        PostKind.ANSWER: _("The answer is deleted."),
        PostKind.COMMENT: _("The comment is deleted."),
    }
    if ref.kind is PostKind.THREAD:
        return see_other(request, "threads.list", flash=words[ref.kind], undo=undo)
    return see_other(
        request, "threads.show", thread_id=post.thread_id, slug=post.slug, flash=words[ref.kind], undo=undo
    )


@act()
def restore(request: Request, session: Session) -> Response:
    ref = queries.ref(request.path_params["kind"], request.path_params["post_id"])
    actions.restore_post(session, signed_in(request), ref)
    return leave_for(request, queries.find_post(session, request.state.actor, ref).path)


@act()
def unlist(request: Request, session: Session) -> Response:
    return _list(request, session, Visibility.UNLISTED, _("The thread is out of the lists; its address still works."))


@act()
def relist(request: Request, session: Session) -> Response:
    return _list(request, session, Visibility.PUBLISHED, _("The thread is in the lists again."))


def _list(request: Request, session: Session, became: Visibility, flash: str) -> Response:
    ref = PostRef(PostKind.THREAD, request.path_params["thread_id"])
    actions.set_visibility(session, signed_in(request), ref, became)
    post = queries.find_post(session, request.state.actor, ref)
    return see_other(request, "threads.show", thread_id=ref.id, slug=post.slug, flash=flash)


routes = [
    Route("/posts/{kind}/{post_id:int}/delete", delete, name="posts.delete", access=Access.SIGNED_IN, methods=["POST"]),
    Route(
        "/posts/{kind}/{post_id:int}/restore", restore, name="posts.restore", access=Access.SIGNED_IN, methods=["POST"]
    ),
    Route("/threads/{thread_id:int}/unlist", unlist, name="threads.unlist", access=Privilege.CLOSE, methods=["POST"]),
    Route("/threads/{thread_id:int}/list", relist, name="threads.relist", access=Privilege.CLOSE, methods=["POST"]),
]
