"""Old addresses lead to where their content is now."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.importers import queries
from forum.importers.run import DISCOURSE
from forum.numbers import whole_number
from forum.web import Access, Route, page
from forum.web.routing import path_for


@page
def question(request: Request, session: Session) -> Response:
    found = queries.thread_of_question(session, request.state.actor, request.path_params["old_id"])
    return _moved(request, found)


@page
def answer(request: Request, session: Session) -> Response:
    """The old short address of a post, which may have been a question's or an answer's."""
    old_id, actor = request.path_params["old_id"], request.state.actor
    return _moved(request, queries.place_of_post(session, actor, old_id))


@page
def person(request: Request, session: Session) -> Response:
    return _person(request, queries.handle_of_user(session, str(request.path_params["old_id"])))


@page
def topic(request: Request, session: Session) -> Response:
    """A topic of a site that ran on Discourse, or one of its posts by its place there."""
    old_id, number, actor = request.path_params["old_id"], request.path_params.get("number", 1), request.state.actor
    site = whole_number(request.query_params.get("site"))
    return _moved(request, queries.place_in_topic(session, actor, old_id, number, site))


@page
def post(request: Request, session: Session) -> Response:
    old_id, actor = request.path_params["old_id"], request.state.actor
    return _moved(request, queries.place_of_post(session, actor, old_id, DISCOURSE))


@page
def member(request: Request, session: Session) -> Response:
    name = request.path_params["username"].lower()[:80]
    return _person(request, queries.handle_of_user(session, name, DISCOURSE))


@page
def category(request: Request, session: Session) -> Response:
    """A category's address ends in its number, but for what says how its topics are shown."""
    numbers = [one for one in request.path_params["rest"].split("/l/")[0].split("/") if re.fullmatch("[0-9]{1,9}", one)]
    slug = queries.product_of_category(session, request.state.actor, int(numbers[-1])) if numbers else None
    if slug is None:
        raise NotFound(_("There is nothing at this address."))
    return RedirectResponse(
        path_for(request.state.site.routes, "threads.list", query={"product": slug}), status_code=301
    )


@page
def tag(request: Request, _session: Session) -> Response:
    """The list of a tag knows itself whether there is one."""
    name = request.path_params["name"].lower()[:35]
    return RedirectResponse(path_for(request.state.site.routes, "tags.show", name=name), status_code=301)


def _person(request: Request, handle: str | None) -> Response:
    if handle is None:
        raise NotFound(_("There is nothing at this address."))
    return RedirectResponse(path_for(request.state.site.routes, "accounts.show", handle=handle), status_code=301)


def _moved(request: Request, place: queries.Place | None) -> Response:
    if place is None:
        raise NotFound(_("There is nothing at this address."))
    anchor = f"answer-{place.answer_id}" if place.answer_id else None
    to = path_for(request.state.site.routes, "threads.show", thread_id=place.thread_id, slug=place.slug, anchor=anchor)
    return RedirectResponse(to, status_code=301)


routes = [
    Route("/questions/{old_id:int}", question, name="importers.question", access=Access.EVERYONE),
    Route("/questions/{old_id:int}/{slug:path}", question, name="importers.question_slug", access=Access.EVERYONE),
    Route("/q/{old_id:int}", question, name="importers.q", access=Access.EVERYONE),
    Route("/q/{old_id:int}/{person:int}", question, name="importers.q_shared", access=Access.EVERYONE),
    Route("/a/{old_id:int}", answer, name="importers.a", access=Access.EVERYONE),
    Route("/a/{old_id:int}/{person:int}", answer, name="importers.a_shared", access=Access.EVERYONE),
    Route("/users/{old_id:int}", person, name="importers.user", access=Access.EVERYONE),
    Route("/users/{old_id:int}/{name}", person, name="importers.user_name", access=Access.EVERYONE),
    Route("/t/{old_id:int}", topic, name="importers.topic", access=Access.EVERYONE),
    Route("/t/{old_id:int}/{number:int}", topic, name="importers.topic_post", access=Access.EVERYONE),
    Route("/t/{slug}/{old_id:int}", topic, name="importers.topic_slug", access=Access.EVERYONE),
    Route("/t/{slug}/{old_id:int}/{number:int}", topic, name="importers.topic_slug_post", access=Access.EVERYONE),
    Route("/p/{old_id:int}", post, name="importers.post", access=Access.EVERYONE),
    Route("/p/{old_id:int}/{person:int}", post, name="importers.post_shared", access=Access.EVERYONE),
    Route("/u/{username}", member, name="importers.member", access=Access.EVERYONE),
    Route("/u/{username}/{rest:path}", member, name="importers.member_page", access=Access.EVERYONE),
    Route("/c/{rest:path}", category, name="importers.category", access=Access.EVERYONE),
    Route("/tag/{name}", tag, name="importers.tag", access=Access.EVERYONE),
    Route("/tag/{name}/{old_id:int}", tag, name="importers.tag_number", access=Access.EVERYONE),
]
