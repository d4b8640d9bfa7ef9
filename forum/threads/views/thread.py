"""The page of one thread."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.slots import Filled
from forum.threads import queries
from forum.threads.forms import AnswerForm
from forum.threads.queries import Place, ThreadPage
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
        request.state.site.telemetry.note("views", thread.thread.id, request)
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
    return {
        "page": thread,
        "form": form or AnswerForm(from_staff=bool(thread.may.answer_as_staff)),
        "slots": fill_slots(request, session, thread),
        "sort_chosen": bool(request.query_params),
    }


def fill_slots(request: Request, session: Session, thread: ThreadPage) -> Filled:
    articles = [*([thread.solution] if thread.solution else []), *thread.answers]
    answer_ids = [article.ref.id for article in articles]
    posts = [article.ref for article in (thread.question, *articles)]
    remarks = [remark.ref for article in (thread.question, *articles) for remark in article.comments]
    here = [thread.thread.id]
    places: dict[str, list[Any]] = {
        **dict.fromkeys(("thread.state", "thread.actions", "thread.aside", "thread.reply"), here),
        **dict.fromkeys(("answer.marks", "answer.actions"), answer_ids),
        **{place: [*posts, *remarks] for place in ("post.menu", "post.notice")},
        "post.vote": posts,
    }
    filled: Filled = request.state.site.slots.fill(session, request.state.actor, places)
    return filled


def place_of(request: Request) -> Place:
    asked = request.query_params
    answer = asked.get("answer", "")
    return Place(
        sort=asked.get("sort", "score"),
        after=asked.get("after"),
        before=asked.get("before"),
        answer_id=int(answer) if answer.isdecimal() and len(answer) < 19 else None,
    )


@page
def go(request: Request, session: Session) -> Response:
    """The short address of an answer or a comment leads to where it stands."""
    kind, post_id = request.path_params["kind"], request.path_params["post_id"]
    return RedirectResponse(queries.find_post(session, request.state.actor, queries.ref(kind, post_id)).path, 302)


routes = [
    Route("/threads/{thread_id:int}", show, name="threads.short", access=Access.EVERYONE),
    Route("/threads/{thread_id:int}/{slug}", show, name="threads.show", access=Access.EVERYONE),
    Route("/posts/{kind}/{post_id:int}", go, name="posts.go", access=Access.EVERYONE),
]
