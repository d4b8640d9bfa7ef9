"""The pages on which somebody decides about what they wrote by mail: their own, and the one behind a mailed link."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Actor, signed_in
from forum.accounts.queries import actor_of
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.mailin import deciding, queries
from forum.mailin.forms import GIVE, PUBLISH, DecisionForm
from forum.web import Access, Route, act, page, render, see_other
from forum.web.routing import path_for

FOLDER = "forum/mailin"
LINK = "/mailed/link/{token}"
RATE = "60/hour"


@page
def index(request: Request, session: Session) -> Response:
    return render(request, f"{FOLDER}/list.html", replies=queries.open_replies(session, signed_in(request)))


@page
def show(request: Request, session: Session) -> Response:
    return _show(request, session, None)


def _show(request: Request, session: Session, form: DecisionForm | None) -> Response:
    reply = queries.own_reply(session, signed_in(request), request.path_params["reply_id"])
    return _page(request, reply, form, path_for(request.state.site.routes, "mailed.decide", reply_id=reply.id))


@act(DecisionForm, again=_show)
def decide(request: Request, session: Session, form: DecisionForm) -> Response:
    actor, reply_id = signed_in(request), request.path_params["reply_id"]
    return _decide(request, session, actor, reply_id, form)


@act()
def discard(request: Request, session: Session) -> Response:
    reply_id = request.path_params["reply_id"]
    deciding.throw_away(session, signed_in(request), reply_id)
    undo = path_for(request.state.site.routes, "mailed.keep", reply_id=reply_id)
    return see_other(request, "mailed.list", flash=_("Your reply is thrown away."), undo=undo)


@act()
def keep(request: Request, session: Session) -> Response:
    reply_id = request.path_params["reply_id"]
    deciding.bring_back(session, signed_in(request), reply_id)
    return see_other(request, "mailed.show", reply_id=reply_id, flash=_("Your reply is back."))


@page
def linked(request: Request, session: Session) -> Response:
    return _linked(request, session, None)


def _linked(request: Request, session: Session, form: DecisionForm | None) -> Response:
    """What a mailed link leads to: no more than what its letter said, so it asks nobody to sign in."""
    token = request.path_params["token"]
    reply, account, _link = queries.reply_behind(session, token, hold=False)
    row = queries.own_reply(session, actor_of(session, account), reply.id)
    return _page(
        request, row, form, path_for(request.state.site.routes, "mailed.decide_linked", token=token), account.handle
    )


@act(DecisionForm, again=_linked)
def decide_linked(request: Request, session: Session, form: DecisionForm) -> Response:
    reply, account, _link = queries.reply_behind(session, request.path_params["token"], hold=True)
    return _decide(request, session, actor_of(session, account), reply.id, form)


def _page(
    request: Request, reply: queries.ReplyRow, form: DecisionForm | None, action: str, handle: str | None = None
) -> Response:
    form = form or DecisionForm(body=reply.source)
    return render(request, f"{FOLDER}/show.html", reply=reply, form=form, action=action, handle=handle)


def _decide(request: Request, session: Session, actor: Actor, reply_id: int, form: DecisionForm) -> Response:
    if form.choice.data == GIVE:
        reply = deciding.give_to_staff(session, actor, reply_id, form.cooked)
        words = _("Staff have it. Nobody else reads it.")
        return see_other(request, "threads.short", thread_id=reply.thread_id, flash=words)
    if form.choice.data != PUBLISH:  # whoever says nothing has said nothing publicly
        raise Invalid({"": _("Say who may read it.")})
    made = deciding.publish(session, actor, reply_id, form.cooked)
    kind, post_id = made.ref
    words = _("Your reply is posted. Everybody can read it.")
    return see_other(request, "posts.go", kind=kind.value, post_id=post_id, flash=words)


MINE = Access.SIGNED_IN
routes = [
    Route("/mailed", index, name="mailed.list", access=MINE, methods=["GET"]),
    Route("/mailed/{reply_id:int}", show, name="mailed.show", access=MINE, methods=["GET"]),
    Route(
        "/mailed/{reply_id:int}",
        decide,
        name="mailed.decide",
        access=MINE,
        methods=["POST"],
        rate=RATE,
    ),
    Route("/mailed/{reply_id:int}/discard", discard, name="mailed.discard", access=MINE, methods=["POST"], rate=RATE),
    Route("/mailed/{reply_id:int}/keep", keep, name="mailed.keep", access=MINE, methods=["POST"], rate=RATE),
    Route(LINK, linked, name="mailed.linked", access=Access.EVERYONE, methods=["GET"], rate="60/minute"),
    Route(LINK, decide_linked, name="mailed.decide_linked", access=Access.EVERYONE, methods=["POST"], rate=RATE),
]
