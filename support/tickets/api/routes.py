"""Tickets over the API: the desk for staff, and for everybody their own."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import Actor, Privilege, Scope, signed_in
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.threads.queries import products
from forum.web import Access
from forum.web.api import ApiRouter, api_act, api_page, made
from forum.web.api.shapes import After, Listed, known_cursor
from support.desk import queries as desk
from support.messages.actions import open_privately, reply_as_requester, reply_as_staff
from support.messages.models import Audience, Message
from support.tickets import actions, queries
from support.tickets.api.changes import change_as_customer, change_as_staff
from support.tickets.api.documents import (
    desk_document,
    desk_summary,
    document,
    message_document,
    own_document,
    own_summary,
)
from support.tickets.api.shapes import (
    Merge,
    MessageOut,
    NewMessage,
    NewTicket,
    OwnTicketOut,
    OwnTicketSummary,
    TicketChange,
    TicketOut,
    TicketSummary,
)
from support.tickets.models import Priority, Ticket, TicketState
from support.tickets.queries import read_key

router = ApiRouter(tags=["tickets"])
Ref = Annotated[str, Path(min_length=1, max_length=40)]
Words = Annotated[str | None, Query(max_length=80)]


@api_page(router, "/tickets", access=Access.SIGNED_IN)
def index(
    request: Request,
    session: Session,
    q: Words = None,
    state: Annotated[TicketState | Literal["all"] | None, Query()] = None,
    tier: Annotated[int | None, Query(ge=1, le=3)] = None,
    priority: Annotated[Priority | None, Query()] = None,
    team: Words = None,
    assignee: Annotated[str | None, Query(max_length=40, description="A handle, or - for nobody.")] = None,
    after: After = None,
) -> Listed[TicketSummary | OwnTicketSummary]:
    """For staff the desk's tickets, by default those at work.

    For everybody else their own and those that colleagues share with them, which no filter narrows.
    """
    actor, after = signed_in(request), known_cursor(after, read_key)
    asked = {"q": q, "state": state, "tier": tier, "priority": priority, "team": team, "assignee": assignee}
    filters = {name: str(value) for name, value in asked.items() if value is not None}
    if actor.can(Privilege.WORK_TICKETS):
        found = desk.tickets(session, actor, filters | {"after": after or ""})
        return Listed(items=[desk_summary(row) for row in found.rows], next=found.older)
    if filters:
        raise Invalid({name: _("Only staff can narrow the list by this.") for name in filters})
    own = queries.own_tickets(session, actor, after or "")
    return Listed(items=[own_summary(row) for row in (*own.waiting, *own.others)], next=own.older)


@api_act(router, "POST", "/tickets", access=Access.SIGNED_IN, status=201, like="tickets.create")
def create(request: Request, session: Session, given: NewTicket) -> TicketOut | OwnTicketOut:
    """Ask staff something that nobody else reads, but for colleagues where it is shared with them."""
    actor = signed_in(request)
    thread = queries.thread_link(session, actor, given.thread)
    if given.thread is not None and thread is None:
        raise Invalid({"thread": _("There is no such question.")})
    ticket = open_privately(
        session,
        actor,
        given.subject,
        given.cooked,
        environment=given.environment,
        space_id=_product_id(session, actor, given.product),
        about_thread_id=thread.id if thread else None,
        shared=given.shared,
    )
    made(request, f"/tickets/{ticket.reference}")
    return document(request, session, actor, ticket.reference)


@api_page(router, "/tickets/{ref}", access=Access.SIGNED_IN)
def show(request: Request, session: Session, ref: Ref) -> TicketOut | OwnTicketOut:
    """One ticket with what was said in it, as far as the reader may read it."""
    return document(request, session, signed_in(request), ref)


@api_act(router, "PATCH", "/tickets/{ref}", access=Access.SIGNED_IN, like="desk.move")
def change(request: Request, session: Session, ref: Ref, given: TicketChange) -> TicketOut | OwnTicketOut:
    """Take it, give it to somebody, sort it, move it on; a customer can only close or share it or say it is solved."""
    actor = signed_in(request)
    if actor.can(Privilege.WORK_TICKETS):
        ticket = change_as_staff(session, actor, ref, given)
        return desk_document(request, session, actor, ticket.reference)
    ticket = change_as_customer(session, actor, ref, given)
    return own_document(request, session, actor, ticket.reference)


@api_act(router, "POST", "/tickets/{ref}/messages", access=Access.SIGNED_IN, status=201, like="tickets.reply")
def write(request: Request, session: Session, ref: Ref, given: NewMessage) -> MessageOut:
    """Write in a ticket. What a customer writes goes to staff; staff choose who reads it.

    `Location` names the ticket that it stands in: a closed one is followed up, a merged one goes on elsewhere.
    """
    actor = signed_in(request)
    ticket = _say(session, actor, ref, given)
    last = select(func.max(Message.id)).where(Message.ticket_id == ticket.id, Message.author_id == actor.id)
    message_id = session.execute(last).scalar_one()
    made(request, f"/tickets/{ticket.reference}#message-{message_id}")
    return message_document(request, session, actor, message_id)


@api_act(
    router,
    "POST",
    "/tickets/{ref}/merge",
    access=Privilege.WORK_TICKETS,
    scopes=(Scope.WRITE, Scope.SUPPORT),
    like="desk.merge",
)
def merge(request: Request, session: Session, ref: Ref, given: Merge) -> TicketOut:
    """Let a ticket go on in another of the same customer; answers with that other one."""
    actor = signed_in(request)
    ticket = actions.merge_tickets(session, actor, ref, given.into, version=given.version)
    return desk_document(request, session, actor, ticket.reference)


def _say(session: Session, actor: Actor, reference: str, given: NewMessage) -> Ticket:
    if not _speaks_as_staff(session, actor, reference, given.audience):
        if given.audience not in (None, Audience.REQUESTER):
            raise Invalid({"audience": _("Only staff choose who reads it. What you write goes to staff.")})
        return reply_as_requester(session, actor, reference, given.cooked)
    audience = given.audience or Audience.REQUESTER
    # Whoever names the audience in so many words has confirmed it; a page has a box to tick.
    confirmed = audience is Audience.PUBLIC
    return reply_as_staff(session, actor, reference, audience, given.cooked, confirmed=confirmed, version=given.version)


def _speaks_as_staff(session: Session, actor: Actor, reference: str, audience: Audience | None) -> bool:
    """Staff who ask for help themselves are that ticket's customer, unless they write what only staff can."""
    if not actor.can(Privilege.WORK_TICKETS):
        queries.own_ticket(session, actor, reference)
        return False
    own = session.scalar(
        select(Ticket.id).where(Ticket.reference == reference.upper(), Ticket.requester_id == actor.id)
    )
    return own is None or audience in (Audience.INTERNAL, Audience.PUBLIC)


def _product_id(session: Session, actor: Actor, slug: str | None) -> int | None:
    if not slug:
        return None
    found = next((one.id for one in products(session, actor) if one.slug == slug), None)
    if found is None:
        raise Invalid({"product": _("There is no such product.")})
    return found
