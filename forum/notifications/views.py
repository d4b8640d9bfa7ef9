"""Pages of notifications."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from wtforms import IntegerField

from forum.access import signed_in
from forum.i18n import ngettext
from forum.notifications import actions, queries
from forum.notifications.places import dead_address
from forum.numbers import whole_number
from forum.web import Access, Form, Route, act, page, render, see_other
from forum.web.replies import leave_for, local_path
from forum.web.routing import path_for


class ReadAllForm(Form):
    up_to = IntegerField()


@page
def listing(request: Request, session: Session) -> Response:
    before = request.query_params.get("before", "")
    unread = request.query_params.get("show") == "unread"
    last = whole_number(before)
    found = queries.notifications_page(session, signed_in(request), before=last, unread=unread)
    address = dead_address(session, signed_in(request), [0]).get(0)
    return render(
        request,
        "forum/notifications/list.html",
        told=found,
        only_unread=unread,
        further=bool(before),
        dead_address=address,
    )


@act()
def open_one(request: Request, session: Session) -> Response:
    """Mark as read and lead to the place; following a link alone would change nothing."""
    place = actions.mark_read(session, signed_in(request), request.path_params["notification_id"])
    return leave_for(request, local_path(place, path_for(request.state.site.routes, "notifications.list")))


@act(ReadAllForm)
def read_all(request: Request, session: Session, form: ReadAllForm) -> Response:
    count = actions.mark_all_read(session, signed_in(request), up_to=max(0, min(form.up_to.data or 0, 2**62)))
    words = ngettext("{count} notification is marked as read.", "{count} notifications are marked as read.", count)
    return see_other(request, "notifications.list", flash=words.format(count=count))


SIGNED_IN = Access.SIGNED_IN
routes = [
    Route("/notifications", listing, name="notifications.list", access=SIGNED_IN, methods=["GET"]),
    Route(
        "/notifications/read",
        read_all,
        name="notifications.read_all",
        access=SIGNED_IN,
        methods=["POST"],
        rate="60/minute",
    ),
    Route(
        "/notifications/{notification_id:int}/open",
        open_one,
        name="notifications.open",
        access=SIGNED_IN,
        methods=["POST"],
        rate="120/minute",
    ),
]
