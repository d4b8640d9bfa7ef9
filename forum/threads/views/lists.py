"""The front page, and the lists of threads."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege
from forum.errors import NotFound
from forum.following import Subject, level_of
from forum.i18n import gettext as _
from forum.tags.queries import TagRow, main_name
from forum.threads import queries
from forum.threads.queries import Filter
from forum.web import Access, Route, moved_for_now, page, render


@page
def home(request: Request, session: Session) -> Response:
    actor = request.state.actor
    front = queries.front_page(session, actor)
    slots = request.state.site.slots.fill(
        session, actor, {"home.notices": [0], "home.waiting": [0], "home.sections": [0]}
    )
    return render(request, "forum/threads/home.html", front=front, slots=slots)


@page
def show(request: Request, session: Session) -> Response:
    return _list(request, session, tag=main_name(session, request.query_params.get("tag")))


@page
def tagged(request: Request, session: Session) -> Response:
    about = queries.find_tag(session, request.state.actor, request.path_params["name"])
    if about.stands_for is not None:
        return moved_for_now(request, "tags.show", query=dict(request.query_params), name=about.stands_for)
    return _list(request, session, tag=about.name, about=about)


def _list(request: Request, session: Session, *, tag: str | None, about: TagRow | None = None) -> Response:
    asked, actor = request.query_params, request.state.actor
    try:
        wanted = Filter(asked.get("filter", Filter.NEW))
    except ValueError as error:
        raise NotFound(_("There is nothing at this address.")) from error
    product = asked.get("product")
    found = queries.list_threads(
        session, actor, wanted, tag=tag, product=product, after=asked.get("after"), before=asked.get("before")
    )
    offered = queries.products(session, actor)
    chosen = next((one for one in offered if one.slug == product), None)
    subject = (Subject.TAG, about.id) if about else (Subject.PRODUCT, chosen.id) if chosen else None
    filters = [one for one in Filter if one is not Filter.WITH_STAFF or (actor and actor.can(Privilege.WORK_TICKETS))]
    return render(
        request,
        "forum/threads/list.html",
        found=found,
        wanted=wanted,
        filters=filters,
        tag=tag,
        about=about,
        product=product,
        products=offered,
        subject=subject,
        level=level_of(session, actor, *subject) if subject and actor else None,
        slots=request.state.site.slots.fill(session, actor, {"thread.row": [row.id for row in found.rows]}),
    )


routes = [
    Route("/", home, name="home", access=Access.EVERYONE, shared=True),
    Route("/threads", show, name="threads.list", access=Access.EVERYONE, shared=True),
    Route("/tags/{name}", tagged, name="tags.show", access=Access.EVERYONE, shared=True),
]
