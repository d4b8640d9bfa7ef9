"""Atom feeds, of all threads and of one tag's."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.threads import queries
from forum.web import Access, Route, moved_for_now, page
from forum.web.rendering import brand_for
from forum.web.routing import path_for

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML holds in no form: one such character in a name would break the feed for every reader."""


@page
def everything(request: Request, session: Session) -> Response:
    return _atom(request, session, None)


@page
def tagged(request: Request, session: Session) -> Response:
    tag = queries.find_tag(session, request.state.actor, request.path_params["name"])
    if tag.stands_for is not None:
        return moved_for_now(request, "tags.feed", name=tag.stands_for)
    return _atom(request, session, tag.name)


def _atom(request: Request, session: Session, tag: str | None) -> Response:
    site, entries = request.state.site, queries.feed(session, tag=tag)
    base = site.settings.base_url
    page_address = path_for(site.routes, "tags.show", name=tag) if tag else path_for(site.routes, "threads.list")
    body = site.templates.get_template("forum/threads/feed.xml").render(
        base=base,
        entries=entries,
        title=tag,
        brand=brand_for(request),
        self_address=base + request.url.path,
        page_address=base + page_address,
        updated=max(entry.updated_at for entry in entries) if entries else queries.began(session, tag),
    )
    return Response(
        NOT_XML.sub("", body), media_type="application/atom+xml; charset=utf-8", headers={"Cache-Control": "no-cache"}
    )


routes = [
    Route("/threads.atom", everything, name="threads.feed", access=Access.EVERYONE, shared=True),
    Route("/tags/{name}.atom", tagged, name="tags.feed", access=Access.EVERYONE, shared=True),
]
