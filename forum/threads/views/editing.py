"""Editing a post, reading what it said before, and going back to that."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.errors import Conflict
from forum.i18n import gettext as _
from forum.numbers import whole_number
from forum.posts import PostKind, PostRef
from forum.threads import actions, queries
from forum.threads.forms import EditForm
from forum.uploads.limits import WITH_FILES
from forum.web import Access, Route, act, page, render, see_other
from forum.web.replies import leave_for


@page
def show(request: Request, session: Session) -> Response:
    post = queries.post_to_edit(session, signed_in(request), _ref(request))
    form = EditForm(
        data={
            "title": post.title,
            "tags": " ".join(post.tags),
            "space": str(post.space_id or ""),
            "environment": post.environment,
            "body": post.source,
            "revision": str(post.revision),
        }
    )
    return _form_page(request, session, form, post)


def edit_again(request: Request, session: Session, form: Any) -> Response:
    return _form_page(request, session, form, queries.post_to_edit(session, signed_in(request), _ref(request)))


@act(EditForm, again=edit_again)
def edit(request: Request, session: Session, form: EditForm) -> Response:
    ref, actor = _ref(request), signed_in(request)
    thread: dict[str, Any] = {}
    if ref.kind is PostKind.THREAD:
        thread = {
            "title": form.title.data or "",
            "tags": form.tag_names,
            "environment": form.environment.data or "",
            "space_id": form.space_id,
        }
    note = form.note.data or ""
    try:
        actions.edit_post(session, actor, ref, form.cooked, from_revision=form.from_revision, note=note, **thread)
    except actions.EditedMeanwhile as refusal:
        return _meanwhile(request, session, form, refusal)
    return leave_for(request, queries.find_post(session, actor, ref).path)


def _meanwhile(request: Request, session: Session, form: EditForm, refusal: Conflict) -> Response:
    """Both texts on one page; sending it again replaces what the other wrote, knowingly."""
    post = queries.post_to_edit(session, signed_in(request), _ref(request))
    form.revision.data = form.revision.raw_data = None
    form.revision.process_data(str(post.revision))
    response = _form_page(request, session, form, post, meanwhile=refusal.message)
    response.status_code = refusal.status
    return response


def _form_page(
    request: Request, session: Session, form: EditForm, post: queries.EditablePost, *, meanwhile: str | None = None
) -> Response:
    products = queries.products(session, request.state.actor)
    form.offer(products)
    known_tags = queries.known_tags(session) if post.ref.kind is PostKind.THREAD else ()
    return render(
        request,
        "forum/threads/edit.html",
        form=form,
        post=post,
        meanwhile=meanwhile,
        known_tags=known_tags,
        may_make_tags=signed_in(request).can(Privilege.NEW_TAG),
    )


@page
def revisions(request: Request, session: Session) -> Response:
    history = queries.history(session, request.state.actor, _ref(request), before=_number(request))
    return render(request, "forum/threads/revisions.html", history=history)


@act()
def roll_back(request: Request, session: Session) -> Response:
    ref, actor = _ref(request), signed_in(request)
    actions.roll_back(session, actor, ref, request.path_params["number"])
    return see_other(
        request,
        "posts.revisions",
        kind=ref.kind.value,
        post_id=ref.id,
        flash=_("It says again what it said in revision {number}.").format(number=request.path_params["number"]),
    )


def _ref(request: Request) -> PostRef:
    return queries.ref(request.path_params["kind"], request.path_params["post_id"])


def _number(request: Request) -> int | None:
    return whole_number(request.query_params.get("before"), digits=9)


routes = [
    Route("/posts/{kind}/{post_id:int}/edit", show, name="posts.edit", access=Access.SIGNED_IN),
    Route(
        "/posts/{kind}/{post_id:int}/edit",
        edit,
        name="posts.save",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="60/hour",
        max_body=WITH_FILES,
    ),
    Route(
        "/posts/{kind}/{post_id:int}/revisions", revisions, name="posts.revisions", access=Access.EVERYONE, shared=True
    ),
    Route(
        "/posts/{kind}/{post_id:int}/revisions/{number:int}",
        roll_back,
        name="posts.roll_back",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="60/hour",
    ),
]
