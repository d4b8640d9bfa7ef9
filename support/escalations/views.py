"""Asking staff from a thread, and "I have this too"."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.markup import slugify
from forum.uploads.limits import WITH_FILES
from forum.web import Access, Route, act, page, render, see_other
from forum.web.routing import path_for
from support.escalations import actions, queries
from support.escalations.forms import Escalation, MeTooForm
from support.tickets.queries import readers, sharing_organisation


@page
def ask(request: Request, session: Session) -> Response:
    return _ask(request, session, Escalation())


def _ask(request: Request, session: Session, form: Escalation) -> Response:
    actor = signed_in(request)
    help_ = queries.thread_help(session, actor, request.path_params["thread_id"])
    form.offer(help_.allowed)
    company = sharing_organisation(session, actor) if help_.allowed.for_asker else None
    return render(
        request,
        "support/escalations/ask.html",
        help=help_,
        thread=help_.thread,
        form=form,
        company=company,
        readers=readers(company),
    )


@act(Escalation, again=_ask)
def escalate(request: Request, session: Session, form: Escalation) -> Response:
    actor, thread_id = signed_in(request), request.path_params["thread_id"]
    if form.chosen is None:
        raise Invalid({"reason": _("Please choose one.")})
    ticket = actions.ask_staff(session, actor, thread_id, form.chosen, form.cooked, shared=bool(form.shared.data))
    if ticket.requester_id == actor.id:
        flash = _("Staff have it now. The thread stays public; what you wrote is between you and staff.")
        return see_other(request, "tickets.show", ref=ticket.reference, flash=flash)
    flash = _("Handed to staff. What you wrote is for staff only.")
    if actor.can(Privilege.WORK_TICKETS):
        return see_other(request, "desk.ticket", ref=ticket.reference, flash=flash)
    return see_other(request, "threads.show", thread_id=thread_id, slug=slugify(ticket.subject), flash=flash)


@act(MeTooForm)
def me_too(request: Request, session: Session, form: MeTooForm) -> Response:
    return _me_too(request, session, wanted=form.value.data != "0")


@act()
def no_longer(request: Request, session: Session) -> Response:
    return _me_too(request, session, wanted=False)


def _me_too(request: Request, session: Session, *, wanted: bool) -> Response:
    actor, thread_id = signed_in(request), request.path_params["thread_id"]
    actions.say_me_too(session, actor, thread_id, wanted=wanted)
    help_ = queries.thread_help(session, actor, thread_id)
    flash = _("Noted. You are told when there is a fix.") if wanted else _("Taken back.")
    slug = slugify(help_.thread.title)
    back = "tickets.no_longer" if wanted else "tickets.me_too"
    undo = path_for(request.state.site.routes, back, thread_id=thread_id)
    return see_other(request, "threads.show", thread_id=thread_id, slug=slug, flash=flash, undo=undo)


routes = [
    Route("/threads/{thread_id:int}/escalation", ask, name="tickets.escalation", access=Access.SIGNED_IN),
    Route(
        "/threads/{thread_id:int}/escalation",
        escalate,
        name="tickets.escalate",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="30/minute",
        max_body=WITH_FILES,
    ),
    Route(
        "/threads/{thread_id:int}/me-too",
        me_too,
        name="tickets.me_too",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="30/minute",
    ),
    Route(
        "/threads/{thread_id:int}/me-too/undo",
        no_longer,
        name="tickets.no_longer",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="30/minute",
    ),
]
