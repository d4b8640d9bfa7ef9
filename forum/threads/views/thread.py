"""The page of one thread."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.numbers import whole_number
from forum.posts import PostKind
from forum.slots import Filled, Share
from forum.threads import live, queries
from forum.threads.forms import empty_answer
from forum.threads.queries import Article, Place, ThreadPage
from forum.web import Access, Route, page, partial, render
from forum.web.routing import path_for


@page
def show(request: Request, session: Session) -> Response:
    thread = queries.thread_page(session, request.state.actor, request.path_params["thread_id"], place_of(request))
    slug = thread.thread.slug
    if request.path_params.get("slug") != slug:
        address = path_for(
            request.state.site.routes,
            "threads.show",
            thread_id=thread.thread.id,
            slug=slug,
            query=dict(request.query_params),
        )
        return RedirectResponse(address, status_code=301)
    if not thread.may.own:
        request.state.seen = ("views", thread.thread.id)
    return render(request, "forum/threads/show.html", **context(request, session, thread))


def whole(request: Request, session: Session, thread_id: int, form: Any = None) -> Response:
    """The page again, or for a script what stands under the question, with a form as it was left."""
    thread = queries.thread_page(session, request.state.actor, thread_id, place_of(request))
    show: Any = partial if request.headers.get("hx-request") == "true" else render
    template = "forum/threads/_swapped.html" if show is partial else "forum/threads/show.html"
    response: Response = show(request, template, **context(request, session, thread, form))
    return response


def context(request: Request, session: Session, thread: ThreadPage, form: Any = None) -> dict[str, Any]:
    """What the templates of a thread need."""
    slots = fill_slots(request, session, thread)
    return {
        "page": thread,
        "form": form,
        "empty_form": empty_answer(from_staff=thread.may.answer_as_staff),
        "above": slots.share([("thread.state", thread.thread.id)]),
        "beside": slots.share([("thread.aside", thread.thread.id)]),
        "below": slots.share([("thread.reply", thread.thread.id)]),
        "slots": slots,
        "shares": {article.key: share_of(article, slots) for article in thread.articles},
        "sort_chosen": bool(request.query_params),
        "told": live.facts_of(thread),
    }


def fill_slots(request: Request, session: Session, thread: ThreadPage) -> Filled:
    posts = [article.ref for article in thread.articles]
    here, answers = [thread.thread.id], [ref.id for ref in posts[1:]]
    everything = [*posts, *(remark.ref for article in thread.articles for remark in article.comments)]
    places: dict[str, list[Any]] = {
        **dict.fromkeys(("thread.state", "thread.actions", "thread.aside", "thread.reply"), here),
        **dict.fromkeys(("answer.marks", "answer.actions"), answers),
        **dict.fromkeys(("post.menu", "post.notice"), everything),
        "post.vote": posts,
    }
    filled: Filled = request.state.site.slots.fill(session, request.state.actor, places)
    return filled


def share_of(article: Article, slots: Filled) -> Share:
    """What stands in the places of one post and of its comments."""
    ref = article.ref
    places: list[tuple[str, Hashable]] = [(place, ref) for place in ("post.vote", "post.menu", "post.notice")]
    for_kind = ("thread.actions",) if ref.kind is PostKind.THREAD else ("answer.marks", "answer.actions")
    places += [(place, ref.id) for place in for_kind]
    places += [(place, remark.ref) for remark in article.comments for place in ("post.menu", "post.notice")]
    return slots.share(places)


def place_of(request: Request) -> Place:
    asked = request.query_params
    return Place(
        sort=asked.get("sort", "score"),
        after=asked.get("after"),
        before=asked.get("before"),
        answer_id=whole_number(asked.get("answer")),
    )


def has_stake(request: Request, session: Session) -> bool:
    stakes, thread_id = request.state.site.slots.stakes, request.path_params["thread_id"]
    return queries.has_stake(session, request.state.actor, stakes, thread_id)


@page
def go(request: Request, session: Session) -> Response:
    """The short address of an answer or a comment leads to where it stands."""
    kind, post_id = request.path_params["kind"], request.path_params["post_id"]
    return RedirectResponse(queries.find_post(session, request.state.actor, queries.ref(kind, post_id)).path, 302)


routes = [
    Route("/threads/{thread_id:int}", show, name="threads.short", access=Access.EVERYONE),
    Route(
        "/threads/{thread_id:int}/{slug}",
        show,
        name="threads.show",
        access=Access.EVERYONE,
        shared=True,
        has_stake=has_stake,
    ),
    Route("/posts/{kind}/{post_id:int}", go, name="posts.go", access=Access.EVERYONE),
]
