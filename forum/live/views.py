"""GET /live: a stream of what moved in what a browser shows. The one reply without an end."""

from __future__ import annotations

import functools

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from forum.access import Actor
from forum.addresses import network_of
from forum.errors import Invalid, TooMany
from forum.i18n import gettext as _
from forum.live.doors import Full
from forum.live.stream import HEADERS, MEDIA_TYPE, Stream
from forum.web.routing import Access, Route
from forum.web.site import Site

RATES = {"account": "240/minute", "address": "600/minute"}
"""A browser with one tab connects anew for each page that it opens."""


async def live(request: Request) -> Response:
    """Server-sent events named `moved`; the query names what is shown, such as `?thread=5&queue=`."""
    site: Site = request.state.site
    if request.method == "HEAD":
        return Response(media_type=MEDIA_TYPE, headers=HEADERS)
    try:
        subjects = site.live.kinds.parse(request.query_params.multi_items())
        greet = functools.partial(_greet, site)
        connection = await site.live.open(request, subjects, greet, site.readers)
    except Invalid as refusal:
        return PlainTextResponse(refusal.message, 422, headers=HEADERS)
    except (Full, TooMany) as refusal:
        words = _("There are too many open pages at the moment. This one still works; reload it to see what is new.")
        return PlainTextResponse(words, refusal.status, headers=HEADERS | {"Retry-After": str(refusal.retry_after)})
    return Stream(site.live, connection)


def _greet(site: Site, session: Session, request: Request) -> Actor | None:
    """Who it is, unless they come too often; in a reading thread, since Redis may have to be asked."""
    actor = site.load_actor(session, request)
    kind, who = ("account", str(actor.id)) if actor else ("address", network_of(request.state.address))
    site.limits.hit(RATES[kind], kind, "live", who)
    return actor


routes = [Route("/live", live, name="live", access=Access.EVERYONE)]
