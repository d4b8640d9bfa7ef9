"""Reading and writing threads over the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import Actor, signed_in
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef
from forum.threads import actions, queries
from forum.threads.api.documents import answer_document, comment_document, summary, thread_document
from forum.threads.api.shapes import (
    AnswerOut,
    CommentOut,
    EditThread,
    NewAnswer,
    NewComment,
    NewThread,
    ThreadOut,
    ThreadSummary,
)
from forum.threads.queries import Filter
from forum.threads.queries.answers import parse_place
from forum.threads.queries.paging import parse_key
from forum.web import Access
from forum.web.api import ApiRouter, api_act, api_page, made
from forum.web.api.problems import Outdated
from forum.web.api.shapes import After, Id, Listed, known_cursor

router = ApiRouter(tags=["threads"])
Narrow = Annotated[str | None, Query(max_length=100)]


@api_page(router, "/threads", access=Access.SIGNED_IN)
def index(
    request: Request,
    session: Session,
    wanted: Annotated[Filter, Query(alias="filter")] = Filter.NEW,
    tag: Narrow = None,
    product: Narrow = None,
    after: After = None,
) -> Listed[ThreadSummary]:
    """List threads, the newest or latest active first."""
    found = queries.list_threads(
        session, signed_in(request), wanted, tag=tag, product=product, after=known_cursor(after, parse_key)
    )
    return Listed(items=[summary(request, row) for row in found.rows], next=found.older)


@api_act(router, "POST", "/threads", access=Access.SIGNED_IN, status=201, like="threads.post")
def create(request: Request, session: Session, given: NewThread) -> ThreadOut:
    """Ask a question, or start a discussion."""
    actor = signed_in(request)
    with _named_product():
        thread = actions.ask(
            session,
            actor,
            kind=given.kind,
            title=given.title,
            cooked=given.cooked,
            tags=given.tags,
            space_id=_product_id(session, actor, given.product),
            environment=given.environment,
        )
    made(request, f"/threads/{thread.id}")
    return thread_document(request, session, actor, thread.id)


@api_page(router, "/threads/{thread_id}", access=Access.SIGNED_IN)
def show(request: Request, session: Session, thread_id: Id, after: After = None) -> ThreadOut:
    """One thread with its answers; `after` goes on in a long list of them."""
    return thread_document(request, session, signed_in(request), thread_id, known_cursor(after, parse_place))


@api_act(router, "PATCH", "/threads/{thread_id}", access=Access.SIGNED_IN, like="posts.save")
def edit(request: Request, session: Session, thread_id: Id, given: EditThread) -> ThreadOut:
    """Change what a thread says."""
    actor, more = signed_in(request), {}
    if "product" in given.model_fields_set:
        more["space_id"] = _product_id(session, actor, given.product)
    try:
        with _named_product():
            actions.edit_post(
                session,
                actor,
                PostRef(PostKind.THREAD, thread_id),
                given.cooked,
                from_revision=given.revision,
                title=given.title,
                tags=given.tags,
                environment=given.environment,
                note=given.note,
                **more,
            )
    except actions.EditedMeanwhile as refusal:
        now: Any = thread_document(request, session, actor, thread_id).model_dump(mode="json")
        raise Outdated(refusal.message, "thread", now) from refusal
    return thread_document(request, session, actor, thread_id)


@api_act(router, "DELETE", "/threads/{thread_id}", access=Access.SIGNED_IN, status=204)
def delete(request: Request, session: Session, thread_id: Id) -> None:
    """Delete a thread; its author cannot once others have answered."""
    actions.delete_post(session, signed_in(request), PostRef(PostKind.THREAD, thread_id))


@api_act(router, "POST", "/threads/{thread_id}/answers", access=Access.SIGNED_IN, status=201, like="threads.answer")
def answer(request: Request, session: Session, thread_id: Id, given: NewAnswer) -> AnswerOut:
    """Answer a thread."""
    actor = signed_in(request)
    post = actions.post_answer(session, actor, thread_id, given.cooked, from_staff=given.from_staff)
    made(request, f"/threads/{thread_id}#answer-{post.id}")
    return answer_document(request, session, actor, thread_id, post.id)


@api_act(router, "POST", "/threads/{thread_id}/comments", access=Access.SIGNED_IN, status=201, like="threads.comment")
def comment(request: Request, session: Session, thread_id: Id, given: NewComment) -> CommentOut:
    """Remark on the question, or on one of its answers."""
    actor = signed_in(request)
    post = actions.post_comment(session, actor, thread_id, given.cooked, answer_id=given.answer_id)
    made(request, f"/threads/{thread_id}#comment-{post.id}")
    return comment_document(session, actor, PostRef(PostKind.COMMENT, post.id))


@api_act(router, "POST", "/answers/{answer_id}/acceptance", access=Access.SIGNED_IN, like="threads.accept")
def accept(request: Request, session: Session, answer_id: Id) -> ThreadOut:
    """Mark an answer as the one that solved its thread."""
    actor = signed_in(request)
    return thread_document(request, session, actor, actions.accept_answer(session, actor, answer_id).id)


@api_act(router, "DELETE", "/answers/{answer_id}/acceptance", access=Access.SIGNED_IN, like="threads.unaccept")
def unaccept(request: Request, session: Session, answer_id: Id) -> ThreadOut:
    """Say that an answer was not the solution after all."""
    actor = signed_in(request)
    return thread_document(request, session, actor, actions.unaccept_answer(session, actor, answer_id).id)


def _product_id(session: Session, actor: Actor, slug: str | None) -> int | None:
    if not slug:
        return None
    found = next((one.id for one in queries.products(session, actor) if one.slug == slug), None)
    if found is None:
        raise Invalid({"product": _("There is no such product.")})
    return found


@contextmanager
def _named_product() -> Iterator[None]:
    """The acts call a product by its old name, space; callers of the API know it by the one they sent."""
    try:
        yield
    except Invalid as refusal:
        names = {"space": "product"}
        raise Invalid({names.get(name, name): words for name, words in refusal.fields.items()}) from refusal
