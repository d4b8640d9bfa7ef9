"""The customer's side: their tickets, and asking staff privately."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Actor, Privilege, signed_in
from forum.i18n import gettext as _
from forum.tags.models import Space
from forum.uploads.limits import WITH_FILES
from forum.web import Access, Route, act, choices, page, render, see_other
from support.forms import Words
from support.messages.actions import open_privately, reply_as_requester
from support.tickets import actions, live, queries
from support.tickets.forms import NewTicket, Sharing
from support.tickets.queries import Whose


@page
def index(request: Request, session: Session) -> Response:
    """One's own, and where one's organisation shares tickets, those that colleagues share."""
    actor, params = signed_in(request), request.query_params
    company = queries.sharing_organisation(session, actor)
    wanted = params.get("whose") == Whose.ORGANISATION.value and company is not None
    whose = Whose.ORGANISATION if wanted else Whose.MINE
    tickets = queries.own_tickets(session, actor, params.get("after", ""), whose)
    return render(request, "support/tickets/list.html", tickets=tickets, whose=whose, company=company)


@page
def new(request: Request, session: Session) -> Response:
    given = {name: request.query_params.get(name, "")[:150] for name in ("thread", "subject")}
    return _new(request, session, NewTicket(data=given))


def _new(request: Request, session: Session, form: NewTicket) -> Response:
    actor = signed_in(request)
    spaces = session.execute(select(Space.id, Space.name).where(Space.visible_to(actor)).order_by(Space.position))
    form.space.choices = choices([("", _("None of these, or several")), *((str(row.id), row.name) for row in spaces)])
    thread = queries.thread_link(session, actor, form.thread_id)
    company = queries.sharing_organisation(session, actor)
    readers = queries.readers(company)
    return render(request, "support/tickets/new.html", form=form, thread=thread, company=company, readers=readers)


@act(NewTicket, again=_new)
def create(request: Request, session: Session, form: NewTicket) -> Response:
    actor = signed_in(request)
    thread = queries.thread_link(session, actor, form.thread_id)
    ticket = open_privately(
        session,
        actor,
        form.subject.data or "",
        form.cooked,
        environment=form.environment.data or "",
        space_id=_space(session, actor, form.space_id),
        about_thread_id=thread.id if thread else None,
        shared=bool(form.shared.data),
    )
    flash = _("Sent to staff. It is not public. You are told as soon as they answer.")
    return see_other(request, "tickets.show", ref=ticket.reference, flash=flash)


def _space(session: Session, actor: Actor, space_id: int | None) -> int | None:
    return session.scalar(select(Space.id).where(Space.id == space_id, Space.visible_to(actor)))


@page
def show(request: Request, session: Session) -> Response:
    """Staff who come upon a customer's ticket are led to where they work on it."""
    actor, reference = signed_in(request), request.path_params["ref"]
    if actor.can(Privilege.WORK_TICKETS) and not queries.own_ticket(session, actor, reference).ticket.mine:
        return see_other(request, "desk.ticket", ref=reference.upper())
    return _show(request, session, Words())


def _show(request: Request, session: Session, form: Words) -> Response:
    actor = signed_in(request)
    ticket = queries.own_ticket(session, actor, request.path_params["ref"])
    told = {"facts": live.facts(session, actor, ticket.ticket.reference), "words": live.words()}
    return render(request, "support/tickets/show.html", page=ticket, ticket=ticket.ticket, form=form, told=told)


@act(Words, again=_show)
def reply(request: Request, session: Session, form: Words) -> Response:
    reference = request.path_params["ref"]
    ticket = reply_as_requester(session, signed_in(request), reference, form.cooked)
    flash = _("Sent to staff.")
    if ticket.reference != reference.upper():
        flash = _("Sent to staff. It goes on here, in {reference}.").format(reference=ticket.reference)
    return see_other(request, "tickets.show", ref=ticket.reference, flash=flash, anchor="latest")


@act(Sharing)
def share(request: Request, session: Session, form: Sharing) -> Response:
    wanted = form.shared.data == "1"
    ticket = actions.share_ticket(session, signed_in(request), request.path_params["ref"], shared=wanted)
    flash = (
        _("Your colleagues can read this now, and write here.") if wanted else _("Only you and staff read this now.")
    )
    return see_other(request, "tickets.show", ref=ticket.reference, flash=flash)


@act()
def solved(request: Request, session: Session) -> Response:
    ticket = actions.say_solved(session, signed_in(request), request.path_params["ref"])
    flash = _("Good to hear. If it comes back, just write here: that opens it again.")
    return see_other(request, "tickets.show", ref=ticket.reference, flash=flash)


@act()
def thanks(request: Request, session: Session) -> Response:
    ticket = actions.say_thanks(session, signed_in(request), request.path_params["ref"])
    return see_other(request, "tickets.show", ref=ticket.reference, flash=_("Staff were told. Thank you."))


@act()
def close(request: Request, session: Session) -> Response:
    ticket = actions.close_own(session, signed_in(request), request.path_params["ref"])
    return see_other(request, "tickets.show", ref=ticket.reference, flash=_("Closed. Writing here opens a new one."))


MINE = Access.SIGNED_IN
routes = [
    Route("/tickets", index, name="tickets.list", access=MINE),
    Route("/tickets/new", new, name="tickets.new", access=MINE),
    Route(
        "/tickets/new",
        create,
        name="tickets.create",
        access=MINE,
        methods=["POST"],
        rate="10/hour",
        max_body=WITH_FILES,
    ),
    Route("/tickets/{ref}", show, name="tickets.show", access=MINE),
    Route(
        "/tickets/{ref}/messages",
        reply,
        name="tickets.reply",
        access=MINE,
        methods=["POST"],
        rate="20/minute",
        max_body=WITH_FILES,
    ),
    Route("/tickets/{ref}/share", share, name="tickets.share", access=MINE, methods=["POST"], rate="20/minute"),
    Route("/tickets/{ref}/solved", solved, name="tickets.solved", access=MINE, methods=["POST"], rate="20/minute"),
    Route("/tickets/{ref}/thanks", thanks, name="tickets.thanks", access=MINE, methods=["POST"], rate="20/minute"),
    Route("/tickets/{ref}/close", close, name="tickets.close", access=MINE, methods=["POST"], rate="20/minute"),
]
